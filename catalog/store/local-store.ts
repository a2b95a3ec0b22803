/**
 * `ObjectStore` on a disk. Locations are absolute paths. Durable and atomic as the port demands
 * (`durable-write.ts` has the steps); errors of the file system come out coded (`fs-errors.ts`).
 *
 * It does not keep clients inside the warehouse: the catalog decides which locations may be used.
 */
import assert from 'node:assert/strict';
import { constants, type Dirent, type Stats } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { posix } from 'node:path';
import type { ByteRange, CallOptions, ObjectStore, StoredObject } from '../ports.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';
import {
  copyFile,
  createFile,
  isTempName,
  makeFolder,
  publishFile,
  replaceFile,
  syncFile,
  syncFolder,
  type FileSystem,
} from './durable-write.ts';
import { codedFsError, errnoOf, isMissing, requireDiskLocation } from './fs-errors.ts';
import { compareUtf8 } from '../utf8-order.ts';

export interface LocalStoreOptions {
  /** Node's own unless a test wants faults. */
  readonly fs?: FileSystem | undefined;
}

/** A listing asks for the sizes of this many files at a time, and of one first. */
const statsAtOnceMax = 64;
/** `sync` flushes this many files at a time: as many as Node has threads for by default. */
const syncsAtOnceMax = 4;

export function createLocalStore({ fs = nodeFs }: LocalStoreOptions = {}): ObjectStore {
  async function* list(
    folder: string,
    options: CallOptions & { readonly startAfter?: string | undefined } = {},
  ): AsyncIterable<StoredObject> {
    const { signal, startAfter } = options;
    const names = (await readFolder(fs, folder, signal))
      .filter((entry) => !entry.isDirectory() && !isTempName(entry.name))
      .map((entry) => entry.name)
      .filter((name) => startAfter === undefined || compareUtf8(name, startAfter) > 0)
      .sort(compareUtf8);
    let start = 0;
    for (let size = 1; start < names.length; size = statsAtOnceMax) {
      throwIfAborted(signal);
      const batch = names.slice(start, start + size);
      const found = await Promise.all(batch.map((name) => statFile(fs, posix.join(folder, name))));
      for (const object of found) if (object !== undefined) yield object;
      start += size;
    }
  }

  async function* listUnfinished(
    folder: string,
    { signal }: CallOptions = {},
  ): AsyncIterable<StoredObject> {
    for (const entry of await readFolder(fs, folder, signal)) {
      if (entry.isDirectory() || !isTempName(entry.name)) continue;
      const object = await statFile(fs, posix.join(folder, entry.name));
      if (object !== undefined) yield object;
    }
  }

  return {
    list,
    listUnfinished,

    async listFolders(folder, { signal } = {}) {
      const entries = await readFolder(fs, folder, signal);
      const folders = await Promise.all(
        entries.map(async (entry) => {
          if (!entry.isSymbolicLink()) return entry.isDirectory();
          return (await statAny(fs, posix.join(folder, entry.name)))?.isDirectory() ?? false;
        }),
      );
      return entries.filter((_, i) => folders[i]).map((entry) => entry.name);
    },

    async read(location, { range, signal } = {}) {
      requireDiskLocation(location);
      throwIfAborted(signal);
      try {
        return await readFile(fs, location, range);
      } catch (error) {
        if (isMissing(error) || errnoOf(error) === 'EISDIR') return undefined;
        throw codedFsError(error, 'read', location);
      }
    },

    async stat(location, { signal } = {}) {
      requireDiskLocation(location);
      throwIfAborted(signal);
      return statFile(fs, location);
    },

    async put(location, bytes, { signal } = {}) {
      requireDiskLocation(location);
      throwIfAborted(signal);
      try {
        await replaceFile(fs, location, bytes);
      } catch (error) {
        throw codedFsError(error, 'write', location);
      }
    },

    async putIfAbsent(location, bytes, { signal } = {}) {
      requireDiskLocation(location);
      throwIfAborted(signal);
      try {
        return await createFile(fs, location, bytes);
      } catch (error) {
        throw codedFsError(error, 'write', location);
      }
    },

    async publish({ from, to }, { signal } = {}) {
      requireDiskLocation(from);
      requireDiskLocation(to);
      throwIfAborted(signal);
      try {
        return await publishFile(fs, from, to);
      } catch (error) {
        throw codedFsError(error, 'write', to);
      }
    },

    async copy({ from, to }, { signal } = {}) {
      requireDiskLocation(from);
      requireDiskLocation(to);
      throwIfAborted(signal);
      if ((await statFile(fs, from)) === undefined) return 'missing';
      try {
        return await copyFile(fs, { from, to }, () => throwIfAborted(signal));
      } catch (error) {
        throw codedFsError(error, 'copy', to);
      }
    },

    async remove(location, { signal } = {}) {
      requireDiskLocation(location);
      throwIfAborted(signal);
      try {
        await fs.unlink(location);
      } catch (error) {
        if (!isMissing(error)) throw codedFsError(error, 'remove', location);
      }
    },

    async prepareFolder(folder, { signal } = {}) {
      requireDiskLocation(folder);
      throwIfAborted(signal);
      try {
        await makeFolder(fs, folder);
      } catch (error) {
        throw codedFsError(error, 'make', folder);
      }
    },

    async sync(locations, { signal } = {}) {
      locations.forEach(requireDiskLocation);
      for (let start = 0; start < locations.length; start += syncsAtOnceMax) {
        throwIfAborted(signal);
        const batch = locations.slice(start, start + syncsAtOnceMax);
        await Promise.all(batch.map((location) => flush(location, () => syncFile(fs, location))));
      }
      await syncFoldersOf(fs, locations);
    },
  };
}

