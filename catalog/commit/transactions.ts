/**
 * The transactions of this process: begun here, committed through one queue for each table, so that
 * they do not compete with each other, and small appends share commits.
 *
 *     begin -> (reads, files) -> commit -> waiting -> in a commit under way -> its own outcome
 *
 * 1. Each table's transactions are committed in the order they came. Appends that wait next to each
 *    other while a commit is under way share the next one (`group-append.ts`).
 * 2. A transaction is acknowledged when its commit is durable, and whatever runs after the commit has
 *    ended, which cannot fail it any more.
 * 3. One that is cancelled while it waits leaves at once, and nothing of it is written.
 */
import type { Clock, NewId, ObjectStore } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';
import { abortError, throwIfAborted } from '../throw-if-aborted.ts';
import type { CommitBase, TableDefinition } from './commit-base.ts';
import { commitMembers, type KnownVersion, type Member } from './commit-loop.ts';
import { AppendGroup } from './group-append.ts';
import { Transaction, type CommitResult } from './transaction.ts';

/** A version that this process has made. */
export interface CommittedVersion {
  readonly location: string;
  readonly version: number;
  readonly definition: TableDefinition | undefined;
  /** The table at its newest version, which may be a later one. */
  readonly snapshot: () => Promise<Snapshot>;
}

/** Work after a commit: checkpoints, checksums, cleanup. What it throws is reported and ignored. */
export type AfterCommit = (committed: CommittedVersion) => Promise<void>;

export interface TransactionsOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly newId: NewId;
  /** The newest snapshot of a table, for `afterCommit`. */
  readonly latest: (location: string) => Promise<Snapshot>;
  readonly afterCommit?: AfterCommit | undefined;
  readonly onAfterCommitError?: ((error: unknown, committed: CommittedVersion) => void) | undefined;
}

export interface Transactions {
  /** A transaction on a table as it is in `snapshot`. */
  begin(snapshot: Snapshot): Transaction;
  /** One that makes the table. */
  beginNew(location: string): Transaction;
  /** Ends when nothing is waiting, being committed or running after a commit. */
  idle(): Promise<void>;
}

/** Transactions that share a commit at most: each costs a few hundred bytes of it. */
const groupMembersMax = 256;

export function createTransactions(options: TransactionsOptions): Transactions {
  const queues = new Map<string, TableQueue>();
  const underWay = new Set<Promise<unknown>>();

  function commit(transaction: Transaction, signal: AbortSignal): Promise<CommitResult> {
    const { location } = transaction;
    let queue = queues.get(location);
    if (queue === undefined) {
      queue = new TableQueue(options, () => queues.delete(location));
      queues.set(location, queue);
    }
    const result = queue.commit(transaction, signal);
    underWay.add(result);
    const leave = (): void => {
      underWay.delete(result);
    };
    result.then(leave, leave);
    return result;
  }

  return {
    begin: (snapshot) => new Transaction(snapshot, commit, options.newId),
    beginNew: (location) => new Transaction(location, commit, options.newId),
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/** A queue is forgotten this long after its last commit, and with it what it knows of the table. */
const forgetAfterMs = 60_000;

class TableQueue {
  readonly #options: TransactionsOptions;
  readonly #forget: () => void;
  #waiting: Member[] = [];
  #isRunning = false;
  #known: KnownVersion | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #afterCommits = new WeakMap<CommitBase, Promise<void>>();
  #lastAfterCommit: Promise<void> = Promise.resolve();

  constructor(options: TransactionsOptions, forget: () => void) {
    this.#options = options;
    this.#forget = forget;
  }

  async commit(transaction: Transaction, signal: AbortSignal): Promise<CommitResult> {
    throwIfAborted(signal);
    const { anchor } = transaction;
    const content = transaction.content();
    const after = await new Promise<CommitBase | number>((resolve, reject) => {
      const onAbort = (): void => {
        if (this.#leave(member)) reject(abortError(signal));
      };
      const settle = (finish: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        finish();
      };
      const member: Member = {
        content,
        anchor,
        signal,
        done: (table) => settle(() => resolve(table)),
        skipped: (version) => settle(() => resolve(version)),
        failed: (error) => settle(() => reject(error)),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(member);
      void this.#run();
    });
    if (typeof after === 'number') return { kind: 'already committed', version: after };
    await this.#runAfterCommit(after);
    return { kind: 'committed', version: after.version };
  }

  /** Once for each version, one after the other; all transactions of the version wait for it. */
  #runAfterCommit(table: CommitBase): Promise<void> {
    const { afterCommit } = this.#options;
    if (afterCommit === undefined) return Promise.resolve();
    const begun = this.#afterCommits.get(table);
    if (begun !== undefined) return begun;
    const run = this.#lastAfterCommit.then(() => this.#callAfterCommit(afterCommit, table));
    this.#afterCommits.set(table, run);
    this.#lastAfterCommit = run;
    return run;
  }

  async #callAfterCommit(afterCommit: AfterCommit, table: CommitBase): Promise<void> {
    const { latest, onAfterCommitError } = this.#options;
    const { location, version, definition } = table;
    const snapshot = (): Promise<Snapshot> => latest(location);
    const committed: CommittedVersion = { location, version, definition, snapshot };
    try {
      await afterCommit(committed);
    } catch (error) {
      onAfterCommitError?.(error, committed);
    }
  }

  /** Takes a waiting member out; false when it is no longer waiting. */
  #leave(member: Member): boolean {
    const index = this.#waiting.indexOf(member);
    if (index >= 0) this.#waiting.splice(index, 1);
    return index >= 0;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    clearTimeout(this.#timer);
    try {
      for (;;) {
        // Those who come in the same turn of the event loop belong together.
        await Promise.resolve();
        const members = this.#take();
        if (members.length === 0) break;
        const made = await commitMembers(members, this.#known, this.#options);
        this.#known = made ?? this.#known;
      }
    } finally {
      this.#isRunning = false;
      this.#timer = setTimeout(this.#forget, forgetAfterMs).unref();
    }
  }

  /** The first waiting member, and those right behind it that may share its commit. */
  #take(): readonly Member[] {
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const group = [first];
    const appends = AppendGroup.begin(first.content);
    for (const member of this.#waiting.slice(1, groupMembersMax)) {
      if (appends?.admit(member.content) !== true) break;
      group.push(member);
    }
    this.#waiting = this.#waiting.slice(group.length);
    return group;
  }
}
