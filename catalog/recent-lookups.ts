/**
 * What was found under a name or a path a while ago, for statements that allow for staleness. Only what
 * was found is kept, never that something was missing.
 */
import type { Clock } from './ports.ts';

/** More names than any workload asks for at a time; then all are forgotten. */
const entriesMax = 10_000;

export class RecentLookups<T> {
  readonly #clock: Clock;
  #clears = 0;
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
    const clears = this.#clears;
    const value = await lookUp();
    // What it found may be from before that change.
    if (clears !== this.#clears) return { value, isRemembered: false };
    if (this.#found.size >= entriesMax) this.#found.clear();
    this.#found.set(key, { value, lookedUpMs });
    return { value, isRemembered: false };
  }

  clear(): void {
    this.#clears++;
    this.#found.clear();
  }
}
