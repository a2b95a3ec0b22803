/** BEGIN, COMMIT and ROLLBACK, and which other statements may stand between them. */
import { CodedError } from '../../catalog/coded-error.ts';
import type { Statement } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult } from '../static-result.ts';
import { OpenTransaction } from './open-transaction.ts';

/** @throws ACTIVE_SQL_TRANSACTION; UNSUPPORTED_FEATURE where the session ends with the request */
export function beginTransaction(context: StatementContext): StatementResult {
  const { session, services, transaction } = context;
  if (transaction !== undefined) {
    throw new CodedError(
      'ACTIVE_SQL_TRANSACTION',
      'There is a transaction in this session already, and transactions do not nest.',
    );
  }
  if (session.transactionIdleMsMax === undefined) {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      'A transaction needs a session, and this request has none.',
      { hint: 'Open a session with POST /v1/sessions, and name it in each request.' },
    );
  }
  session.transaction = new OpenTransaction(services, session.transactionIdleMsMax);
  return emptyResult();
}

/** @throws NO_ACTIVE_SQL_TRANSACTION, IN_FAILED_SQL_TRANSACTION, and the conflict of the commit */
export async function commitTransaction(context: StatementContext): Promise<StatementResult> {
  const transaction = requireTransaction('COMMIT', context);
  context.session.transaction = undefined;
  await transaction.commit(context.signal);
  return emptyResult();
}

/** @throws NO_ACTIVE_SQL_TRANSACTION */
export async function rollbackTransaction(context: StatementContext): Promise<StatementResult> {
  const transaction = requireTransaction('ROLLBACK', context);
  context.session.transaction = undefined;
  await transaction.rollback();
  return emptyResult();
}

function requireTransaction(name: string, { transaction }: StatementContext): OpenTransaction {
  if (transaction !== undefined) return transaction;
  throw new CodedError(
    'NO_ACTIVE_SQL_TRANSACTION',
    `${name} ends a transaction, and none was begun in this session.`,
  );
}

/**
 * For each statement inside a transaction, before it runs.
 *
 * @throws IN_FAILED_SQL_TRANSACTION; ACTIVE_SQL_TRANSACTION for a statement that cannot be part of
 *   one; UNSUPPORTED_FEATURE for a second table
 */
export async function requireMayRun(
  statement: Statement,
  context: StatementContext,
): Promise<void> {
  const { transaction } = context;
  if (transaction === undefined || ends.has(statement.kind)) return;
  transaction.requireOpen();
  const { kind } = statement;
  if (Object.hasOwn(outside, kind)) {
    const name = outside[kind as OutsideKind];
    throw new CodedError('ACTIVE_SQL_TRANSACTION', `${name} cannot be part of a transaction.`, {
      hint: 'Run it before BEGIN or after COMMIT.',
    });
  }
  if (isWriting(statement)) await transaction.requireWritable(statement.target, context);
}

function isWriting(statement: Statement): statement is Extract<Statement, { kind: WritingKind }> {
  return writing.has(statement.kind);
}

const ends: ReadonlySet<Statement['kind']> = new Set(['commitTransaction', 'rollbackTransaction']);

type WritingKind = 'insert' | 'update' | 'merge' | 'delete' | 'truncateTable' | 'copyInto';
const writing: ReadonlySet<Statement['kind']> = new Set<WritingKind>([
  'insert',
  'update',
  'merge',
  'delete',
  'truncateTable',
  'copyInto',
]);

type EndKind = 'beginTransaction' | 'commitTransaction' | 'rollbackTransaction';
type ReadingKind =
  | 'query'
  | 'explain'
  | 'use'
  | 'useCatalog'
  | 'set'
  | 'reset'
  | 'unsupported'
  | Extract<Statement['kind'], `show${string}` | `describe${string}`>;
type OutsideKind = Exclude<Statement['kind'], WritingKind | EndKind | ReadingKind>;

/** The statements that cannot be undone, or that a commit of one table cannot hold. */
const outside: { readonly [kind in OutsideKind]: string } = {
  createView: 'CREATE VIEW',
  dropView: 'DROP VIEW',
  alterView: 'ALTER VIEW',
  createSchema: 'CREATE SCHEMA',
  dropSchema: 'DROP SCHEMA',
  createTable: 'CREATE TABLE',
  createTableLike: 'CREATE TABLE LIKE',
  cloneTable: 'CREATE TABLE CLONE',
  dropTable: 'DROP TABLE',
  undropTable: 'UNDROP TABLE',
  alterTable: 'ALTER TABLE',
  commentOn: 'COMMENT ON',
  restoreTable: 'RESTORE',
  optimize: 'OPTIMIZE',
  reorgTable: 'REORG TABLE',
  vacuum: 'VACUUM',
  convertToDelta: 'CONVERT TO DELTA',
  analyzeTable: 'ANALYZE TABLE',
  fsckRepairTable: 'FSCK REPAIR TABLE',
  generate: 'GENERATE',
  refreshTable: 'REFRESH TABLE',
};
