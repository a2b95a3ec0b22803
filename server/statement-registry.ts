/**
 * The statements that wait, run or have ended, by query id: what `GET /v1/queries` shows and what
 * `DELETE /v1/queries/{id}` cancels. It starts nothing; `run-request.ts` tells it what happens.
 */
import { CodedError } from '../catalog/coded-error.ts';
import type { Clock, NewId } from '../catalog/ports.ts';
import type { PinnedSnapshot } from '../sql/sql-engine.ts';
import { asCodedError } from './error-reply.ts';

export type StatementState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';

/** One statement as clients see it. Times are milliseconds since 1970-01-01. */
export interface StatementRecord {
  readonly queryId: string;
  readonly state: StatementState;
  /** The first characters of the text. */
  readonly sql: string;
  readonly identity: string;
  readonly sessionId: string | undefined;
  readonly submittedMs: number;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly rowCount: number;
  readonly bytesSent: number;
  readonly snapshots: readonly PinnedSnapshot[];
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** One statement as the one who runs it sees it. */
export class TrackedStatement {
  readonly #record: Mutable<StatementRecord>;
  readonly #clock: Clock;
  readonly #onEnd: (statement: TrackedStatement) => void;
  readonly #controller = new AbortController();

  constructor(record: StatementRecord, clock: Clock, onEnd: (statement: TrackedStatement) => void) {
    this.#record = { ...record };
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  get queryId(): string {
    return this.#record.queryId;
  }
  /** Aborts with a CodedError as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  get record(): StatementRecord {
    return { ...this.#record };
  }
  get ended(): boolean {
    return this.#record.endedMs !== undefined;
  }

  started(): void {
    this.#record.state = 'RUNNING';
    this.#record.startedMs = this.#clock.nowMs();
  }
  pinned(snapshots: readonly PinnedSnapshot[]): void {
    this.#record.snapshots = snapshots;
  }
  progressed(rowCount: number, bytesSent: number): void {
    this.#record.rowCount = rowCount;
    this.#record.bytesSent = bytesSent;
  }
  succeeded(): void {
    this.#end('SUCCEEDED');
  }
  /** Ends the statement; what its own signal caused counts as cancelled. */
  failed(error: unknown): void {
    const { code, sqlState, message } = asCodedError(error);
    this.#record.errorCode = code;
    this.#record.errorMessage = message;
    this.#end(sqlState === '57014' && code !== 'QUERY_TIMEOUT' ? 'CANCELED' : 'FAILED');
  }
  /** Asks the statement to stop. Nothing happens once it has ended. */
  cancel(reason: CodedError): void {
    if (!this.ended) this.#controller.abort(reason);
  }

  #end(state: StatementState): void {
    if (this.ended) return;
    this.#record.state = state;
    this.#record.endedMs = this.#clock.nowMs();
    this.#onEnd(this);
  }
}

export interface StatementToTrack {
  /** As the client named it; `undefined` gets a new one. */
  readonly queryId: string | undefined;
  readonly sql: string;
  readonly identity: string;
  readonly sessionId: string | undefined;
}

const sqlShownMax = 1000;

export class StatementRegistry {
  readonly #running = new Map<string, TrackedStatement>();
  /** Oldest first. */
  readonly #recent = new Map<string, StatementRecord>();
  readonly #recentMax: number;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #onEnd: (record: StatementRecord) => void;
  #idle: (() => void)[] = [];

  constructor(options: {
    readonly recentMax: number;
    readonly clock: Clock;
    readonly newId: NewId;
    readonly onEnd?: ((record: StatementRecord) => void) | undefined;
  }) {
    this.#onEnd = options.onEnd ?? (() => undefined);
    this.#recentMax = options.recentMax;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  /** @throws CodedError QUERY_ID_IN_USE while another statement of that name has not ended. */
  track(statement: StatementToTrack): TrackedStatement {
    const queryId = statement.queryId ?? this.#newId();
    if (this.#running.has(queryId)) {
      throw new CodedError('QUERY_ID_IN_USE', `the query "${queryId}" is still running`);
    }
    this.#recent.delete(queryId);
    const record: StatementRecord = {
      queryId,
      state: 'PENDING',
      sql: statement.sql.slice(0, sqlShownMax),
      identity: statement.identity,
      sessionId: statement.sessionId,
      submittedMs: this.#clock.nowMs(),
      startedMs: undefined,
      endedMs: undefined,
      rowCount: 0,
      bytesSent: 0,
      snapshots: [],
      errorCode: undefined,
      errorMessage: undefined,
    };
    const tracked = new TrackedStatement(record, this.#clock, (ended) => this.#forget(ended));
    this.#running.set(queryId, tracked);
    return tracked;
  }

  /** Running and waiting ones first, then those that ended, each the newest first. */
  list(): readonly StatementRecord[] {
    const running = [...this.#running.values()].map((statement) => statement.record);
    return [...running.reverse(), ...[...this.#recent.values()].reverse()];
  }

  get(queryId: string): StatementRecord | undefined {
    return this.#running.get(queryId)?.record ?? this.#recent.get(queryId);
  }

  /**
   * Asks a statement to stop; one that has ended stays as it is.
   * @throws CodedError QUERY_NOT_FOUND
   */
  cancel(queryId: string): StatementRecord {
    const record = this.get(queryId);
    if (record === undefined) {
      throw new CodedError('QUERY_NOT_FOUND', `there is no query "${queryId}"`);
    }
    const reason = new CodedError('QUERY_CANCELED', `the query "${queryId}" was cancelled`);
    this.#running.get(queryId)?.cancel(reason);
    return record;
  }

  cancelAll(reason: CodedError): void {
    for (const statement of [...this.#running.values()]) statement.cancel(reason);
  }

  /** Resolves once nothing waits or runs any more. */
  async whenIdle(): Promise<void> {
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #forget(statement: TrackedStatement): void {
    this.#running.delete(statement.queryId);
    this.#recent.set(statement.queryId, statement.record);
    this.#onEnd(statement.record);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= this.#recentMax) break;
      this.#recent.delete(oldest);
    }
    if (this.#running.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
