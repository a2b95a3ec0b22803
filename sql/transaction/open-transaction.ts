/**
 * BEGIN ... COMMIT: the statements of a session in between read one snapshot of each table, with what
 * they themselves have written, and become one commit of one table, or nothing.
 *
 *     BEGIN -> open -> COMMIT -> one commit, or the conflict; either way it is over
 *               |  \-> ROLLBACK -> over, the files are taken away
 *               \-> failed (an error, an abort, idle for too long) -> COMMIT, ROLLBACK -> over
 *
 * 1. A table is pinned when a statement first reads it, not at BEGIN; from then on everybody else's
 *    commits are invisible, those to views and names excepted.
 * 2. Statements run as they always do, but with these snapshots and with transactions that collect what
 *    they would commit; nothing of it is in the log before COMMIT.
 * 3. The commit conflicts by everything that any statement read of the table that is written, queries
 *    included. Tables that are only read are not looked at again.
 * 4. After a failure nothing runs but the end, as in PostgreSQL; the failed statement's work is not
 *    there, and neither will any other's be.
 * 5. Files that no commit names are deleted once the results that may still read them are closed.
 */
import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';
import { CodedError } from '../../catalog/coded-error.ts';
import { filesWritten, PendingChanges } from '../../catalog/commit/pending-changes.ts';
import { Transaction, type CommitResult } from '../../catalog/commit/transaction.ts';
import type {
  FilePredicate,
  TransactionContent,
} from '../../catalog/commit/transaction-content.ts';
import type { Transactions } from '../../catalog/commit/transactions.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { alwaysTrue } from '../../catalog/predicate.ts';
import type { ObjectName } from '../parse/statement.ts';
import { errorAt } from '../errors.ts';
import type { TableScan } from '../plan/query-plan.ts';
import { relationColumns } from '../relation-columns.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { EngineServices, StatementContext } from '../statement-context.ts';
import { describedTable } from '../utility/described-target.ts';
import { scanRead } from '../write/dml/read-set.ts';
import { isConflict } from '../write/retry-conflicts.ts';
import { transactionSnapshots } from './transaction-snapshots.ts';

export type TransactionState = 'open' | 'failed' | 'ended';

/** What a query read of a table that may be written later. */
interface QueryRead {
  readonly location: string;
  readonly read:
    { readonly mightMatch: FilePredicate; readonly paths: readonly string[] } | 'wholeTable';
}

export class OpenTransaction {
  readonly #services: EngineServices;
  readonly #idleMsMax: number;
  /** Those of statements: the services of the engine, but for tables and commits. */
  readonly #inner: EngineServices;
  #state: TransactionState = 'open';
  #failure: CodedError | undefined;
  #changes: PendingChanges | undefined;
  #writtenName: string | undefined;
  #reads: QueryRead[] = [];
  /** Files that nobody will name. */
  readonly #discarded = new Set<string>();
  readonly #results = new Set<Promise<void>>();
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** @param idleMsMax how long it may wait for its next statement */
  constructor(services: EngineServices, idleMsMax: number) {
    this.#services = services;
    this.#idleMsMax = idleMsMax;
    this.#inner = {
      ...services,
      snapshots: transactionSnapshots(services.snapshots, (location) => this.#written(location)),
      transactions: this.#collecting(),
    };
    this.#waitForNext();
  }

  get state(): TransactionState {
    return this.#state;
  }

