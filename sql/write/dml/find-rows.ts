/**
 * The rows that a condition on the table alone touches, for DELETE and UPDATE: put into the table of
 * touched rows; or, where the partition values decide, whole files without a look at their rows.
 */
import { bindPredicate } from '../../../catalog/data-skipping.ts';
import type { BoundQuery } from '../../bind/bound-query.ts';
import { ComposedQuery } from '../../parse/composed-query.ts';
import type { SourceSlice } from '../../parse/source-slice.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { quoteIdentifier } from '../../quote.ts';
import { bindRows, planRows, runRows } from './row-query.ts';
import type { RowTarget } from './row-target.ts';
import { touchedFiles, wholeFiles, type TouchedFile } from './touched-files.ts';
import type { WorkContext } from './work-context.ts';
import { touchedAddress, touchedClause, touchedSource, touchedTable } from './work-tables.ts';

export interface FoundRows {
  readonly files: readonly TouchedFile[];
  /** Whether all rows of the files are touched, so that there is no table of touched rows. */
  readonly touchesAll: boolean;
  /** What decided it. */
  readonly plan: QueryPlan;
}

/** The query of the touched rows; all rows without a condition. */
export async function bindCondition(
  condition: SourceSlice | undefined,
  target: RowTarget,
  context: WorkContext,
): Promise<{ readonly bound: BoundQuery; readonly query: ComposedQuery }> {
  const { name, alias, address } = target;
  const query = new ComposedQuery(context.session.dialect);
  const item = (value: string, as: string) => `${value} AS ${quoteIdentifier(as)}`;
  const items = [
    item(quoteIdentifier(address), touchedAddress),
    item('CAST(0 AS BIGINT)', touchedClause),
    item('CAST(NULL AS BIGINT)', touchedSource),
  ];
  query.own(`SELECT ${items.join(', ')} FROM `, name.start);
  const offset = query.name(name);
  if (alias !== undefined) query.own(` AS ${quoteIdentifier(alias)}`, name.start);
  if (condition !== undefined) query.own(' WHERE ', condition.start).user(condition);
  const given = new Map([[offset, { kind: 'table', table: target.table } as const]]);
  return { bound: await bindRows(query, given, context), query };
}

export async function findRows(
  bound: BoundQuery,
  target: RowTarget,
  context: WorkContext,
): Promise<FoundRows> {
  const plan = await planRows(bound, 'found', context);
  const files = filesByPartition(plan, target);
  if (files !== undefined) {
    return { files: await wholeFiles(files, target, context), touchesAll: true, plan };
  }
  const before = `CREATE TEMP TABLE ${quoteIdentifier(touchedTable)} AS `;
  await runRows(bound, plan, { before }, context);
  return { files: await touchedFiles(target, context), touchesAll: false, plan };
}

/** The files whose every row is touched while no row of others is, if the log alone tells. */
export function filesByPartition(plan: QueryPlan, { snapshot, table }: RowTarget) {
  const [scan] = plan.scans;
  if (plan.scans.length !== 1 || scan === undefined || scan.table !== table) return undefined;
  const { skipped, files } = scan;
  if (skipped === undefined || !skipped.isExact) return undefined;
  return bindPredicate(snapshot, skipped.predicate).isDecidedByPartition ? files : undefined;
}
