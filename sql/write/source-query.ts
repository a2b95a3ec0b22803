/** The query that feeds a write: bound and planned like any other, with names for its columns. */
import { bindQuery } from '../bind/bind-query.ts';
import type { SourceSlice } from '../parse/source-slice.ts';
import { withPlanConnection } from '../fetch-for-plan.ts';
import type { QueryPlan } from '../plan/query-plan.ts';
import { planWithShapes } from '../plan-with-shapes.ts';
import { inSource, queryScope } from '../run-query.ts';
import type { ResultColumn } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';

export interface SourceQuery {
  readonly plan: QueryPlan;
  readonly columns: readonly ResultColumn[];
}

export async function planSource(
  query: SourceSlice,
  context: StatementContext,
): Promise<SourceQuery> {
  const bound = await bindQuery(query, queryScope(context), context);
  const plan = await planWithShapes(bound, context);
  const columns = await inSource(plan, bound, context, () =>
    withPlanConnection(plan, context, (connection) =>
      connection.describe(plan.sql, context.parameters),
    ),
  );
  return { plan, columns };
}
