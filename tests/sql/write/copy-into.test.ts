/** COPY INTO: files of each format, each file once, and nothing read by rules that were not asked for. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { engineClient, newSession } from '../../support/sql-client.ts';
import { openEngine } from '../../support/open-engine.ts';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
let folder: string;
beforeEach(async () => {
  place = await openWritePlace();
  folder = join(place.warehouse, 'landing');
  mkdirSync(folder);
});
afterEach(() => place.close());

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const parquet = (name: string, query: string) =>
  place.raw(`COPY (${query}) TO '${join(folder, name)}' (FORMAT parquet)`);
const rows = () => place.run('SELECT * FROM t ORDER BY ALL');

test('a file is loaded once, also after a restart, and again with force', async () => {
  await place.run('CREATE TABLE t (id INT, k STRING) USING DELTA');
  await parquet('a.parquet', `SELECT 'x' AS k, 1::INT AS id`);
  const copy = `COPY INTO t FROM 'landing' FILEFORMAT = PARQUET`;
  assert.deepEqual(await place.run(copy), [[1, 1, 0]]);
  assert.deepEqual(await place.run(copy), [[0, 0, 0]]);
  assert.equal(place.versions('t'), 2, 'no commit without files');
  await parquet('b.parquet', `SELECT 2::INT AS id, 'y' AS k`);
  // Another server over the same folder.
  const other = await openEngine({ warehouse: place.warehouse });
  const client = engineClient(other, newSession('duckdb'));
  assert.deepEqual((await client.run({ sql: copy })).rows, [[1, 1, 0]]);
  await other.close();
  assert.deepEqual(await rows(), [
    [1, 'x'],
    [2, 'y'],
  ]);
  await place.run(`${copy} COPY_OPTIONS ('force' = 'true')`);
  assert.equal((await rows()).length, 4);
});

test('statements that load the same files at once load them once', async () => {
  await place.run('CREATE TABLE t (id INT) USING DELTA');
  for (let n = 0; n < 5; n++) await parquet(`${n}.parquet`, `SELECT ${n}::INT AS id`);
  const copy = `COPY INTO t FROM 'landing' FILEFORMAT = PARQUET`;
  await Promise.all(Array.from({ length: 4 }, () => place.run(copy)));
  assert.deepEqual(await rows(), [[0], [1], [2], [3], [4]]);
});

test('CSV: header, delimiter, NULLs, quotes; what is no value of the column fails', async () => {
  await place.run('CREATE TABLE t (id INT, s STRING, d DATE, m DECIMAL(10, 2)) USING DELTA');
  put('a.csv', 'm;id;s;d\n1.50;1;"a;""b""";2024-02-29\n;2;;\n;3;"";\n');
  await place.run(
    `COPY INTO t FROM 'landing/a.csv' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true', 'delimiter' = ';')`,
  );
  assert.deepEqual(await place.run('SELECT id, s, d::VARCHAR, m::VARCHAR FROM t ORDER BY id'), [
    [1, 'a;"b"', '2024-02-29', '1.50'],
    [2, null, null, null],
    [3, '', null, null],
  ]);
  for (const text of ['id\n1.5\n', 'm\n1.005\n', 'd\n2024-01-01 10:30:00\n', 'id\nx\n']) {
    put('bad.csv', text);
    const outcome = await place.outcome(
      `COPY INTO t FROM 'landing/bad.csv' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')`,
    );
    assert.notEqual(outcome, 'ok', text);
  }
  assert.equal(place.versions('t'), 2);
  // Lines are neither skipped nor filled up.
  for (const text of ['title\nid,s\n8,x\n', 'id,s\n8,x\n9\n', '# note\nid,s\n8,x\n']) {
    put('bad.csv', text);
    const outcome = await place.outcome(
      `COPY INTO t FROM 'landing/bad.csv' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')`,
    );
    assert.notEqual(outcome, 'ok', text);
  }
  put('plain.csv', '7,x,2024-01-01,1\n');
  await place.run(`COPY INTO t BY POSITION FROM 'landing/plain.csv' FILEFORMAT = CSV`);
  assert.deepEqual(await place.run('SELECT s FROM t WHERE id = 7'), [['x']]);
});

test('JSON: values keep every digit and texts that look like dates stay texts', async () => {
  await place.run(
    'CREATE TABLE t (l BIGINT, m DECIMAL(38, 10), s STRING, r STRUCT<b: INT, a: STRING>, f BOOLEAN) USING DELTA',
  );
  put(
    'a.json',
    '{"s": "01/02/2024", "l": 9223372036854775807, "m": "1234567890123456789.0123456789", "r": {"a": "x", "b": 1}, "f": true}\n' +
      '{"s": "2024-01-01"}\n',
  );
  await place.run(`COPY INTO t FROM 'landing' FILEFORMAT = JSON`, 'spark');
  assert.deepEqual(
    await place.run('SELECT l::VARCHAR, m::VARCHAR, s, r.a, r.b, f FROM t ORDER BY s'),
    [
      ['9223372036854775807', '1234567890123456789.0123456789', '01/02/2024', 'x', 1, true],
      [null, null, '2024-01-01', null, null, null],
    ],
  );
});

test('a JSON number that would lose digits is refused, and one that keeps them is not', async () => {
  await place.run('CREATE TABLE t (m DECIMAL(38, 10), n DECIMAL(15, 2)) USING DELTA');
  put('a.json', '{"m": 1234567890123456789.0123456789}\n');
  put('b.json', '{"n": 1234567890123.25}\n');
  put('c.json', '{"n": 0.125}\n');
  const copy = (name: string) => `COPY INTO t FROM 'landing/${name}' FILEFORMAT = JSON`;
  assert.equal(await place.outcome(copy('a.json')), 'UNSUPPORTED_FEATURE 0A000');
  await place.run(copy('b.json'));
  assert.notEqual(await place.outcome(copy('c.json')), 'ok');
  assert.deepEqual(await place.run('SELECT n::VARCHAR FROM t'), [['1234567890123.25']]);
});

test('SELECT, a list of columns, FILES, PATTERN and mergeSchema', async () => {
  await place.run('CREATE TABLE t (id INT, k STRING) USING DELTA');
  for (const name of ['a1', 'a2', 'b1']) {
    await parquet(`${name}.parquet`, `SELECT '${name}' AS k, 1::INT AS n`);
  }
  const outcome = await place.outcome(`COPY INTO t FROM 'landing' FILEFORMAT = PARQUET`);
  assert.equal(outcome, 'DELTA_METADATA_MISMATCH 42KDG');
  await place.run(
    `COPY INTO t FROM (SELECT n + 1 AS id, upper(k) AS k FROM 'landing') FILEFORMAT = PARQUET FILES = ('a1.parquet')`,
  );
  await place.run(
    `COPY INTO t (k, id) FROM (SELECT k, n FROM 'landing') FILEFORMAT = PARQUET PATTERN = '{a,c}[0-9].*'`,
  );
  assert.deepEqual(await rows(), [
    [1, 'a2'],
    [2, 'A1'],
  ]);
  await place.run(
    `COPY INTO t FROM 'landing' FILEFORMAT = PARQUET COPY_OPTIONS ('mergeSchema' = 'true')`,
  );
  assert.deepEqual(await place.run('SELECT id, k, n FROM t WHERE n IS NOT NULL'), [
    [null, 'b1', 1],
  ]);
});

test('what lies elsewhere, is not there, or would be read otherwise is refused', async () => {
  await place.run('CREATE TABLE t (id INT) USING DELTA');
  put('a.csv', '1\n');
  symlinkSync('/etc/hostname', join(folder, 'link.csv'));
  for (const [rest, expected] of [
    [`FROM '/etc/hostname' FILEFORMAT = CSV`, 'PATH_NOT_ALLOWED 42501'],
    [`FROM 'landing/link.csv' FILEFORMAT = CSV`, 'PATH_NOT_ALLOWED 42501'],
    [`FROM 'landing' FILEFORMAT = CSV FILES = ('../../etc/hostname')`, undefined],
    [`FROM 'landing' FILEFORMAT = CSV FILES = ('none.csv')`, 'DELTA_PATH_DOES_NOT_EXIST 42K03'],
    [`FROM 'nowhere' FILEFORMAT = CSV`, 'DELTA_PATH_DOES_NOT_EXIST 42K03'],
    [`FROM 'landing/a.csv' FILEFORMAT = AVRO`, 'UNSUPPORTED_FEATURE 0A000'],
    [
      `FROM 'landing/a.csv' FILEFORMAT = CSV FORMAT_OPTIONS ('mode' = 'PERMISSIVE')`,
      'UNSUPPORTED_FEATURE 0A000',
    ],
    [`FROM (SELECT * FROM read_csv('/etc/passwd'), 'landing/a.csv') FILEFORMAT = CSV`, undefined],
    [
      `FROM (SELECT (SELECT content FROM read_text('/etc/passwd')) FROM 'landing/a.csv') FILEFORMAT = CSV`,
      undefined,
    ],
  ] as const) {
    const outcome = await place.outcome(`COPY INTO t ${rest}`);
    if (expected === undefined) assert.notEqual(outcome, 'ok', rest);
    else assert.equal(outcome, expected, rest);
  }
  assert.equal(place.versions('t'), 1);
});
