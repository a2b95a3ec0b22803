/** `SHOW ...`: what the catalog holds, with Spark's column names. */
import { CodedError } from '../../catalog/coded-error.ts';
import type { Metadata, Protocol } from '../../catalog/log/actions.ts';
import { catalogName } from '../../catalog/relation.ts';
import { globalTemporarySchema } from '../bind/resolve-relation.ts';
import type {
  ObjectName,
  ShowCatalogs,
  ShowColumns,
  ShowCreateTable,
  ShowDroppedTables,
  ShowProperties,
  ShowSchemas,
  ShowTables,
  ShowViews,
} from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { booleanType, staticResult, stringType, timestampType } from '../static-result.ts';
import { createTableText, createViewText } from './create-text.ts';
import { describedTarget } from './described-target.ts';
import { matchesShowPattern } from './like-pattern.ts';

export function showCatalogs({ like }: ShowCatalogs): StatementResult {
  const rows = matchesShowPattern(catalogName, like) ? [[catalogName]] : [];
  return staticResult([{ name: 'catalog', type: stringType }], rows);
}

export async function showSchemas(
  { like, catalog }: ShowSchemas,
  { services, signal }: StatementContext,
): Promise<StatementResult> {
  const name = catalog?.parts.join('.');
  if (name !== undefined && name.toLowerCase() !== catalogName) {
    throw new CodedError('CATALOG_NOT_FOUND', `There is no catalog "${name}".`);
  }
  const schemas = await services.catalog.listSchemas({ signal });
  const rows = schemas
    .filter(({ name }) => matchesShowPattern(name, like))
    .map(({ name }) => [name]);
  return staticResult([{ name: 'databaseName', type: stringType }], rows);
}

/** Tables and views of the schema, then the session's temporary views, as Spark lists them. */
export async function showTables(
  { schema, like }: ShowTables,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, signal } = context;
  const columns = [
    { name: 'database', type: stringType },
    { name: 'tableName', type: stringType },
    { name: 'isTemporary', type: booleanType },
  ];
  const isGlobal = schema?.parts.at(-1)?.toLowerCase() === globalTemporarySchema;
  const name = isGlobal ? undefined : await schemaOrCurrent(schema, context);
  const relations =
    name === undefined ? [] : await services.catalog.listRelations(name, { signal });
  const rows = [
    ...relations.map((relation) => [relation.schema, relation.name, false] as const),
    ...temporaryRows(isGlobal, context),
  ];
  return staticResult(
    columns,
    rows.filter(([, table]) => matchesShowPattern(table, like)),
  );
}

/** The latest first, since that is the one of a name that UNDROP TABLE takes. */
export async function showDroppedTables(
  { schema }: ShowDroppedTables,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, signal } = context;
  const name = await schemaOrCurrent(schema, context);
  const dropped = await services.catalog.listDroppedTables(name, { signal });
  return staticResult(
    [
      { name: 'catalogName', type: stringType },
      { name: 'schemaName', type: stringType },
      { name: 'tableName', type: stringType },
      { name: 'deletedAt', type: timestampType },
    ],
    dropped.map((table) => [
      catalogName,
      table.schema,
      table.name,
      BigInt(table.droppedMs) * 1000n,
    ]),
  );
}

export async function showViews(
  { schema, like }: ShowViews,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, signal } = context;
  const columns = [
    { name: 'namespace', type: stringType },
    { name: 'viewName', type: stringType },
    { name: 'isTemporary', type: booleanType },
  ];
  const isGlobal = schema?.parts.at(-1)?.toLowerCase() === globalTemporarySchema;
  const name = isGlobal ? undefined : await schemaOrCurrent(schema, context);
  const views = name === undefined ? [] : await services.catalog.listViews(name, { signal });
  const rows = [
    ...views.map((view) => [view.schema, view.name, false] as const),
    ...temporaryRows(isGlobal, context),
  ];
  return staticResult(
    columns,
    rows.filter(([, view]) => matchesShowPattern(view, like)),
  );
}

export async function showColumns(
  { table }: ShowColumns,
  context: StatementContext,
): Promise<StatementResult> {
  const { columns } = await describedTarget(table, context);
  return staticResult(
    [{ name: 'col_name', type: stringType }],
    columns.map(({ name }) => [name]),
  );
}

export async function showCreateTable(
  { table }: ShowCreateTable,
  context: StatementContext,
): Promise<StatementResult> {
  const target = await describedTarget(table, context);
  const text =
    target.kind === 'view'
      ? createViewText(target.name, target.view)
      : createTableText(target.name, target.snapshot, { withLocation: target.isExternal });
  return staticResult([{ name: 'createtab_stmt', type: stringType }], [[text]], {
    snapshots: context.pins.snapshots,
  });
}

/** With the protocol's versions and features, as Delta shows them: the properties that would ask for it. */
export async function showProperties(
  { table, key }: ShowProperties,
  context: StatementContext,
): Promise<StatementResult> {
  const target = await describedTarget(table, context);
  const properties: { readonly [name: string]: string } =
    target.kind === 'view'
      ? (target.view.properties ?? {})
      : tableProperties(target.snapshot.protocol, target.snapshot.metadata);
  const rows =
    key === undefined
      ? Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1))
      : [[key, properties[key] ?? `Table ${target.name} does not have property: ${key}`]];
  return staticResult(
    [
      { name: 'key', type: stringType },
      { name: 'value', type: stringType },
    ],
    rows,
    { snapshots: context.pins.snapshots },
  );
}

function tableProperties(protocol: Protocol, { configuration }: Metadata) {
  const named = [...(protocol.readerFeatures ?? []), ...(protocol.writerFeatures ?? [])];
  return {
    ...configuration,
    ...Object.fromEntries(named.map((name) => [`delta.feature.${name}`, 'supported'])),
    'delta.minReaderVersion': String(protocol.minReaderVersion),
    'delta.minWriterVersion': String(protocol.minWriterVersion),
  };
}

async function schemaOrCurrent(
  schema: ObjectName | undefined,
  { services, session, signal }: StatementContext,
): Promise<string> {
  if (schema === undefined) return session.currentSchema;
  return await services.catalog.resolveSchema(schema.parts, { signal });
}

function temporaryRows(
  isGlobal: boolean,
  { session, services }: StatementContext,
): (readonly [string, string, boolean])[] {
  const views = isGlobal ? services.globalTemporaryViews : session.temporaryViews;
  return [...views.keys()].map(
    (name) => [isGlobal ? globalTemporarySchema : '', name, true] as const,
  );
}
