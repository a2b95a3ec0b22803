/** A writer is killed at random moments; see `kills.ts` for what is looked at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRepeatedly } from './kills.ts';

const seed = Number(process.env['LEVEE_SEED'] ?? Date.now() % 2 ** 31);

test(`a writer killed at random moments loses nothing and leaves nothing wrong (seed ${seed})`, async (t) => {
  const { kinds, ...facts } = await killRepeatedly(seed, Number(process.env['LEVEE_KILLS'] ?? 15));
  t.diagnostic(JSON.stringify({ ...facts, kinds: Object.fromEntries(kinds) }));
  assert.ok(
    facts.acknowledged > facts.kills / 2,
    `only ${facts.acknowledged} statements were done`,
  );
});
