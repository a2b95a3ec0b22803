/** `INSERT INTO`: the rows of a query appended to a table, in one commit. */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StructField } from '../../catalog/data-type.ts';
import { didYouMean } from '../../catalog/closest-name.ts';
import { checkWritable } from '../../catalog/log/protocol.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { errorAt } from '../errors.ts';
import type { Insert } from '../parse/statement.ts';
import { planSource, type SourceQuery } from './source-query.ts';
import { quoteIdentifier } from '../quote.ts';
import type { ResultColumn, StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { longType, staticResult } from '../static-result.ts';
import { duckdbType } from '../types.ts';
import { describedTable } from '../utility/described-target.ts';
import { assignmentSql } from './assignment.ts';
import { stageRows } from './stage-rows.ts';

/** Appended rows are their own change data. */
const enforced: ReadonlySet<string> = new Set(['changeDataFeed']);

export async function insert(
  statement: Insert,
  context: StatementContext,
): Promise<StatementResult> {
  if (statement.mode.kind !== 'append') {
    throw new CodedError(
      'UNSUPPORTED_STATEMENT',
      'INSERT OVERWRITE, REPLACE WHERE and REPLACE USING are not supported.',
      {
        hint: 'INSERT INTO appends.',
      },
    );
  }
  refuseUnsupported(statement, context);
  const { snapshot } = await describedTable(statement.target, context);
  const { location, protocol, metadata, schema } = snapshot;
  checkWritable(location, protocol, metadata, schema, enforced);
  const source = await planSource(statement.query, context);
  const sql = assignedSql(statement, snapshot, source, context);
  const staged = await stageRows(
    {
      source: source.plan,
      sql,
      fields: snapshot.schema.fields,
      partitionColumns: snapshot.metadata.partitionColumns,
      location: snapshot.location,
    },
    context,
  );
  const transaction = context.services.transactions.begin(snapshot);
  transaction.enforces(enforced);
  transaction.add(staged.files);
  await transaction.commit(
    {
      operation: 'WRITE',
      operationParameters: {
        mode: 'Append',
        partitionBy: JSON.stringify(snapshot.metadata.partitionColumns),
      },
      operationMetrics: {
        numFiles: String(staged.files.length),
        numOutputRows: String(staged.rowCount),
        numOutputBytes: String(staged.bytes),
      },
    },
    context.signal,
  );
  return staticResult(
    [
      { name: 'num_affected_rows', type: longType },
      { name: 'num_inserted_rows', type: longType },
    ],
    [[staged.rowCount, staged.rowCount]],
  );
}

function refuseUnsupported(statement: Insert, { source }: StatementContext): void {
  const refuse = (what: string, start: number) =>
    errorAt(source, start, { code: 'UNSUPPORTED_FEATURE', message: `${what} is not supported.` });
  const [partition] = statement.partition;
  const [item] = statement.defaults;
  if (statement.schemaEvolution) throw refuse('WITH SCHEMA EVOLUTION', statement.target.start);
  if (partition !== undefined) throw refuse('INSERT ... PARTITION', partition.start);
  if (item !== undefined) throw refuse('DEFAULT as a value', item.start);
}

/** The query's columns as the table's: by name, by the statement's list, or by position. */
function assignedSql(
  statement: Insert,
  { schema }: Snapshot,
  source: SourceQuery,
  context: StatementContext,
): string {
  const sources = sourceByTarget(statement, schema.fields, source.columns, context);
  const list = schema.fields.map((field) => {
    const column = sources.get(field.name);
    const value = column === undefined ? missingSql(field) : assignmentSql(column, field);
    return `${value} AS ${quoteIdentifier(field.name)}`;
  });
  const names = source.columns.map((_, index) => sourceName(index)).join(', ');
  return `SELECT ${list.join(', ')} FROM (${source.plan.sql}) AS source(${names})`;
}

function sourceName(index: number): string {
  return `c${index}`;
}

function missingSql(field: StructField): string {
  if (field.nullable) return `CAST(NULL AS ${duckdbType(field.type)})`;
  throw new CodedError(
    'NOT_NULL_CONSTRAINT_VIOLATION',
    `Column "${field.name}" is NOT NULL, and the statement gives it no value.`,
  );
}

function sourceByTarget(
  { columns: listed, byName, target }: Insert,
  fields: readonly StructField[],
  columns: readonly ResultColumn[],
  context: StatementContext,
): ReadonlyMap<string, ResultColumn> {
  const names = byName
    ? columns.map(({ name }) => name)
    : (listed ?? fields.map(({ name }) => name));
  if (names.length !== columns.length) {
    throw errorAt(context.source, target.start, {
      code: 'DELTA_SCHEMA_MISMATCH',
      message: `The statement writes ${names.length} columns, but its query gives ${columns.length}.`,
      hint: listed === undefined ? `The columns are ${names.join(', ')}.` : undefined,
    });
  }
  const assigned = new Map<string, ResultColumn>();
  names.forEach((name, index) => {
    const field = fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    const column = columns[index];
    if (field === undefined || column === undefined) {
      throw errorAt(context.source, target.start, {
        code: 'COLUMN_NOT_FOUND',
        message: `The table has no column "${name}".`,
        hint: didYouMean(
          name,
          fields.map((candidate) => candidate.name),
        ),
      });
    }
    if (assigned.has(field.name)) {
      throw errorAt(context.source, target.start, {
        code: 'COLUMN_ALREADY_EXISTS',
        message: `The column "${field.name}" is given twice.`,
      });
    }
    // By position inside the statement: the query may give one name to several columns.
    assigned.set(field.name, { ...column, name: sourceName(index) });
  });
  return assigned;
}
