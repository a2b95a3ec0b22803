/** As `simulation.test.ts`, for hours' worth of histories. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeeds } from './run-seeds.ts';

test('thousands of histories are serializable and lose nothing', async () => {
  const { committed } = await runSeeds(5000);
  assert.ok(committed > 0);
});
