/** The files that touched rows lie in, and how many rows of each are touched. */
import type { FileHandle } from '../../../catalog/active-files.ts';
import { rowNumberBits } from '../../plan/row-columns.ts';
import { quoteIdentifier } from '../../quote.ts';
import { overFiles, ownQuery, planRows } from './row-query.ts';
import type { RowTarget } from './row-target.ts';
import type { WorkContext } from './work-context.ts';
import { touchedAddress, touchedTable } from './work-tables.ts';
import { fetchForPlan } from '../../fetch-for-plan.ts';

export interface TouchedFile {
  readonly file: FileHandle;
  readonly touchedRows: number;
  /** Rows that were not deleted before. */
  readonly liveRows: number;
}

/** Of the rows in the table of touched rows, by file. */
export async function touchedFiles(
  target: RowTarget,
  context: WorkContext,
): Promise<readonly TouchedFile[]> {
  const rows = await context.connection.rows(
    `SELECT ${quoteIdentifier(touchedAddress)} >> ${rowNumberBits}, count(*) ` +
      `FROM ${quoteIdentifier(touchedTable)} GROUP BY 1 ORDER BY 1`,
    context.signal,
  );
  const counts = rows.map(([file, count]) => ({ file: Number(file), touchedRows: Number(count) }));
  const live = await liveRowCounts(
    counts.map(({ file }) => file),
    target,
    context,
  );
  return counts.map(({ file, touchedRows }) => ({
    file,
    touchedRows,
    liveRows: live.get(file) ?? 0,
  }));
}

/** The rows of files, those counted in DuckDB whose statistics do not tell. */
export async function liveRowCounts(
  files: readonly FileHandle[],
  target: RowTarget,
  context: WorkContext,
): Promise<ReadonlyMap<FileHandle, number>> {
  const active = target.snapshot.files;
  const counts = new Map<FileHandle, number>();
  const uncounted: FileHandle[] = [];
  for (const file of files) {
    const count = active.rowCount(file);
    if (count === undefined) uncounted.push(file);
    else counts.set(file, count);
  }
  if (uncounted.length === 0) return counts;
  const query = ownQuery(
    target.name.start,
    `SELECT ${quoteIdentifier(target.address)} >> ${rowNumberBits}, count(*) FROM `,
    { relation: { kind: 'table', table: target.table }, alias: 'counted' },
    ' GROUP BY 1',
  );
  const plan = await planRows(overFiles(query, uncounted), 'count', context);
  const { connection } = context;
  await fetchForPlan(plan, connection, context);
  for (const [file, count] of await connection.rows(plan.sql, context.signal)) {
    counts.set(Number(file), Number(count));
  }
  return counts;
}

/** Whether no row of the file is left where it is. */
export function isWhole({ touchedRows, liveRows }: TouchedFile): boolean {
  return touchedRows >= liveRows;
}

/** Files all of whose rows are touched. */
export async function wholeFiles(
  files: readonly FileHandle[],
  target: RowTarget,
  context: WorkContext,
): Promise<readonly TouchedFile[]> {
  const counts = await liveRowCounts(files, target, context);
  return files.map((file) => {
    const rows = counts.get(file) ?? 0;
    return { file, touchedRows: rows, liveRows: rows };
  });
}

export function rowsTouched(files: readonly TouchedFile[]): number {
  return files.reduce((sum, { touchedRows }) => sum + touchedRows, 0);
}
