/**
 * Makes the next `ActiveFiles` out of one: files are added and removed in the order of the log, the
 * last word on a file wins. The base is never touched; what did not change is shared with it.
 *
 * 1. A file is known by its canonical path and its deletion vector's id.
 * 2. Adding a known file replaces it (new statistics, say); it moves to the end.
 * 3. Removing an unknown file does nothing: its add was removed from the log long ago.
 * 4. A path is active at most once: with two deletion vectors its rows would be there twice. Nothing
 *    is known of the order within a commit, so this is looked at when all is done.
 * 5. After `finish` there are at most a few chunks more than a full repacking would give, and no
 *    chunk is mostly dead.
 */
import {
  ActiveFiles,
  IndexedChunk,
  isLive,
  partitionValuesAt,
  type LiveChunk,
} from './active-files.ts';
import { FileChunkBuilder, type FileColumns, type FileRest } from './file-chunk-builder.ts';
import { chunkRowsMax, type FileChunk } from './file-chunk.ts';
import { deletionVectorId, type AddFile, type DeletionVectorDescriptor } from './log/actions.ts';
import { PathIndex, pathKey, type PathKey } from './path-index.ts';
import { CodedError } from './coded-error.ts';
import { RepeatedPaths } from './repeated-paths.ts';

/** Offsets have 32 bits; a chunk ends well before. */
const chunkTextBytesMax = 256 * 1024 * 1024;

interface EditedChunk {
  /** What the base has, while nothing changed. */
  base: LiveChunk | undefined;
  readonly indexed: IndexedChunk;
  live: Uint32Array | undefined;
  /** Whether `live` is this editor's own copy. */
  owned: boolean;
  liveCount: number;
  liveBytes: number;
}

export class ActiveFilesEditor {
  readonly #tableLocation: string;
  readonly #chunks: EditedChunk[];
  #builder = new FileChunkBuilder();
  #index = new PathIndex();
  #dead = new Set<number>();
  #liveBytes = 0;
  /**
   * What `settling` found, and of how many chunks: the first ones. It finds a path among them in one
   * look, and saves their indexes.
   */
  #settled: { readonly paths: RepeatedPaths<EditedChunk>; readonly chunks: number } | undefined;
  /** Paths that were added while they were active with another deletion vector. */
  readonly #suspects = new Map<string, PathKey>();

  constructor(base: ActiveFiles) {
    this.#tableLocation = base.tableLocation;
    this.#chunks = base.chunks.map((chunk) => ({ ...chunk, base: chunk, owned: false }));
  }

  /** Indexes one chunk a step, what else the first `add` or `remove` does for all of them. */
  *indexing(): Generator<void, void, undefined> {
    for (const { indexed } of this.#chunks.slice(this.#settled?.chunks ?? 0)) {
      indexed.index();
      yield;
    }
  }

  add(file: AddFile): void {
    const key = pathKey(file.path);
    const hasOther = this.#kill(key, deletionVectorId(file.deletionVector));
    if (hasOther) this.#suspects.set(file.path, key);
    this.#builder.addFile(file);
    // `#kill` has taken in all rows before.
    this.#index.push(key);
    this.#added(file.size);
  }

  remove(path: string, deletionVector: DeletionVectorDescriptor | undefined): void {
    this.#kill(pathKey(path), deletionVectorId(deletionVector));
  }

  /**
   * Adds files that should be new, such as a checkpoint's, those in the rows `from` to `to`;
   * `settling` looks whether they were.
   */
  append(columns: FileColumns, from: number, to: number): void {
    for (let start = from; start < to;) {
      const end = Math.min(to, start + chunkRowsMax - this.#builder.rowCount);
      this.#builder.addRows(columns, start, end);
      let sizeBytes = 0;
      for (let row = start; row < end; row++) sizeBytes += columns.sizes[row] ?? 0;
      this.#added(sizeBytes);
      start = end;
    }
  }

  /**
   * After the last `append`: what was appended more than once stays once, the last time. One step a
   * chunk. Throws DELTA_LOG_CORRUPT for a path with two deletion vectors.
   */
  *settling(): Generator<void, void, undefined> {
    this.#seal();
    const repeated = new RepeatedPaths(this.#chunks);
    for (const chunk of this.#chunks) {
      for (const { earlier, later } of repeated.take(chunk)) {
        if (vectorId(earlier.of, earlier.row) !== vectorId(later.of, later.row)) {
          throw twice(earlier.path);
        }
        clearBit(earlier.of, earlier.row);
      }
      yield;
    }
    if (repeated.areCanonical) this.#settled = { paths: repeated, chunks: this.#chunks.length };
  }

  #added(sizeBytes: number): void {
    this.#liveBytes += sizeBytes;
    const { rowCount, textBytes } = this.#builder;
    if (rowCount >= chunkRowsMax || textBytes >= chunkTextBytesMax) this.#seal();
  }

  /** Whether the path was seen active with another deletion vector. */
  #kill(key: PathKey, id: string): boolean {
    let hasOther = false;
    const isIt = (isActive: boolean, otherId: () => string): boolean => {
      if (!isActive) return false;
      const isSame = otherId() === id;
      hasOther ||= !isSame;
      return isSame;
    };
    if (this.#builder.rowCount > 0) {
      const { paths, rowCount } = this.#builder;
      this.#index.catchUp(paths, rowCount);
      const row = this.#index.find(key, paths, (candidate) =>
        isIt(!this.#dead.has(candidate), () =>
          deletionVectorId(this.#builder.deletionVectorAt(candidate)),
        ),
      );
      if (row >= 0) {
        this.#dead.add(row);
        this.#liveBytes -= this.#builder.sizeAt(row);
        return hasOther;
      }
    }
    const settledCount = this.#settled?.chunks ?? 0;
    for (let i = this.#chunks.length - 1; i >= settledCount; i--) {
      const chunk = this.#chunks[i];
      if (chunk === undefined || chunk.liveCount === 0) continue;
      const row = chunk.indexed.find(key, (candidate) =>
        isIt(isLive(chunk.live, candidate), () => vectorId(chunk, candidate)),
      );
      if (row < 0) continue;
      clearBit(chunk, row);
      return hasOther;
    }
    // Of the settled rows at most one has the path.
    const settled = this.#settled?.paths.find(key);
    if (settled === undefined) return hasOther;
    const { of, row } = settled;
    if (isIt(isLive(of.live, row), () => vectorId(of, row))) clearBit(of, row);
    return hasOther;
  }

