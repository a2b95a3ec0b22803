/** How long each stage of a statement took. */
import type { StageTiming } from './sql-engine.ts';

export class StageClock {
  readonly timings: StageTiming[] = [];

  async time<T>(stage: StageTiming['stage'], work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.#add(stage, startMs);
    }
  }

  timeSync<T>(stage: StageTiming['stage'], work: () => T): T {
    const startMs = performance.now();
    try {
      return work();
    } finally {
      this.#add(stage, startMs);
    }
  }

  #add(stage: StageTiming['stage'], startMs: number): void {
    this.timings.push({ stage, ms: performance.now() - startMs });
  }
}
