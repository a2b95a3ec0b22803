/** What a statement cost, in files and rows of the lake: `statistics` of an answer. */
import type { PinnedTable } from './bind/snapshot-pins.ts';
import { deletedRowsOf, type QueryPlan } from './plan/query-plan.ts';
import type { StatementStatistics } from './sql-engine.ts';

/** Of a statement that reads no table. */
export const noStatistics: StatementStatistics = Object.freeze({
  filesTotal: 0,
  filesScanned: 0,
  bytesScanned: 0,
  filesPruned: [],
  rowsDeleted: 0,
  answeredFromLog: false,
  snapshotsCached: 0,
  checkpointFilesRead: 0,
  commitsRead: 0,
  logBytesRead: 0,
  cached: false,
});

/** `tables` are those that were pinned for the plan. */
export function statementStatistics(
  plan: QueryPlan,
  tables: readonly PinnedTable[],
): StatementStatistics {
  const { filesTotal, filesScanned, bytesScanned, scans, isAnsweredFromLog } = plan;
  const reads = tables.flatMap(({ logReads = [] }) => logReads);
  return {
    filesTotal,
    filesScanned,
    bytesScanned,
    filesPruned: scans.flatMap(({ table: { name }, skipped }) =>
      (skipped?.pruned ?? []).map((pruned) => ({ table: name, ...pruned })),
    ),
    rowsDeleted: scans.reduce((sum, scan) => sum + deletedRowsOf(scan, plan), 0),
    answeredFromLog: isAnsweredFromLog,
    snapshotsCached: tables.filter(({ logReads }) => logReads?.length === 0).length,
    checkpointFilesRead: reads.reduce((sum, { checkpointFiles }) => sum + checkpointFiles, 0),
    commitsRead: reads.reduce((sum, { commits }) => sum + commits, 0),
    logBytesRead: reads.reduce((sum, { bytes }) => sum + bytes, 0),
    cached: false,
  };
}
