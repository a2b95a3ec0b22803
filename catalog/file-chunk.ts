/**
 * Up to 65,536 active files as columns: no object per file. A chunk never changes; which of its
 * rows are live is kept beside it (`active-files.ts`), so that versions share chunks.
 *
 *     paths   |part-0...|part-1...|        bytes and offsets; the log's own spelling
 *     sizes, modificationTimes             one double a row
 *     stats   |{"numRec...|   |{"nu...|    bytes and offsets; empty = none
 *     partition column p   [0, 0, 1]       codes into ["2024", null]
 *     deletionVectors      {2: ...}        only the rows that have one
 */
import type { DeletionVectorDescriptor, StringMap } from './log/actions.ts';

/** 2^16, so that chunk and row make one integer. */
export const chunkRowsMax = 65_536;

export interface BytesColumn {
  readonly bytes: Buffer;
  /** One more than there are rows. */
  readonly offsets: Uint32Array;
}

export interface PartitionColumn {
  /** Index into `values`, one a row. */
  readonly codes: Uint16Array | Uint32Array;
  readonly values: readonly (string | null)[];
}

/** What few files have. */
export interface RareFields {
  readonly tags?: StringMap | undefined;
  readonly clusteringProvider?: string | undefined;
}

export interface FileChunk {
  readonly rowCount: number;
  readonly paths: BytesColumn;
  readonly sizes: Float64Array;
  readonly modificationTimes: Float64Array;
  readonly stats: BytesColumn;
  /** By the name the log uses, which is the physical one under column mapping. */
  readonly partitionColumns: ReadonlyMap<string, PartitionColumn>;
  readonly deletionVectors: ReadonlyMap<number, DeletionVectorDescriptor>;
  /** NaN = none; absent = none in the whole chunk. */
  readonly baseRowIds: Float64Array | undefined;
  readonly defaultRowCommitVersions: Float64Array | undefined;
  readonly rareFields: ReadonlyMap<number, RareFields>;
  readonly sizeInMemoryBytes: number;
}

export function textAt({ bytes, offsets }: BytesColumn, row: number): string {
  const start = offsets[row] ?? 0;
  const end = offsets[row + 1] ?? start;
  return bytes.toString('utf8', start, end);
}

/** NULL for a file that does not say. */
export function partitionValueAt(chunk: FileChunk, column: string, row: number): string | null {
  const found = chunk.partitionColumns.get(column);
  return found === undefined ? null : (found.values[found.codes[row] ?? 0] ?? null);
}

export function optionalNumberAt(
  column: Float64Array | undefined,
  row: number,
): number | undefined {
  const value = column?.[row];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
