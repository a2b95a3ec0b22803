/**
 * Lets at most so many statements run at a time. The others wait in the order they came, bounded
 * in number and time; beyond either bound they are refused with SERVER_BUSY.
 */
import { CodedError } from '../catalog/coded-error.ts';

export interface AdmissionLimits {
  readonly statementsRunningMax: number;
  readonly statementsWaitingMax: number;
  readonly statementWaitMsMax: number;
}

interface Waiter {
  readonly admit: () => void;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #waiting = new Set<Waiter>();
  #running = 0;
  #refused = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }
  get waiting(): number {
    return this.#waiting.size;
  }
  /** Statements refused since the start. */
  get refused(): number {
    return this.#refused;
  }
  /** What a refused client should wait: longer while more are waiting, without pretence of precision. */
  get retryAfterSeconds(): number {
    return Math.min(
      30,
      1 + Math.floor(this.waiting / Math.max(1, this.#limits.statementsRunningMax)),
    );
  }

  /**
   * Waits for a place. The caller gives it back by calling what comes back; a second call does
   * nothing.
   * @throws CodedError SERVER_BUSY, or the signal's reason.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running < this.#limits.statementsRunningMax && this.#waiting.size === 0) {
      this.#running++;
    } else {
      await this.#wait(signal);
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { statementsWaitingMax, statementWaitMsMax } = this.#limits;
    if (this.#waiting.size >= statementsWaitingMax) {
      this.#refused++;
      throw new CodedError(
        'SERVER_BUSY',
        `${this.#running} statements are running and ${this.#waiting.size} are waiting`,
      );
    }
    return new Promise((resolve, reject) => {
      const stopWaiting = (): void => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        admit: () => {
          stopWaiting();
          resolve();
        },
      };
      const onAbort = (): void => {
        stopWaiting();
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        stopWaiting();
        this.#refused++;
        reject(
          new CodedError(
            'SERVER_BUSY',
            `the statement waited ${statementWaitMsMax} ms for a place`,
          ),
        );
      }, statementWaitMsMax);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** The place goes to the one that has waited longest, so nobody overtakes. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#running--;
    else next.admit();
  }
}
