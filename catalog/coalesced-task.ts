/**
 * One piece of work that many ask for. A caller never gets a result that was begun before it asked:
 * it joins the run that begins next, and all who ask meanwhile share that one.
 *
 *     idle --run--> running --run--> running + one more waiting --end--> running --end--> idle
 */
import { abortError, throwIfAborted } from './throw-if-aborted.ts';

interface Run<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

export class CoalescedTask<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #current: Run<T> | undefined;
  #next: Run<T> | undefined;

  /** `work` must end soon after its signal is aborted. */
  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** Aborting `signal` frees this caller alone; the work is aborted when the last one left. */
  async run(signal: AbortSignal | undefined): Promise<T> {
    throwIfAborted(signal);
    const run = this.#join();
    run.waiters++;
    const leave = (): void => {
      run.waiters--;
      if (run.waiters === 0) run.controller.abort(signal?.reason);
    };
    if (signal === undefined) return run.promise.finally(leave);
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        leave();
        reject(abortError(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settled = (): void => {
        signal.removeEventListener('abort', onAbort);
        if (!signal.aborted) leave();
      };
      run.promise.finally(settled).then(resolve, reject);
    });
  }

  #join(): Run<T> {
    // A run that everyone left is on its way out and must not be joined.
    if (this.#next !== undefined && !this.#next.controller.signal.aborted) return this.#next;
    if (this.#current === undefined) return (this.#current = this.#start(undefined));
    return (this.#next = this.#start(this.#current.promise));
  }

  #start(after: Promise<unknown> | undefined): Run<T> {
    const controller = new AbortController();
    const promise = this.#perform(after, controller.signal);
    promise.catch(() => undefined);
    const run: Run<T> = { promise, controller, waiters: 0 };
    const ended = (): void => {
      if (this.#current === run) this.#current = undefined;
      if (this.#next === run) this.#next = undefined;
    };
    promise.then(ended, ended);
    return run;
  }

  async #perform(after: Promise<unknown> | undefined, signal: AbortSignal): Promise<T> {
    if (after !== undefined) {
      await after.catch(() => undefined);
      throwIfAborted(signal);
      this.#current = this.#next;
      this.#next = undefined;
    }
    return this.#work(signal);
  }
}
