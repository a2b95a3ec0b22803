/**
 * What the scans of a statement have read of its own table, told to the transaction: conditions that
 * other commits' files are held against, and the files whose rows were looked at.
 */
import type { Transaction } from '../../../catalog/commit/transaction.ts';
import type { FilePredicate } from '../../../catalog/commit/transaction-content.ts';
import { bindPredicate, fileMightMatch, type Skipping } from '../../../catalog/data-skipping.ts';
import type { AddFile } from '../../../catalog/log/actions.ts';
import { parseFileStats } from '../../../catalog/log/file-stats.ts';
import { alwaysTrue } from '../../../catalog/predicate.ts';
import type { QueryPlan, TableScan } from '../../plan/query-plan.ts';
import type { RowTarget } from './row-target.ts';

/** The scans in `plans` that read the target at the version it is changed at. */
export function recordReads(
  transaction: Transaction,
  target: Pick<RowTarget, 'snapshot'>,
  plans: readonly QueryPlan[],
): void {
  const { snapshot } = target;
  for (const scan of plans.flatMap(({ scans }) => scans)) {
    if (scan.table.snapshot !== snapshot || scan.table.only !== undefined) continue;
    const { mightMatch, paths } = scanRead(scan);
    transaction.readMatching(mightMatch, paths);
  }
}

/** The rows that a scan can have given, and the files it looked at. */
export function scanRead(scan: TableScan): {
  readonly mightMatch: FilePredicate;
  readonly paths: readonly string[];
} {
  const { snapshot } = scan.table;
  const skipping = bindPredicate(snapshot, predicateOf(scan));
  return {
    mightMatch: (file) => fileMatches(skipping, file),
    paths: scan.files.map((file) => snapshot.files.rawPath(file)),
  };
}

function predicateOf({ skipped }: TableScan) {
  return skipped?.predicate ?? alwaysTrue;
}

function fileMatches(skipping: Skipping, { partitionValues, stats }: AddFile): boolean {
  if (skipping.predicate.kind === 'true') return true;
  try {
    return fileMightMatch(skipping, {
      partitionValue: (name) => partitionValues[name] ?? null,
      stats: parseFileStats(stats, skipping.columns),
    });
  } catch {
    // Values that cannot be read decide nothing.
    return true;
  }
}
