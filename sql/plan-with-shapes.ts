/** Plans a query, having looked at the footers of the files it reads that are not known yet. */
import type { FileHandle } from '../catalog/active-files.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import { needsFooter } from './plan/file-storage.ts';
import { planQuery } from './plan/plan-query.ts';
import type { QueryPlan } from './plan/query-plan.ts';
import type { StatementContext } from './statement-context.ts';

export async function planWithShapes(
  bound: BoundQuery,
  { services, signal }: StatementContext,
): Promise<QueryPlan> {
  const { fileShapes } = services;
  const first = planQuery(bound, fileShapes);
  const unknown = first.scans.flatMap(({ table: { snapshot }, files }) => {
    const { files: active } = snapshot;
    const isUnknown = (file: FileHandle): boolean =>
      fileShapes.shapeOf(active.location(file)) === undefined;
    const isRequired = needsFooter(snapshot);
    return files
      .filter(isUnknown)
      .map((file) => ({ location: active.location(file), isRequired: isRequired(file) }));
  });
  const learned = await fileShapes.learn(unknown, signal);
  return learned ? planQuery(bound, fileShapes) : first;
}
