/**
 * Where files lie that DuckDB writes for an object store, until they are sent: below one folder of
 * this machine, under the very names they will have. What a crash leaves is removed at the next start.
 */
import { mkdir, readdir, rm, stat, unlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { codedFsError, isMissing } from './fs-errors.ts';

export class Staging {
  readonly folder: string;

  /** @param folder absolute; belongs to this process alone */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** `s3://bucket/a/b` lies at `<folder>/s3/bucket/a/b`. */
  pathOf(location: string): string {
    return `${this.folder}/${location.replace('://', '/')}`;
  }

  /** The location of a path below the folder; other paths as they are. */
  locationOf(path: string): string {
    if (!path.startsWith(`${this.folder}/`)) return path;
    return path.slice(this.folder.length + 1).replace('/', '://');
  }

  async has(location: string): Promise<boolean> {
    const path = this.pathOf(location);
    try {
      return (await stat(path)).isFile();
    } catch (error) {
      if (isMissing(error)) return false;
      throw codedFsError(error, 'look up', path);
    }
  }

  async makeFolder(location: string): Promise<void> {
    const path = this.pathOf(location);
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw codedFsError(error, 'make', path);
    }
  }

  async remove(location: string): Promise<void> {
    const path = this.pathOf(location);
    try {
      await unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw codedFsError(error, 'remove', path);
    }
  }

  /** Removes files whose names begin so, at any depth below `location`. Best effort. */
  async removeNamed(location: string, start: string): Promise<void> {
    const path = this.pathOf(location);
    const names = await readdir(path, { recursive: true }).catch(() => []);
    for (const name of names) {
      if (!posix.basename(name).startsWith(start)) continue;
      await rm(posix.join(path, name), { force: true, recursive: true }).catch(() => undefined);
    }
  }
}
