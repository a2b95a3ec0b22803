/**
 * Which files each reference of a query reads: those that may have rows the query needs. Where the log
 * alone has the answer, none.
 */
import type { FileHandle } from '../catalog/active-files.ts';
import { metadataAggregates } from '../catalog/metadata-aggregates.ts';
import { alwaysTrue } from '../catalog/predicate.ts';
import { selectFiles } from '../catalog/scan.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import type { PinnedTable } from './bind/snapshot-pins.ts';
import { tablesOf } from './plan/compile-query.ts';
import { answerSql, areNamesCertain, boundedColumns } from './plan/plan-aggregates.ts';
import { planForColumns } from './plan/plan-query.ts';
import type { PushDown } from './plan/push-down.ts';
import type { TableScan } from './plan/query-plan.ts';
import { pushDownQuery } from './push-down-query.ts';
import type { StatementContext } from './statement-context.ts';

export interface FileChoice {
  /** In the order of `tablesOf`. */
  readonly scans: readonly TableScan[];
  /** A query without tables that gives the same rows: no file is needed. */
  readonly answer: string | undefined;
  /** What the connection that runs the query has to run before. */
  readonly setUp: readonly string[];
  /** Why all files were chosen although the tables have many. */
  readonly unskipped: string | undefined;
}

/** Throws the signal's reason. */
export async function chooseFiles(
  bound: BoundQuery,
  context: StatementContext,
): Promise<FileChoice> {
  const tables = tablesOf(bound);
  const { dataSkipping } = context.services;
  // One file is as soon read as left out; but what a statement that changes rows has read of its
  // table is held against what others commit meanwhile.
  const isWorthwhile = tables.some(
    ({ snapshot, rowColumns, only }) =>
      only === undefined && (snapshot.files.count > 1 || rowColumns !== undefined),
  );
  if (!dataSkipping || !isWorthwhile) return everything(tables, undefined);
  const needs = await pushDownQuery(bound, context);
  if (needs.kind === 'unknown') return everything(tables, needs.reason);
  const { pushDown, setUp } = needs;
  const answer = await answerFromLog(bound, pushDown, context);
  if (answer !== undefined) {
    const scans = tables.map((table) => ({ table, files: [], bytes: 0, skipped: undefined }));
    return { scans, answer, setUp: [], unskipped: undefined };
  }
  const scans: TableScan[] = [];
  for (const [number, table] of tables.entries()) {
    const needs = pushDown.references[number];
    const isExact = pushDown.isOneScan && needs?.isExact === true;
    scans.push(await scanOf(table, { needs, isExact }, context));
  }
  return { scans, answer: undefined, setUp, unskipped: undefined };
}

function everything(tables: readonly PinnedTable[], unskipped: string | undefined): FileChoice {
  const scans = tables.map((table): TableScan => {
    const { files } = table.snapshot;
    if (table.only !== undefined) return scanOfThese(table, table.only);
    return { table, files: [...files], bytes: files.totalBytes, skipped: undefined };
  });
  return { scans, answer: undefined, setUp: [], unskipped };
}

interface ScanNeeds {
  readonly needs: PushDown['references'][number] | undefined;
  readonly isExact: boolean;
}

async function scanOf(
  table: PinnedTable,
  { needs, isExact }: ScanNeeds,
  { signal }: StatementContext,
): Promise<TableScan> {
  const { snapshot, marked, only } = table;
  if (only !== undefined) return scanOfThese(table, only);
  const predicate = needs?.predicate ?? alwaysTrue;
  // Of a marked file an unknown part of the rows is read.
  const rowsMax = marked === undefined ? needs?.rowsMax : undefined;
  const selection = await selectFiles(snapshot, { predicate, rowsMax, signal });
  const { files, pruned } = selection;
  const bytes = files.reduce((total, file) => total + snapshot.files.sizeBytes(file), 0);
  return { table, files, bytes, skipped: { predicate, isExact, pruned } };
}

function scanOfThese(table: PinnedTable, files: readonly FileHandle[]): TableScan {
  const active = table.snapshot.files;
  const bytes = files.reduce((total, file) => total + active.sizeBytes(file), 0);
  return { table, files, bytes, skipped: undefined };
}

async function answerFromLog(
  bound: BoundQuery,
  { aggregates, references }: PushDown,
  context: StatementContext,
): Promise<string | undefined> {
  if (aggregates === undefined) return undefined;
  const { signal } = context;
  const table = tablesOf(bound)[aggregates.table];
  const needs = references[aggregates.table];
  if (table === undefined || table.marked !== undefined || needs === undefined) return undefined;
  const found = await metadataAggregates(table.snapshot, {
    predicate: needs.predicate,
    columns: boundedColumns(aggregates),
    signal,
  });
  if (found === undefined) return undefined;
  const names = areNamesCertain(aggregates)
    ? aggregates.results.map(({ name }) => name)
    : await resultNames(bound, context);
  return names.length === aggregates.results.length
    ? answerSql(aggregates, found, names)
    : undefined;
}

/** What DuckDB calls the columns of the query. */
async function resultNames(
  bound: BoundQuery,
  { services, parameters }: StatementContext,
): Promise<readonly string[]> {
  const { sql } = planForColumns(bound, services.fileShapes);
  const columns = await services.duckdb.withConnection((connection) =>
    connection.describe(sql, parameters),
  );
  return columns.map(({ name }) => name);
}
