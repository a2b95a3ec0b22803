/** One name -> a table at a snapshot, a view's query, or the rows of `information_schema`. */
import { CodedError } from '../../catalog/coded-error.ts';
import type { ViewDefinition } from '../../catalog/catalog-store.ts';
import { qualifiedName } from '../../catalog/relation.ts';
import { wholeText, type SourceSlice } from '../parse/source-slice.ts';
import type { StatementContext } from '../statement-context.ts';
import type { BoundQuery, BoundRelation } from './bound-query.ts';
import { informationSchemaSql, isInformationSchema } from './information-schema.ts';
import type { TableVersion } from './snapshot-pins.ts';
import type { QueryScope } from './bind-query.ts';

export interface RelationScope {
  /** Where unqualified names are looked up. */
  readonly defaultSchema: string;
  /** The views that are being expanded, outermost first; a name in it again is a recursion. */
  readonly viewStack: readonly string[];
}

/** Views within views; deeper nesting is a mistake and would cost a snapshot look-up at each level. */
export const viewDepthMax = 32;

/** The schema of views that all sessions share until the server stops. */
export const globalTemporarySchema = 'global_temp';

type BindQuery = (
  slice: SourceSlice,
  scope: QueryScope,
  context: StatementContext,
) => Promise<BoundQuery>;

/**
 * Throws TABLE_OR_VIEW_NOT_FOUND and what the catalog and the snapshot throw.
 * A session's temporary views hide tables of the same name, as in Spark.
 */
export async function resolveRelation(
  name: readonly string[],
  version: TableVersion,
  scope: RelationScope,
  context: StatementContext,
  bindQuery: BindQuery,
): Promise<BoundRelation> {
  // Inside a temporary view its own name means what it would mean without it: the table it hides.
  const view = scope.viewStack.includes(name.join('.').toLowerCase())
    ? undefined
    : temporaryView(name, context);
  if (view !== undefined)
    return await expandView(name.join('.'), view, version, scope, context, bindQuery);
  if (isInformationSchema(name)) {
    refuseTimeTravel(name.join('.'), version);
    return { kind: 'constant', sql: await informationSchemaSql(name, context) };
  }
  const [first, second] = name;
  if (name.length === 2 && first?.toLowerCase() === 'delta' && second !== undefined) {
    return await tableAtPath(second, version, context);
  }
  const { catalog } = context.services;
  const relation = await catalog.resolveTable(name, {
    currentSchema: scope.defaultSchema,
    maxStalenessMs: context.maxStalenessMs,
    signal: context.signal,
  });
  if (relation.kind === 'view') {
    return await expandView(
      qualifiedName(relation),
      relation.definition,
      version,
      scope,
      context,
      bindQuery,
    );
  }
  return {
    kind: 'table',
    table: await context.pins.pin(qualifiedName(relation), relation.location, version),
  };
}

async function tableAtPath(
  path: string,
  version: TableVersion,
  context: StatementContext,
): Promise<BoundRelation> {
  const { maxStalenessMs, signal, services } = context;
  const { location } = await services.catalog.tablePath(path, { maxStalenessMs, signal });
  return { kind: 'table', table: await context.pins.pin(`delta.\`${path}\``, location, version) };
}

function temporaryView(
  name: readonly string[],
  context: StatementContext,
): ViewDefinition | undefined {
  const [first, second] = name;
  if (name.length === 1 && first !== undefined) {
    return context.session.temporaryViews.get(first.toLowerCase());
  }
  if (name.length === 2 && first?.toLowerCase() === globalTemporarySchema && second !== undefined) {
    const view = context.services.globalTemporaryViews.get(second.toLowerCase());
    if (view !== undefined) return view;
    throw new CodedError(
      'TABLE_OR_VIEW_NOT_FOUND',
      `There is no view ${globalTemporarySchema}.${second}.`,
    );
  }
  return undefined;
}

async function expandView(
  name: string,
  view: ViewDefinition,
  version: TableVersion,
  scope: RelationScope,
  context: StatementContext,
  bindQuery: BindQuery,
): Promise<BoundRelation> {
  refuseTimeTravel(name, version);
  const key = name.toLowerCase();
  if (scope.viewStack.includes(key) || scope.viewStack.length >= viewDepthMax) {
    throw new CodedError(
      'RECURSIVE_VIEW',
      `The view ${name} reads from itself: ${[...scope.viewStack, key].join(' -> ')}.`,
    );
  }
  const inner: QueryScope = {
    dialect: view.dialect,
    defaultSchema: view.defaultSchema,
    viewStack: [...scope.viewStack, key],
  };
  try {
    const query = await bindQuery(wholeText(view.sql), inner, {
      ...context,
      parameters: undefined,
    });
    return { kind: 'view', name, query, columnNames: view.columnNames };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    // Its position is in the view's text, not in the statement's.
    throw new CodedError(error.code, `In the view ${name}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

function refuseTimeTravel(name: string, version: TableVersion): void {
  if (version.kind === 'latest') return;
  throw new CodedError(
    'DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS',
    `${name} is not a Delta table, so it has no versions.`,
  );
}
