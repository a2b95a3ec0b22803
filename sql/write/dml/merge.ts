/** `MERGE INTO`. */
import { mergeParameters, parametersOf } from '../../parse/composed-query.ts';
import type { SourceSlice } from '../../parse/source-slice.ts';
import type { AssignedValue, Merge } from '../../parse/statement.ts';
import { quoteIdentifier, quoteString } from '../../quote.ts';
import { requireParameters } from '../../require-parameters.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { longType, staticResult } from '../../static-result.ts';
import { changeRows, commitRows } from './change-rows.ts';
import { resolveClauses, type MergeClause, type ResolvedMerge } from './merge-clauses.ts';
import { mergeDescription, type MergeCounts } from './merge-history.ts';
import { clauseQuery, findMergeRows, mergeSteps } from './merge-rows.ts';
import { keyBoundsSql } from './key-bounds.ts';
import { bindSource, runSource, sourceQuery, type MergeSourceRows } from './merge-source.ts';
import { requireRowValues } from './require-row-values.ts';
import { refuseChance, refuseSubquery } from './refuse-subquery.ts';
import { openRowTarget, type RowTarget } from './row-target.ts';
import { makeRows, selectValues } from './row-values.ts';
import { touchedFiles } from './touched-files.ts';
import type { WorkContext } from './work-context.ts';
import { insertedClause, insertedTable, touchedClause, touchedTable } from './work-tables.ts';
import { writeChanges, type NewRows } from './write-changes.ts';
import { withTakenIdentities } from './taken-identities.ts';

export async function mergeRows(
  statement: Merge,
  context: StatementContext,
): Promise<StatementResult> {
  const { updated, deleted, inserted } = await changeRows(context, (work) =>
    mergeOnce(statement, work),
  );
  const columns = ['affected', 'updated', 'deleted', 'inserted'].map((what) => ({
    name: `num_${what}_rows`,
    type: longType,
  }));
  return staticResult(columns, [[updated + deleted + inserted, updated, deleted, inserted]], {
    snapshots: context.pins.snapshots,
  });
}

async function mergeOnce(statement: Merge, context: WorkContext): Promise<MergeCounts> {
  const { clock } = context.services;
  const removesRows = statement.matched.length + statement.notMatchedBySource.length > 0;
  const target = await openRowTarget(statement.target, statement.targetAlias, removesRows, context);
  refuseConditions(statement, context);
  const sourceText = sourceQuery(statement, context);
  const pieces = piecesOf(statement);
  requireRowValues(pieces, context);
  requireParameters(
    mergeParameters(sourceText.finish().parameters, parametersOf(pieces, context.session.dialect)),
    context.parameters,
  );
  const source = await bindSource(statement, sourceText, context);
  const resolved = resolveClauses(statement, target, source, context);
  const input = { statement, target, source, clauses: resolved.clauses };
  const made = await makeClauseRows(resolved, target, source, context);
  const run = await runSource(source, context);
  const bounds = await keyBoundsSql(statement.condition, target, source, context);
  const steps = mergeSteps(input, bounds, context);
  const plans = await findMergeRows(steps, input, context);
  const counts = await countRows(resolved.clauses, context);
  const files = steps.pairs === undefined ? [] : await touchedFiles(target, context);
  const foundMs = clock.nowMs();
  const newRows = made.filter(({ clause }) => (counts.byClause.get(clause.number) ?? 0) > 0);
  const written = await writeChanges(
    {
      target,
      becomes: resolved.becomes,
      files,
      touchesAll: false,
      oldChangeTypeSql: oldChangeTypeSql(resolved.clauses),
      updatesRows: counts.updated > 0,
      newRows: newRows.map(({ rows }) => rows),
      newRowCount: counts.updated + counts.inserted,
    },
    context,
  );
  const spent = { scanMs: foundMs - context.startedMs, rewriteMs: clock.nowMs() - foundMs };
  const taken = newRows.flatMap(({ identityColumns }) => identityColumns);
  await commitRows(
    {
      target,
      written,
      decidedBy: [run.plan, ...plans],
      metadata: withTakenIdentities(resolved, taken, counts.inserted),
      description: mergeDescription(input, written, { ...counts, source: run.rowCount }, spent),
    },
    context,
  );
  return counts;
}

