/** Plays histories one after the other and says which seed failed. */
import { simulate } from './simulate.ts';

export interface SeedsFacts {
  readonly seeds: number;
  readonly committed: number;
  readonly conflicts: number;
  readonly grouped: number;
}

/** @param count how many, unless the environment names one seed or another number */
export async function runSeeds(count: number): Promise<SeedsFacts> {
  const only = process.env['LEVEE_SIMULATION_SEED'];
  const wanted = only === undefined ? Number(process.env['LEVEE_SIMULATION_COUNT'] ?? count) : 1;
  const first = only === undefined ? Date.now() % 2 ** 31 : Number(only);
  const facts = { seeds: wanted, committed: 0, conflicts: 0, grouped: 0 };
  for (let seed = first; seed < first + wanted; seed++) {
    try {
      const { committed, conflicts, grouped } = await simulate(seed);
      facts.committed += committed;
      facts.conflicts += conflicts;
      facts.grouped += grouped;
    } catch (cause) {
      const replay = `play it again with LEVEE_SIMULATION_SEED=${seed}`;
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`seed ${seed} failed (${replay}): ${what}`, { cause });
    }
  }
  return facts;
}