  /**
   * Runs one statement inside, after those before it. Whatever it throws fails the transaction.
   *
   * @param statement gets the context to run with
   */
  async run(
    context: StatementContext,
    statement: (context: StatementContext) => Promise<StatementResult>,
  ): Promise<StatementResult> {
    const before = this.#turn;
    let leave = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      leave = resolve;
    });
    stopTimer(this.#timer);
    try {
      await before;
      stopTimer(this.#timer);
      return this.#watched(await statement(this.#contextOf(context)));
    } catch (error) {
      await this.#fail(error);
      throw error;
    } finally {
      leave();
      this.#waitForNext();
    }
  }

  #contextOf(context: StatementContext): StatementContext {
    const inner: StatementContext = {
      ...context,
      transaction: this,
      services: this.#inner,
      pins: context.pins.over(this.#inner.snapshots),
      relationColumns: (relation) => relationColumns(relation, inner),
    };
    return inner;
  }

  /** @throws IN_FAILED_SQL_TRANSACTION */
  requireOpen(): void {
    if (this.#state === 'open') return;
    const why = this.#failure === undefined ? '' : ` It failed by: ${this.#failure.message}`;
    throw new CodedError(
      this.#failure?.code === 'IDLE_IN_TRANSACTION_SESSION_TIMEOUT'
        ? 'IDLE_IN_TRANSACTION_SESSION_TIMEOUT'
        : 'IN_FAILED_SQL_TRANSACTION',
      `The transaction of this session has failed, and nothing more is done in it.${why}`,
      { cause: this.#failure },
    );
  }

  /** Refuses a second table before any work for it is done. @throws UNSUPPORTED_FEATURE */
  async requireWritable(target: ObjectName, context: StatementContext): Promise<void> {
    const { name, snapshot } = await describedTable(target, context);
    if (this.#changes === undefined) {
      this.#writtenName = name;
      return;
    }
    if (snapshot.location === this.#changes.base.location) return;
    throw errorAt(context.source, target.start, {
      code: 'UNSUPPORTED_FEATURE',
      message:
        `The transaction writes ${this.#writtenName ?? this.#changes.base.location}, and a ` +
        `transaction writes one table: ${name} cannot be written in it.`,
      hint: 'Commit first, and write the other table after that.',
    });
  }

  /** What a query reads: it may decide what is written later. */
  recordReads(scans: readonly TableScan[]): void {
    for (const scan of scans) {
      const { table, skipped } = scan;
      const { location } = table.snapshot;
      if (table.only !== undefined) continue;
      const isPinned = table.requested.kind === 'latest' && table.isChanges !== true;
      // The past does not change. Where a change feed ends depends on what is the newest version.
      if (!isPinned && table.isChanges !== true) continue;
      const readsAll = !isPinned || (skipped?.predicate ?? alwaysTrue).kind === 'true';
      this.#reads.push({ location, read: readsAll ? 'wholeTable' : scanRead(scan) });
    }
  }

  #written(location: string): Snapshot | undefined {
    return this.#changes?.base.location === location ? this.#changes.snapshot : undefined;
  }

  /** The transactions of statements: what they would commit is kept here. */
  #collecting(): Transactions {
    return {
      begin: (snapshot) =>
        new Transaction(
          snapshot,
          (transaction) => this.#take(transaction.content(), snapshot),
          this.#services.newId,
        ),
      beginNew: (location) => {
        throw new TypeError(`no statement of a transaction makes a table: ${location}`);
      },
      idle: () => this.#turn,
    };
  }

  async #take(content: TransactionContent, snapshot: Snapshot): Promise<CommitResult> {
    try {
      this.requireOpen();
      const changes = this.#changes ?? new PendingChanges(snapshot);
      if (changes.snapshot !== snapshot) throw new TypeError('not the table of the transaction');
      changes.take(content, this.#services.clock.nowMs());
      this.#changes = changes;
      return { kind: 'committed', version: changes.base.version };
    } catch (error) {
      for (const file of filesWritten(content)) this.#discarded.add(file);
      if (this.#state === 'ended') await this.#removeDiscarded();
      throw error;
    }
  }

  /** COMMIT, and the end in any case. @throws IN_FAILED_SQL_TRANSACTION and the conflict */
  async commit(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'open') {
      const failure = this.#failure;
      await this.rollback();
      throw new CodedError(
        'IN_FAILED_SQL_TRANSACTION',
        'Nothing was committed: the transaction had failed, and is rolled back now.' +
          (failure === undefined ? '' : ` It failed by: ${failure.message}`),
        { hint: 'Begin again.', cause: failure },
      );
    }
    this.#state = 'ended';
    const changes = this.#changes;
    if (changes === undefined) return;
    const { transactions, clock } = this.#services;
    const transaction = transactions.begin(changes.base);
    for (const { location, read } of this.#reads) {
      if (location !== changes.base.location) continue;
      if (read === 'wholeTable') transaction.readWholeTable();
      else transaction.readMatching(read.mightMatch, read.paths);
    }
    const leftovers = changes.leftovers();
    try {
      const hasWritten = changes.tell(transaction, clock.nowMs());
      if (hasWritten) await transaction.commit(changes.describe(), signal);
      this.#discard(leftovers);
    } catch (error) {
      // Of other failures it is not certain that the commit is not there.
      this.#discard(isConflict(error) ? changes.staged() : leftovers);
      throw error;
    } finally {
      this.#reads = [];
      this.#changes = undefined;
      await this.#removeDiscarded();
      this.#services.snapshots.expire();
    }
  }

  /** ROLLBACK, the end of the session, or of the server. */
  async rollback(): Promise<void> {
    if (this.#state !== 'ended') await this.#drop('ended');
    await this.#removeDiscarded();
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#state !== 'open') return;
    this.#failure =
      error instanceof CodedError
        ? error
        : new CodedError('INTERNAL_ERROR', 'A statement failed.', { cause: error });
    await this.#drop('failed');
  }

  async #drop(state: 'failed' | 'ended'): Promise<void> {
    this.#state = state;
    stopTimer(this.#timer);
    this.#discard(this.#changes?.staged() ?? []);
    this.#changes = undefined;
    this.#reads = [];
    await this.#removeDiscarded();
  }

  #waitForNext(): void {
    stopTimer(this.#timer);
    if (this.#state !== 'open') return;
    this.#timer = startTimer(() => {
      if (this.#results.size > 0) {
        this.#waitForNext();
        return;
      }
      void this.#fail(
        new CodedError(
          'IDLE_IN_TRANSACTION_SESSION_TIMEOUT',
          `It was idle for more than ${this.#idleMsMax} ms.`,
        ),
      );
    }, this.#idleMsMax);
    this.#timer.unref();
  }

  // --- files ----------------------------------------------------------------------------------

  #discard(locations: readonly string[]): void {
    for (const location of locations) this.#discarded.add(location);
  }

  /** Waits for nobody: while a result is open, its end does it. */
  async #removeDiscarded(): Promise<void> {
    if (this.#results.size > 0) return;
    const { store } = this.#services;
    const locations = [...this.#discarded];
    this.#discarded.clear();
    try {
      for (const location of locations) await store.remove(location);
    } catch {
      // They belong to no version: VACUUM takes what is left.
    }
  }

  /** A result that may read files of the transaction after its statement has ended. */
  #watched(result: StatementResult): StatementResult {
    if (result.columns.length === 0) return result;
    let ended = (): void => undefined;
    const isRead = new Promise<void>((resolve) => {
      ended = resolve;
    });
    this.#results.add(isRead);
    const end = async (): Promise<void> => {
      ended();
      if (this.#results.delete(isRead) && this.#state !== 'open') await this.#removeDiscarded();
    };
    const fail = (error: unknown) => this.#fail(error);
    const { batches } = result;
    async function* watchedBatches() {
      try {
        yield* batches;
      } catch (error) {
        await fail(error);
        throw error;
      } finally {
        await end();
      }
    }
    return {
      ...result,
      batches: watchedBatches(),
      close: async () => {
        try {
          await result.close();
        } finally {
          await end();
        }
      },
    };
  }
}
