/**
 * Tombstones: the `remove` actions of files that no version after them has. Nobody reads them but
 * VACUUM, which must spare their files for a while, and the next checkpoint. Kept by column, like the
 * active files, since there may be as many.
 *
 * 1. A tombstone is known by its canonical path and its deletion vector's id, as a file is.
 * 2. The last word wins: a file that is added again has no tombstone.
 * 3. `dataChange` is false in all of them: nothing changes any more.
 */
import { deletionVectorId, type RemoveFile } from '../log/actions.ts';
import type { DeletionVectorDescriptor } from '../log/actions.ts';
import { FileChunkBuilder } from '../file-chunk-builder.ts';
import { chunkRowsMax, optionalNumberAt, textAt, type FileChunk } from '../file-chunk.ts';
import { partitionValuesAt } from '../active-files.ts';
import { PathIndex, pathKey, type PathKey } from '../path-index.ts';

const isExtended = 1;
const isNotExtended = 2;
const hasPartitionValues = 4;
const hasSize = 8;
const hasTime = 16;
const isDead = 32;

interface Sealed {
  readonly chunk: FileChunk;
  readonly index: PathIndex;
  readonly flags: Uint8Array;
}

export class Tombstones {
  readonly #sealed: Sealed[] = [];
  #builder = new FileChunkBuilder();
  #index = new PathIndex();
  #flags = new Uint8Array(64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(remove: RemoveFile): void {
    this.forget(remove.path, remove.deletionVector);
    const { partitionValues = {}, size = 0, deletionTimestamp = 0 } = remove;
    const row = this.#builder.rowCount;
    this.#builder.addFile({
      kind: 'add',
      path: remove.path,
      partitionValues,
      size,
      modificationTime: deletionTimestamp,
      dataChange: false,
      deletionVector: remove.deletionVector,
      baseRowId: remove.baseRowId,
      defaultRowCommitVersion: remove.defaultRowCommitVersion,
    });
    if (row === this.#flags.length) {
      const larger = new Uint8Array(2 * row);
      larger.set(this.#flags);
      this.#flags = larger;
    }
    this.#flags[row] = flagsOf(remove);
    this.#count++;
    if (this.#builder.rowCount >= chunkRowsMax) this.#seal();
  }

  /** The file is there again. */
  forget(path: string, deletionVector: DeletionVectorDescriptor | undefined): void {
    if (this.#count === 0) return;
    const key = pathKey(path);
    const id = deletionVectorId(deletionVector);
    if (this.#builder.rowCount > 0) {
      const { paths, rowCount } = this.#builder;
      this.#index.catchUp(paths, rowCount);
      const row = this.#index.find(
        key,
        paths,
        (candidate) =>
          ((this.#flags[candidate] ?? 0) & isDead) === 0 &&
          deletionVectorId(this.#builder.deletionVectorAt(candidate)) === id,
      );
      if (row >= 0) {
        this.#flags[row] = (this.#flags[row] ?? 0) | isDead;
        this.#count--;
        return;
      }
    }
    for (const { chunk, index, flags } of this.#sealed) {
      const row = findRow(chunk, index, flags, key, id);
      if (row < 0) continue;
      flags[row] = (flags[row] ?? 0) | isDead;
      this.#count--;
      return;
    }
  }

  #seal(): void {
    const { paths, rowCount } = this.#builder;
    if (rowCount === 0) return;
    this.#index.catchUp(paths, rowCount);
    this.#sealed.push({
      chunk: this.#builder.finish(),
      index: this.#index,
      flags: this.#flags.slice(0, rowCount),
    });
    this.#builder = new FileChunkBuilder();
    this.#index = new PathIndex();
    this.#flags = new Uint8Array(64);
  }

  /** In the order in which they came; the objects are made one by one. */
  *[Symbol.iterator](): Generator<RemoveFile, void, undefined> {
    this.#seal();
    for (const { chunk, flags } of this.#sealed) {
      for (let row = 0; row < chunk.rowCount; row++) {
        const flag = flags[row] ?? 0;
        if ((flag & isDead) === 0) yield removeAt(chunk, row, flag);
      }
    }
  }
}

function findRow(
  chunk: FileChunk,
  index: PathIndex,
  flags: Uint8Array,
  key: PathKey,
  id: string,
): number {
  return index.find(
    key,
    chunk.paths,
    (row) =>
      ((flags[row] ?? 0) & isDead) === 0 && deletionVectorId(chunk.deletionVectors.get(row)) === id,
  );
}

function flagsOf(remove: RemoveFile): number {
  const { extendedFileMetadata, partitionValues, size, deletionTimestamp } = remove;
  return (
    (extendedFileMetadata === true ? isExtended : 0) |
    (extendedFileMetadata === false ? isNotExtended : 0) |
    (partitionValues === undefined ? 0 : hasPartitionValues) |
    (size === undefined ? 0 : hasSize) |
    (deletionTimestamp === undefined ? 0 : hasTime)
  );
}

function removeAt(chunk: FileChunk, row: number, flag: number): RemoveFile {
  const has = (bit: number): boolean => (flag & bit) !== 0;
  const extended = has(isNotExtended) ? false : undefined;
  return {
    kind: 'remove',
    path: textAt(chunk.paths, row),
    deletionTimestamp: has(hasTime) ? chunk.modificationTimes[row] : undefined,
    dataChange: false,
    extendedFileMetadata: has(isExtended) ? true : extended,
    partitionValues: has(hasPartitionValues) ? partitionValuesAt(chunk, row) : undefined,
    size: has(hasSize) ? chunk.sizes[row] : undefined,
    deletionVector: chunk.deletionVectors.get(row),
    baseRowId: optionalNumberAt(chunk.baseRowIds, row),
    defaultRowCommitVersion: optionalNumberAt(chunk.defaultRowCommitVersions, row),
  };
}
