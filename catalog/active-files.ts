/**
 * The active files of a snapshot: immutable, by column, made for a million of them. Versions of a
 * table share chunks; only the bitmaps that tell which rows are live are copied when rows die.
 * A file is named by one integer, its handle, which is valid in the `ActiveFiles` that gave it.
 */
import {
  chunkRowsMax,
  optionalNumberAt,
  partitionValueAt,
  textAt,
  type FileChunk,
} from './file-chunk.ts';
import {
  deletionVectorId,
  type AddFile,
  type DeletionVectorDescriptor,
  type PartitionValues,
} from './log/actions.ts';
import { ChunkStatistics } from './chunk-statistics.ts';
import { fileLocation } from './log/file-path.ts';
import { PathIndex, pathKey, requireCanonical, type PathKey } from './path-index.ts';

/** Names a file of one `ActiveFiles`: chunk number and row. */
export type FileHandle = number;

/** A chunk with what is built of it on demand: index and statistics. Shared between versions. */
export class IndexedChunk {
  readonly chunk: FileChunk;
  readonly statistics: ChunkStatistics;
  #index: PathIndex | undefined;

  constructor(chunk: FileChunk, index?: PathIndex) {
    this.chunk = chunk;
    this.statistics = new ChunkStatistics(chunk);
    this.#index = index;
  }

  get sizeInMemoryBytes(): number {
    return this.chunk.sizeInMemoryBytes + this.statistics.sizeInMemoryBytes;
  }

  find(key: PathKey, isIt: (row: number) => boolean): number {
    return this.index().find(key, this.chunk.paths, isIt);
  }

  /** Some 15 ms for a full chunk the first time, nothing later. */
  index(): PathIndex {
    const { paths, rowCount } = this.chunk;
    this.#index ??= new PathIndex();
    this.#index.catchUp(paths, rowCount);
    return this.#index;
  }
}

/** A chunk as one version sees it. */
export interface LiveChunk {
  readonly indexed: IndexedChunk;
  /** One bit a row; `undefined` = all rows are live. */
  readonly live: Uint32Array | undefined;
  readonly liveCount: number;
  readonly liveBytes: number;
}

