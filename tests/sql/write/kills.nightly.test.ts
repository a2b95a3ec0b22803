/** As `kills.slow.test.ts`, two hundred times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRepeatedly } from './kills.ts';

const seed = Number(process.env['LEVEE_SEED'] ?? Date.now() % 2 ** 31);
const kills = Number(process.env['LEVEE_KILLS'] ?? 50);

for (const own of [seed, seed + 1, seed + 2, seed + 3]) {
  test(`${kills} kills of a writer lose nothing and leave nothing wrong (seed ${own})`, async (t) => {
    const { kinds, ...facts } = await killRepeatedly(own, kills);
    t.diagnostic(JSON.stringify({ ...facts, kinds: Object.fromEntries(kinds) }));
    assert.equal(facts.kills, kills);
    assert.ok(kinds.size >= 10, `only ${[...kinds.keys()].join(', ')}`);
  });
}
