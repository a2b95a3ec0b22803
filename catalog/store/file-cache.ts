/**
 * Files of an object store on this machine's disk: fetched whole, bounded in bytes, those unused for
 * longest removed first.
 *
 * 1. A file has its name only once it is whole and durable: temp file, fsync, rename. Its size is in
 *    the name, and one of another size is removed at the start.
 * 2. What is held is never removed. Room is made before a fetch begins.
 * 3. Many that want one file wait for one fetch, which ends when none of them waits any more.
 *
 * The folder belongs to one process (`claim-folder.ts`).
 */
import { createHash, randomUUID } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { CodedError } from '../coded-error.ts';
import type { DataFile, FileCopies, HeldFiles } from '../local-files.ts';
import type { CallOptions } from '../ports.ts';
import { abortError, throwIfAborted } from '../throw-if-aborted.ts';
import { codedFsError } from './fs-errors.ts';

/** Writes the object into the open file and gives its size, which is `sizeBytes` where that is said. */
export type Fetch = (
  file: { readonly location: string; readonly sizeBytes: number | undefined },
  into: FileHandle,
  signal: AbortSignal,
) => Promise<number>;

interface Entry {
  readonly location: string;
  readonly sizeBytes: number;
  holders: number;
  /** While it is fetched. */
  flight: Flight | undefined;
}

interface Flight {
  readonly done: Promise<void>;
  /** Nobody waits any more. */
  abandon(): void;
  waiters: number;
}

/** Files fetched at a time; each in parts. */
const fetchesAtOnceMax = 8;

export class FileCache {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #fetch: Fetch;
  /** By path; the one used longest ago first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  private constructor(folder: string, bytesMax: number, fetch: Fetch) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#fetch = fetch;
  }

  /** Takes over what an earlier process left whole. */
  static async open(folder: string, bytesMax: number, fetch: Fetch): Promise<FileCache> {
    const cache = new FileCache(folder, bytesMax, fetch);
    try {
      await rm(`${folder}/fetching`, { recursive: true, force: true });
      await mkdir(`${folder}/fetching`, { recursive: true });
      await cache.#takeOver();
    } catch (error) {
      throw codedFsError(error, 'prepare', folder);
    }
    return cache;
  }

  pathOf({ location, sizeBytes }: DataFile): string {
    const digest = createHash('sha256').update(location).digest('hex').slice(0, 40);
    return `${this.#folder}/${digest}-${sizeBytes}.parquet`;
  }

