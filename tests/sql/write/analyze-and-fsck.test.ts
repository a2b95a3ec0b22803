/** ANALYZE gives files the statistics they lack; FSCK takes files out that are gone. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
beforeEach(async () => {
  place = await openWritePlace();
});
afterEach(() => place.close());

/** Rewrites the commit as a writer that keeps no statistics would have made it. */
function dropStatistics(version: number): void {
  const name = `${String(version).padStart(20, '0')}.json`;
  const path = join(place.warehouse, 'default', 't', '_delta_log', name);
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const changed = lines.map((line) => {
    const action = JSON.parse(line) as { add?: { stats?: string } };
    if (action.add !== undefined) delete action.add.stats;
    return JSON.stringify(action);
  });
  writeFileSync(path, `${changed.join('\n')}\n`);
  rmSync(path.replace('.json', '.crc'), { force: true });
}

const types = `i INT, l BIGINT, d DECIMAL(10, 2), f DOUBLE, g DOUBLE, s STRING, b BOOLEAN, dt DATE,
  ts TIMESTAMP, r STRUCT<x: INT, y: STRING>, a ARRAY<INT>`;
const values = `(1, -5, 1.5, 0.0, 'nan'::DOUBLE, repeat('ä', 50), true, DATE '0001-01-01',
    TIMESTAMPTZ '2024-03-10 02:30:00.0015Z', {'x': 1, 'y': NULL}, [1]),
  (NULL, 9223372036854775807, -2.25, -1e300, 1.0, 'b', NULL, DATE '9999-12-31', NULL, NULL, NULL)`;

for (const mode of ['none', 'name']) {
  test(`statistics are what the write itself would have given (column mapping ${mode})`, async () => {
    await place.run(
      `CREATE TABLE t (${types}) USING DELTA TBLPROPERTIES ('delta.columnMapping.mode' = '${mode}')`,
    );
    await place.run(`INSERT INTO t VALUES ${values}`);
    const [written] = place.adds('t', 1);
    dropStatistics(1);
    await place.run('ANALYZE TABLE t COMPUTE DELTA STATISTICS');
    const [analyzed] = place.adds('t', 2);
    assert.deepEqual(analyzed?.stats, written?.stats);
    assert.deepEqual({ ...analyzed, stats: {} }, { ...written, stats: {}, dataChange: false });
    assert.deepEqual(await place.run('SELECT count(*), min(i), max(s) FROM t'), [
      [2, 1, 'ä'.repeat(50)],
    ]);
    await place.run('ANALYZE TABLE t COMPUTE STATISTICS FOR ALL COLUMNS');
    assert.equal(place.versions('t'), 3, 'there was nothing to do');
  });
}

test('bounds are exact again after rows were marked as deleted, and the row count is that of the file', async () => {
  await place.run(
    `CREATE TABLE t (i INT) USING DELTA TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`,
  );
  await place.run('INSERT INTO t SELECT range::INT FROM range(100)');
  await place.run('DELETE FROM t WHERE i >= 90 OR i < 5');
  await place.run('ANALYZE TABLE t COMPUTE DELTA STATISTICS');
  const [add] = place.adds('t', 3);
  assert.deepEqual(add?.stats, {
    numRecords: 100,
    minValues: { i: 5 },
    maxValues: { i: 89 },
    nullCount: { i: 0 },
    tightBounds: true,
  });
  assert.deepEqual(await place.run('SELECT count(*), min(i), max(i) FROM t'), [[85, 5, 89]]);
});

test('FSCK takes out the files that are gone, and a dry run names them only', async () => {
  await place.run('CREATE TABLE t (i INT) USING DELTA');
  for (const n of [1, 2, 3]) await place.run(`INSERT INTO t VALUES (${n})`);
  assert.deepEqual(await place.run('FSCK REPAIR TABLE t'), []);
  assert.equal(place.versions('t'), 4);
  const [gone] = place.adds('t', 2);
  const path = join(place.warehouse, 'default', 't', gone?.path ?? '');
  rmSync(path);
  assert.deepEqual(await place.run('FSCK REPAIR TABLE t DRY RUN'), [[path, true, null, false]]);
  assert.equal(place.versions('t'), 4);
  assert.deepEqual(await place.run('FSCK REPAIR TABLE t'), [[path, true, null, false]]);
  assert.deepEqual(await place.run('SELECT i FROM t ORDER BY i'), [[1], [3]]);
  assert.equal(place.versions('t'), 5);
});
