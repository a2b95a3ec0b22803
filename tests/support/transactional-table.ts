/** A table in memory with transactions on it, ids and time under the test's control. */
import { setMaxListeners } from 'node:events';
import {
  createTransactions,
  type Transactions,
  type TransactionsOptions,
} from '../../catalog/commit/transactions.ts';
import type { CommitDescription } from '../../catalog/commit/transaction-content.ts';
import type { Action } from '../../catalog/log/actions.ts';
import { parseCommit } from '../../catalog/log/commit-json.ts';
import { commitLocation } from '../../catalog/log/log-path.ts';
import type { ObjectStore } from '../../catalog/ports.ts';
import { loadSnapshot } from '../../catalog/snapshot-loader.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { noParquet } from './fake-parquet.ts';
import { MemoryStore } from './memory-store.ts';
import { TableBuilder } from './table-builder.ts';

export const noSignal = new AbortController().signal;
setMaxListeners(0, noSignal);

export function describe(
  operation = 'WRITE',
  more: Partial<CommitDescription> = {},
): CommitDescription {
  return { operation, operationParameters: {}, operationMetrics: {}, ...more };
}

export class TransactionalTable {
  readonly memory: MemoryStore;
  readonly builder: TableBuilder;
  readonly store: ObjectStore;
  readonly transactions: Transactions;
  nowMs = Date.UTC(2026, 0, 1);
  #ids = 0;

  constructor(
    options: Partial<TransactionsOptions> = {},
    wrap: (store: MemoryStore) => ObjectStore = (store) => store,
  ) {
    this.memory = new MemoryStore();
    this.builder = new TableBuilder(this.memory);
    this.store = wrap(this.memory);
    this.transactions = createTransactions({
      store: this.store,
      clock: { nowMs: () => this.nowMs },
      newId: () => `id-${++this.#ids}`,
      latest: () => this.load(),
      ...options,
    });
  }

  get location(): string {
    return this.builder.location;
  }

  load(version?: number): Promise<Snapshot> {
    return loadSnapshot({ store: this.memory, parquet: noParquet }, this.location, { version });
  }

  /** The actions of a version, its `commitInfo` first. */
  async actions(version: number): Promise<readonly Action[]> {
    const file = commitLocation(this.location, version);
    const bytes = await this.memory.read(file);
    if (bytes === undefined) throw new Error(`there is no version ${version}`);
    return parseCommit(bytes, file);
  }

  /** The fields of a version's `commitInfo`. */
  async info(version: number): Promise<{ readonly [field: string]: unknown }> {
    const [info] = await this.actions(version);
    if (info?.kind !== 'commitInfo') throw new Error('a commit without commitInfo');
    return info.fields;
  }
}
