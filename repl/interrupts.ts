/**
 * Ctrl-C while something runs asks it to stop; a third one no longer waits for that. While nothing
 * runs it is the line editor's business, or ends a batch.
 */

export class Interrupts {
  #running: AbortController | undefined;
  #presses = 0;
  readonly #idle: () => void;

  /** `idle` is called for an interrupt while nothing runs, and for one too many. */
  constructor(idle: () => void) {
    this.#idle = idle;
  }

  /** Runs `work` with a signal that an interrupt aborts. Work within work shares the signal. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#running !== undefined) return work(this.#running.signal);
    const controller = new AbortController();
    this.#running = controller;
    this.#presses = 0;
    try {
      return await work(controller.signal);
    } finally {
      this.#running = undefined;
    }
  }

  /** To be called for each SIGINT. */
  readonly interrupt = (): void => {
    this.#presses += 1;
    if (this.#running === undefined || this.#presses > 2) this.#idle();
    else this.#running.abort();
  };
}
