/**
 * What the history tells of UPDATE, DELETE and MERGE: parameters and metrics under Delta's names, counted
 * as Delta counts them.
 * https://docs.delta.io/latest/delta-utility.html#operation-metrics-keys
 */
import { sliceText, type SourceSlice } from '../../parse/source-slice.ts';
import type { RowTarget } from './row-target.ts';
import { rowsTouched } from './touched-files.ts';
import type { WrittenChanges } from './write-changes.ts';

export type Metrics = { readonly [name: string]: string };

/** `["(condition)"]`, and no condition as an empty list. */
export function predicateParameter(condition: SourceSlice | undefined): string {
  return JSON.stringify(condition === undefined ? [] : [`(${sliceText(condition)})`]);
}

export interface StepTimes {
  readonly scanMs: number;
  readonly rewriteMs: number;
}

export interface CountedRows {
  readonly updated: number;
  readonly inserted: number;
}

/** Rows that were written without a change: those of files written anew. */
export function copiedRows({ writtenRows }: WrittenChanges, rows: CountedRows): number {
  return writtenRows - rows.updated - rows.inserted;
}

interface VectorCounts {
  readonly added: number;
  readonly removed: number;
  readonly updated: number;
}

export function vectorCounts(
  target: RowTarget,
  { wholeFiles, partFiles }: WrittenChanges,
): VectorCounts {
  const has = ({ file }: { readonly file: number }): boolean =>
    target.snapshot.files.deletionVector(file) !== undefined;
  const gone = (target.marksRows ? wholeFiles : [...wholeFiles, ...partFiles]).filter(has).length;
  if (!target.marksRows) return { added: 0, removed: gone, updated: 0 };
  const updated = partFiles.filter(has).length;
  // A vector that replaces another counts as added and as removed, as its file does.
  return { added: partFiles.length, removed: gone + updated, updated };
}

export function bytesOf(target: RowTarget, files: readonly { readonly file: number }[]): number {
  return files.reduce((sum, { file }) => sum + target.snapshot.files.sizeBytes(file), 0);
}

/** Files that are gone: marked ones stay. */
export function removedFiles(target: RowTarget, written: WrittenChanges) {
  const { wholeFiles, partFiles } = written;
  return target.marksRows ? wholeFiles : [...wholeFiles, ...partFiles];
}

export function texts(metrics: { readonly [name: string]: number }): Metrics {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, String(value)]));
}

export function times({ scanMs, rewriteMs }: StepTimes) {
  return { executionTimeMs: scanMs + rewriteMs, scanTimeMs: scanMs, rewriteTimeMs: rewriteMs };
}

export function deleteMetrics(
  target: RowTarget,
  written: WrittenChanges,
  spent: StepTimes,
): Metrics {
  const vectors = vectorCounts(target, written);
  const removed = removedFiles(target, written);
  return texts({
    numRemovedFiles: removed.length,
    numRemovedBytes: bytesOf(target, removed),
    numAddedFiles: written.written.length,
    numAddedBytes: written.writtenBytes,
    numAddedChangeFiles: written.cdc.length,
    numDeletedRows: rowsTouched([...written.wholeFiles, ...written.partFiles]),
    numCopiedRows: copiedRows(written, { updated: 0, inserted: 0 }),
    numDeletionVectorsAdded: vectors.added,
    numDeletionVectorsRemoved: vectors.removed,
    numDeletionVectorsUpdated: vectors.updated,
    ...times(spent),
  });
}

export function updateMetrics(
  target: RowTarget,
  written: WrittenChanges,
  spent: StepTimes,
): Metrics {
  const vectors = vectorCounts(target, written);
  const touched = [...written.wholeFiles, ...written.partFiles];
  const updated = rowsTouched(touched);
  return texts({
    // Unlike DELETE, all files with updated rows, those that were only marked included.
    numRemovedFiles: touched.length,
    numRemovedBytes: bytesOf(target, removedFiles(target, written)),
    numAddedFiles: written.written.length,
    numAddedBytes: written.writtenBytes,
    numAddedChangeFiles: written.cdc.length,
    numUpdatedRows: updated,
    numCopiedRows: copiedRows(written, { updated, inserted: 0 }),
    numDeletionVectorsAdded: vectors.added,
    numDeletionVectorsRemoved: vectors.removed,
    numDeletionVectorsUpdated: vectors.updated,
    ...times(spent),
  });
}
