/**
 * A snapshot and what a query needs of it -> the files to read, and what the log alone can answer.
 * Opens nothing. Chunks are gone through one after another, others having the thread in between when
 * statistics had to be read.
 */
import { setImmediate } from 'node:timers/promises';
import { isLive, type ActiveFiles, type FileHandle, type LiveChunk } from './active-files.ts';
import { matchChunk } from './chunk-filter.ts';
import { bindPredicate, fileMightMatch, type Skipping } from './data-skipping.ts';
import { chunkRowsMax, textAt, partitionValueAt, type FileChunk } from './file-chunk.ts';
import { parseFileStats } from './log/file-stats.ts';
import type { Predicate } from './predicate.ts';
import { pruningSteps, type PrunedFiles, type PruningStep } from './pruning-steps.ts';
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
  /** The others: each is counted once, for the first reason there was. */
  readonly pruned: readonly PrunedFiles[];
}

/** Files whose exact statistics are looked at again where a chunk's were rounded. */
const checkedAgainMax = 10_000;

/** The files that a query needs. Throws the signal's reason. */
export async function selectFiles(
  snapshot: Pick<Snapshot, 'schema' | 'metadata' | 'protocol' | 'files'>,
  { predicate, rowsMax, signal }: ScanRequest,
): Promise<FileSelection> {
  const skipping = bindPredicate(snapshot, predicate);
  const steps = pruningSteps(skipping).map((step) => ({ ...step, files: 0 }));
  const files: FileHandle[] = [];
  const { chunks } = snapshot.files;
  for (const [number, chunk] of chunks.entries()) {
    const wasRead = steps.some(
      ({ skipping: { columns } }) => !chunk.indexed.statistics.has(columns),
    );
    for (const row of selectInChunk(steps, chunk)) files.push(number * chunkRowsMax + row);
    if (wasRead && number < chunks.length - 1) {
      await setImmediate();
      throwIfAborted(signal);
    }
  }
  const enough =
    rowsMax === undefined || !skipping.isDecidedByPartition
      ? files
      : filesWithRows(snapshot.files, files, rowsMax);
  const beyondLimit = files.length - enough.length;
  const pruned = [
    ...steps.map(({ by, columns, evidence, files: count }) => {
      return { by, columns, evidence, files: count };
    }),
    { by: 'limit', columns: [], evidence: [], files: beyondLimit } as const,
  ];
  return { files: enough, pruned: pruned.filter((reason) => reason.files > 0) };
}

/** A step that counts the files it leaves out. */
type CountingStep = PruningStep & { files: number };

/** The rows of the chunk that all steps leave. */
function selectInChunk(
  steps: readonly CountingStep[],
  { indexed, live, liveCount }: LiveChunk,
): readonly number[] {
  const { chunk, statistics } = indexed;
  const left = liveRows(chunk, live);
  let leftCount = liveCount;
  const rounded: CountingStep[] = [];
  for (const step of steps) {
    if (leftCount === 0) return [];
    const { matches, isExact } = matchChunk(step.skipping, chunk, statistics);
    let removed = 0;
    for (let row = 0; row < left.length; row++) {
      if (left[row] === 1 && matches[row] === 0) {
        left[row] = 0;
        removed++;
      }
    }
    step.files += removed;
    leftCount -= removed;
    if (!isExact) rounded.push(step);
  }
  const rows: number[] = [];
  for (let row = 0; row < left.length; row++) if (left[row] === 1) rows.push(row);
  if (rounded.length === 0 || rows.length > checkedAgainMax) return rows;
  return rows.filter((row) => {
    const step = rounded.find(({ skipping }) => !rowMightMatch(skipping, chunk, row));
    if (step !== undefined) step.files++;
    return step === undefined;
  });
}

/** By row, 1 for one that is live. */
function liveRows({ rowCount }: FileChunk, live: Uint32Array | undefined): Uint8Array {
  const rows = new Uint8Array(rowCount);
  if (live === undefined) return rows.fill(1);
  for (let row = 0; row < rowCount; row++) rows[row] = Number(isLive(live, row));
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
