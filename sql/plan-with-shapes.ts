/**
 * Plans a query: chooses its files and looks at them. Those of old versions must be there, and the
 * footers of those that are not known yet are read.
 */
import type { FileHandle } from '../catalog/active-files.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import { collatedTypes } from './collations.ts';
import { chooseFiles } from './choose-files.ts';
import { needsNames } from './plan/names-in-file.ts';
import { needsFooter } from './plan/file-storage.ts';
import { planQuery } from './plan/plan-query.ts';
import type { QueryPlan } from './plan/query-plan.ts';
import { requireFiles } from './require-files.ts';
import type { StatementContext } from './statement-context.ts';

/** `name` tells the plan's temporary tables from those of other plans on the same connection. */
export async function planWithShapes(
  bound: BoundQuery,
  context: StatementContext,
  name = '',
): Promise<QueryPlan> {
  const { signal, services } = context;
  const { fileShapes, files: localFiles } = services;
  const collations = await collatedTypes(bound, context);
  const choice = await chooseFiles(bound, context);
  await requireFiles(choice.scans, context);
  const unknown = choice.scans.flatMap(({ table, files }) => {
    const { snapshot } = table;
    const { files: active } = snapshot;
    const isUnknown = (file: FileHandle): boolean =>
      fileShapes.shapeOf(active.location(file)) === undefined;
    const isRequired = needsNames(table) ? () => true : needsFooter(snapshot);
    return files.filter(isUnknown).map((file) => ({
      location: active.location(file),
      sizeBytes: active.sizeBytes(file),
      isRequired: isRequired(file),
    }));
  });
  await fileShapes.learn(unknown, signal);
  return planQuery(
    bound,
    { ...choice, collations, name, pathOf: (file) => localFiles.pathOf(file) },
    fileShapes,
  );
}
