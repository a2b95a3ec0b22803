/** How long each stage of a statement took. */
import type { Clock } from '../catalog/ports.ts';
import type { StageTiming } from './sql-engine.ts';

export class StageClock {
  readonly #clock: Clock;
  readonly timings: StageTiming[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async time<T>(stage: StageTiming['stage'], work: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.nowMs();
    try {
      return await work();
    } finally {
      this.timings.push({ stage, ms: this.#clock.nowMs() - startMs });
    }
  }
}
