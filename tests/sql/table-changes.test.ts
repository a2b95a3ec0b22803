import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { encodeBase85 } from '../../catalog/log/base85.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import {
  DeltaFolder,
  openParquetWriter,
  tableActions,
  type LogAction,
} from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let warehouse = '';
let removeAll: () => Promise<void>;

const recorded = { 'delta.enableChangeDataFeed': 'true' };
const columns = { id: 'integer', v: 'string' };
const day = (number: number): number => Date.UTC(2024, 0, number, 12);

function remove(path: string, more: { readonly [field: string]: unknown } = {}): LogAction {
  return { remove: { path, deletionTimestamp: 1, dataChange: true, partitionValues: {}, ...more } };
}

/**
 * Version 0 is empty; 1 inserts 1 and 2; 2 updates 2 by a change file; 3 compacts; 4 deletes 1 by
 * removing its file. Version n was made at noon of January n + 1.
 */
async function makeTable(name: string): Promise<DeltaFolder> {
  const t = new DeltaFolder(join(warehouse, 'default', name), writer);
  t.commitAt(day(1), ...tableActions({ columns, configuration: recorded }));
  const two = await t.parquet('two.parquet', `SELECT 2::INTEGER AS id, 'b' AS v`);
  const one = await t.parquet('one.parquet', `SELECT 1::INTEGER AS id, 'a' AS v`);
  t.commitAt(day(2), one, two);
  const change = await t.parquet(
    '_change_data/c.parquet',
    `SELECT * FROM (VALUES (2::INTEGER, 'b', 'update_preimage'), (2, 'B', 'update_postimage')) c(id, v, _change_type)`,
  );
  const { path, size } = change['add'] ?? {};
  const newTwo = await t.parquet('new.parquet', `SELECT 2::INTEGER AS id, 'B' AS v`);
  const cdc = { cdc: { path, size, partitionValues: {}, dataChange: false } };
  t.commitAt(day(3), remove('two.parquet'), newTwo, cdc);
  const compact = await t.parquet('compact.parquet', `SELECT 2::INTEGER AS id, 'B' AS v`, {
    add: { dataChange: false },
  });
  t.commitAt(day(4), remove('new.parquet', { dataChange: false }), compact);
  t.commitAt(day(5), remove('one.parquet'));
  return t;
}

before(async () => {
  ({ folder: warehouse, remove: removeAll } = await makeScratch());
  writer = await openParquetWriter();
  engine = await openEngine({ warehouse });
  client = engineClient(engine);
  await makeTable('t');
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await removeAll();
});

const one = (version: number, type: string) => [1, 'a', type, version];
const all = [
  one(1, 'insert'),
  [2, 'b', 'insert', 1],
  [2, 'b', 'update_preimage', 2],
  [2, 'B', 'update_postimage', 2],
  one(4, 'delete'),
];

async function rows(sql: string, parameters?: unknown): Promise<readonly (readonly unknown[])[]> {
  return (await client.run({ sql, parameters })).rows;
}

const list = 'id, v, _change_type, _commit_version';
const order = 'ORDER BY _commit_version, id, _change_type DESC';

const ranges: readonly (readonly [string, readonly (readonly unknown[])[]])[] = [
  [`'t', 0`, all],
  [`'t', 1, 1`, all.slice(0, 2)],
  [`'t', 2, 3`, all.slice(2, 4)],
  [`'t', 3, 3`, []],
  [`'t', 4, 99`, all.slice(4)],
  [`'default.t', 1 + 1, 2`, all.slice(2, 4)],
  [`'main.default.t', '4'`, all.slice(4)],
  ['\'`default`."t"\', 4', all.slice(4)],
  // From the first commit at or after, to the last at or before.
  [`'t', '2024-01-02 12:00:00', '2024-01-02 12:00:00'`, all.slice(0, 2)],
  [`'t', '2024-01-02 12:00:00.001', '2024-01-03 12:00:00'`, all.slice(2, 4)],
  [`'t', '2024-01-05T13:00:00+01:00'`, all.slice(4)],
  [`'t', '1999-12-31', '2030-01-01'`, all],
  [`'t', TIMESTAMP '2024-01-04 00:00:00', DATE '2024-01-06'`, all.slice(4)],
  [`'t', DATE '2024-01-01' + INTERVAL 1 DAY, 1`, all.slice(0, 2)],
];
for (const [range, expected] of ranges) {
  test(`gives the changes of table_changes(${range})`, async () => {
    assert.deepEqual(await rows(`SELECT ${list} FROM table_changes(${range}) ${order}`), expected);
  });
}

