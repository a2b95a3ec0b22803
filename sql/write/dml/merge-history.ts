/** What the history tells of MERGE: parameters and metrics under Delta's names. */
import type { CommitDescription } from '../../../catalog/commit/transaction-content.ts';
import { sliceText, type SourceSlice } from '../../parse/source-slice.ts';
import type { MergeClause } from './merge-clauses.ts';
import type { MergeInput } from './merge-rows.ts';
import {
  bytesOf,
  copiedRows,
  predicateParameter,
  removedFiles,
  texts,
  times,
  vectorCounts,
  type StepTimes,
} from './row-history.ts';
import type { WrittenChanges } from './write-changes.ts';

/** Rows by what is done to them. */
export interface MergeCounts {
  readonly byClause: ReadonlyMap<number, number>;
  readonly updated: number;
  readonly matchedUpdated: number;
  readonly deleted: number;
  readonly matchedDeleted: number;
  readonly inserted: number;
}

export function mergeDescription(
  { statement, target, clauses }: MergeInput,
  written: WrittenChanges,
  counts: MergeCounts & { readonly source: number },
  spent: StepTimes,
): CommitDescription {
  const { updated, deleted, inserted } = counts;
  const copied = copiedRows(written, { updated, inserted });
  const removed = removedFiles(target, written);
  const vectors = vectorCounts(target, written);
  const { executionTimeMs, scanTimeMs, rewriteTimeMs } = times(spent);
  return {
    operation: 'MERGE',
    operationParameters: {
      predicate: predicateParameter(statement.condition),
      matchedPredicates: clausesParameter(clauses, 'matched'),
      notMatchedPredicates: clausesParameter(clauses, 'notMatched'),
      notMatchedBySourcePredicates: clausesParameter(clauses, 'notMatchedBySource'),
    },
    operationMetrics: texts({
      numSourceRows: counts.source,
      numTargetRowsInserted: inserted,
      numTargetRowsUpdated: updated,
      numTargetRowsMatchedUpdated: counts.matchedUpdated,
      numTargetRowsNotMatchedBySourceUpdated: updated - counts.matchedUpdated,
      numTargetRowsDeleted: deleted,
      numTargetRowsMatchedDeleted: counts.matchedDeleted,
      numTargetRowsNotMatchedBySourceDeleted: deleted - counts.matchedDeleted,
      numTargetRowsCopied: copied,
      numOutputRows: copied + updated + inserted,
      numTargetFilesAdded: written.written.length,
      numTargetFilesRemoved: removed.length,
      numTargetBytesAdded: written.writtenBytes,
      numTargetBytesRemoved: bytesOf(target, removed),
      numTargetChangeFilesAdded: written.cdc.length,
      numTargetDeletionVectorsAdded: vectors.added,
      numTargetDeletionVectorsRemoved: vectors.removed,
      numTargetDeletionVectorsUpdated: vectors.updated,
      executionTimeMs,
      scanTimeMs,
      rewriteTimeMs,
    }),
    rowTrackingPreserved: true,
  };
}

/** `[{"predicate":"(s.v > 1)","actionType":"update"}]`. */
function clausesParameter(clauses: readonly MergeClause[], on: MergeClause['on']): string {
  return JSON.stringify(
    clauses
      .filter((clause) => clause.on === on)
      .map(({ condition, columns }) => ({
        ...predicate(condition),
        actionType: columns === undefined ? 'delete' : on === 'notMatched' ? 'insert' : 'update',
      })),
  );
}

function predicate(condition: SourceSlice | undefined): { readonly predicate?: string } {
  return condition === undefined ? {} : { predicate: `(${sliceText(condition)})` };
}
