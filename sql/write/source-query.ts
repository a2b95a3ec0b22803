/** The query that feeds a write: bound and planned like any other, with names for its columns. */
import { bindQuery } from '../bind/bind-query.ts';
import type { SourceSlice } from '../parse/source-slice.ts';
import { planQuery } from '../plan/plan-query.ts';
import { inSource, queryScope } from '../run-query.ts';
import type { ResultColumn } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';

export interface SourceQuery {
  readonly sql: string;
  readonly columns: readonly ResultColumn[];
}

export async function planSource(
  query: SourceSlice,
  context: StatementContext,
): Promise<SourceQuery> {
  const bound = await bindQuery(query, queryScope(context), context);
  const plan = planQuery(bound);
  const columns = await inSource(plan, bound, context, () =>
    context.services.duckdb.withConnection((connection) =>
      connection.describe(plan.sql, context.parameters),
    ),
  );
  return { sql: plan.sql, columns };
}
