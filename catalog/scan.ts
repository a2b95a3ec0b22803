/**
 * A snapshot and what a query needs of it -> the files to read, and what the log alone can answer.
 * Opens nothing. Chunks are gone through one after another, others having the thread in between when
 * statistics had to be read.
 */
import { setImmediate } from 'node:timers/promises';
import { isLive, type ActiveFiles, type FileHandle, type LiveChunk } from './active-files.ts';
import { matchChunk, matchPartitions } from './chunk-filter.ts';
import { bindPredicate, fileMightMatch, type Skipping } from './data-skipping.ts';
import { chunkRowsMax, textAt, partitionValueAt, type FileChunk } from './file-chunk.ts';
import { parseFileStats } from './log/file-stats.ts';
import type { Predicate } from './predicate.ts';
import type { Snapshot } from './snapshot.ts';
import { throwIfAborted } from './throw-if-aborted.ts';

export interface ScanRequest {
  /** Holds for every row that is needed. */
  readonly predicate: Predicate;
  /** Any so many rows that meet the predicate are enough. */
  readonly rowsMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FileSelection {
  /** In the order of the log. */
  readonly files: readonly FileHandle[];
  /** Files left out by their partition values, and those left out besides. */
  readonly prunedByPartition: number;
  readonly prunedByStatistics: number;
  /** Files left out because those before them have rows enough. */
  readonly beyondLimit: number;
}

/** Files whose exact statistics are looked at again where a chunk's were rounded. */
const checkedAgainMax = 10_000;

/** The files that a query needs. Throws the signal's reason. */
export async function selectFiles(
  snapshot: Snapshot,
  { predicate, rowsMax, signal }: ScanRequest,
): Promise<FileSelection> {
  const skipping = bindPredicate(snapshot, predicate);
  const files: FileHandle[] = [];
  let byPartition = 0;
  let byStatistics = 0;
  const { chunks } = snapshot.files;
  for (const [number, chunk] of chunks.entries()) {
    const selected = selectInChunk(skipping, chunk);
    byPartition += selected.prunedByPartition;
    byStatistics += selected.prunedByStatistics;
    for (const row of selected.rows) files.push(number * chunkRowsMax + row);
    if (selected.wasRead && number < chunks.length - 1) {
      await setImmediate();
      throwIfAborted(signal);
    }
  }
  const enough =
    rowsMax === undefined || !skipping.isDecidedByPartition
      ? files
      : filesWithRows(snapshot.files, files, rowsMax);
  return {
    files: enough,
    prunedByPartition: byPartition,
    prunedByStatistics: byStatistics,
    beyondLimit: files.length - enough.length,
  };
}

interface ChunkSelection {
  readonly rows: readonly number[];
  readonly prunedByPartition: number;
  readonly prunedByStatistics: number;
  /** Whether texts had to be read. */
  readonly wasRead: boolean;
}

function selectInChunk(
  skipping: Skipping,
  { indexed, live, liveCount }: LiveChunk,
): ChunkSelection {
  const { chunk, statistics } = indexed;
  if (skipping.predicate.kind === 'true') {
    const rows = liveRows(chunk, live, undefined);
    return { rows, prunedByPartition: 0, prunedByStatistics: 0, wasRead: false };
  }
  const wasRead = !statistics.has(skipping.columns);
  const { matches, isExact } = matchChunk(skipping, chunk, statistics);
  let rows = liveRows(chunk, live, matches);
  if (!isExact && rows.length <= checkedAgainMax) {
    rows = rows.filter((row) => rowMightMatch(skipping, chunk, row));
  }
  const inPartitions = skipping.hasPartitions
    ? countLive(live, matchPartitions(skipping, chunk))
    : liveCount;
  return {
    rows,
    prunedByPartition: liveCount - inPartitions,
    prunedByStatistics: inPartitions - rows.length,
    wasRead,
  };
}

function countLive(live: Uint32Array | undefined, matches: Uint8Array): number {
  let count = 0;
  for (let row = 0; row < matches.length; row++) {
    if (matches[row] === 1 && isLive(live, row)) count++;
  }
  return count;
}

function liveRows(
  { rowCount }: FileChunk,
  live: Uint32Array | undefined,
  matches: Uint8Array | undefined,
): number[] {
  const rows: number[] = [];
  for (let row = 0; row < rowCount; row++) {
    if ((matches === undefined || matches[row] === 1) && isLive(live, row)) rows.push(row);
  }
  return rows;
}

function rowMightMatch(skipping: Skipping, chunk: FileChunk, row: number): boolean {
  return fileMightMatch(skipping, {
    partitionValue: (name) => partitionValueAt(chunk, name, row),
    stats: parseFileStats(textAt(chunk.stats, row), skipping.columns),
  });
}

/** The first of `files` that together have `rowsMax` rows for certain; all if it is not certain. */
function filesWithRows(
  active: ActiveFiles,
  files: readonly FileHandle[],
  rowsMax: number,
): readonly FileHandle[] {
  let rows = 0;
  for (const [index, file] of files.entries()) {
    if (rows >= rowsMax) return files.slice(0, index);
    const count = active.rowCount(file);
    if (count !== undefined) rows += count;
  }
  return files;
}
