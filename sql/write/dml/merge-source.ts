/**
 * The source of MERGE: run once and kept in a temporary table, so that every step sees the same rows,
 * whatever they come from.
 */
import type { StructField } from '../../../catalog/data-type.ts';
import type { BoundQuery, TemporaryRelation } from '../../bind/bound-query.ts';
import { ComposedQuery } from '../../parse/composed-query.ts';
import type { Merge, ObjectName } from '../../parse/statement.ts';
import { quoteIdentifier } from '../../quote.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { bindRows, describeRows, planRows, runRows } from './row-query.ts';
import type { WorkContext } from './work-context.ts';
import { sourceRelation, sourceTable } from './work-tables.ts';

/** What the statement calls its source. */
export interface SourceName {
  readonly name: ObjectName;
  readonly alias: string | undefined;
}

export interface MergeSourceRows {
  readonly relation: TemporaryRelation;
  readonly called: SourceName;
  readonly columns: readonly StructField[];
  readonly bound: BoundQuery;
}

/** A source without a name is called so. */
const unnamed = '__levee_unnamed_source';

export function sourceName({ source, sourceAlias }: Merge): SourceName {
  switch (source.kind) {
    case 'table':
      return { name: source.name, alias: sourceAlias };
    case 'query':
      return named(sourceAlias ?? unnamed, source.query.start);
    case 'function':
      return named(sourceAlias ?? 'table_changes', source.call.start);
  }
}

function named(alias: string, start: number): SourceName {
  return { name: { parts: [alias], start }, alias };
}

/** The query of the source's rows. */
export function sourceQuery(statement: Merge, context: WorkContext): ComposedQuery {
  const { source, sourceColumns } = statement;
  const { start } = sourceName(statement).name;
  const query = new ComposedQuery(context.session.dialect).own('SELECT * FROM ', start);
  switch (source.kind) {
    case 'table':
      query.reference(source.reference);
      break;
    case 'query':
      query.user(source.query);
      break;
    case 'function':
      query.reference(source.call);
  }
  if (sourceColumns === undefined) return query;
  const names = sourceColumns.map(quoteIdentifier).join(', ');
  return query.own(` AS ${quoteIdentifier(unnamed)}(${names})`, start);
}

/** Finds out what columns the source has; it is not run. */
export async function bindSource(
  statement: Merge,
  query: ComposedQuery,
  context: WorkContext,
): Promise<MergeSourceRows> {
  const bound = await bindRows(query, new Map(), context);
  const columns = await describeRows(bound, context);
  const fields = columns.map(({ name, type }): StructField => ({
    name,
    type,
    nullable: true,
    metadata: {},
  }));
  return {
    relation: sourceRelation(fields),
    called: sourceName(statement),
    columns: fields,
    bound,
  };
}

export interface SourceRun {
  readonly plan: QueryPlan;
  readonly rowCount: number;
}

/** Runs the source: its temporary table is there afterwards. */
export async function runSource(
  { bound }: MergeSourceRows,
  context: WorkContext,
): Promise<SourceRun> {
  const plan = await planRows(bound, 'source', context);
  const before = `CREATE TEMP TABLE ${quoteIdentifier(sourceTable)} AS `;
  await runRows(bound, plan, { before }, context);
  const [count] = await context.connection.rows(
    `SELECT count(*) FROM ${quoteIdentifier(sourceTable)}`,
    context.signal,
  );
  return { plan, rowCount: Number(count?.[0]) };
}

/** A column of the source in a composed query. */
export function sourceColumn({ name, alias }: SourceName, column: string): string {
  const qualifier = alias === undefined ? name.parts : [alias];
  return [...qualifier, column].map(quoteIdentifier).join('.');
}
