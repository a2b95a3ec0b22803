/** Rows of a table that tracks them keep their ids through every change; new rows get new ones. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SqlEngine } from '../../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { engineClient, type SqlClient } from '../../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let remove: () => Promise<void>;
before(async () => {
  const scratch = await makeScratch();
  remove = scratch.remove;
  engine = await openEngine({ warehouse: scratch.folder });
  client = engineClient(engine);
});
after(async () => {
  await engine.close();
  await remove();
});

async function run(sql: string): Promise<void> {
  await client.run({ sql });
}

/** By `id`: the row's id and the version it is of. */
async function ids(table: string): Promise<ReadonlyMap<number, readonly [number, number]>> {
  const { rows } = await client.run({
    sql: `SELECT id, _metadata.row_id, _metadata.row_commit_version FROM ${table}`,
  });
  return new Map(rows.map(([id, row, version]) => [Number(id), [Number(row), Number(version)]]));
}

const vectors = `, 'delta.enableDeletionVectors' = 'true'`;
const mapped = `, 'delta.columnMapping.mode' = 'name'`;
for (const [kind, more] of [
  ['rewritten', ''],
  ['marked', vectors],
  ['rewritten_mapped', mapped],
  ['marked_mapped', vectors + mapped],
] as const) {
  test(`row ids stay with their rows: ${kind}`, async () => {
    const table = `tracked_${kind}`;
    await run(
      `CREATE TABLE ${table} (id INT, v INT) USING DELTA TBLPROPERTIES ('delta.enableRowTracking' = 'true'${more})`,
    );
    await run(`INSERT INTO ${table} SELECT i, 0 FROM range(10) r(i)`);
    await run(`INSERT INTO ${table} SELECT i, 0 FROM range(10, 20) r(i)`);
    const first = await ids(table);
    await run(`UPDATE ${table} SET v = 1 WHERE id IN (3, 13)`);
    await run(`DELETE FROM ${table} WHERE id IN (4, 14)`);
    await run(
      `MERGE INTO ${table} t USING (VALUES (5), (15), (25)) s(id) ON t.id = s.id
       WHEN MATCHED THEN UPDATE SET v = 2 WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 3)
       WHEN NOT MATCHED BY SOURCE AND t.id = 0 THEN UPDATE SET v = 4`,
    );
    const last = await ids(table);
    assert.equal(last.size, 19);
    const changedIn = new Map([
      [3, 3],
      [13, 3],
      [5, 5],
      [15, 5],
      [0, 5],
    ]);
    for (const [id, [row, version]] of last) {
      if (id === 25) {
        assert.equal(version, 5);
        continue;
      }
      const [oldRow, oldVersion] = first.get(id) ?? [];
      assert.equal(row, oldRow, `row ${id} of ${kind} has another id`);
      assert.equal(version, changedIn.get(id) ?? oldVersion, `row ${id} of ${kind}`);
    }
    const rowIds = [...last.values()].map(([row]) => row);
    assert.equal(new Set(rowIds).size, rowIds.length);
    assert.ok(rowIds.every((row) => Number.isSafeInteger(row)));
    assert.ok((last.get(25)?.[0] ?? -1) > 19, 'a new row has an id that no row had');
  });
}
