/**
 * Wraps an `ObjectStore` and remembers every request; can hold requests back, so that a test
 * decides what happens while one is under way.
 */
import type { ByteRange, CallOptions, ObjectStore, StoredObject } from '../../catalog/ports.ts';

export class CountingStore implements ObjectStore {
  readonly #store: ObjectStore;
  #requests: string[] = [];
  #gate: Promise<void> | undefined;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** The requests since the last call, as `list <folder>` or `read <name>`, in order. */
  takeRequests(): readonly string[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  /** Requests wait until the returned function is called. */
  hold(): () => void {
    let open = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      open = () => {
        this.#gate = undefined;
        resolve();
      };
    });
    return () => open();
  }

  async #count(what: string, location: string, signal?: AbortSignal): Promise<void> {
    this.#requests.push(`${what} ${location.slice(location.lastIndexOf('/') + 1)}`);
    await this.#gate;
    signal?.throwIfAborted();
  }

  async *list(
    folder: string,
    options: CallOptions & { readonly startAfter?: string | undefined } = {},
  ): AsyncGenerator<StoredObject> {
    await this.#count('list', folder, options.signal);
    yield* this.#store.list(folder, options);
  }

  async listFolders(folder: string, options?: CallOptions): Promise<readonly string[]> {
    await this.#count('list-folders', folder);
    return this.#store.listFolders(folder, options);
  }

  async read(
    location: string,
    options: CallOptions & { readonly range?: ByteRange | undefined } = {},
  ): Promise<Uint8Array | undefined> {
    await this.#count('read', location, options.signal);
    return this.#store.read(location, options);
  }

  async stat(location: string, options: CallOptions = {}): Promise<StoredObject | undefined> {
    await this.#count('stat', location, options.signal);
    return this.#store.stat(location, options);
  }

  async put(location: string, bytes: Uint8Array, options?: CallOptions): Promise<void> {
    await this.#count('put', location);
    return this.#store.put(location, bytes, options);
  }

  async putIfAbsent(
    location: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<'created' | 'exists'> {
    await this.#count('put-if-absent', location);
    return this.#store.putIfAbsent(location, bytes, options);
  }

  async publish(
    names: { readonly from: string; readonly to: string },
    options?: CallOptions,
  ): Promise<'created' | 'exists'> {
    await this.#count('publish', names.to);
    return this.#store.publish(names, options);
  }

  async remove(location: string, options?: CallOptions): Promise<void> {
    await this.#count('remove', location);
    return this.#store.remove(location, options);
  }

  async prepareFolder(folder: string, options?: CallOptions): Promise<void> {
    await this.#store.prepareFolder(folder, options);
  }

  async sync(locations: readonly string[], options?: CallOptions): Promise<void> {
    await this.#count('sync', String(locations.length));
    return this.#store.sync(locations, options);
  }
}
