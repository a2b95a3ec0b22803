/**
 * `INSERT INTO` and `INSERT OVERWRITE`: the rows of a query written to a table in one commit, beside its
 * rows or instead of them.
 */
import { checkWritable, enforcedFeatures } from '../../catalog/log/protocol.ts';
import { readProperty, tableProperties } from '../../catalog/log/table-properties.ts';
import type { Transaction } from '../../catalog/commit/transaction.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { errorAt } from '../errors.ts';
import type { Insert } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { longType, staticResult } from '../static-result.ts';
import { describedTable } from '../utility/described-target.ts';
import { recordReads } from './dml/read-set.ts';
import { identityHighWaterMarks, withHighWaterMarks } from './identity-columns.ts';
import { overwriteAll, overwritePartitions } from './overwritten-files.ts';
import { givenRows, insertedRows, type GivenRows, type InsertedRows } from './inserted-rows.ts';
import { planSource, type SourceQuery } from './source-query.ts';
import { replaceWhere } from './replace-where.ts';
import { isConflict, retryConflicts } from './retry-conflicts.ts';
import { removeStagedFiles } from './remove-staged.ts';
import { stageRows, type StagedRows } from './stage-rows.ts';

export async function insert(
  statement: Insert,
  context: StatementContext,
): Promise<StatementResult> {
  const { mode, target } = statement;
  if (mode.kind === 'replaceWhere') {
    return await replaceWhere({ ...statement, mode }, context);
  }
  if (mode.kind === 'replaceUsing') {
    throw errorAt(context.source, target.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'INSERT ... REPLACE USING is not supported.',
      hint: 'Use MERGE INTO, or REPLACE WHERE.',
    });
  }
  return await retryConflicts(context, (current) => insertOnce(statement, current));
}

async function insertOnce(statement: Insert, context: StatementContext): Promise<StatementResult> {
  const { snapshot } = await describedTable(statement.target, context);
  const { location, protocol, metadata, schema } = snapshot;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  refuseOverwriteOfAppendOnly(statement, snapshot, context);
  const given = givenRows(statement, snapshot, context);
  const source = await planSource(given.query, context);
  const { columns } = source;
  const rows = insertedRows(statement, snapshot, { ...given, columns }, context);
  const sql = rows.around.join(source.plan.sql);
  const staged = await stageRows({ source: source.plan, sql, target: rows.target }, context);
  const transaction = context.services.transactions.begin(snapshot);
  try {
    await commit(transaction, { statement, snapshot, rows, given, source, staged }, context);
  } catch (error) {
    if (isConflict(error)) {
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

interface StagedInsert {
  readonly statement: Insert;
  readonly snapshot: Snapshot;
  readonly rows: InsertedRows;
  readonly given: GivenRows;
  readonly source: SourceQuery;
  readonly staged: StagedRows;
}

async function commit(
  transaction: Transaction,
  staging: StagedInsert,
  context: StatementContext,
): Promise<void> {
  const { statement, snapshot, rows, source, staged } = staging;
  const { target, identityColumns } = rows;
  transaction.enforces(enforcedFeatures);
  transaction.add(staged.files);
  // What the query read of the table decided what is written to it.
  recordReads(transaction, { snapshot }, [source.plan]);
  const marks = identityHighWaterMarks(target.schema.fields, identityColumns, staged.rowCount);
  if (rows.changesSchema || marks.size > 0) {
    transaction.setMetadata(withHighWaterMarks(target.metadata, target.schema, marks));
  }
  const removed = removeOverwritten(transaction, staging, context);
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
  { statement, snapshot, given, staged }: StagedInsert,
  context: StatementContext,
): number | undefined {
  if (statement.mode.kind !== 'overwrite') return undefined;
  const now = context.services.clock.nowMs();
  if (isDynamic(statement, snapshot, context)) {
    const columns = new Set(snapshot.metadata.partitionColumns);
    return overwritePartitions(transaction, snapshot, staged.files, columns, now);
  }
  if (given.fixed.size === 0) return overwriteAll(transaction, snapshot, now);
  if (staged.files.length === 0) {
    throw errorAt(context.source, statement.target.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'INSERT OVERWRITE ... PARTITION without rows is not supported.',
      hint: 'DELETE the rows of the partition.',
    });
  }
  return overwritePartitions(transaction, snapshot, staged.files, new Set(given.fixed.keys()), now);
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
