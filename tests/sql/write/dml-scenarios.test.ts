/** Every scenario gives what Spark and Delta gave, but for those whose statements are not there yet. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SqlEngine } from '../../../sql/sql-engine.ts';
import { readScenarios, runScenario } from '../../support/dml-scenarios.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';

const path = 'sql/dml-scenarios.json';
const skip = skipWithoutShared(path);

/** Scenarios that go another way, and how: what the difference says must match. */
const pending: { readonly [id: string]: RegExp } = {};

let engine: SqlEngine;
let remove: () => Promise<void>;
before(async () => {
  const scratch = await makeScratch();
  remove = scratch.remove;
  engine = await openEngine({ warehouse: scratch.folder });
});
after(async () => {
  await engine.close();
  await remove();
});

for (const scenario of skip === false ? readScenarios(requireShared(path)) : []) {
  const { id } = scenario;
  const expected = pending[id];
  test(expected === undefined ? `${id}: as in Spark` : `${id}: not there yet`, async () => {
    const difference = await runScenario(scenario, engine);
    if (expected === undefined) {
      assert.equal(difference, undefined, `${difference?.at}\n${difference?.why}`);
    } else {
      assert.ok(difference !== undefined, `${id} goes as in Spark: it is not pending any more`);
      assert.match(`${difference.at}\n${difference.why}`, expected);
    }
  });
}

test('the scenarios are there', { skip }, () => {
  const ids = readScenarios(requireShared(path)).map(({ id }) => id);
  for (const id of Object.keys(pending)) assert.ok(ids.includes(id), id);
});
