/**
 * An `ObjectStore` in memory, for tests. Times come from a counter, so that they are the same in
 * every run; a test sets them where it cares.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { ByteRange, CallOptions, ObjectStore, StoredObject } from '../../catalog/ports.ts';

export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<
    string,
    { readonly bytes: Uint8Array; readonly modifiedMs: number }
  >();
  /** Of the next object that is written; rises by a second each time. */
  nextModifiedMs = Date.UTC(2026, 0, 1);

  set(location: string, content: string | Uint8Array, modifiedMs = this.#tick()): void {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    this.#objects.set(location, { bytes, modifiedMs });
  }

  #tick(): number {
    const now = this.nextModifiedMs;
    this.nextModifiedMs += 1000;
    return now;
  }

  bytes(location: string): Uint8Array | undefined {
    return this.#objects.get(location)?.bytes;
  }

  delete(location: string): void {
    this.#objects.delete(location);
  }

  /** Removes everything below a folder. */
  deleteFolder(folder: string): void {
    for (const location of this.locations()) {
      if (location.startsWith(`${folder}/`)) this.#objects.delete(location);
    }
  }

  locations(): readonly string[] {
    return [...this.#objects.keys()];
  }

  async *list(
    folder: string,
    options: CallOptions & { readonly startAfter?: string | undefined } = {},
  ): AsyncGenerator<StoredObject> {
    const { startAfter = '', signal } = options;
    signal?.throwIfAborted();
    const found = this.locations()
      .filter((location) => location.startsWith(`${folder}/`))
      .filter((location) => !location.slice(folder.length + 1).includes('/'))
      .filter((location) => compare(location.slice(folder.length + 1), startAfter) > 0)
      .sort(compare);
    for (const location of found) {
      const object = this.#stored(location);
      if (object !== undefined) yield object;
    }
  }

  async listFolders(folder: string): Promise<readonly string[]> {
    const names = this.locations()
      .filter((location) => location.startsWith(`${folder}/`))
      .map((location) => location.slice(folder.length + 1).split('/'))
      .filter((parts) => parts.length > 1)
      .map(([name = '']) => name);
    return [...new Set(names)];
  }

  async read(
    location: string,
    options: CallOptions & { readonly range?: ByteRange | undefined } = {},
  ): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    const bytes = this.#objects.get(location)?.bytes;
    const { range } = options;
    return range === undefined ? bytes : bytes?.subarray(range.start, range.end);
  }

  async stat(location: string): Promise<StoredObject | undefined> {
    return this.#stored(location);
  }

  #stored(location: string): StoredObject | undefined {
    const object = this.#objects.get(location);
    if (object === undefined) return undefined;
    return { location, sizeBytes: object.bytes.length, modifiedMs: object.modifiedMs };
  }

  async put(location: string, bytes: Uint8Array): Promise<void> {
    this.set(location, bytes);
  }

  async putIfAbsent(location: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    if (this.#objects.has(location)) return 'exists';
    this.set(location, bytes);
    return 'created';
  }

  async publish({
    from,
    to,
  }: {
    readonly from: string;
    readonly to: string;
  }): Promise<'created' | 'exists'> {
    const bytes = this.#objects.get(from)?.bytes;
    if (bytes === undefined) throw new CodedError('IO_ERROR', `There is no ${from} to publish.`);
    this.#objects.delete(from);
    return this.putIfAbsent(to, bytes);
  }

  async remove(location: string): Promise<void> {
    this.#objects.delete(location);
  }

  async prepareFolder(): Promise<void> {}

  async sync(): Promise<void> {
    // Memory has nothing to make durable.
  }
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