  /** Throws DELTA_LOG_CORRUPT for a suspect that is active twice after all. */
  #checkSuspects(): void {
    for (const [path, key] of this.#suspects) {
      let count = 0;
      for (const { indexed, live } of this.#chunks) {
        indexed.find(key, (row) => {
          if (isLive(live, row)) count++;
          return false;
        });
      }
      if (count > 1) throw twice(path);
    }
  }

  #seal(): void {
    if (this.#builder.rowCount === 0) return;
    const { rowCount } = this.#builder;
    const chunk: EditedChunk = {
      base: undefined,
      indexed: new IndexedChunk(this.#builder.finish(), this.#index),
      live: undefined,
      owned: false,
      liveCount: rowCount,
      liveBytes: this.#liveBytes,
    };
    if (this.#dead.size > 0) {
      chunk.live = allLive(rowCount);
      for (const row of this.#dead)
        chunk.live[row >>> 5] = (chunk.live[row >>> 5] ?? 0) & ~(1 << (row & 31));
      chunk.owned = true;
      chunk.liveCount -= this.#dead.size;
    }
    this.#chunks.push(chunk);
    this.#builder = new FileChunkBuilder();
    this.#index = new PathIndex();
    this.#dead = new Set();
    this.#liveBytes = 0;
  }

  /** The result. Throws DELTA_LOG_CORRUPT for a path that is active twice. The editor must not be used afterwards. */
  finish(): ActiveFiles {
    this.#seal();
    this.#checkSuspects();
    const kept: LiveChunk[] = [];
    for (const { base, indexed, live, liveCount, liveBytes } of this.#chunks) {
      if (liveCount === 0) continue;
      let next: LiveChunk = base ?? { indexed, live, liveCount, liveBytes };
      for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
        if (!belongTogether(last, next)) break;
        kept.pop();
        next = repack([last, next]);
      }
      kept.push(isSparse(next) ? repack([next]) : next);
    }
    return new ActiveFiles(this.#tableLocation, kept);
  }
}

function vectorId({ indexed }: EditedChunk, row: number): string {
  return deletionVectorId(indexed.chunk.deletionVectors.get(row));
}

function twice(path: string): CodedError {
  return new CodedError(
    'DELTA_LOG_CORRUPT',
    `The log makes the file ${path} part of the table twice, with two deletion vectors.`,
  );
}

/** Neighbours whose sizes are close are merged, as in a binary counter: few chunks, little copying. */
function belongTogether(left: LiveChunk, right: LiveChunk): boolean {
  const text = textBytes(left) + textBytes(right);
  return (
    left.liveCount <= 2 * right.liveCount &&
    left.liveCount + right.liveCount <= chunkRowsMax &&
    text <= chunkTextBytesMax
  );
}

function textBytes({ indexed }: LiveChunk): number {
  const { paths, stats } = indexed.chunk;
  return Math.max(paths.bytes.byteLength, stats.bytes.byteLength);
}

function isSparse({ indexed, liveCount }: LiveChunk): boolean {
  return liveCount * 2 < indexed.chunk.rowCount;
}

function repack(chunks: readonly LiveChunk[]): LiveChunk {
  const builder = new FileChunkBuilder();
  for (const { indexed, live } of chunks) {
    const { chunk } = indexed;
    const columns = { ...chunk, rest: (row: number) => restAt(chunk, row) };
    for (let row = 0; row < chunk.rowCount; row++) {
      if (!isLive(live, row)) continue;
      let end = row + 1;
      while (end < chunk.rowCount && isLive(live, end)) end++;
      builder.addRows(columns, row, end);
      row = end;
    }
  }
  return {
    indexed: new IndexedChunk(builder.finish()),
    live: undefined,
    liveCount: chunks.reduce((sum, { liveCount }) => sum + liveCount, 0),
    liveBytes: chunks.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
  };
}

function restAt(chunk: FileChunk, row: number): FileRest {
  return {
    ...chunk.rareFields.get(row),
    partitionValues: partitionValuesAt(chunk, row),
    deletionVector: chunk.deletionVectors.get(row),
  };
}

function allLive(rowCount: number): Uint32Array {
  return new Uint32Array((rowCount + 31) >>> 5).fill(0xffffffff);
}

function clearBit(chunk: EditedChunk, row: number): void {
  if (!chunk.owned) {
    chunk.live = chunk.live?.slice() ?? allLive(chunk.indexed.chunk.rowCount);
    chunk.owned = true;
    chunk.base = undefined;
  }
  const { live } = chunk;
  if (live === undefined) return;
  live[row >>> 5] = (live[row >>> 5] ?? 0) & ~(1 << (row & 31));
  chunk.liveCount--;
  chunk.liveBytes -= chunk.indexed.chunk.sizes[row] ?? 0;
}
