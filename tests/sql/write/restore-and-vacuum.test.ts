/** RESTORE and VACUUM: what they bring back, remove, refuse and tell. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
beforeEach(async () => {
  place = await openWritePlace('spark');
});
afterEach(() => place.close());

const rows = async (table = 't') => await place.run(`SELECT * FROM ${table} ORDER BY 1`);
const dataFiles = () =>
  readdirSync(join(place.warehouse, 'default', 't')).filter((name) => name.endsWith('.parquet'));
/** Makes every file of the table so many days older. */
function age(days: number): void {
  const folder = join(place.warehouse, 'default', 't');
  const then = Date.now() / 1000 - days * 86_400;
  for (const name of dataFiles()) utimesSync(join(folder, name), then, then);
}

test('RESTORE brings rows, schema and properties back, and tells how many files it moved', async () => {
  await place.run('CREATE TABLE t (id INT) USING DELTA');
  await place.run('INSERT INTO t VALUES (1)');
  await place.run('SET spark.databricks.delta.schema.autoMerge.enabled = true');
  await place.run('INSERT INTO t SELECT 2 AS id, 20 AS v');
  await place.run('DELETE FROM t WHERE id = 1');
  const [result] = await place.run('RESTORE TABLE t TO VERSION AS OF 1');
  assert.deepEqual(result?.slice(1, 4), [1, 1, 1]);
  assert.deepEqual(await rows(), [[1]]);
  assert.deepEqual(
    place.fields('t').map(({ name }) => name),
    ['id'],
  );
  await place.run('INSERT INTO t VALUES (3)');
  assert.deepEqual(await rows(), [[1], [3]]);
  // The restored version can be left again.
  await place.run('RESTORE TABLE t TO VERSION AS OF 3');
  assert.deepEqual(await rows(), [[2, 20]]);
});

test('RESTORE to a time takes the version of that time', async () => {
  await place.run('CREATE TABLE t (id INT) USING DELTA');
  await place.run('INSERT INTO t VALUES (1)');
  const between = new Date(Date.now() + 5).toISOString();
  await new Promise((resolve) => setTimeout(resolve, 30));
  await place.run('INSERT INTO t VALUES (2)');
  await place.run(`RESTORE TABLE t TO TIMESTAMP AS OF '${between}'`);
  assert.deepEqual(await rows(), [[1]]);
  assert.equal(
    await place.outcome(`RESTORE TABLE t TO TIMESTAMP AS OF '1999-01-01'`),
    'DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER 22003',
  );
  assert.equal(
    await place.outcome(`RESTORE TABLE t TO TIMESTAMP AS OF '2999-01-01'`),
    'DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER 22003',
  );
});

test('RESTORE refuses the newest version, a later one, and one whose file is gone', async () => {
  await place.run('CREATE TABLE t (id INT) USING DELTA');
  await place.run('INSERT INTO t VALUES (1)');
  const [file] = place.adds('t', 1);
  await place.run('DELETE FROM t');
  for (const version of [2, 3]) {
    assert.equal(
      await place.outcome(`RESTORE TABLE t TO VERSION AS OF ${version}`),
      'DELTA_CANNOT_RESTORE_TABLE_VERSION 22003',
    );
  }
  rmSync(join(place.warehouse, 'default', 't', file?.path ?? ''));
  assert.equal(
    await place.outcome('RESTORE TABLE t TO VERSION AS OF 1'),
    'DELTA_FILE_NOT_FOUND 42K03',
  );
  assert.equal(place.versions('t'), 3);
});

test('RESTORE does not give out an identity value twice', async () => {
  await place.run('CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY, v INT) USING DELTA');
  await place.run('INSERT INTO t (v) VALUES (1)');
  await place.run('INSERT INTO t (v) VALUES (2), (3)');
  await place.run('RESTORE TABLE t TO VERSION AS OF 1');
  await place.run('INSERT INTO t (v) VALUES (4)');
  assert.deepEqual(
    (await rows()).map(([id]) => Number(id)),
    [1, 4],
  );
});

test('VACUUM removes what is old and unneeded, and tells the history', async () => {
  await place.run('CREATE TABLE t (id INT) USING DELTA');
  await place.run('INSERT INTO t VALUES (1)');
  await place.run('INSERT INTO t VALUES (2)');
  await place.run('DELETE FROM t WHERE id = 1');
  age(30);
  assert.equal(dataFiles().length, 2);
  // The removal is young: the retention counts from it.
  assert.deepEqual(await place.run('VACUUM t DRY RUN'), []);
  assert.equal(
    await place.outcome('VACUUM t RETAIN 0 HOURS'),
    'DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT 22003',
  );
  assert.equal(
    await place.outcome('VACUUM t RETAIN -1 HOURS'),
    'DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE 22003',
  );
  await place.run('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
  const before = place.versions('t');
  const found = await place.run('VACUUM t RETAIN 0 HOURS DRY RUN');
  assert.equal(found.length, 1);
  const unneeded = found[0]?.[0];
  assert.ok(typeof unneeded === 'string' && existsSync(unneeded));
  assert.equal(place.versions('t'), before);
  await place.run('VACUUM t RETAIN 0 HOURS');
  assert.ok(!existsSync(unneeded));
  assert.deepEqual(await rows(), [[2]]);
  const history = await place.run('DESCRIBE HISTORY t LIMIT 2');
  assert.deepEqual(
    history.map((row) => row[4]),
    ['VACUUM END', 'VACUUM START'],
  );
  assert.equal(
    await place.outcome('RESTORE TABLE t TO VERSION AS OF 1'),
    'DELTA_FILE_NOT_FOUND 42K03',
  );
});
