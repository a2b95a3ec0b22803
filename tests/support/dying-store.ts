/**
 * An `ObjectStore` whose process dies at one of its operations: before that one is done, or right
 * after, so that nobody hears of its success. Every later one fails, too.
 */
import type { CallOptions, ObjectStore, StoredObject } from '../../catalog/ports.ts';

export class Died extends Error {}

export class DyingStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #dieAt: number;
  readonly #when: 'before' | 'after';
  /** Operations so far. */
  operations = 0;

  constructor(
    store: ObjectStore,
    death: { readonly at: number; readonly when: 'before' | 'after' },
  ) {
    this.#store = store;
    this.#dieAt = death.at;
    this.#when = death.when;
  }

  get isDead(): boolean {
    return this.operations > this.#dieAt;
  }

  async #step<T>(run: () => Promise<T>): Promise<T> {
    const number = this.operations++;
    if (number > this.#dieAt) throw new Died('dead already');
    if (number < this.#dieAt) return run();
    if (this.#when === 'after') await run();
    throw new Died(`died at operation ${number}`);
  }

  async *list(
    folder: string,
    options?: CallOptions & { readonly startAfter?: string | undefined },
  ): AsyncGenerator<StoredObject> {
    await this.#step(async () => undefined);
    yield* this.#store.list(folder, options);
  }

  listFolders(folder: string): Promise<readonly string[]> {
    return this.#step(() => this.#store.listFolders(folder));
  }

  read: ObjectStore['read'] = (location, options) =>
    this.#step(() => this.#store.read(location, options));

  stat(location: string): Promise<StoredObject | undefined> {
    return this.#step(() => this.#store.stat(location));
  }

  put(location: string, bytes: Uint8Array): Promise<void> {
    return this.#step(() => this.#store.put(location, bytes));
  }

  putIfAbsent(location: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    return this.#step(() => this.#store.putIfAbsent(location, bytes));
  }

  publish(names: { readonly from: string; readonly to: string }): Promise<'created' | 'exists'> {
    return this.#step(() => this.#store.publish(names));
  }

  remove(location: string): Promise<void> {
    return this.#step(() => this.#store.remove(location));
  }

  prepareFolder(folder: string): Promise<void> {
    return this.#step(() => this.#store.prepareFolder(folder));
  }

  sync(locations: readonly string[]): Promise<void> {
    return this.#step(() => this.#store.sync(locations));
  }
}
