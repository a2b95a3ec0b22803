/**
 * Statements of this process that have lost against another commit on a table take turns on it, in the
 * order they lost, so that they do not fight each other. Others are not held up.
 */

/** Gives the turn to the next; harmless when called again. */
export type GiveUpTurn = () => void;

interface Waiting {
  readonly admit: () => void;
}

export class TableTurns {
  /** Those that wait, by table; a table is here while somebody has the turn. */
  readonly #tables = new Map<string, Waiting[]>();

  /** Undefined when `signal` is aborted before the turn comes. */
  async take(table: string, signal: AbortSignal): Promise<GiveUpTurn | undefined> {
    if (signal.aborted) return undefined;
    const waiting = this.#tables.get(table);
    if (waiting === undefined) {
      this.#tables.set(table, []);
      return this.#turn(table);
    }
    return await new Promise((resolve) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(member), 1);
        resolve(undefined);
      };
      const member: Waiting = {
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(this.#turn(table));
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(member);
    });
  }

  #turn(table: string): GiveUpTurn {
    let has = true;
    return () => {
      if (!has) return;
      has = false;
      const next = this.#tables.get(table)?.shift();
      if (next === undefined) this.#tables.delete(table);
      else next.admit();
    };
  }
}
