/**
 * `CREATE VIEW`, `DROP VIEW`. A view is its text, with the dialect, schema and owner it was made with;
 * it is bound once when it is made, so that a view that can never be read is refused at once.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { ViewDefinition } from '../../catalog/catalog-store.ts';
import { qualifiedName } from '../../catalog/relation.ts';
import { globalTemporarySchema } from '../bind/resolve-relation.ts';
import { errorAt } from '../errors.ts';
import { toDuckdbQuery } from '../parse/query-text.ts';
import { sliceText } from '../parse/source-slice.ts';
import type { CreateView, DropView } from '../parse/statement.ts';
import { describeQuery } from '../run-query.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult } from '../static-result.ts';

export async function createView(
  statement: CreateView,
  context: StatementContext,
): Promise<StatementResult> {
  const { session, services } = context;
  const { parts } = statement.name;
  if (statement.scope === 'temporary') {
    const name = onlyPart(statement, context);
    const view = await defineView(statement, context, name);
    putTemporaryView(session.temporaryViews, name, view, statement);
    return emptyResult();
  }
  if (statement.scope === 'globalTemporary') {
    const name = globalName(statement, context);
    const view = await defineView(statement, context, `${globalTemporarySchema}.${name}`);
    putTemporaryView(services.globalTemporaryViews, name, view, statement);
    return emptyResult();
  }
  // Temporary views end with their session: one that stays cannot be made of them.
  const lasting = { ...context, session: { ...session, temporaryViews: new Map() } };
  const target = await services.catalog.targetName(parts, session.currentSchema);
  const view = await defineView(statement, lasting, qualifiedName(target));
  const { orReplace, ifNotExists } = statement;
  await services.catalog.createView(target, view, { orReplace, ifNotExists });
  return emptyResult();
}

export async function dropView(
  { name, ifExists }: DropView,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, session, signal } = context;
  const [first, second] = name.parts;
  if (
    name.parts.length === 1 &&
    first !== undefined &&
    session.temporaryViews.delete(first.toLowerCase())
  ) {
    return emptyResult();
  }
  if (first?.toLowerCase() === globalTemporarySchema && second !== undefined) {
    if (services.globalTemporaryViews.delete(second.toLowerCase()) || ifExists)
      return emptyResult();
    throw new CodedError('TABLE_OR_VIEW_NOT_FOUND', `There is no view ${name.parts.join('.')}.`);
  }
  const options = { currentSchema: session.currentSchema, signal };
  const relation = ifExists
    ? await services.catalog.findTable(name.parts, options)
    : await services.catalog.resolveTable(name.parts, options);
  if (relation !== undefined) await services.catalog.dropView(relation);
  return emptyResult();
}

/** What a view's definition is made of. */
export type DefinedView = Pick<
  CreateView,
  'name' | 'columnNames' | 'comment' | 'properties' | 'query'
>;

/** `name` is the view's own: a query that leads to it again is a recursion. */
export async function defineView(
  statement: DefinedView,
  context: StatementContext,
  name: string,
): Promise<ViewDefinition> {
  const { session, identity, services, source } = context;
  const { parameters } = toDuckdbQuery(statement.query, session.dialect);
  if (parameters.kind !== 'none') {
    throw errorAt(source, statement.query.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'A view cannot have parameters.',
      hint: 'Write the values into the query.',
    });
  }
  const columns = await describeQuery(statement.query, context, [name.toLowerCase()]);
  const { columnNames } = statement;
  if (columnNames !== undefined && columnNames.length !== columns.length) {
    throw errorAt(source, statement.name.start, {
      code: 'DATATYPE_MISMATCH',
      message: `The view names ${columnNames.length} columns, but its query has ${columns.length}.`,
      hint: 'Name every column of the query, or none.',
    });
  }
  return {
    sql: sliceText(statement.query).trim(),
    dialect: session.dialect,
    defaultSchema: session.currentSchema,
    owner: identity.name,
    columnNames,
    comment: statement.comment,
    properties:
      statement.properties.length === 0
        ? undefined
        : Object.fromEntries(statement.properties.map(({ key, value }) => [key, value])),
    createdMs: services.clock.nowMs(),
  };
}

function putTemporaryView(
  views: Map<string, ViewDefinition>,
  name: string,
  view: ViewDefinition,
  { orReplace, ifNotExists }: CreateView,
): void {
  const key = name.toLowerCase();
  if (views.has(key) && !orReplace) {
    if (ifNotExists) return;
    throw new CodedError(
      'TABLE_OR_VIEW_ALREADY_EXISTS',
      `There is a temporary view ${name} already.`,
      {
        hint: 'Write CREATE OR REPLACE.',
      },
    );
  }
  views.set(key, view);
}

function onlyPart({ name }: CreateView, { source }: StatementContext): string {
  const [only] = name.parts;
  if (only !== undefined && name.parts.length === 1) return only;
  throw errorAt(source, name.start, {
    code: 'INVALID_NAME',
    message: `A temporary view has no schema: ${name.parts.join('.')}.`,
  });
}

function globalName({ name }: CreateView, { source }: StatementContext): string {
  const last = name.parts.at(-1);
  const isPlain = name.parts.length === 1;
  const isQualified =
    name.parts.length === 2 && name.parts[0]?.toLowerCase() === globalTemporarySchema;
  if (last !== undefined && (isPlain || isQualified)) return last;
  throw errorAt(source, name.start, {
    code: 'INVALID_NAME',
    message: `A global temporary view lies in ${globalTemporarySchema}: ${name.parts.join('.')}.`,
  });
}
