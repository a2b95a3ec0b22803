/**
 * What was found under a name or a path a while ago, for statements that allow for staleness. Only what
 * was found is kept, never that something was missing.
 */
import type { Clock } from './ports.ts';

/** More names than any workload asks for at a time; then all are forgotten. */
const entriesMax = 10_000;

export class RecentLookups<T> {
  readonly #clock: Clock;
  readonly #found = new Map<string, { readonly value: T; readonly lookedUpMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What `lookUp` gives, or gave less than `maxStalenessMs` ago. */
  async find(
    key: string,
    maxStalenessMs: number | undefined,
    lookUp: () => Promise<T>,
  ): Promise<{ readonly value: T; readonly isRemembered: boolean }> {
    const lookedUpMs = this.#clock.nowMs();
    const known = this.#found.get(key);
    if (known !== undefined && lookedUpMs - known.lookedUpMs < (maxStalenessMs ?? 0)) {
      return { value: known.value, isRemembered: true };
    }
    this.#found.delete(key);
    const value = await lookUp();
    if (this.#found.size >= entriesMax) this.#found.clear();
    this.#found.set(key, { value, lookedUpMs });
    return { value, isRemembered: false };
  }

  clear(): void {
    this.#found.clear();
  }
}
