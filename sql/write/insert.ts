/**
 * `INSERT INTO` and `INSERT OVERWRITE`: the rows of a query written to a table in one commit, beside its
 * rows or instead of them.
 */
import { setTimeout } from 'node:timers/promises';
import { CodedError } from '../../catalog/coded-error.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import type { StructField } from '../../catalog/data-type.ts';
import { checkWritable, enforcedFeatures } from '../../catalog/log/protocol.ts';
import { protocolFor } from '../../catalog/log/protocol-upgrade.ts';
import { readProperty, tableProperties } from '../../catalog/log/table-properties.ts';
import type { Transaction } from '../../catalog/commit/transaction.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { errorAt } from '../errors.ts';
import type { Insert } from '../parse/statement.ts';
import { raiseSql } from '../raise.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { longType, staticResult } from '../static-result.ts';
import { describedTable } from '../utility/described-target.ts';
import { assignmentSql, insertPolicy } from './assignment.ts';
import { generationExpression } from './generated-columns.ts';
import { identityHighWaterMarks, identityOf, withHighWaterMarks } from './identity-columns.ts';
import { findField, insertColumns, type InsertedColumns } from './insert-columns.ts';
import { partitionClause, withoutDefaults } from './insert-values.ts';
import { overwriteAll, overwritePartitions } from './overwritten-files.ts';
import { planSource, type SourceQuery } from './source-query.ts';
import { removeStagedFiles } from './remove-staged.ts';
import { stageRows, type StagedRows } from './stage-rows.ts';
import { tableRows } from './table-rows.ts';
import type { TypedSql } from '../spark-expression/typed-sql.ts';
import type { WriteTarget } from './write-target.ts';

/** How often a statement is begun: each time another commit has come in between. */
const attemptsMax = 20;
/** The longest wait before the second attempt; it grows with each, and is drawn by chance. */
const waitMsMax = 20;

/** What a statement that read the table, or gave out identity values, is begun anew after. */
const conflicts: ReadonlySet<ErrorCode> = new Set([
  'DELTA_CONCURRENT_APPEND',
  'DELTA_CONCURRENT_DELETE_READ',
  'DELTA_CONCURRENT_DELETE_DELETE',
  'DELTA_CONCURRENT_WRITE',
  'DELTA_METADATA_CHANGED',
  'DELTA_PROTOCOL_CHANGED',
]);

export async function insert(
  statement: Insert,
  context: StatementContext,
): Promise<StatementResult> {
  refuseUnsupported(statement, context);
  for (let attempt = 1; ; attempt++) {
    // The first attempt reads what the statement has pinned already, the others what is there now.
    const pins = attempt === 1 ? context.pins : context.pins.anew();
    try {
      return await insertOnce(statement, { ...context, pins });
    } catch (error) {
      const isConflict = error instanceof CodedError && conflicts.has(error.code);
      if (!isConflict || attempt >= attemptsMax) throw error;
      const { signal } = context;
      await setTimeout(Math.random() * waitMsMax * attempt, undefined, { signal });
    }
  }
}

function refuseUnsupported({ mode, target }: Insert, { source }: StatementContext): void {
  if (mode.kind === 'append' || mode.kind === 'overwrite') return;
  throw errorAt(source, target.start, {
    code: 'UNSUPPORTED_FEATURE',
    message: `INSERT ... REPLACE ${mode.kind === 'replaceWhere' ? 'WHERE' : 'USING'} is not supported.`,
  });
}

async function insertOnce(statement: Insert, context: StatementContext): Promise<StatementResult> {
  const { snapshot } = await describedTable(statement.target, context);
  const { location, protocol, metadata, schema } = snapshot;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  refuseOverwriteOfAppendOnly(statement, snapshot, context);
  const rows = await insertedRows(statement, snapshot, context);
  const staged = await stageRows(
    { source: rows.source.plan, sql: rows.sql, target: rows.target },
    context,
  );
  const transaction = context.services.transactions.begin(snapshot);
  try {
    await commit(transaction, { statement, snapshot, rows, staged }, context);
  } catch (error) {
    if (error instanceof CodedError && conflicts.has(error.code)) {
      await removeStagedFiles(context.services.store, location, staged.files);
    }
    throw error;
  }
  return staticResult(
    [
      { name: 'num_affected_rows', type: longType },
      { name: 'num_inserted_rows', type: longType },
    ],
    [[staged.rowCount, staged.rowCount]],
  );
}

function refuseOverwriteOfAppendOnly(
  { mode, target }: Insert,
  { metadata }: Snapshot,
  { source }: StatementContext,
): void {
  if (mode.kind === 'append') return;
  if (!readProperty(metadata.configuration, tableProperties.appendOnly)) return;
  throw errorAt(source, target.start, {
    code: 'DELTA_CANNOT_MODIFY_APPEND_ONLY',
    message: 'The table only takes new rows: its property delta.appendOnly is true.',
  });
}

interface InsertedRows {
  readonly source: SourceQuery;
  readonly sql: string;
  /** The table as it will be. */
  readonly target: WriteTarget;
  readonly changesSchema: boolean;
  readonly identityColumns: readonly string[];
  /** The columns that PARTITION gives a value. */
  readonly fixed: ReadonlyMap<string, TypedSql>;
}

