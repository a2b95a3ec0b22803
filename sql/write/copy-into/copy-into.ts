/**
 * `COPY INTO`: rows of Parquet, CSV and JSON files added to a table in one commit, each file once.
 *
 * 1. What was loaded is part of the table: each file is an application in the log (`txn`) whose id is made
 *    of the file's location. The entry comes with the rows, so that it can neither be lost nor be there
 *    without them; it outlives restarts and checkpoints, other engines keep it, and it needs no feature.
 * 2. Of two statements that load the same file at once one loses the commit, and finds it loaded when it
 *    begins anew.
 * 3. A file that changed after it was loaded counts as loaded, as in Databricks; `force` loads it again.
 * 4. Columns meet by name unless BY POSITION or a list of columns says otherwise, fields of structs by
 *    name always, and no value is changed silently, whatever the dialect.
 *
 * Source: https://docs.databricks.com/en/sql/language-manual/delta-copy-into.html
 */
import { createHash } from 'node:crypto';
import type { Transaction } from '../../../catalog/commit/transaction.ts';
import { checkWritable, enforcedFeatures } from '../../../catalog/log/protocol.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { bindText } from '../../bind/bind-query.ts';
import { errorAt } from '../../errors.ts';
import { withPlanConnection } from '../../fetch-for-plan.ts';
import { ComposedQuery } from '../../parse/composed-query.ts';
import { wholeText } from '../../parse/source-slice.ts';
import type { CopyInto, Insert } from '../../parse/statement.ts';
import { planWithShapes } from '../../plan-with-shapes.ts';
import { requireParameters } from '../../require-parameters.ts';
import { inSource, queryScope } from '../../run-query.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { longType, staticResult } from '../../static-result.ts';
import { describedTable } from '../../utility/described-target.ts';
import { recordReads } from '../dml/read-set.ts';
import { identityHighWaterMarks, withHighWaterMarks } from '../identity-columns.ts';
import { insertedRows } from '../inserted-rows.ts';
import { removeStagedFiles } from '../remove-staged.ts';
import { isConflict, retryConflicts } from '../retry-conflicts.ts';
import type { SourceQuery } from '../source-query.ts';
import { stageRows } from '../stage-rows.ts';
import { copyOptions, type CopyOptions } from './source-format.ts';
import { sourceFiles, type SourceFile } from './source-files.ts';
import { sourceRelationSql } from './source-relation.ts';

export async function copyInto(
  statement: CopyInto,
  context: StatementContext,
): Promise<StatementResult> {
  if (statement.validate !== undefined) {
    throw errorAt(context.source, statement.target.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'COPY INTO ... VALIDATE is not supported.',
    });
  }
  const options = copyOptions(statement, context.source);
  const rows = await retryConflicts(context, (current) => copyOnce(statement, options, current));
  return staticResult(
    [
      { name: 'num_affected_rows', type: longType },
      { name: 'num_inserted_rows', type: longType },
      { name: 'num_skipped_corrupt_files', type: longType },
    ],
    [[rows, rows, 0]],
  );
}

/** How many rows. */
async function copyOnce(
  statement: CopyInto,
  options: CopyOptions,
  context: StatementContext,
): Promise<number> {
  const { services, signal } = context;
  const { snapshot } = await describedTable(statement.target, context);
  const { location, protocol, metadata, schema } = snapshot;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  const all = await sourceFiles(statement, options.recursive, context);
  const transaction = services.transactions.begin(snapshot);
  const files = takeFiles(transaction, all, options);
  if (files.length === 0) return 0;
  const source = await planFiles(statement, files, options, snapshot, context);
  const rows = insertedRows(
    insertOf(statement, options),
    snapshot,
    {
      query: wholeText(context.source),
      defaulted: new Set(),
      fixed: new Map(),
      columns: source.columns,
    },
    // Structs meet by name and nothing is rounded: the rules of this dialect.
    { ...context, session: { ...context.session, dialect: 'duckdb' } },
  );
  const sql = rows.around.join(source.plan.sql);
  const staged = await stageRows({ source: source.plan, sql, target: rows.target }, context);
  transaction.enforces(enforcedFeatures);
  transaction.add(staged.files);
  recordReads(transaction, { snapshot }, [source.plan]);
  const { target, identityColumns } = rows;
  const marks = identityHighWaterMarks(target.schema.fields, identityColumns, staged.rowCount);
  if (rows.changesSchema || marks.size > 0) {
    transaction.setMetadata(withHighWaterMarks(target.metadata, target.schema, marks));
  }
  try {
    await transaction.commit(
      {
        operation: 'COPY INTO',
        operationParameters: {
          path: statement.path,
          fileFormat: statement.format.toUpperCase(),
          force: String(options.force),
          mergeSchema: String(options.mergeSchema),
        },
        operationMetrics: {
          numSourceFiles: String(files.length),
          numFiles: String(staged.files.length),
          numOutputRows: String(staged.rowCount),
          numOutputBytes: String(staged.bytes),
        },
      },
      signal,
    );
  } catch (error) {
    if (isConflict(error)) await removeStagedFiles(services.store, location, staged.files);
    throw error;
  }
  return staged.rowCount;
}

/** The files that were not loaded before, marked as loaded by this transaction. */
function takeFiles(
  transaction: Transaction,
  files: readonly SourceFile[],
  { force }: CopyOptions,
): readonly SourceFile[] {
  return files.filter(({ location }) => {
    const appId = loadedFileId(location);
    const last = transaction.readTxn(appId);
    if (last !== undefined && !force) return false;
    transaction.setTxn({ kind: 'txn', appId, version: (last ?? 0n) + 1n, lastUpdated: undefined });
    return true;
  });
}

/** The application that stands for a file in the log. Its version counts how often it was loaded. */
export function loadedFileId(location: string): string {
  return `levee.copyInto:${createHash('sha256').update(location).digest('hex')}`;
}

async function planFiles(
  statement: CopyInto,
  files: readonly SourceFile[],
  { format }: CopyOptions,
  snapshot: Snapshot,
  context: StatementContext,
): Promise<SourceQuery> {
  const { select, pathStart } = statement;
  const typedBy = select === undefined && !statement.byPosition ? snapshot : undefined;
  const sql = await sourceRelationSql(files, format, typedBy, context);
  const query = new ComposedQuery(context.session.dialect).own('SELECT ', pathStart);
  if (select === undefined) query.own('*', pathStart);
  else query.reference(select);
  query.own(' FROM ', pathStart);
  const offset = query.name({ parts: ['source'], start: pathStart });
  const text = query.finish();
  requireParameters(text.parameters, context.parameters);
  const given = new Map([[offset, { kind: 'constant', sql } as const]]);
  const bound = await bindText(
    { ...text, source: context.source, start: 0, known: text.parameters, given },
    queryScope(context),
    context,
  );
  const plan = await planWithShapes(bound, context);
  const columns = await inSource(plan, bound, context, () =>
    withPlanConnection(plan, context, (connection) =>
      connection.describe(plan.sql, context.parameters),
    ),
  );
  return { plan, columns };
}

/** The INSERT that the loaded rows are for. */
function insertOf(statement: CopyInto, { mergeSchema }: CopyOptions): Insert {
  const { target, columns, byPosition } = statement;
  return {
    kind: 'insert',
    target,
    schemaEvolution: mergeSchema,
    partition: [],
    columns: columns?.map(({ parts }) => parts.join('.')),
    byName: columns === undefined && !byPosition,
    mode: { kind: 'append' },
    query: { source: '', start: target.start, end: target.start },
    defaults: [],
  };
}
