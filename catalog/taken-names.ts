/** Tables and views share their names: whether one is free, and what is said when it is not. */
import { schemaOf } from './catalog-changes.ts';
import type { CatalogContents } from './catalog-store.ts';
import { CodedError } from './coded-error.ts';
import { matchName } from './object-names.ts';
import { qualifiedName, type TargetName } from './relation.ts';

/** @throws TABLE_OR_VIEW_ALREADY_EXISTS when another process has taken the name meanwhile */
export function requireFree(contents: CatalogContents, target: TargetName): void {
  const { schema, name } = target;
  const known = schemaOf(contents, schema);
  const taken = matchName(name, [
    ...Object.keys(known?.tables ?? {}),
    ...Object.keys(known?.views ?? {}),
  ]);
  if (taken !== undefined) throw alreadyExists({ schema, name: taken });
}

export function alreadyExists(target: TargetName): CodedError {
  return new CodedError(
    'TABLE_OR_VIEW_ALREADY_EXISTS',
    `There is a table or view ${qualifiedName(target)} already.`,
  );
}
