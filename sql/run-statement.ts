/** One statement -> its result: parse, then the file that knows its kind. */
import { CodedError } from '../catalog/coded-error.ts';
import { parseStatement } from './parse/parse-statement.ts';
import type { Statement } from './parse/statement.ts';
import { requireTargetOpinion } from './parse/target-opinion.ts';
import { runQuery } from './run-query.ts';
import type { StatementResult } from './sql-engine.ts';
import type { StatementContext } from './statement-context.ts';
import { alterView } from './utility/alter-view.ts';
import {
  describeDetail,
  describeHistory,
  describeQueryColumns,
  describeSchema,
  describeTable,
} from './utility/describe.ts';
import { explain } from './utility/explain.ts';
import { createSchema, dropSchema } from './utility/schemas.ts';
import {
  resetSetting,
  setSetting,
  showSettings,
  useCatalog,
  useSchema,
} from './utility/session-statements.ts';
import {
  showCatalogs,
  showColumns,
  showCreateTable,
  showDroppedTables,
  showProperties,
  showSchemas,
  showTables,
  showViews,
} from './utility/show.ts';
import { createView, dropView } from './utility/views.ts';
import { alterTable } from './write/alter/alter-table.ts';
import { commentOn } from './write/alter/comment-on.ts';
import { cloneTable } from './write/clone/clone-table.ts';
import { createTableLike } from './write/create-table-like.ts';
import { copyInto } from './write/copy-into/copy-into.ts';
import { createTable } from './write/create-table.ts';
import { deleteRows, truncateTable } from './write/dml/delete.ts';
import { mergeRows } from './write/dml/merge.ts';
import { updateRows } from './write/dml/update.ts';
import { dropTable } from './write/drop-table.ts';
import { undropTable } from './write/undrop-table.ts';
import { analyzeTable } from './write/maintenance/analyze.ts';
import { convertToDelta } from './write/maintenance/convert.ts';
import { repairTable } from './write/maintenance/fsck.ts';
import { optimize } from './write/maintenance/optimize.ts';
import { restoreTable } from './write/maintenance/restore.ts';
import { vacuum } from './write/maintenance/vacuum.ts';
import { insert } from './write/insert.ts';
import { emptyResult } from './static-result.ts';
import {
  beginTransaction,
  commitTransaction,
  requireMayRun,
  rollbackTransaction,
} from './transaction/transaction-statements.ts';
import { unrunStatement } from './unrun-statement.ts';

export async function runStatement(context: StatementContext): Promise<StatementResult> {
  const { transaction } = context.session;
  if (transaction === undefined) return await parseAndRun(context);
  return await transaction.run(context, parseAndRun);
}

async function parseAndRun(context: StatementContext): Promise<StatementResult> {
  const { dialect } = context.session;
  const statement = context.stages.timeSync('parse', () => {
    const parsed = parseStatement(context.source, dialect);
    requireTargetOpinion(parsed, context.source, dialect);
    return parsed;
  });
  if (context.readOnly && !readingKinds.has(statement.kind)) {
    throw new CodedError(
      'READ_ONLY_SQL_TRANSACTION',
      'This request may only read, and the statement changes something.',
    );
  }
  await requireMayRun(statement, context);
  if (readingKinds.has(statement.kind) || sessionKinds.has(statement.kind)) {
    return await dispatch(statement, context);
  }
  try {
    return await dispatch(statement, context);
  } finally {
    // What this process writes is seen by the next statement, whatever staleness it allows.
    context.services.snapshots.expire();
  }
}

/** The statements that change the session alone. */
const sessionKinds: ReadonlySet<Statement['kind']> = new Set([
  'use',
  'useCatalog',
  'set',
  'reset',
  'beginTransaction',
]);

/** The statements that change nothing, neither tables nor the catalog nor the session. */
const readingKinds: ReadonlySet<Statement['kind']> = new Set([
  'query',
  'explain',
  'showSettings',
  'showSchemas',
  'showTables',
  'showDroppedTables',
  'showViews',
  'showColumns',
  'showCreateTable',
  'showProperties',
  'showCatalogs',
  'describeTable',
  'describeQuery',
  'describeSchema',
  'describeHistory',
  'describeDetail',
  // Refused by name in any case.
  'unsupported',
]);

async function dispatch(statement: Statement, context: StatementContext): Promise<StatementResult> {
  switch (statement.kind) {
    case 'query':
      return await runQuery(statement.query, context);
    case 'explain':
      return await explain(statement, context);
    case 'insert':
      return await insert(statement, context);
    case 'createTable':
      return await createTable(statement, context);
    case 'update':
      return await updateRows(statement, context);
    case 'merge':
      return await mergeRows(statement, context);
    case 'delete':
      return await deleteRows(statement, context);
    case 'truncateTable':
      return await truncateTable(statement, context);
    case 'dropTable':
      return await dropTable(statement, context);
    case 'undropTable':
      return await undropTable(statement, context);
    case 'alterTable':
      return await alterTable(statement, context);
    case 'createTableLike':
      return await createTableLike(statement, context);
    case 'cloneTable':
      return await cloneTable(statement, context);
    case 'commentOn':
      return await commentOn(statement, context);
    case 'optimize':
    case 'reorgTable':
      return await optimize(statement, context);
    case 'analyzeTable':
      return await analyzeTable(statement, context);
    case 'fsckRepairTable':
      return await repairTable(statement, context);
    case 'copyInto':
      return await copyInto(statement, context);
    case 'convertToDelta':
      return await convertToDelta(statement, context);
    case 'restoreTable':
      return await restoreTable(statement, context);
    case 'vacuum':
      return await vacuum(statement, context);
    case 'createView':
      return await createView(statement, context);
    case 'alterView':
      return await alterView(statement, context);
    case 'dropView':
      return await dropView(statement, context);
    case 'createSchema':
      return await createSchema(statement, context);
    case 'dropSchema':
      return await dropSchema(statement, context);
    case 'use':
      return await useSchema(statement, context);
    case 'useCatalog':
      return useCatalog(statement);
    case 'set':
      return setSetting(statement, context);
    case 'showSettings':
      return showSettings(statement, context);
    case 'reset':
      return resetSetting(statement, context);
    case 'showSchemas':
      return await showSchemas(statement, context);
    case 'showTables':
      return await showTables(statement, context);
    case 'showDroppedTables':
      return await showDroppedTables(statement, context);
    case 'showViews':
      return await showViews(statement, context);
    case 'showColumns':
      return await showColumns(statement, context);
    case 'showCreateTable':
      return await showCreateTable(statement, context);
    case 'showProperties':
      return await showProperties(statement, context);
    case 'showCatalogs':
      return showCatalogs(statement);
    case 'describeTable':
      return await describeTable(statement, context);
    case 'describeQuery':
      return await describeQueryColumns(statement, context);
    case 'describeSchema':
      return await describeSchema(statement, context);
    case 'describeHistory':
      return await describeHistory(statement, context);
    case 'describeDetail':
      return await describeDetail(statement, context);
    case 'beginTransaction':
      return beginTransaction(context);
    case 'commitTransaction':
      return await commitTransaction(context);
    case 'rollbackTransaction':
      return await rollbackTransaction(context);
    case 'refreshTable':
      // Every statement sees the newest commits: there is nothing to refresh.
      return emptyResult();
    case 'generate':
      throw unrunStatement(statement.kind);
    case 'unsupported':
      throw new CodedError('UNSUPPORTED_STATEMENT', `${statement.name} is not supported.`, {
        hint: statement.hint,
      });
  }
}
