/**
 * `ALTER VIEW`: another query, name or other properties. Of temporary views the query alone changes. Who
 * gives a view another query owns it from then on: it reads with that identity's rights.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { ViewDefinition } from '../../catalog/catalog-store.ts';
import { qualifiedName } from '../../catalog/relation.ts';
import { globalTemporarySchema } from '../bind/resolve-relation.ts';
import { positionAt } from '../errors.ts';
import type { AlterView } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult } from '../static-result.ts';
import { defineView } from './views.ts';

/** @throws TABLE_OR_VIEW_NOT_FOUND, WRONG_OBJECT_TYPE, and what `CREATE VIEW` throws */
export async function alterView(
  statement: AlterView,
  context: StatementContext,
): Promise<StatementResult> {
  try {
    const temporary = temporaryView(statement, context);
    if (temporary === undefined) await alterLasting(statement, context);
    else await alterTemporary(statement, temporary, context);
    return emptyResult();
  } catch (error) {
    throw error instanceof CodedError
      ? error.at(positionAt(context.source, statement.view.start))
      : error;
  }
}

async function alterLasting({ view, action }: AlterView, context: StatementContext): Promise<void> {
  const { services, session, signal } = context;
  const { catalog } = services;
  const { currentSchema } = session;
  const relation = await catalog.resolveTable(view.parts, { currentSchema, signal });
  switch (action.kind) {
    case 'query': {
      // Temporary views end with their session: one that stays cannot be made of them.
      const lasting = { ...context, session: { ...session, temporaryViews: new Map() } };
      const wanted = { ...withoutOptions, name: view, query: action.query };
      const made = await defineView(wanted, lasting, qualifiedName(relation));
      await catalog.changeView(relation, (old) => withQuery(old, made));
      return;
    }
    case 'rename':
      await catalog.renameView(relation, await catalog.targetName(action.to.parts, currentSchema));
      return;
    case 'setProperties':
      await catalog.changeView(relation, (old) => ({
        ...old,
        properties: {
          ...old.properties,
          ...Object.fromEntries(action.properties.map(({ key, value }) => [key, value])),
        },
      }));
      return;
    case 'unsetProperties':
      // As in Spark, a property that is not there is no error.
      await catalog.changeView(relation, (old) => ({
        ...old,
        properties: Object.fromEntries(
          Object.entries(old.properties ?? {}).filter(([key]) => !action.keys.includes(key)),
        ),
      }));
  }
}

const withoutOptions = { columnNames: undefined, comment: undefined, properties: [] } as const;

function withQuery(old: ViewDefinition, made: ViewDefinition): ViewDefinition {
  const { comment, properties, createdMs } = old;
  return { ...made, comment, properties, createdMs };
}

interface TemporaryView {
  readonly views: Map<string, ViewDefinition>;
  readonly key: string;
  readonly old: ViewDefinition;
}

function temporaryView(
  { view: { parts } }: AlterView,
  { session, services }: StatementContext,
): TemporaryView | undefined {
  const isGlobal = parts.length === 2 && parts[0]?.toLowerCase() === globalTemporarySchema;
  if (parts.length !== 1 && !isGlobal) return undefined;
  const views = isGlobal ? services.globalTemporaryViews : session.temporaryViews;
  const key = parts.at(-1)?.toLowerCase() ?? '';
  const old = views.get(key);
  return old === undefined ? undefined : { views, key, old };
}

async function alterTemporary(
  { view, action }: AlterView,
  { views, key, old }: TemporaryView,
  context: StatementContext,
): Promise<void> {
  if (action.kind !== 'query') {
    throw new CodedError('WRONG_OBJECT_TYPE', `${view.parts.join('.')} is a temporary view.`, {
      hint: 'Use CREATE OR REPLACE TEMPORARY VIEW.',
    });
  }
  const wanted = { ...withoutOptions, name: view, query: action.query };
  views.set(key, withQuery(old, await defineView(wanted, context, view.parts.join('.'))));
}
