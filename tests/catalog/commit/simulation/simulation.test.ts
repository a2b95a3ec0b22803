/**
 * Many writers over a store that delays, reorders, fails, lies and crashes. Every seed is a history of
 * its own; `LEVEE_SIMULATION_SEED=n` plays one again, `LEVEE_SIMULATION_COUNT` says how many to play.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeeds } from './run-seeds.ts';

test('histories of up to 16 writers are serializable and lose nothing', async () => {
  const facts = await runSeeds(60);
  // Otherwise nothing was put to the test.
  assert.ok(facts.committed > 0);
  if (facts.seeds < 60) return;
  assert.ok(facts.conflicts > facts.seeds, `${facts.conflicts} conflicts`);
  assert.ok(facts.grouped > facts.seeds / 2, `${facts.grouped} shared commits`);
  assert.ok(facts.committed > 20 * facts.seeds, `${facts.committed} commits`);
});
