/**
 * The queries of a statement that changes rows: composed around the user's text, bound like any query,
 * planned over the files that are known to matter, run on the statement's own connection.
 */
import type { FileHandle } from '../../../catalog/active-files.ts';
import { bindText } from '../../bind/bind-query.ts';
import type { BoundQuery, BoundReference, BoundRelation } from '../../bind/bound-query.ts';
import type { ComposedQuery } from '../../parse/composed-query.ts';
import { editText, uneditedText } from '../../parse/text-edits.ts';
import { joinPlans } from '../../plan/join-plans.ts';
import { planForColumns } from '../../plan/plan-query.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { planWithShapes } from '../../plan-with-shapes.ts';
import { collatedColumns, collatedTypes } from '../../collations.ts';
import { fetchForPlan } from '../../fetch-for-plan.ts';
import { inSource, queryScope } from '../../run-query.ts';
import type { ResultColumn } from '../../sql-engine.ts';
import type { WorkContext } from './work-context.ts';

/** What the names in a composed query stand for, by their offset in it. */
export type GivenNames = ReadonlyMap<number, BoundRelation>;

/** The parameters of the statement were checked before. */
export async function bindRows(
  query: ComposedQuery,
  given: GivenNames,
  context: WorkContext,
): Promise<BoundQuery> {
  const text = query.finish();
  return await bindText(
    { ...text, source: context.source, start: 0, known: text.parameters, given },
    queryScope(context),
    context,
  );
}

/** A relation in a query of ours, under an alias. */
export interface OwnRelation {
  readonly relation: BoundRelation;
  readonly alias: string;
}

/** A query that is all our own; an error in it is shown at `place` of the user's statement. */
export function ownQuery(place: number, ...parts: readonly (string | OwnRelation)[]): BoundQuery {
  let text = '';
  const references: BoundReference[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const nameStart = text.length;
    text += 'r';
    references.push({
      nameStart,
      nameEnd: text.length,
      addedAlias: part.alias,
      timeTravel: undefined,
      relation: part.relation,
    });
  }
  const edited = editText(uneditedText(text), []);
  return {
    text: { text: edited.text, toSource: () => place },
    references,
    edits: [],
    parameters: { kind: 'none' },
    isVolatile: false,
    clockUse: { kind: 'none' },
    hasGroupBy: false,
  };
}

/** The same query over these files of the tables that have row columns, `files` being theirs. */
export function overFiles(bound: BoundQuery, files: readonly FileHandle[]): BoundQuery {
  const references = bound.references.map((reference): BoundReference => {
    const { relation } = reference;
    if (relation.kind !== 'table' || relation.table.rowColumns === undefined) return reference;
    return { ...reference, relation: { ...relation, table: { ...relation.table, only: files } } };
  });
  return { ...bound, references };
}

/** `name` tells the plan's temporary tables from those of other plans of the statement. */
export async function planRows(
  bound: BoundQuery,
  name: string,
  context: WorkContext,
): Promise<QueryPlan> {
  const { services, startedMs } = context;
  const clock = { nowMs: () => startedMs };
  return await planWithShapes(bound, { ...context, services: { ...services, clock } }, `${name}_`);
}

/** The columns that a query gives; its temporary tables need not be there yet. */
export async function describeRows(
  bound: BoundQuery,
  context: WorkContext,
): Promise<readonly ResultColumn[]> {
  const collations = await collatedTypes(bound, context);
  const plan = planForColumns(bound, context.services.fileShapes);
  const columns = await inSource(plan, bound, context, () =>
    context.connection.describe(plan.sql, context.parameters),
  );
  return collatedColumns(columns, collations);
}

/** Runs a plan inside a statement of ours. */
export async function runRows(
  bound: BoundQuery,
  plan: QueryPlan,
  wrap: { readonly before: string; readonly after?: string },
  context: WorkContext,
): Promise<void> {
  const { connection } = context;
  const whole = joinPlans(wrap.before, plan, wrap.after ?? '');
  await fetchForPlan(whole, connection, context);
  await inSource(whole, bound, context, () =>
    connection.run(whole.sql, context.parameters, context.signal),
  );
}
