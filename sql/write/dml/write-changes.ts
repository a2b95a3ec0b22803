/**
 * The changes that a statement has found -> files, and the actions that put them into the table.
 *
 * Rows that go are marked in deletion vectors where the table has them; else the files they lie in are
 * written anew without them. Files of which every row goes are removed, and no other file is opened.
 * New rows, and rows that changed, are written beside what is left of the old files.
 *
 * Change data is written where the feed could not be told from the files alone: when rows were updated,
 * or when files were written anew that rows were deleted from.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#add-cdc-file
 */
import type { FileHandle } from '../../../catalog/active-files.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { AddCdcFile, AddFile, RemoveFile } from '../../../catalog/log/actions.ts';
import type { BoundQuery } from '../../bind/bound-query.ts';
import { joinPlans } from '../../plan/join-plans.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { quoteIdentifier, quoteString } from '../../quote.ts';
import { trackedNames, trackedValues } from './tracked-columns.ts';
import { stageChanges, stageRows } from '../stage-rows.ts';
import type { WriteTarget } from '../write-target.ts';
import { keptValueSql } from './kept-values.ts';
import { markTouchedRows } from './mark-rows.ts';
import { overFiles, ownQuery, planRows, runRows } from './row-query.ts';
import type { RowTarget } from './row-target.ts';
import type { WorkContext } from './work-context.ts';
import { isWhole, type TouchedFile } from './touched-files.ts';
import { newTable, touched, touchedAddress, touchedTable } from './work-tables.ts';

/** Rows to write, changed or new. */
export interface NewRows {
  readonly changeType: 'update_postimage' | 'insert';
  readonly bound: BoundQuery;
  /**
   * A SELECT over the query's plan: the columns of the table as it will be, with their types; then,
   * where rows are tracked, those of their ids as the files call them.
   */
  readonly select: (plan: QueryPlan) => QueryPlan;
}

export interface ChangesToWrite {
  readonly target: RowTarget;
  /** The table as it will be; its columns are those of the snapshot, and maybe more. */
  readonly becomes: WriteTarget;
  /** Files with touched rows. */
  readonly files: readonly TouchedFile[];
  /** Whether all rows of the files are touched, so that there is no table of touched rows. */
  readonly touchesAll: boolean;
  /** The change type of a touched row, as an expression over the table of touched rows. */
  readonly oldChangeTypeSql: string;
  readonly updatesRows: boolean;
  readonly newRows: readonly NewRows[];
  /** How many these are, where it is known before they are written. */
  readonly newRowCount: number | undefined;
}

export interface WrittenChanges {
  readonly adds: readonly AddFile[];
  readonly removes: readonly RemoveFile[];
  readonly cdc: readonly AddCdcFile[];
  /** Files of `adds` with rows in them that were written. */
  readonly written: readonly AddFile[];
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly wholeFiles: readonly TouchedFile[];
  readonly partFiles: readonly TouchedFile[];
  /** What the values of the new rows were made of: subqueries may have read the table. */
  readonly readPlans: readonly QueryPlan[];
}

export async function writeChanges(
  changes: ChangesToWrite,
  context: WorkContext,
): Promise<WrittenChanges> {
  const { target, files } = changes;
  const { snapshot, marksRows } = target;
  const wholeFiles = files.filter(isWhole);
  const partFiles = files.filter((file) => !isWhole(file));
  const marked = marksRows ? await markTouchedRows(partFiles, target, context) : [];
  const rewritten = marksRows ? [] : partFiles;
  const keepsChanges =
    target.keepsChanges && (changes.updatesRows || rewritten.length > 0) && files.length > 0;
  const news = await newRowsPlan(changes, keepsChanges, context);
  const copied = await copiedRowsPlan(changes, rewritten, context);
  const staged = await stage([...copied, ...news.plans], changes, context);
  requireRowCount(staged.rowCount, rewritten, changes);
  const cdc = keepsChanges ? await writeChangeData(changes, context) : [];
  const now = context.services.clock.nowMs();
  return {
    adds: [...marked, ...staged.files],
    removes: files.map(({ file }) =>
      removeFile(snapshot.files.addFile(file), { deletionTimestamp: now }),
    ),
    cdc,
    written: staged.files,
    writtenRows: staged.rowCount,
    writtenBytes: staged.bytes,
    wholeFiles,
    partFiles,
    readPlans: news.readPlans,
  };
}

/** Rows that stay are written once, and so is each new one; whatever else came out must not be seen. */
function requireRowCount(
  writtenRows: number,
  rewritten: readonly TouchedFile[],
  { newRowCount }: ChangesToWrite,
): void {
  const copied = rewritten.reduce(
    (sum, { liveRows, touchedRows }) => sum + liveRows - touchedRows,
    0,
  );
  const isRight =
    newRowCount === undefined ? writtenRows >= copied : writtenRows === copied + newRowCount;
  if (isRight) return;
  throw new CodedError(
    'INTERNAL_ERROR',
    `The statement wrote ${writtenRows} rows where ${copied + (newRowCount ?? 0)} were expected; nothing is committed.`,
  );
}

