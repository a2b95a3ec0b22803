/**
 * The rows of an INSERT: what its query gives, under the columns of the table it is for, as the SELECT
 * of whole rows that `table-rows.ts` makes.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StructField } from '../../catalog/data-type.ts';
import { protocolFor } from '../../catalog/log/protocol-upgrade.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { Insert } from '../parse/statement.ts';
import type { SourceSlice } from '../parse/source-slice.ts';
import { raiseSql } from '../raise.ts';
import type { ResultColumn } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import type { TypedSql } from '../spark-expression/typed-sql.ts';
import { assignmentSql, insertPolicy } from './assignment.ts';
import { generationExpression } from './generated-columns.ts';
import { identityOf } from './identity-columns.ts';
import { findField, insertColumns, type InsertedColumns } from './insert-columns.ts';
import { partitionClause, withoutDefaults } from './insert-values.ts';
import { tableRows, type TableRowsInput } from './table-rows.ts';
import type { WriteTarget } from './write-target.ts';

/** What the statement gives, DEFAULT and PARTITION looked up. */
export interface GivenRows {
  readonly query: SourceSlice;
  /** Columns of the query that hold DEFAULT. */
  readonly defaulted: ReadonlySet<number>;
  /** The columns that PARTITION gives a value. */
  readonly fixed: ReadonlyMap<string, TypedSql>;
}

export function givenRows(
  statement: Insert,
  snapshot: Snapshot,
  context: StatementContext,
): GivenRows {
  const { fields } = snapshot.schema;
  const fixed = partitionClause(statement, snapshot, context.source);
  const own = fields.filter(({ name }) => !fixed.has(name));
  const { query, defaulted } = withoutDefaults(statement, {
    fieldOf: (column) =>
      statement.columns === undefined
        ? own[column]
        : findField(fields, statement.columns[column] ?? ''),
    isComputed,
    dialect: context.session.dialect,
  });
  return { query, defaulted, fixed };
}

export interface InsertedRows {
  /** What stands before and behind the query. */
  readonly around: readonly [before: string, after: string];
  /** The table as it will be. */
  readonly target: WriteTarget;
  readonly changesSchema: boolean;
  readonly identityColumns: readonly string[];
}

/**
 * @param columns those of the query
 * @param more what `tableRows` takes besides
 */
export function insertedRows(
  statement: Insert,
  snapshot: Snapshot,
  given: GivenRows & { readonly columns: readonly ResultColumn[] },
  context: StatementContext,
  more: Pick<TableRowsInput, 'extra' | 'rules' | 'alias'> = {},
): InsertedRows {
  const { session, services } = context;
  const columns = insertColumns({
    statement,
    text: context.source,
    target: snapshot,
    columns: given.columns,
    fixed: new Set(given.fixed.keys()),
    defaulted: given.defaulted,
    evolves: statement.schemaEvolution || session.mergeSchema === true,
    newId: services.newId,
  });
  const { schema, metadata, isChanged } = columns.table;
  const target: WriteTarget = {
    location: snapshot.location,
    // A column that is added may need a feature.
    protocol: isChanged ? protocolFor(snapshot.protocol, metadata, schema) : snapshot.protocol,
    metadata,
    schema,
  };
  const values = assignedValues(columns, given, context);
  const names = given.columns.map((_, index) => sourceName(index)).join(', ');
  const { sql, identityColumns } = tableRows({
    ...more,
    target,
    values,
    from: `(${hole}) AS source(${names})`,
  });
  const [before = '', after = ''] = sql.split(hole);
  return { around: [before, after], target, changesSchema: isChanged, identityColumns };
}

/** Stands for the query: no SQL of ours has this character. */
const hole = '\0';

function isComputed(field: StructField): boolean {
  return generationExpression(field) !== undefined || identityOf(field) !== undefined;
}

function sourceName(index: number): string {
  return `c${index}`;
}

function assignedValues(
  { table, sources }: InsertedColumns,
  given: GivenRows & { readonly columns: readonly ResultColumn[] },
  { session }: StatementContext,
): ReadonlyMap<string, string> {
  const policy = insertPolicy(session.dialect);
  const missingFields = table.isChanged ? 'null' : policy.missingFields;
  const values = new Map<string, string>();
  for (const field of table.schema.fields) {
    const index = sources.get(field.name);
    const column = index === undefined ? undefined : given.columns[index];
    const value =
      index === undefined || column === undefined
        ? given.fixed.get(field.name)
        : { sql: sourceName(index), type: column.type };
    if (value === undefined) continue;
    const assigned = assignmentSql(value, field, { ...policy, missingFields });
    values.set(
      field.name,
      policy.dialect === 'spark' ? asSparkWrites(field, assigned, table) : assigned,
    );
  }
  const used = new Set(sources.values());
  const computed = [...given.defaulted].filter((index) => !used.has(index));
  return withNothingIn(computed, values);
}

/** Spark's writer takes the name that Hive gives the folder of NULL for NULL. */
function asSparkWrites(
  { name, type }: StructField,
  sql: string,
  { metadata }: InsertedColumns['table'],
): string {
  const isPartition = metadata.partitionColumns.includes(name) && type.kind === 'string';
  return isPartition ? `nullif(${sql}, '__HIVE_DEFAULT_PARTITION__')` : sql;
}

/** A computed column whose DEFAULT stands in some rows must not have a value in the others. */
function withNothingIn(
  computed: readonly number[],
  values: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const [first] = values;
  if (computed.length === 0) return values;
  const failure = raiseSql(
    'UNSUPPORTED_FEATURE',
    'A column that the table computes is DEFAULT in some rows of VALUES and given in others.',
  );
  if (first === undefined) {
    throw new CodedError('UNSUPPORTED_FEATURE', 'Rows of nothing but DEFAULT are not supported.');
  }
  const isGiven = computed.map((index) => `${sourceName(index)} IS NOT NULL`).join(' OR ');
  const [name, value] = first;
  return new Map([...values, [name, `CASE WHEN ${isGiven} THEN ${failure} ELSE ${value} END`]]);
}
