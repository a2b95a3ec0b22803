/**
 * The sessions clients opened: `USE`, `SET` and temporary views last as long as their session. One
 * that nobody used for a while is closed. A request without a session gets a fresh one.
 */
import { CodedError } from '../catalog/coded-error.ts';
import type { Clock, NewId } from '../catalog/ports.ts';
import { defaultSchema } from '../catalog/relation.ts';
import type { Dialect } from '../sql/parse/dialect.ts';
import type { Session } from '../sql/session.ts';
import { abortable } from './abortable.ts';

export interface SessionSettings {
  readonly schema?: string | undefined;
  readonly dialect?: Dialect | undefined;
}

/** A session as clients see it. */
export interface SessionRecord {
  readonly id: string;
  readonly schema: string;
  readonly dialect: Dialect;
  readonly temporaryViews: readonly string[];
  /** Where one was begun and not ended. */
  readonly transaction: 'open' | 'failed' | undefined;
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** @param transactionIdleMsMax absent where there cannot be transactions of several statements */
export function newSession(
  id: string,
  settings: SessionSettings,
  transactionIdleMsMax?: number,
): Session {
  return {
    transactionIdleMsMax,
    id,
    currentSchema: settings.schema ?? defaultSchema,
    dialect: settings.dialect ?? 'duckdb',
    temporaryViews: new Map(),
  };
}

interface OpenSession {
  readonly session: Session;
  readonly createdMs: number;
  lastUsedMs: number;
  /** Statements that hold or wait for the session. */
  users: number;
  /** Resolves when the last of them has let go: statements of a session come one after the other. */
  turn: Promise<void>;
}

/** A session lent to one statement. */
export interface SessionLoan {
  readonly session: Session;
  /** Must be called once; the next statement of the session goes on. */
  readonly giveBack: () => void;
}

export interface SessionLimits {
  readonly sessionsMax: number;
  readonly sessionIdleMsMax: number;
  /** Without it no transactions can be begun. */
  readonly transactionIdleMsMax?: number | undefined;
}

const waitingPerSessionMax = 64;

export class Sessions {
  readonly #open = new Map<string, OpenSession>();
  readonly #limits: SessionLimits;
  readonly #clock: Clock;
  readonly #newId: NewId;

  constructor(options: { limits: SessionLimits; clock: Clock; newId: NewId }) {
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  get count(): number {
    this.#closeIdle();
    return this.#open.size;
  }

  /** @throws CodedError TOO_MANY_SESSIONS */
  open(settings: SessionSettings): SessionRecord {
    if (this.count >= this.#limits.sessionsMax) {
      throw new CodedError('TOO_MANY_SESSIONS', `${this.#open.size} sessions are open`);
    }
    const session = newSession(this.#newId(), settings, this.#limits.transactionIdleMsMax);
    const nowMs = this.#clock.nowMs();
    const open = {
      session,
      createdMs: nowMs,
      lastUsedMs: nowMs,
      users: 0,
      turn: Promise.resolve(),
    };
    this.#open.set(session.id, open);
    return this.#record(open);
  }

  /** @throws CodedError SESSION_NOT_FOUND */
  get(id: string): SessionRecord {
    return this.#record(this.#find(id));
  }

  list(): readonly SessionRecord[] {
    this.#closeIdle();
    return [...this.#open.values()].map((open) => this.#record(open));
  }

  /**
   * Forgets the session and rolls its transaction back; a query that runs in it goes on.
   * @throws SESSION_NOT_FOUND
   */
  async close(id: string): Promise<void> {
    const { session } = this.#find(id);
    this.#open.delete(id);
    await session.transaction?.rollback();
  }

  /** Rolls back what was begun in any of them. */
  async closeAll(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(async ({ session }) => await session.transaction?.rollback()));
  }

  /**
   * Lends the session to a statement once those before it have given it back.
   * @throws CodedError SESSION_NOT_FOUND, SERVER_BUSY when too many wait for the same session, or
   *   the signal's reason.
   */
  async lend(id: string, signal: AbortSignal): Promise<SessionLoan> {
    const open = this.#find(id);
    if (open.users > waitingPerSessionMax) {
      throw new CodedError(
        'SERVER_BUSY',
        `${open.users} statements are waiting for session "${id}"`,
      );
    }
    const before = open.turn;
    let giveBack = (): void => undefined;
    open.users++;
    open.turn = new Promise((resolve) => {
      giveBack = () => {
        giveBack = () => undefined;
        open.users--;
        open.lastUsedMs = this.#clock.nowMs();
        resolve();
      };
    });
    try {
      await abortable(before, signal);
    } catch (error) {
      // Its turn passes on only when it comes, or two statements would hold the session at once.
      void before.then(() => giveBack());
      throw error;
    }
    return { session: open.session, giveBack: () => giveBack() };
  }

  #find(id: string): OpenSession {
    this.#closeIdle();
    const open = this.#open.get(id);
    if (open === undefined) {
      throw new CodedError('SESSION_NOT_FOUND', `there is no session "${id.slice(0, 100)}"`, {
        hint: 'It was closed or was idle for too long. Open one with POST /v1/sessions.',
      });
    }
    return open;
  }

  #closeIdle(): void {
    const expiredMs = this.#clock.nowMs() - this.#limits.sessionIdleMsMax;
    for (const [id, open] of this.#open) {
      if (open.users > 0 || open.lastUsedMs > expiredMs) continue;
      this.#open.delete(id);
      void open.session.transaction?.rollback();
    }
  }

  #record({ session, createdMs, lastUsedMs }: OpenSession): SessionRecord {
    return {
      id: session.id,
      schema: session.currentSchema,
      dialect: session.dialect,
      temporaryViews: [...session.temporaryViews.keys()],
      transaction: stateOf(session.transaction),
      createdMs,
      expiresMs: lastUsedMs + this.#limits.sessionIdleMsMax,
    };
  }
}

function stateOf(transaction: Session['transaction']): 'open' | 'failed' | undefined {
  return transaction === undefined || transaction.state === 'ended' ? undefined : transaction.state;
}
