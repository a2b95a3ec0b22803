/** Plans a query, having looked at the footers of the files it reads that are not known yet. */
import type { BoundQuery } from './bind/bound-query.ts';
import { planQuery } from './plan/plan-query.ts';
import type { QueryPlan } from './plan/query-plan.ts';
import type { StatementContext } from './statement-context.ts';

export async function planWithShapes(
  bound: BoundQuery,
  { services, signal }: StatementContext,
): Promise<QueryPlan> {
  const { fileShapes } = services;
  const first = planQuery(bound, fileShapes);
  const locations = first.scans.flatMap(({ table: { snapshot }, files }) =>
    files.map((file) => snapshot.files.location(file)),
  );
  const learned = await fileShapes.learn(locations, signal);
  return learned ? planQuery(bound, fileShapes) : first;
}
