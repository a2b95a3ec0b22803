/**
 * How a statement is run again while it loses against other commits. Statements of this process that
 * lost on a table take turns on it; against other processes each waits by chance, longer with each
 * loss and less the nearer it is to its limit, so that who has waited long comes before who has just
 * come. The limit is one of time: the client is told of a conflict only after `giveUpAfterMs`.
 *
 * Decorrelated jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TableTurns, type GiveUpTurn } from './table-turns.ts';

/** Counted from the first loss. A statement's own timeout may end it before. */
export const giveUpAfterMs = 120_000;
/** A statement that takes long for each attempt is begun so often, however long that is. */
export const attemptsMin = 20;
const waitMsMin = 5;
const waitMsMax = 1000;
/** The longest wait, in attempts: many writers need room for theirs, and on a busy machine more. */
const waitAttemptsMax = 8;
const longWaitMsMax = 10_000;
/** Who has waited so long for the turn goes without: who has it may need minutes. */
const turnWaitMsMax = 10_000;

export interface RetryTime {
  /** Milliseconds since whenever; never goes back. */
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Aborts after so long, or with `signal`. */
  readonly within: (ms: number, signal: AbortSignal) => AbortSignal;
  /** At least 0, below 1. */
  readonly random: () => number;
}

const realTime: RetryTime = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
  within: (ms, signal) => AbortSignal.any([signal, AbortSignal.timeout(ms)]),
  random: () => Math.random(),
};

/** How to tell what an attempt did. */
export interface Attempts<T> {
  /** @param number from 1 */
  readonly attempt: (number: number) => Promise<T>;
  readonly isConflict: (error: unknown) => boolean;
  /** The table of the last attempt, when it came as far as beginning its transaction. */
  readonly table: () => string | undefined;
  readonly signal: AbortSignal;
}

export class ConflictRetries {
  readonly #time: RetryTime;
  readonly #turns = new TableTurns();

  constructor(time: RetryTime = realTime) {
    this.#time = time;
  }

  async run<T>({ attempt, isConflict, table, signal }: Attempts<T>): Promise<T> {
    const { nowMs, random } = this.#time;
    let turn: { readonly table: string; readonly giveUp: GiveUpTurn } | undefined;
    let firstLossMs: number | undefined;
    let waitedMs = waitMsMin;
    try {
      for (let number = 1; ; number++) {
        const begunMs = nowMs();
        try {
          return await attempt(number);
        } catch (error) {
          if (!isConflict(error)) throw error;
          const attemptMs = nowMs() - begunMs;
          firstLossMs ??= nowMs();
          const lostForMs = nowMs() - firstLossMs;
          if (lostForMs >= giveUpAfterMs && number >= attemptsMin) throw error;
          const lostOn = table();
          if (lostOn !== undefined && turn?.table !== lostOn) {
            turn?.giveUp();
            turn = undefined;
            const giveUp = await this.#takeTurn(lostOn, signal);
            if (giveUp !== undefined) turn = { table: lostOn, giveUp };
          }
          waitedMs = nextWaitMs({ lastMs: waitedMs, attemptMs, lostForMs, random: random() });
          await this.#time.sleep(waitedMs, signal);
        }
      }
    } finally {
      turn?.giveUp();
    }
  }

  async #takeTurn(table: string, signal: AbortSignal): Promise<GiveUpTurn | undefined> {
    const giveUp = await this.#turns.take(table, this.#time.within(turnWaitMsMax, signal));
    if (!signal.aborted) return giveUp;
    giveUp?.();
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Between the shortest wait and three times the last one, and below a bound that falls with the time
 * since the first loss.
 */
export function nextWaitMs(loss: {
  readonly lastMs: number;
  readonly attemptMs: number;
  readonly lostForMs: number;
  readonly random: number;
}): number {
  const left = Math.max(0, 1 - loss.lostForMs / giveUpAfterMs);
  const bound = Math.min(longWaitMsMax, Math.max(waitMsMax, loss.attemptMs * waitAttemptsMax));
  const most = Math.max(waitMsMin, Math.min(loss.lastMs * 3, bound * left));
  return waitMsMin + loss.random * (most - waitMsMin);
}