async function flush(location: string, sync: () => Promise<void>): Promise<void> {
  try {
    await sync();
  } catch (error) {
    throw codedFsError(error, 'make durable', location);
  }
}

async function readFolder(
  fs: FileSystem,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<readonly Dirent[]> {
  requireDiskLocation(folder);
  throwIfAborted(signal);
  try {
    return await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw codedFsError(error, 'list', folder);
  }
}

/** Flushes the folders of the files and those above them, which may be as new as the files. */
async function syncFoldersOf(fs: FileSystem, locations: readonly string[]): Promise<void> {
  const own = new Set(locations.map((location) => posix.dirname(location)));
  const above = new Set<string>();
  for (let folder of own) {
    while (folder !== '/') {
      folder = posix.dirname(folder);
      if (!own.has(folder)) above.add(folder);
    }
  }
  for (const folder of own) await flush(folder, () => syncFolder(fs, folder));
  for (const folder of above) {
    await syncFolder(fs, folder).catch((error: unknown) => {
      // Folders that we may not open were not made by this process.
      if (errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM') return;
      throw codedFsError(error, 'make durable', folder);
    });
  }
}

async function statAny(fs: FileSystem, location: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(location);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw codedFsError(error, 'look up', location);
  }
}

async function statFile(fs: FileSystem, location: string): Promise<StoredObject | undefined> {
  const stats = await statAny(fs, location);
  if (stats?.isFile() !== true) return undefined;
  return { location, sizeBytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs) };
}

async function readFile(
  fs: FileSystem,
  location: string,
  range: ByteRange | undefined,
): Promise<Uint8Array | undefined> {
  // Without O_NONBLOCK the opening of a named pipe waits for a writer.
  const handle = await fs.open(location, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return undefined;
    return await readRange(handle, stats.size, range ?? { start: 0, end: stats.size });
  } finally {
    await handle.close();
  }
}

async function readRange(
  handle: nodeFs.FileHandle,
  fileSize: number,
  { start, end }: ByteRange,
): Promise<Uint8Array> {
  assert(start >= 0 && end >= start, `range ${start}..${end}`);
  const bytes = new Uint8Array(Math.max(0, Math.min(end, fileSize) - start));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