test('has the columns of the table and three more, with the time of each commit', async () => {
  const answer = await client.run({ sql: `SELECT * FROM table_changes('t', 4)` });
  assert.deepEqual(answer.columns, [
    { name: 'id', type: 'INT' },
    { name: 'v', type: 'STRING' },
    { name: '_change_type', type: 'STRING' },
    { name: '_commit_version', type: 'BIGINT' },
    { name: '_commit_timestamp', type: 'TIMESTAMP' },
  ]);
  assert.deepEqual(answer.rows, [[1, 'a', 'delete', 4, '2024-01-05T12:00:00.000000Z']]);
});

test('is a table like others: aliases, joins, subqueries, CTEs, views, filters', async () => {
  const path = join(warehouse, 'default', 't');
  const questions: readonly (readonly [string, readonly unknown[]])[] = [
    [`SELECT count(*) FROM table_changes('t', 0) AS c WHERE c._change_type = 'insert'`, [2]],
    [`SELECT max(x) FROM table_changes('t', 0) c(x, y, z)`, [2]],
    [`SELECT max(c.id) FROM c: table_changes('t', 0)`, [2]],
    [`SELECT table_changes.v FROM table_changes('t', 4)`, ['a']],
    [`SELECT count(*) FROM t JOIN table_changes('t', 0) c USING (id)`, [3]],
    [`WITH c AS (FROM table_changes('t', 1, 2)) SELECT count(*) FROM c`, [4]],
    [`SELECT (SELECT count(*) FROM table_changes('t', 2)) + (SELECT count(*) FROM t)`, [4]],
    [`SELECT count(*) FROM table_changes('t', 0) WHERE _commit_version > 1`, [3]],
    [`SELECT count(*) FROM table_changes('delta.\`${path}\`', 0)`, [5]],
    [`SELECT count(*) FROM table_changes_by_path('${path}', 0, 1)`, [2]],
    [`SELECT key FROM json_each('{"a": 1}')`, ['a']],
  ];
  for (const [sql, row] of questions) assert.deepEqual(await rows(sql), [row], sql);
  await client.run({
    sql: `CREATE VIEW deleted AS SELECT id FROM table_changes('t', 0) WHERE _change_type = 'delete'`,
  });
  assert.deepEqual(await rows('SELECT * FROM deleted'), [[1]]);
});

test('takes its arguments from parameters', async () => {
  const travel = `SELECT id FROM t VERSION AS OF ? WHERE id = ? AND '$1' <> v`;
  assert.deepEqual(await rows(travel, [1, 2]), [[2]]);
  const sql = `SELECT ${list} FROM table_changes(?, ?, ?) WHERE id = ? ${order}`;
  assert.deepEqual(await rows(sql, ['t', 0, 2, 1]), [one(1, 'insert')]);
  const named = `SELECT ${list} FROM table_changes('t', :from) WHERE id = :id`;
  assert.deepEqual(await rows(named, { from: '2024-01-05', id: 1 }), [one(4, 'delete')]);
});

const refusals: readonly (readonly [string, string, RegExp])[] = [
  [
    `table_changes('t', 5)`,
    'DELTA_CDC_START_VERSION_AFTER_LATEST',
    /version 5 on; its latest is 4/,
  ],
  [`table_changes('t', 3, 2)`, 'DELTA_INVALID_CDC_RANGE', /from version 3 to 2/],
  [`table_changes('t', -1)`, 'DELTA_VERSION_NOT_FOUND', /-1/],
  [`table_changes('t', NULL)`, 'DELTA_CDC_READ_NULL_RANGE_BOUNDARY', /first version .* NULL/],
  [`table_changes('t', 1, NULL)`, 'DELTA_CDC_READ_NULL_RANGE_BOUNDARY', /last version .* NULL/],
  [`table_changes('t', '2025-01-01')`, 'DELTA_TIMESTAMP_GREATER_THAN_COMMIT', /after the latest/],
  [`table_changes('t', 'soon')`, 'DELTA_TIMESTAMP_INVALID', /"soon" is not a timestamp/],
  [`table_changes('t', 1.5)`, 'INVALID_PARAMETER_VALUE', /not by DECIMAL/],
  [`table_changes('t')`, 'INVALID_PARAMETER_VALUE', /1 arguments/],
  [`table_changes()`, 'INVALID_PARAMETER_VALUE', /0 arguments/],
  [`table_changes('t', 1, 2, 3)`, 'INVALID_PARAMETER_VALUE', /4 arguments/],
  [`table_changes(1, 1)`, 'INVALID_PARAMETER_VALUE', /name of a table as a string/],
  [`table_changes('no.such', 1)`, 'TABLE_OR_VIEW_NOT_FOUND', /no\.such/],
  [`table_changes('nothing', 1)`, 'TABLE_OR_VIEW_NOT_FOUND', /nothing/],
  [`table_changes('a..b', 1)`, 'INVALID_NAME', /a\.\.b/],
  [`table_changes('t', current_setting('threads'))`, 'FUNCTION_NOT_ALLOWED', /current_setting/],
  [`t, table_changes('t', t.id)`, 'BINDING_FAILED', /"t" not found/],
  [`s.table_changes('t', 1)`, 'PARSE_SYNTAX_ERROR', /without a schema/],
];
for (const [call, code, message] of refusals) {
  test(`refuses ${call} with ${code}`, async () => {
    await refuses(`SELECT * FROM ${call}`, code, message);
  });
}