export function isLive(live: Uint32Array | undefined, row: number): boolean {
  return live === undefined || ((live[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0;
}

export class ActiveFiles {
  /** The table's location, below which relative paths lie. */
  readonly tableLocation: string;
  readonly chunks: readonly LiveChunk[];
  readonly count: number;
  readonly totalBytes: number;

  constructor(tableLocation: string, chunks: readonly LiveChunk[]) {
    this.tableLocation = tableLocation;
    this.chunks = chunks;
    this.count = chunks.reduce((sum, { liveCount }) => sum + liveCount, 0);
    this.totalBytes = chunks.reduce((sum, { liveBytes }) => sum + liveBytes, 0);
  }

  static empty(tableLocation: string): ActiveFiles {
    return new ActiveFiles(tableLocation, []);
  }

  /** Approximate, and counting chunks that other versions share. */
  get sizeInMemoryBytes(): number {
    let bytes = 0;
    for (const { indexed, live } of this.chunks) {
      bytes += indexed.sizeInMemoryBytes + (live?.byteLength ?? 0);
    }
    return bytes;
  }

  /** The handles of all files, oldest first. */
  *[Symbol.iterator](): Generator<FileHandle> {
    for (let number = 0; number < this.chunks.length; number++) {
      const { indexed, live } = this.#at(number);
      for (let row = 0; row < indexed.chunk.rowCount; row++) {
        if (isLive(live, row)) yield number * chunkRowsMax + row;
      }
    }
  }

  #at(number: number): LiveChunk {
    const chunk = this.chunks[number];
    if (chunk === undefined) throw new RangeError(`no chunk ${number}`);
    return chunk;
  }

  #chunk(file: FileHandle): FileChunk {
    return this.#at(Math.floor(file / chunkRowsMax)).indexed.chunk;
  }

  /** The path as the log spells it: URI-encoded, relative or absolute. */
  rawPath(file: FileHandle): string {
    return textAt(this.#chunk(file).paths, file % chunkRowsMax);
  }

  /** Where the file is read from: absolute, decoded. Throws DELTA_LOG_CORRUPT for a broken path. */
  location(file: FileHandle): string {
    return fileLocation(this.tableLocation, requireCanonical(this.rawPath(file)));
  }

  sizeBytes(file: FileHandle): number {
    return this.#chunk(file).sizes[file % chunkRowsMax] ?? 0;
  }

  modificationTime(file: FileHandle): number {
    return this.#chunk(file).modificationTimes[file % chunkRowsMax] ?? 0;
  }

  /**
   * The text the log has for a partition column, named as the log names it (the physical name under
   * column mapping); `null` for NULL and for a column the file does not mention.
   */
  partitionValue(file: FileHandle, column: string): string | null {
    return partitionValueAt(this.#chunk(file), column, file % chunkRowsMax);
  }

  /** The statistics' JSON text. */
  stats(file: FileHandle): string | undefined {
    const text = textAt(this.#chunk(file).stats, file % chunkRowsMax);
    return text === '' ? undefined : text;
  }

  /** Rows that are not deleted, if the statistics tell. */
  rowCount(file: FileHandle): number | undefined {
    const row = file % chunkRowsMax;
    const { chunk, statistics } = this.#at(Math.floor(file / chunkRowsMax)).indexed;
    const count = statistics.rowCount(row) - (chunk.deletionVectors.get(row)?.cardinality ?? 0);
    return Number.isNaN(count) ? undefined : count;
  }

  deletionVector(file: FileHandle): DeletionVectorDescriptor | undefined {
    return this.#chunk(file).deletionVectors.get(file % chunkRowsMax);
  }

  baseRowId(file: FileHandle): number | undefined {
    return optionalNumberAt(this.#chunk(file).baseRowIds, file % chunkRowsMax);
  }

  defaultRowCommitVersion(file: FileHandle): number | undefined {
    return optionalNumberAt(this.#chunk(file).defaultRowCommitVersions, file % chunkRowsMax);
  }

  /** The file's `add` action, for what writes the log. `dataChange` is false: nothing is added. */
  addFile(file: FileHandle): AddFile {
    const row = file % chunkRowsMax;
    const chunk = this.#chunk(file);
    return {
      kind: 'add',
      path: this.rawPath(file),
      partitionValues: partitionValuesAt(chunk, row),
      size: this.sizeBytes(file),
      modificationTime: this.modificationTime(file),
      dataChange: false,
      stats: this.stats(file),
      tags: chunk.rareFields.get(row)?.tags,
      deletionVector: chunk.deletionVectors.get(row),
      baseRowId: this.baseRowId(file),
      defaultRowCommitVersion: this.defaultRowCommitVersion(file),
      clusteringProvider: chunk.rareFields.get(row)?.clusteringProvider,
    };
  }

  /** The active file with this path (any spelling of it) and deletion vector, if there is one. */
  find(path: string, deletionVector?: DeletionVectorDescriptor): FileHandle | undefined {
    const key = pathKey(path);
    const id = deletionVectorId(deletionVector);
    for (let number = this.chunks.length - 1; number >= 0; number--) {
      const { indexed, live } = this.#at(number);
      const row = findLive(indexed, live, key, id);
      if (row >= 0) return number * chunkRowsMax + row;
    }
    return undefined;
  }
}

/** The live row of a chunk with this path and deletion vector id, or -1. */
export function findLive(
  indexed: IndexedChunk,
  live: Uint32Array | undefined,
  key: PathKey,
  id: string,
): number {
  const { deletionVectors } = indexed.chunk;
  return indexed.find(
    key,
    (row) => isLive(live, row) && deletionVectorId(deletionVectors.get(row)) === id,
  );
}

export function partitionValuesAt(chunk: FileChunk, row: number): PartitionValues {
  const values: Record<string, string | null> = {};
  for (const column of chunk.partitionColumns.keys()) {
    values[column] = partitionValueAt(chunk, column, row);
  }
  return values;
}