  async hold(files: readonly DataFile[], { signal }: CallOptions = {}): Promise<HeldFiles> {
    throwIfAborted(signal);
    const held = new Map<string, Entry>();
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      for (const entry of held.values()) entry.holders--;
    };
    try {
      const waits: Promise<void>[] = [];
      for (const file of files) {
        const path = this.pathOf(file);
        if (held.has(path)) continue;
        const entry = this.#entryOf(path, file);
        entry.holders++;
        held.set(path, entry);
        if (entry.flight === undefined) continue;
        const wait = landed(entry.flight, signal);
        wait.catch(() => undefined);
        waits.push(wait);
      }
      // All are waited for, so that no failure is left unheard.
      const outcomes = await Promise.allSettled(waits);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      return { release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async copy(locations: readonly string[], { signal }: CallOptions = {}): Promise<FileCopies> {
    const paths = new Map<string, string>();
    const release = (): void => {
      for (const path of paths.values()) void unlink(path).catch(() => undefined);
    };
    const whole = signal ?? new AbortController().signal;
    const fetchOne = async (location: string): Promise<void> => {
      const path = `${this.#folder}/fetching/${randomUUID()}`;
      paths.set(location, path);
      await this.#inTurn(() => this.#fetchInto(path, { location, sizeBytes: undefined }, whole));
    };
    const outcomes = await Promise.allSettled([...new Set(locations)].map(fetchOne));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      release();
      throw outcome.reason;
    }
    return { pathOf: (location) => paths.get(location) ?? location, release };
  }

  /** Takes a file that was written here and is an object now, if there is room: it is moved. */
  async adopt(location: string, path: string): Promise<void> {
    const { size } = await stat(path);
    const target = this.pathOf({ location, sizeBytes: size });
    if (this.#entries.has(target) || size > this.#bytesMax || !this.#makeRoom(size)) return;
    await rename(path, target);
    this.#entries.set(target, { location, sizeBytes: size, holders: 0, flight: undefined });
    this.#bytes += size;
  }

  /** Messages with the locations of the files they name. */
  nameLocations(text: string): string {
    if (!text.includes(this.#folder)) return text;
    let named = text;
    for (const [path, { location }] of this.#entries) named = named.replaceAll(path, location);
    return named.replaceAll(`${this.#folder}/fetching/`, '');
  }

  async #takeOver(): Promise<void> {
    const found: { path: string; sizeBytes: number; usedMs: number }[] = [];
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = `${this.#folder}/${entry.name}`;
      const sizeBytes = Number(/^[0-9a-f]{40}-(\d+)\.parquet$/.exec(entry.name)?.[1] ?? NaN);
      const { size, mtimeMs } = await stat(path);
      if (size === sizeBytes) found.push({ path, sizeBytes, usedMs: mtimeMs });
      else await unlink(path);
    }
    for (const { path, sizeBytes } of found.sort((a, b) => a.usedMs - b.usedMs)) {
      this.#entries.set(path, { location: path, sizeBytes, holders: 0, flight: undefined });
      this.#bytes += sizeBytes;
    }
    this.#makeRoom(0);
  }

  #entryOf(path: string, { location, sizeBytes }: DataFile): Entry {
    const known = this.#entries.get(path);
    if (known !== undefined) {
      this.#entries.delete(path);
      this.#entries.set(path, known);
      return known;
    }
    if (!this.#makeRoom(sizeBytes)) {
      throw new CodedError(
        'FETCH_CACHE_FULL',
        `${location} does not fit: statements under way need ${this.#bytes} bytes of the ` +
          `${this.#bytesMax} that fetched files may take.`,
      );
    }
    const entry: Entry = { location, sizeBytes, holders: 0, flight: undefined };
    this.#entries.set(path, entry);
    this.#bytes += sizeBytes;
    entry.flight = this.#begin(path, entry);
    return entry;
  }

  #begin(path: string, entry: Entry): Flight {
    const cancel = new AbortController();
    const forget = (): void => {
      if (this.#entries.get(path) !== entry) return;
      this.#entries.delete(path);
      this.#bytes -= entry.sizeBytes;
    };
    const fetchIt = async (): Promise<void> => {
      const temp = `${this.#folder}/fetching/${randomUUID()}`;
      try {
        await this.#inTurn(() => this.#fetchInto(temp, entry, cancel.signal));
        throwIfAborted(cancel.signal);
        await rename(temp, path);
      } catch (error) {
        forget();
        await unlink(temp).catch(() => undefined);
        throw error instanceof CodedError ? error : codedFsError(error, 'fetch', entry.location);
      } finally {
        entry.flight = undefined;
      }
    };
    const done = fetchIt();
    // Its failure is told to those who wait; there may be none any more.
    done.catch(() => undefined);
    const abandon = (): void => {
      if (entry.flight === undefined) return;
      // Whoever comes now begins anew.
      forget();
      cancel.abort();
    };
    return { done, abandon, waiters: 0 };
  }

  async #fetchInto(
    path: string,
    file: { readonly location: string; readonly sizeBytes: number | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    throwIfAborted(signal);
    const handle = await open(path, 'wx').catch((error: unknown) => {
      throw codedFsError(error, 'write', path);
    });
    try {
      const size = await this.#fetch(file, handle, signal);
      if ((await handle.stat()).size !== size) {
        throw new CodedError('IO_ERROR', `${file.location} was not fetched whole.`);
      }
      await handle.datasync();
    } catch (error) {
      throw error instanceof CodedError ? error : codedFsError(error, 'fetch', file.location);
    } finally {
      await handle.close();
    }
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#running >= fetchesAtOnceMax) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running++;
    }
    try {
      await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Whether so many bytes fit once what nobody holds is gone. */
  #makeRoom(bytes: number): boolean {
    for (const [path, entry] of this.#entries) {
      if (this.#bytes + bytes <= this.#bytesMax) return true;
      if (entry.holders > 0 || entry.flight !== undefined) continue;
      this.#entries.delete(path);
      this.#bytes -= entry.sizeBytes;
      // At once: the same file may be wanted again, and fetched, before a promise is settled.
      removeNow(path);
    }
    return this.#bytes + bytes <= this.#bytesMax;
  }
}

/** The end of a fetch, unless the one who waits for it goes away before. */
async function landed(flight: Flight, signal: AbortSignal | undefined): Promise<void> {
  flight.waiters++;
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => {
      if (signal !== undefined) reject(abortError(signal));
    };
    signal?.addEventListener('abort', leave, { once: true });
  });
  try {
    await Promise.race([flight.done, left]);
  } finally {
    signal?.removeEventListener('abort', leave);
    if (--flight.waiters === 0) flight.abandon();
  }
}

function removeNow(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or it stays until the next start.
  }
}