async function stage(
  plans: readonly QueryPlan[],
  { becomes, target }: ChangesToWrite,
  context: WorkContext,
) {
  if (plans.length === 0) return { files: [], rowCount: 0, bytes: 0 };
  const source = unionAll(plans);
  return await stageRows(
    { source, sql: source.sql, target: becomes, extra: trackedNames(target) },
    context,
  );
}

/** New rows straight from their queries, or out of the table that they were put into for the feed. */
async function newRowsPlan(
  changes: ChangesToWrite,
  areNeededTwice: boolean,
  context: WorkContext,
): Promise<{ readonly plans: readonly QueryPlan[]; readonly readPlans: readonly QueryPlan[] }> {
  const { newRows, files, target } = changes;
  const handles = files.map(({ file }) => file);
  const plans: QueryPlan[] = [];
  const readPlans: QueryPlan[] = [];
  for (const [n, rows] of newRows.entries()) {
    const plan = await planRows(overFiles(rows.bound, handles), `new${n}`, context);
    readPlans.push(plan);
    plans.push(rows.select(plan));
  }
  if (!areNeededTwice || plans.length === 0) return { plans, readPlans };
  for (const [n, plan] of plans.entries()) {
    const rows = newRows[n];
    if (rows === undefined) continue;
    const typed = `SELECT *, ${quoteString(rows.changeType)} AS ${quoteIdentifier(newChangeType)} FROM (`;
    const into =
      n === 0
        ? `CREATE OR REPLACE TEMP TABLE ${quoteIdentifier(newTable)} AS `
        : `INSERT INTO ${quoteIdentifier(newTable)} `;
    await runRows(rows.bound, plan, { before: into + typed, after: ') AS made' }, context);
  }
  const names = [...becomesNames(changes), ...trackedNames(target)].map(quoteIdentifier).join(', ');
  const made = textPlan(`SELECT ${names} FROM ${quoteIdentifier(newTable)}`, target);
  return { plans: [made], readPlans };
}

const newChangeType = '__levee_change_type';

/** The rows that stay, out of the files that are written anew. */
async function copiedRowsPlan(
  changes: ChangesToWrite,
  files: readonly TouchedFile[],
  context: WorkContext,
): Promise<readonly QueryPlan[]> {
  if (files.length === 0) return [];
  const { target } = changes;
  const query = ownQuery(
    target.name.start,
    `SELECT ${[...oldValues(changes), ...trackedValues(target)].join(', ')} FROM `,
    { relation: { kind: 'table', table: target.table }, alias: 't' },
    ' ANTI JOIN ',
    { relation: touched, alias: touchedTable },
    ` ON (${quoteIdentifier(touchedAddress)} = t.${quoteIdentifier(target.address)})`,
  );
  return [await planRows(overFiles(query, handlesOf(files)), 'copied', context)];
}

/** The rows that go, as they were, and the new ones. */
async function writeChangeData(
  changes: ChangesToWrite,
  context: WorkContext,
): Promise<readonly AddCdcFile[]> {
  const { target, files, newRows, becomes } = changes;
  const type = quoteIdentifier('_change_type');
  const isTouched = changes.touchesAll
    ? []
    : [
        ' JOIN ',
        { relation: touched, alias: touchedTable },
        ` ON (${quoteIdentifier(touchedAddress)} = t.${quoteIdentifier(target.address)})`,
      ];
  const query = ownQuery(
    target.name.start,
    `SELECT ${oldValues(changes).join(', ')}, ${changes.oldChangeTypeSql} AS ${type} FROM `,
    { relation: { kind: 'table', table: target.table }, alias: 't' },
    ...isTouched,
  );
  const plans = [await planRows(overFiles(query, handlesOf(files)), 'old', context)];
  if (newRows.length > 0) {
    const names = becomesNames(changes).map(quoteIdentifier).join(', ');
    const from = `FROM ${quoteIdentifier(newTable)}`;
    plans.push(
      textPlan(`SELECT ${names}, ${quoteIdentifier(newChangeType)} AS ${type} ${from}`, target),
    );
  }
  const source = unionAll(plans);
  const staged = await stageChanges(
    { source, sql: source.sql, target: becomes, extra: ['_change_type'] },
    context,
  );
  await context.connection.rows(`DROP TABLE IF EXISTS ${quoteIdentifier(newTable)}`);
  return staged.files;
}

function handlesOf(files: readonly TouchedFile[]): readonly FileHandle[] {
  return files.map(({ file }) => file);
}

function becomesNames({ becomes }: ChangesToWrite): readonly string[] {
  return becomes.schema.fields.map(({ name }) => name);
}

/** The values of rows that are there already, as the table will have them. */
function oldValues({ target, becomes }: ChangesToWrite): readonly string[] {
  return becomes.schema.fields.map((field) => {
    const quoted = quoteIdentifier(field.name);
    const value = keptValueSql(field, target, `t.${quoted}`);
    return value === `t.${quoted}` ? value : `${value} AS ${quoted}`;
  });
}

function unionAll(plans: readonly QueryPlan[]): QueryPlan {
  return joinPlans(
    ...plans.flatMap((plan, n) => (n === 0 ? ['(', plan, ')'] : [' UNION ALL (', plan, ')'])),
  );
}

/** SQL of ours that reads temporary tables only. */
function textPlan(sql: string, { name }: RowTarget): QueryPlan {
  return {
    ...joinPlans(),
    sql,
    toSource: () => name.start,
  };
}
