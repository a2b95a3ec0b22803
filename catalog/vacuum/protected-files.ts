/**
 * The files that VACUUM must not touch: those of the current version, those removed so lately that
 * an older version may still be read, and the deletion vectors of both.
 *
 * 1. What is compared is where a file lies, whatever the log calls it: relative or absolute, encoded
 *    or not.
 * 2. A file that the log names by an absolute path is spared by its bare name, too: the same folder
 *    may have several paths (links, mounts), and which one the log was written with is not known.
 */
import { setImmediate } from 'node:timers/promises';
import type { DeletionVectorDescriptor } from '../log/actions.ts';
import { deletionVectorSource } from '../log/deletion-vector.ts';
import { fileLocation, isAbsolutePath } from '../log/file-path.ts';
import { nameOf } from '../log/log-path.ts';
import { requireCanonical } from '../path-index.ts';
import type { ActiveFiles } from '../active-files.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';
import { PathSet } from './path-set.ts';

export interface NamedFile {
  /** As in the log. */
  readonly path: string;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
}

/** Handled without a break. */
const sliceLength = 8192;

export class ProtectedFiles {
  readonly #table: string;
  readonly #locations = new PathSet();
  readonly #absoluteNames = new PathSet();

  constructor(table: string) {
    this.#table = table;
  }

  /** Throws DELTA_LOG_CORRUPT for a path or a descriptor without sense: then nothing is known. */
  add({ path, deletionVector }: NamedFile): void {
    const canonical = requireCanonical(path);
    const location = sameStore(fileLocation(this.#table, canonical));
    this.#locations.add(location);
    if (isAbsolutePath(canonical)) this.#absoluteNames.add(nameOf(location));
    if (deletionVector === undefined) return;
    const source = deletionVectorSource(deletionVector, this.#table);
    if (source.kind === 'inline') return;
    this.#locations.add(sameStore(source.location));
    if (deletionVector.storageType === 'p') this.#absoluteNames.add(nameOf(source.location));
  }

  async addAll(files: ActiveFiles, signal: AbortSignal | undefined): Promise<void> {
    let count = 0;
    for (const file of files) {
      this.add({ path: files.rawPath(file), deletionVector: files.deletionVector(file) });
      if (++count % sliceLength !== 0) continue;
      await setImmediate();
      throwIfAborted(signal);
    }
  }

  has(location: string): boolean {
    return this.#locations.has(sameStore(location)) || this.#absoluteNames.has(nameOf(location));
  }
}

/** Hadoop has several names for the same store. */
function sameStore(location: string): string {
  return location.replace(/^s3[an]:/, 's3:');
}
