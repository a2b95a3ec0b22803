/**
 * A folder for this process alone below one that several may be given: `<folder>/0`, or the next that
 * nobody has. A process holds its folder by a lock file with its process id; one that has ended, however
 * it did, holds nothing.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { CodedError } from '../coded-error.ts';
import { codedFsError, errnoOf } from './fs-errors.ts';

export interface ClaimedFolder {
  readonly path: string;
  release(): Promise<void>;
}

const claimsMax = 64;

export async function claimFolder(folder: string): Promise<ClaimedFolder> {
  try {
    for (let number = 0; number < claimsMax; number++) {
      const path = `${folder}/${number}`;
      await mkdir(path, { recursive: true });
      if (await lock(`${path}/lock`)) {
        return { path, release: () => unlink(`${path}/lock`).catch(() => undefined) };
      }
    }
  } catch (error) {
    throw codedFsError(error, 'use', folder);
  }
  throw new CodedError('IO_ERROR', `${claimsMax} processes use ${folder} already.`);
}

async function lock(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    if (await linked(own, path)) return true;
    const holder = await readFile(path, 'utf8').catch(() => '');
    if (isAlive(Number(holder))) return false;
    // Renamed instead of removed: of many who see that it is stale, one gets it.
    const stale = `${own}.stale`;
    await rename(path, stale);
    const taken = await readFile(stale, 'utf8');
    if (taken !== holder) {
      // Another was faster, and has it: it is given back.
      await linked(stale, path);
      await unlink(stale);
      return false;
    }
    await unlink(stale);
    return await linked(own, path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