async function refuses(sql: string, code: string, message: RegExp): Promise<void> {
  await assert.rejects(rows(sql), (error) => {
    assert.ok(error instanceof SqlFailure, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

test('refuses views, and table_changes where no table can stand', async () => {
  await client.run({ sql: 'CREATE VIEW some_view AS SELECT 1 AS x' });
  await refuses(`SELECT * FROM table_changes('some_view', 0)`, 'WRONG_OBJECT_TYPE', /some_view/);
  await refuses(`SELECT table_changes('t', 0)`, 'FUNCTION_NOT_FOUND', /table_changes/);
});

test('refuses versions that recorded no changes, naming the first', async () => {
  const t = new DeltaFolder(join(warehouse, 'default', 'late'), writer);
  t.create({ columns });
  const [, metaData] = tableActions({ columns, configuration: recorded });
  t.commit(metaData ?? {});
  t.commit(await t.parquet('1.parquet', `SELECT 1::INTEGER AS id, 'a' AS v`));
  const [, without] = tableActions({ columns });
  t.commit(without ?? {});
  assert.deepEqual(await rows(`SELECT ${list} FROM table_changes('late', 1, 2)`), [
    one(2, 'insert'),
  ]);
  await refuses(
    `FROM table_changes('late', 0, 2)`,
    'DELTA_MISSING_CHANGE_DATA',
    /version 0 recorded none/,
  );
  await refuses(
    `FROM table_changes('late', 1, 3)`,
    'DELTA_MISSING_CHANGE_DATA',
    /version 3 recorded none/,
  );
});

const dropped = { v: 'string' };
const retyped = { id: 'string', v: 'string' };
for (const [name, later, message] of [
  ['dropped', dropped, /"id" is gone/],
  ['retyped', retyped, /type of "id" became string, from integer/],
] as const) {
  test(`refuses a range in which a column was ${name}, and gives the rest`, async () => {
    const t = new DeltaFolder(join(warehouse, 'default', name), writer);
    t.create({ columns, configuration: recorded });
    const [, metaData] = tableActions({ columns: later, configuration: recorded });
    t.commit(metaData ?? {});
    t.commit(await t.parquet('1.parquet', `SELECT '7' AS id, 'a' AS v`));
    const code = 'DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA';
    await refuses(`FROM table_changes('${name}', 0)`, code, message);
    assert.deepEqual(await rows(`SELECT v FROM table_changes('${name}', 1)`), [['a']]);
  });
}

test('an added column is NULL in earlier changes, and a widened one is widened', async () => {
  const t = new DeltaFolder(join(warehouse, 'default', 'evolved'), writer);
  t.create(
    { columns, configuration: recorded },
    await t.parquet('0.parquet', `SELECT 1::INTEGER AS id, 'a' AS v`),
  );
  const later = { id: 'long', v: 'string', w: 'double' };
  const [, metaData] = tableActions({ columns: later, configuration: recorded });
  t.commit(
    metaData ?? {},
    await t.parquet('1.parquet', `SELECT 5000000000 AS id, 'b' AS v, 1.5::DOUBLE AS w`),
  );
  assert.deepEqual(await rows(`SELECT id, v, w FROM table_changes('evolved', 0) ORDER BY id`), [
    [1, 'a', null],
    [5000000000, 'b', 1.5],
  ]);
});

test('rows whose deletion vector changed are deleted, and inserted when they come back', async () => {
  const t = new DeltaFolder(join(warehouse, 'default', 'vectors'), writer);
  const file = await t.parquet('f.parquet', `SELECT i::INTEGER AS id FROM range(6) r(i)`);
  const withVector = (rowNumbers: readonly number[]): LogAction => ({
    add: { ...file['add'], deletionVector: inlineVector(rowNumbers) },
  });
  const without = (rowNumbers: readonly number[]): LogAction =>
    remove('f.parquet', { deletionVector: inlineVector(rowNumbers) });
  t.create(
    {
      columns: { id: 'integer' },
      configuration: recorded,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['deletionVectors', 'changeDataFeed'],
    },
    file,
  );
  t.commit(remove('f.parquet'), withVector([1, 4]));
  t.commit(without([1, 4]), withVector([1, 2, 5]));
  t.commit(without([1, 2, 5]));
  const changes = await rows(
    `SELECT id, _change_type, _commit_version FROM table_changes('vectors', 1) ORDER BY 3, 1`,
  );
  assert.deepEqual(changes, [
    [1, 'delete', 1],
    [4, 'delete', 1],
    [2, 'delete', 2],
    [4, 'insert', 2],
    [5, 'delete', 2],
    [0, 'delete', 3],
    [3, 'delete', 3],
    [4, 'delete', 3],
  ]);
});

/** A deletion vector of rows below 2^16, inline in the log. */
function inlineVector(rowNumbers: readonly number[]): { readonly [field: string]: unknown } {
  const bytes = Buffer.alloc(4 + 8 + 4 + 4 + 4 + 4 + 4 + 2 * rowNumbers.length);
  let at = bytes.writeUInt32LE(1681511377, 0);
  at = bytes.writeBigUInt64LE(1n, at);
  at = bytes.writeUInt32LE(0, at);
  at = bytes.writeUInt32LE(12346, at);
  at = bytes.writeUInt32LE(1, at);
  at = bytes.writeUInt16LE(0, at);
  at = bytes.writeUInt16LE(rowNumbers.length - 1, at);
  at = bytes.writeUInt32LE(16, at);
  for (const row of rowNumbers) at = bytes.writeUInt16LE(row, at);
  const padded = Buffer.alloc(Math.ceil(at / 4) * 4);
  bytes.copy(padded);
  return {
    storageType: 'i',
    pathOrInlineDv: encodeBase85(padded),
    sizeInBytes: at,
    cardinality: rowNumbers.length,
  };
}

test('commits at any time the log can tell have that time, beyond a Date as well', async () => {
  const configuration = { ...recorded, 'delta.enableInCommitTimestamps': 'true' };
  const timed = async (name: string, inCommitTimestamp: number): Promise<void> => {
    const t = new DeltaFolder(join(warehouse, 'default', name), writer);
    const info = { commitInfo: { inCommitTimestamp, operation: 'WRITE' } };
    const features = {
      writerFeatures: ['inCommitTimestamp', 'changeDataFeed'],
    };
    t.create(
      { columns, configuration, ...features },
      info,
      await t.parquet('0.parquet', `SELECT 1::INTEGER AS id, 'a' AS v`),
    );
  };
  const times = [8.64e15, 8.64e15 + 1, -62_198_755_200_000, 2 ** 53 - 1, 1 - 2 ** 53];
  for (const [index, ms] of times.entries()) {
    await timed(`timed${index}`, ms);
    const sql = `SELECT id, epoch_ms(_commit_timestamp) FROM table_changes('timed${index}', 0)`;
    assert.deepEqual(await rows(sql), [[1, ms]]);
  }
});

test('names what is missing when the files of old changes were vacuumed', async () => {
  const t = await makeTable('vacuumed');
  rmSync(join(t.location, 'two.parquet'));
  await refuses(
    `FROM table_changes('vacuumed', 0)`,
    'DELTA_FILE_NOT_FOUND',
    /two\.parquet.*VACUUM/,
  );
  assert.deepEqual(await rows(`SELECT ${list} FROM table_changes('vacuumed', 4)`), [
    one(4, 'delete'),
  ]);
});

test('answers are told apart by their ranges, and known again', async () => {
  const key = async (range: string): Promise<string | undefined> => {
    const result = await engine.run({
      sql: `SELECT * FROM table_changes(${range})`,
      session: { id: 'k', currentSchema: 'default', dialect: 'duckdb', temporaryViews: new Map() },
      identity: { name: 'anonymous', groups: [] },
      signal: AbortSignal.timeout(10_000),
    });
    await result.close();
    return result.cacheKey;
  };
  assert.ok((await key(`'t', 0, 1`)) !== undefined);
  assert.equal(await key(`'t', 0, 1`), await key(`'t', 0, 1`));
  assert.notEqual(await key(`'t', 0, 1`), await key(`'t', 0, 2`));
  assert.notEqual(await key(`'t', 1, 1`), await key(`'t', 0, 1`));
});
