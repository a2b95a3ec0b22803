/**
 * Bytes onto a disk so that a crash at any moment leaves all of them or none of them under the
 * final name:
 *
 *     temp file in the same folder -> write -> fsync -> close -> link (or rename) -> fsync folder
 *
 * `link` never replaces: EEXIST is how one of many writers learns that it was not the first.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import { posix } from 'node:path';
import { CodedError } from '../coded-error.ts';
import { errnoOf, lacksHardLinks } from './fs-errors.ts';

/** The calls the local store makes; tests put faulty ones in their place. */
export type FileSystem = Pick<
  typeof fsPromises,
  | 'link'
  | 'lstat'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'realpath'
  | 'rename'
  | 'rmdir'
  | 'stat'
  | 'unlink'
>;

const tempNameBytesMax = 120;
const tempName = /^\..*\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/s;

/** Whether a name is that of a file still being written, which no listing may show. */
export function isTempName(name: string): boolean {
  return name.startsWith('.') && tempName.test(name);
}

/** Replaces the file atomically. */
export async function replaceFile(
  fs: FileSystem,
  location: string,
  bytes: Uint8Array,
): Promise<void> {
  const temp = await writeTemp(fs, location, bytes);
  try {
    await fs.rename(temp, location);
  } catch (error) {
    await removeQuietly(fs, temp);
    throw error;
  }
  await syncFolder(fs, posix.dirname(location));
}

/** Makes the file unless there is one of that name; of many callers one gets `created`. */
export async function createFile(
  fs: FileSystem,
  location: string,
  bytes: Uint8Array,
): Promise<'created' | 'exists'> {
  const temp = await writeTemp(fs, location, bytes);
  let outcome: 'created' | 'exists';
  try {
    outcome = await linkTemp(fs, temp, location);
  } finally {
    await removeQuietly(fs, temp);
  }
  await syncFolder(fs, posix.dirname(location));
  return outcome;
}

/** `createFile` for a file that lies in the folder already, under another name, which it loses. */
export async function publishFile(
  fs: FileSystem,
  from: string,
  to: string,
): Promise<'created' | 'exists'> {
  await syncFile(fs, from);
  const outcome = await linkTemp(fs, from, to);
  await removeQuietly(fs, from);
  await syncFolder(fs, posix.dirname(to));
  return outcome;
}

/** Bytes that are in memory while a file is copied. */
const copiedAtOnceBytes = 4 * 1024 * 1024;

/** `createFile` with the bytes of another file, a piece at a time. */
export async function copyFile(
  fs: FileSystem,
  names: { readonly from: string; readonly to: string },
  beforePiece: () => void,
): Promise<'created' | 'exists'> {
  const { from, to } = names;
  // Without O_NONBLOCK the opening of a named pipe waits for a writer.
  const source = await fs.open(from, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const temp = tempFor(to);
    let outcome: 'created' | 'exists';
    try {
      const target = await openIn(fs, posix.dirname(to), temp);
      try {
        await copyBytes(source, target, beforePiece);
        await target.sync();
      } finally {
        await target.close();
      }
      outcome = await linkTemp(fs, temp, to);
    } finally {
      await removeQuietly(fs, temp);
    }
    await syncFolder(fs, posix.dirname(to));
    return outcome;
  } finally {
    await source.close();
  }
}

async function copyBytes(
  source: fsPromises.FileHandle,
  target: fsPromises.FileHandle,
  beforePiece: () => void,
): Promise<void> {
  const buffer = new Uint8Array(copiedAtOnceBytes);
  for (let position = 0; ;) {
    beforePiece();
    const { bytesRead } = await source.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    let written = 0;
    while (written < bytesRead) {
      const { bytesWritten } = await target.write(
        buffer,
        written,
        bytesRead - written,
        position + written,
      );
      written += bytesWritten;
    }
    position += bytesRead;
  }
}

async function linkTemp(
  fs: FileSystem,
  temp: string,
  location: string,
): Promise<'created' | 'exists'> {
  try {
    await fs.link(temp, location);
    return 'created';
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      // Over NFS the answer to a link that succeeded can get lost and the repeated call fail: the
      // second name of our own file gives it away.
      return (await fs.stat(temp)).nlink > 1 ? 'created' : 'exists';
    }
    if (!lacksHardLinks(error)) throw error;
    throw new CodedError(
      'DELTA_STORE_UNSUITABLE',
      `The file system of ${posix.dirname(location)} has no hard links, without which two ` +
        'writers could replace each other’s commits.',
      { cause: error },
    );
  }
}

async function writeTemp(fs: FileSystem, location: string, bytes: Uint8Array): Promise<string> {
  const temp = tempFor(location);
  const handle = await openIn(fs, posix.dirname(location), temp);
  try {
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await removeQuietly(fs, temp);
    throw error;
  }
  return temp;
}

function tempFor(location: string): string {
  const name = posix.basename(location);
  const shown = Buffer.byteLength(name) > tempNameBytesMax ? 'long-name' : name;
  return posix.join(posix.dirname(location), `.${shown}.${randomUUID()}.tmp`);
}

async function openIn(
  fs: FileSystem,
  folder: string,
  temp: string,
): Promise<fsPromises.FileHandle> {
  try {
    return await fs.open(temp, 'wx');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  await makeFolder(fs, folder);
  return fs.open(temp, 'wx');
}

/** Makes a folder and those above it, durably. One that exists is no error. */
export async function makeFolder(fs: FileSystem, folder: string): Promise<void> {
  const parent = posix.dirname(folder);
  try {
    await fs.mkdir(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' && parent !== folder) {
      await makeFolder(fs, parent);
      return makeFolder(fs, folder);
    }
    // Another writer may have made it a moment ago without having synced its parent yet.
    if (errno !== 'EEXIST' || !(await fs.stat(folder)).isDirectory()) throw error;
  }
  await syncFolder(fs, parent);
}

export async function syncFolder(fs: FileSystem, folder: string): Promise<void> {
  await syncOpened(await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY));
}

export async function syncFile(fs: FileSystem, location: string): Promise<void> {
  await syncOpened(await fs.open(location, constants.O_RDONLY));
}

async function syncOpened(handle: fsPromises.FileHandle): Promise<void> {
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A temp file that cannot be removed is invisible; the first failure is the one to report. */
async function removeQuietly(fs: FileSystem, location: string): Promise<void> {
  await fs.unlink(location).catch(() => undefined);
}
