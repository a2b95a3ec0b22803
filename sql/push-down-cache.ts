/** What recent queries need of their tables, by their text and the schemas; the oldest are forgotten. */
import type { QueryNeeds } from './push-down-query.ts';

export class PushDownCache {
  readonly #entries = new Map<string, QueryNeeds>();

  get(key: string): QueryNeeds | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  set(key: string, needs: QueryNeeds): void {
    if (key.length > keyLengthMax) return;
    this.#entries.set(key, needs);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= entriesMax) return;
      this.#entries.delete(oldest);
    }
  }
}

const entriesMax = 500;
/** Long texts have long predicates: at most some 50 MB of both. */
const keyLengthMax = 32 * 1024;
