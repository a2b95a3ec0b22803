/**
 * `information_schema` of Levee's own catalog, never DuckDB's: a SELECT over constants. The columns
 * are those of the SQL standard that tools ask for.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { didYouMean } from '../../catalog/closest-name.ts';
import { catalogName, type Relation } from '../../catalog/relation.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import type { StatementContext } from '../statement-context.ts';
import { typeName } from '../types.ts';

type Cell = string | number | null;

interface View {
  /** Name and DuckDB type of each column. */
  readonly columns: readonly (readonly [string, 'VARCHAR' | 'INTEGER'])[];
  rows(context: StatementContext): Promise<readonly (readonly Cell[])[]>;
}

/** Tables that are described at the same time, for `columns`. */
const parallelTables = 8;

const views: { readonly [name: string]: View } = {
  schemata: {
    columns: text('catalog_name', 'schema_name', 'schema_owner'),
    async rows({ services, signal }) {
      const schemas = await services.catalog.listSchemas({ signal });
      return schemas.map(({ name }) => [catalogName, name, null]);
    },
  },
  tables: {
    columns: text(
      'table_catalog',
      'table_schema',
      'table_name',
      'table_type',
      'is_insertable_into',
    ),
    async rows(context) {
      const relations = await allRelations(context);
      return relations.map(({ kind, schema, name }) => [
        catalogName,
        schema,
        name,
        kind === 'view' ? 'VIEW' : 'BASE TABLE',
        kind === 'view' ? 'NO' : 'YES',
      ]);
    },
  },
  views: {
    columns: text('table_catalog', 'table_schema', 'table_name', 'view_definition'),
    async rows(context) {
      const relations = await allRelations(context);
      return relations.flatMap((relation) =>
        relation.kind === 'view'
          ? [[catalogName, relation.schema, relation.name, relation.definition.sql]]
          : [],
      );
    },
  },
  columns: {
    columns: [
      ...text('table_catalog', 'table_schema', 'table_name', 'column_name'),
      ['ordinal_position', 'INTEGER'],
      ...text('column_default', 'is_nullable', 'data_type', 'comment'),
    ],
    rows: columnRows,
  },
};

const schemaName = 'information_schema';

export function isInformationSchema(name: readonly string[]): boolean {
  const schema = name.length === 3 && name[0]?.toLowerCase() === catalogName ? name[1] : name[0];
  return name.length >= 2 && schema?.toLowerCase() === schemaName;
}

/** A SELECT that gives the rows of the view. Throws TABLE_OR_VIEW_NOT_FOUND. */
export async function informationSchemaSql(
  name: readonly string[],
  context: StatementContext,
): Promise<string> {
  const wanted = name.at(-1) ?? '';
  const view = Object.hasOwn(views, wanted.toLowerCase()) ? views[wanted.toLowerCase()] : undefined;
  if (view === undefined) {
    throw new CodedError('TABLE_OR_VIEW_NOT_FOUND', `There is no view ${schemaName}.${wanted}.`, {
      hint: didYouMean(wanted, Object.keys(views)) ?? `There are ${Object.keys(views).join(', ')}.`,
    });
  }
  return constantRowsSql(view.columns, await view.rows(context));
}

/** A SELECT of the given rows, each column cast to its type. */
export function constantRowsSql(
  columns: readonly (readonly [string, 'VARCHAR' | 'INTEGER'])[],
  rows: readonly (readonly Cell[])[],
): string {
  const list = columns.map(
    ([name, type], index) => `CAST(c${index} AS ${type}) AS ${quoteIdentifier(name)}`,
  );
  const nothing = `(${columns.map(() => 'NULL').join(', ')})`;
  const values = rows.map((row) => `(${row.map(cellSql).join(', ')})`);
  const names = columns.map((_, index) => `c${index}`).join(', ');
  const from = `(VALUES ${values.length === 0 ? nothing : values.join(', ')}) AS v(${names})`;
  return `SELECT ${list.join(', ')} FROM ${from}${values.length === 0 ? ' WHERE false' : ''}`;
}

function cellSql(cell: Cell): string {
  if (cell === null) return 'NULL';
  return typeof cell === 'number' ? String(cell) : quoteString(cell);
}

function text(...names: string[]): (readonly [string, 'VARCHAR'])[] {
  return names.map((name) => [name, 'VARCHAR'] as const);
}

async function allRelations({ services, signal }: StatementContext): Promise<readonly Relation[]> {
  const schemas = await services.catalog.listSchemas({ signal });
  const lists = await Promise.all(
    schemas.map(({ name }) => services.catalog.listRelations(name, { signal })),
  );
  return lists.flat();
}

async function columnRows(context: StatementContext): Promise<readonly (readonly Cell[])[]> {
  const relations = await allRelations(context);
  const rows: (readonly Cell[])[] = [];
  for (let from = 0; from < relations.length; from += parallelTables) {
    const lists = await Promise.all(
      relations.slice(from, from + parallelTables).map((relation) => columnsOf(relation, context)),
    );
    rows.push(...lists.flat());
  }
  return rows;
}

/** A table that cannot be read has no columns here: one broken table must not hide all the others. */
async function columnsOf(
  relation: Relation,
  context: StatementContext,
): Promise<readonly (readonly Cell[])[]> {
  try {
    const columns = await context.relationColumns(relation);
    return columns.map((column, index) => [
      catalogName,
      relation.schema,
      relation.name,
      column.name,
      index + 1,
      null,
      column.nullable ? 'YES' : 'NO',
      typeName(column.type),
      column.comment ?? null,
    ]);
  } catch (error) {
    if (error instanceof CodedError && error.code !== 'QUERY_CANCELED') return [];
    throw error;
  }
}