async function insertedRows(
  statement: Insert,
  snapshot: Snapshot,
  context: StatementContext,
): Promise<InsertedRows> {
  const { session, services } = context;
  const { fields } = snapshot.schema;
  const fixed = partitionClause(statement, snapshot, context.source);
  const own = fields.filter(({ name }) => !fixed.has(name));
  const { query, defaulted } = withoutDefaults(statement, {
    fieldOf: (column) =>
      statement.columns === undefined
        ? own[column]
        : findField(fields, statement.columns[column] ?? ''),
    isComputed,
    dialect: session.dialect,
  });
  const source = await planSource(query, context);
  const columns = insertColumns({
    statement,
    text: context.source,
    target: snapshot,
    columns: source.columns,
    fixed: new Set(fixed.keys()),
    defaulted,
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
  const values = assignedValues(columns, { source, fixed, defaulted }, context);
  const names = source.columns.map((_, index) => sourceName(index)).join(', ');
  const { sql, identityColumns } = tableRows({
    target,
    values,
    from: `(${source.plan.sql}) AS source(${names})`,
  });
  return { source, sql, target, changesSchema: isChanged, identityColumns, fixed };
}

function isComputed(field: StructField): boolean {
  return generationExpression(field) !== undefined || identityOf(field) !== undefined;
}

function sourceName(index: number): string {
  return `c${index}`;
}

function assignedValues(
  { table, sources }: InsertedColumns,
  given: {
    readonly source: SourceQuery;
    readonly fixed: ReadonlyMap<string, TypedSql>;
    readonly defaulted: ReadonlySet<number>;
  },
  { session }: StatementContext,
): ReadonlyMap<string, string> {
  const policy = insertPolicy(session.dialect);
  const missingFields = table.isChanged ? 'null' : policy.missingFields;
  const values = new Map<string, string>();
  for (const field of table.schema.fields) {
    const index = sources.get(field.name);
    const column = index === undefined ? undefined : given.source.columns[index];
    const value =
      index === undefined || column === undefined
        ? given.fixed.get(field.name)
        : { sql: sourceName(index), type: column.type };
    if (value === undefined) continue;
    values.set(field.name, assignmentSql(value, field, { ...policy, missingFields }));
  }
  const used = new Set(sources.values());
  const computed = [...given.defaulted].filter((index) => !used.has(index));
  return withNothingIn(computed, values);
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

interface StagedInsert {
  readonly statement: Insert;
  readonly snapshot: Snapshot;
  readonly rows: InsertedRows;
  readonly staged: StagedRows;
}

async function commit(
  transaction: Transaction,
  { statement, snapshot, rows, staged }: StagedInsert,
  context: StatementContext,
): Promise<void> {
  const { target, source, identityColumns } = rows;
  transaction.enforces(enforcedFeatures);
  transaction.add(staged.files);
  // What the query read of the table decided what is written to it.
  const readsItself = source.plan.scans.some(
    ({ table }) => table.snapshot.location === snapshot.location,
  );
  if (readsItself) transaction.readWholeTable();
  const marks = identityHighWaterMarks(target.schema.fields, identityColumns, staged.rowCount);
  if (rows.changesSchema || marks.size > 0) {
    transaction.setMetadata(withHighWaterMarks(target.metadata, target.schema, marks));
  }
  const removed = removeOverwritten(transaction, { statement, snapshot, rows, staged }, context);
  const partitionBy = JSON.stringify(snapshot.metadata.partitionColumns);
  await transaction.commit(
    {
      operation: 'WRITE',
      operationParameters:
        removed === undefined
          ? { mode: 'Append', partitionBy }
          : {
              mode: 'Overwrite',
              partitionBy,
              ...(isDynamic(statement, snapshot, context)
                ? { isDynamicPartitionOverwrite: 'true' }
                : {}),
            },
      operationMetrics: {
        numFiles: String(staged.files.length),
        numOutputRows: String(staged.rowCount),
        numOutputBytes: String(staged.bytes),
        ...(removed === undefined ? {} : { numRemovedFiles: String(removed) }),
      },
    },
    context.signal,
  );
}

/** How many files; `undefined` where rows are only added. */
function removeOverwritten(
  transaction: Transaction,
  { statement, snapshot, rows, staged }: StagedInsert,
  context: StatementContext,
): number | undefined {
  if (statement.mode.kind !== 'overwrite') return undefined;
  const now = context.services.clock.nowMs();
  if (isDynamic(statement, snapshot, context)) {
    const columns = new Set(snapshot.metadata.partitionColumns);
    return overwritePartitions(transaction, snapshot, staged.files, columns, now);
  }
  if (rows.fixed.size === 0) return overwriteAll(transaction, snapshot, now);
  if (staged.files.length === 0) {
    throw errorAt(context.source, statement.target.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'INSERT OVERWRITE ... PARTITION without rows is not supported.',
      hint: 'DELETE the rows of the partition.',
    });
  }
  return overwritePartitions(transaction, snapshot, staged.files, new Set(rows.fixed.keys()), now);
}

function isDynamic(
  { mode }: Insert,
  { metadata }: Snapshot,
  { session }: StatementContext,
): boolean {
  return (
    mode.kind === 'overwrite' &&
    session.partitionOverwriteMode === 'dynamic' &&
    metadata.partitionColumns.length > 0
  );
}
