/**
 * An engine without SQL: it answers the texts a test taught it and remembers what it was asked. It
 * keeps the rules of `SqlEngine`: an aborted signal ends a statement with the signal's reason, and
 * every result is closed by whoever took it.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { ColumnBatch } from '../../catalog/column-batch.ts';
import type {
  PinnedSnapshot,
  ResultColumn,
  SqlEngine,
  StatementRequest,
  StatementResult,
} from '../../sql/sql-engine.ts';
import { noStatistics } from '../../sql/statement-statistics.ts';

export interface FakeResult {
  readonly columns?: readonly ResultColumn[];
  readonly batches?: (
    request: StatementRequest,
  ) => AsyncIterable<ColumnBatch> | Iterable<ColumnBatch>;
  readonly snapshots?: readonly PinnedSnapshot[];
  readonly cacheKey?: string;
}

/** What a statement does: gives a result, or throws. */
export type FakeStatement = (request: StatementRequest) => Promise<FakeResult> | FakeResult;

export class FakeSqlEngine implements SqlEngine {
  readonly #statements = new Map<string, FakeStatement>();
  readonly requests: StatementRequest[] = [];
  /** Results handed out and not closed yet. */
  open = 0;
  /** Statements whose batches were asked for. */
  executed = 0;
  closed = false;

  on(sql: string, statement: FakeStatement): this {
    this.#statements.set(sql, statement);
    return this;
  }

  async run(request: StatementRequest): Promise<StatementResult> {
    this.requests.push(request);
    request.signal.throwIfAborted();
    const statement = this.#statements.get(request.sql);
    if (statement === undefined) {
      throw new CodedError(
        'PARSE_SYNTAX_ERROR',
        `the fake engine was not taught "${request.sql}"`,
        {
          position: { line: 1, column: 1 },
        },
      );
    }
    const { columns = [], batches, snapshots = [], cacheKey } = await statement(request);
    this.open++;
    let isClosed = false;
    return {
      columns,
      batches: this.#execute(request, batches),
      snapshots,
      cacheKey,
      statistics: { ...noStatistics, filesTotal: 2, filesScanned: 1, bytesScanned: 100 },
      timings: [
        { stage: 'parse', ms: 0.25 },
        { stage: 'bind', ms: 0.5 },
        { stage: 'plan', ms: 1 },
      ],
      close: async () => {
        if (isClosed) return;
        isClosed = true;
        this.open--;
      },
    };
  }

  async *#execute(
    request: StatementRequest,
    batches: FakeResult['batches'],
  ): AsyncIterable<ColumnBatch> {
    this.executed++;
    if (batches === undefined) return;
    for await (const batch of batches(request)) {
      request.signal.throwIfAborted();
      yield batch;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Waits until the statement is aborted, as a long one in DuckDB does; then throws the reason. */
export function runUntilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
