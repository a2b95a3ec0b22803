/** What DESCRIBE and SHOW are about: a table by name or path, or a view of any kind. */
import type { ViewDefinition } from '../../catalog/catalog-store.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import { qualifiedName } from '../../catalog/relation.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { globalTemporarySchema } from '../bind/resolve-relation.ts';
import { positionAt } from '../errors.ts';
import type { ObjectName } from '../parse/statement.ts';
import { snapshotColumns, viewColumns } from '../relation-columns.ts';
import type { DescribedColumn, StatementContext } from '../statement-context.ts';

export type DescribedTarget = {
  readonly name: string;
  readonly columns: readonly DescribedColumn[];
} & (
  | { readonly kind: 'view'; readonly view: ViewDefinition; readonly isTemporary: boolean }
  | {
      readonly kind: 'table';
      readonly snapshot: Snapshot;
      /** Outside the warehouse's own folders: named by path, or registered with a LOCATION. */
      readonly isExternal: boolean;
    }
);

/** Throws TABLE_OR_VIEW_NOT_FOUND and what reading the table or binding the view throws. */
export async function describedTarget(
  name: ObjectName,
  context: StatementContext,
): Promise<DescribedTarget> {
  try {
    return await find(name.parts, context);
  } catch (error) {
    throw error instanceof CodedError ? error.at(positionAt(context.source, name.start)) : error;
  }
}

/** The table of a statement that is about tables only. Throws WRONG_OBJECT_TYPE for a view. */
export async function describedTable(
  name: ObjectName,
  context: StatementContext,
): Promise<Extract<DescribedTarget, { kind: 'table' }>> {
  const target = await describedTarget(name, context);
  if (target.kind === 'table') return target;
  throw new CodedError(
    'WRONG_OBJECT_TYPE',
    `${target.name} is a view; this statement is about tables.`,
  ).at(positionAt(context.source, name.start));
}

async function find(parts: readonly string[], context: StatementContext): Promise<DescribedTarget> {
  const { services, session, signal } = context;
  const [first, second] = parts;
  const temporary = temporaryView(parts, context);
  if (temporary !== undefined) {
    const columns = await viewColumns(temporary, context);
    return { kind: 'view', name: parts.join('.'), view: temporary, isTemporary: true, columns };
  }
  if (parts.length === 2 && first?.toLowerCase() === 'delta' && second !== undefined) {
    const { location } = await services.catalog.tablePath(second, { signal });
    return await table(`delta.\`${second}\``, location, true, context);
  }
  const relation = await services.catalog.resolveTable(parts, {
    currentSchema: session.currentSchema,
    signal,
  });
  const name = qualifiedName(relation);
  if (relation.kind === 'view') {
    const columns = await viewColumns(relation.definition, context);
    return { kind: 'view', name, view: relation.definition, isTemporary: false, columns };
  }
  return await table(name, relation.location, relation.isRegistered, context);
}

async function table(
  name: string,
  location: string,
  isExternal: boolean,
  context: StatementContext,
): Promise<DescribedTarget> {
  const { snapshot } = await context.pins.pin(name, location, { kind: 'latest' });
  return { kind: 'table', name, snapshot, isExternal, columns: snapshotColumns(snapshot) };
}

function temporaryView(
  parts: readonly string[],
  { session, services }: StatementContext,
): ViewDefinition | undefined {
  const [first, second] = parts;
  if (parts.length === 1 && first !== undefined)
    return session.temporaryViews.get(first.toLowerCase());
  if (
    parts.length === 2 &&
    first?.toLowerCase() === globalTemporarySchema &&
    second !== undefined
  ) {
    return services.globalTemporaryViews.get(second.toLowerCase());
  }
  return undefined;
}
