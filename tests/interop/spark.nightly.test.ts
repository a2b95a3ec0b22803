import { after, before, test } from 'node:test';
import { join } from 'node:path';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { runInterop, type InteropCase } from './alternating.ts';
import { OtherEngine, skipWithout } from './other-engine.ts';

const skip = skipWithout('spark');

const cases: readonly InteropCase[] = [
  {
    name: 'appends in turn',
    steps: [
      { by: 'levee', sql: `CREATE TABLE {t} (id BIGINT, k STRING, v INT)` },
      { by: 'levee', sql: `INSERT INTO {t} VALUES (1, 'a', 10), (2, 'b', 20), (3, NULL, NULL)` },
      { by: 'other', op: 'sql', query: "INSERT INTO delta.`{p}` VALUES (4, 'd', 40)" },
      { by: 'levee', sql: `INSERT INTO {t} SELECT id + 10, upper(k), v FROM {t}` },
    ],
    rowCount: 8,
  },
];

let engine: SqlEngine;
let other: OtherEngine;
let warehouse = '';
let remove: (() => Promise<void>) | undefined;

before(async () => {
  if (skip !== false) return;
  ({ folder: warehouse, remove } = await makeScratch());
  engine = await openEngine({ warehouse });
  other = new OtherEngine('spark', join(warehouse, '.spark'));
});
after(async () => {
  if (skip !== false) return;
  await other.close();
  await engine.close();
  await remove?.();
});

for (const interop of cases) {
  test(`Spark and Levee see the same: ${interop.name}`, { skip }, async () => {
    await runInterop(interop, engine, other, warehouse);
  });
}