/** All that the user wrote but for the source. */
function piecesOf(statement: Merge): readonly SourceSlice[] {
  const { condition, matched, notMatched, notMatchedBySource } = statement;
  const conditions = [...matched, ...notMatched, ...notMatchedBySource].map((one) => one.condition);
  const values = [
    ...[...matched, ...notMatchedBySource].flatMap(({ action }) =>
      action.kind === 'update' ? action.assignments.map(({ value }) => value) : [],
    ),
    ...notMatched.flatMap(({ action }) => (action.kind === 'insert' ? action.values : [])),
  ];
  const written = (value: AssignedValue): SourceSlice[] =>
    value.kind === 'expression' ? [value.expression] : [];
  return [
    condition,
    ...conditions.flatMap((one) => (one === undefined ? [] : [one])),
    ...values.flatMap(written),
  ];
}

/** Subqueries and chance decide nothing in Spark's MERGE. */
function refuseConditions(statement: Merge, context: WorkContext): void {
  const { matched, notMatched, notMatchedBySource } = statement;
  refuseSubquery(statement.condition, 'search condition of MERGE operation', context);
  refuseChance(statement.condition, 'search condition of MERGE operation', context);
  for (const { condition } of [...matched, ...notMatched, ...notMatchedBySource]) {
    refuseSubquery(condition, 'condition of a clause of MERGE operation', context);
    refuseChance(condition, 'condition of a clause of MERGE operation', context);
  }
}

interface ClauseRows {
  readonly clause: MergeClause;
  readonly rows: NewRows;
  readonly identityColumns: readonly string[];
}

async function makeClauseRows(
  { clauses, becomes }: ResolvedMerge,
  target: RowTarget,
  source: MergeSourceRows,
  context: WorkContext,
): Promise<readonly ClauseRows[]> {
  const made: ClauseRows[] = [];
  for (const clause of clauses) {
    const { columns } = clause;
    if (columns === undefined) continue;
    const hasOldRow = clause.on !== 'notMatched';
    const query = clauseQuery(
      clause,
      { target, source },
      (composed) => selectValues(composed, columns, target, hasOldRow),
      context,
    );
    const bound = await query.bind(context);
    const rows = await makeRows({ target, becomes, columns, hasOldRow, bound }, context);
    const changeType = hasOldRow ? 'update_postimage' : 'insert';
    made.push({
      clause,
      rows: { changeType, bound, select: rows.select },
      identityColumns: hasOldRow ? [] : rows.identityColumns,
    });
  }
  return made;
}

async function countRows(
  clauses: readonly MergeClause[],
  { connection, signal }: WorkContext,
): Promise<MergeCounts> {
  const byClause = new Map<number, number>();
  const count = async (table: string, column: string): Promise<void> => {
    const name = quoteIdentifier(column);
    const rows = await connection.rows(
      `SELECT ${name}, count(*) FROM ${quoteIdentifier(table)} GROUP BY 1`,
      signal,
    );
    for (const [number, rowCount] of rows) byClause.set(Number(number), Number(rowCount));
  };
  if (clauses.some(({ on }) => on !== 'notMatched')) await count(touchedTable, touchedClause);
  if (clauses.some(({ on }) => on === 'notMatched')) await count(insertedTable, insertedClause);
  const sum = (isIt: (clause: MergeClause) => boolean): number =>
    clauses.filter(isIt).reduce((total, { number }) => total + (byClause.get(number) ?? 0), 0);
  const matched = ({ on }: MergeClause): boolean => on === 'matched';
  const deletes = ({ columns }: MergeClause): boolean => columns === undefined;
  const inserts = ({ on }: MergeClause): boolean => on === 'notMatched';
  return {
    byClause,
    updated: sum((clause) => !deletes(clause) && !inserts(clause)),
    matchedUpdated: sum((clause) => !deletes(clause) && matched(clause)),
    deleted: sum(deletes),
    matchedDeleted: sum((clause) => deletes(clause) && matched(clause)),
    inserted: sum(inserts),
  };
}

function oldChangeTypeSql(clauses: readonly MergeClause[]): string {
  const deletes = clauses.filter(({ columns }) => columns === undefined);
  const update = quoteString('update_preimage');
  if (deletes.length === 0) return update;
  const numbers = deletes.map(({ number }) => number).join(', ');
  return `CASE WHEN ${quoteIdentifier(touchedClause)} IN (${numbers}) THEN 'delete' ELSE ${update} END`;
}
