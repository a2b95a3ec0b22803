/**
 * `FolderOperations` on a disk: what the catalog does with whole folders, and where symbolic links
 * lead, so that none leads out of the warehouse.
 */
import * as nodeFs from 'node:fs/promises';
import { posix } from 'node:path';
import type { FolderOperations } from '../folder-operations.ts';
import { CodedError } from '../coded-error.ts';
import { makeFolder, syncFolder, type FileSystem } from './durable-write.ts';
import { codedFsError, errnoOf, isMissing, requireDiskLocation } from './fs-errors.ts';

export function createLocalFolders(fs: FileSystem = nodeFs): FolderOperations {
  async function realLocation(location: string): Promise<string> {
    requireDiskLocation(location);
    try {
      return await fs.realpath(location);
    } catch (error) {
      if (!isMissing(error)) throw codedFsError(error, 'look up', location);
    }
    if (await isLink(location)) {
      throw new CodedError('PATH_NOT_ALLOWED', `${location} is a link that leads nowhere.`);
    }
    return posix.join(await realLocation(posix.dirname(location)), posix.basename(location));
  }

  async function isLink(location: string): Promise<boolean> {
    try {
      return (await fs.lstat(location)).isSymbolicLink();
    } catch (error) {
      if (isMissing(error)) return false;
      throw codedFsError(error, 'look up', location);
    }
  }

  return {
    movesAtOnce: () => true,
    realLocation,

    async moveFolder({ source, target }) {
      requireDiskLocation(source);
      requireDiskLocation(target);
      try {
        await makeFolder(fs, posix.dirname(target));
        await fs.rename(source, target);
        await syncFolder(fs, posix.dirname(source));
        await syncFolder(fs, posix.dirname(target));
        return 'moved';
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return 'missing';
        throw codedFsError(error, 'move', source);
      }
    },

    async removeEmptyFolder(location) {
      requireDiskLocation(location);
      try {
        await fs.rmdir(location);
        await syncFolder(fs, posix.dirname(location));
        return 'removed';
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === 'ENOENT') return 'missing';
        // A link to a folder is not the catalog's to remove.
        if (errno === 'ENOTEMPTY' || errno === 'EEXIST' || errno === 'ENOTDIR') return 'not empty';
        throw codedFsError(error, 'remove', location);
      }
    },
  };
}
