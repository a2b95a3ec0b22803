/** Values, types and names at the edges of what a Delta table may hold. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import {
  DeltaFolder,
  openParquetWriter,
  tableActions,
  type LogAction,
  type TableDefinition,
} from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { plainParquet, type Note, type PlainColumn } from '../support/plain-parquet.ts';
import { engineClient, SqlFailure, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;

before(async () => {
  const scratch = await makeScratch();
  ({ folder: warehouse, remove } = scratch);
  writer = await openParquetWriter();
  engine = await openEngine({ warehouse });
  client = engineClient(engine);
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

function table(name: string): DeltaFolder {
  return new DeltaFolder(join(warehouse, 'default', name), writer);
}

async function rows(sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await client.run({ sql })).rows;
}

async function refuses(sql: string, message: RegExp): Promise<void> {
  await assert.rejects(rows(sql), (error) => {
    assert.ok(error instanceof SqlFailure, String(error));
    assert.equal(error.code, 'UNSUPPORTED_FEATURE', error.message);
    assert.match(error.message, message);
    return true;
  });
}

/** A table of one file with the rows of `select`. */
async function tableOf(name: string, definition: TableDefinition, select: string): Promise<void> {
  const t = table(name);
  t.create(definition, await t.parquet('1.parquet', select));
}

function plainFile(
  t: DeltaFolder,
  path: string,
  columns: readonly PlainColumn[],
  notes: readonly Note[] = [],
): LogAction {
  const location = join(t.location, path);
  writeFileSync(location, plainParquet(columns, notes));
  const size = statSync(location).size;
  return { add: { path, partitionValues: {}, size, modificationTime: 1, dataChange: true } };
}

const struct = (fields: { readonly [name: string]: unknown }): unknown => ({
  type: 'struct',
  fields: Object.entries(fields).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    metadata: {},
  })),
});
const array = (elementType: unknown): unknown => ({
  type: 'array',
  elementType,
  containsNull: true,
});
const map = (keyType: unknown, valueType: unknown): unknown => ({
  type: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});

// --- numbers and times --------------------------------------------------------------------------

test('decimals keep all of 38 digits, before and after the point, and in every width', async () => {
  const most = '9'.repeat(38);
  const columns = {
    a: 'decimal(38,0)',
    b: 'decimal(38,38)',
    c: 'decimal(18,9)',
    d: 'decimal(9,9)',
    e: 'decimal(1,0)',
  };
  const line = (sign: string): string =>
    `SELECT '${sign}${most}'::DECIMAL(38,0) AS a, '${sign}0.${most}'::DECIMAL(38,38) AS b,
      '${sign}999999999.999999999'::DECIMAL(18,9) AS c, '${sign}0.999999999'::DECIMAL(9,9) AS d, '${sign}9'::DECIMAL(1,0) AS e`;
  await tableOf('decimals', { columns }, `${line('')} UNION ALL ${line('-')}`);
  const expected = (sign: string): unknown[] => [
    `${sign}${most}`,
    `${sign}0.${most}`,
    `${sign}999999999.999999999`,
    `${sign}0.999999999`,
    `${sign}9`,
  ];
  assert.deepEqual(await rows('SELECT * FROM decimals ORDER BY a'), [expected('-'), expected('')]);
  assert.deepEqual(await rows(`SELECT count(*) FROM decimals WHERE a = ${most}`), [[1]]);
});

test('instants and days of all times are read, with and without a zone', async () => {
  const texts = [
    '0001-01-01 00:00:00.000001',
    '1582-10-10 12:00:00',
    '1677-09-21 00:12:43',
    '2262-04-11 23:47:17',
    '9999-12-31 23:59:59.999999',
    '12345-06-07 08:09:10',
  ];
  const values = texts.map((text) => `(TIMESTAMP '${text}')`).join(', ');
  await tableOf(
    'instants',
    {
      columns: { ts: 'timestamp', n: 'timestamp_ntz', d: 'date' },
      readerFeatures: ['timestampNtz'],
    },
    `SELECT n AT TIME ZONE 'UTC' AS ts, n, n::DATE AS d FROM (VALUES ${values}) t(n)`,
  );
  assert.deepEqual(await rows('SELECT ts, n, d FROM instants ORDER BY n'), [
    ['0001-01-01T00:00:00.000001Z', '0001-01-01T00:00:00.000001', '0001-01-01'],
    ['1582-10-10T12:00:00.000000Z', '1582-10-10T12:00:00.000000', '1582-10-10'],
    ['1677-09-21T00:12:43.000000Z', '1677-09-21T00:12:43.000000', '1677-09-21'],
    ['2262-04-11T23:47:17.000000Z', '2262-04-11T23:47:17.000000', '2262-04-11'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999', '9999-12-31'],
    ['+012345-06-07T08:09:10.000000Z', '+012345-06-07T08:09:10.000000', '+012345-06-07'],
  ]);
  assert.deepEqual(
    await rows(`SELECT count(*) FROM instants WHERE ts < TIMESTAMPTZ '1677-01-01 00:00:00Z'`),
    [[2]],
  );
});

/** Microseconds: years 1 and 1500, before 1677 and after 2262, and 9999. */
const int96Texts = [
  '0001-01-01T00:00:00.000001Z',
  '1500-03-01T12:00:00.000000Z',
  '1677-09-20T00:00:00.000000Z',
  '2262-04-12T00:00:00.000000Z',
  '9999-12-31T23:59:59.999999Z',
];
const int96Values = int96Texts.map(
  (text) => BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1000n + BigInt(text.slice(20, 26)),
);

test('INT96 timestamps are read at all times', async () => {
  const t = table('int96');
  t.create(
    { columns: { ts: 'timestamp' } },
    plainFile(t, '1.parquet', [{ name: 'ts', type: 'INT96', values: int96Values }]),
  );
  assert.deepEqual(
    await rows('SELECT ts FROM int96 ORDER BY ts'),
    int96Texts.map((text) => [text]),
  );
  assert.deepEqual(
    await rows(`SELECT count(*) FROM int96 WHERE ts > TIMESTAMPTZ '2262-04-11 23:59:59Z'`),
    [[2]],
  );
});

test('INT96 timestamps that a legacy writer counted in the hybrid calendar are moved', async () => {
  const t = table('int96_legacy');
  const notes: Note[] = [
    ['org.apache.spark.version', '3.2.1'],
    ['org.apache.spark.legacyINT96', ''],
    ['org.apache.spark.timeZone', 'UTC'],
  ];
  t.create(
    { columns: { ts: 'timestamp' } },
    plainFile(t, '1.parquet', [{ name: 'ts', type: 'INT96', values: int96Values }], notes),
  );
  // The hybrid calendar is behind by nine days in 1500, until March, and ahead by two in the year 1.
  const found = (await rows('SELECT ts FROM int96_legacy ORDER BY ts')).flat();
  assert.equal(found[0], '0001-01-03T00:00:00.000001Z');
  assert.equal(found[1], '1500-02-20T12:00:00.000000Z');
  assert.deepEqual(found.slice(2), int96Texts.slice(2));
});

// --- types ----------------------------------------------------------------------------------------

test('widened types are read from old files, at any depth', async () => {
  const now = { i: 'long', f: 'double', d: 'decimal(20,5)', day: 'timestamp_ntz' };
  const columns = {
    ...now,
    s: struct(now),
    l: array('long'),
    m: map('long', struct({ x: 'double' })),
    ll: array(array(struct({ y: 'decimal(12,2)' }))),
  };
  const old = `SELECT 7::TINYINT AS i, 1.5::FLOAT AS f, 1.25::DECIMAL(5,2) AS d, DATE '1500-01-02' AS day`;
  const t = table('widened');
  t.create(
    { columns, readerFeatures: ['typeWidening', 'timestampNtz'] },
    await t.parquet(
      'old.parquet',
      `SELECT *, {i: i, f: f, d: d, day: day} AS s, [-1::SMALLINT, NULL] AS l, MAP {3::INTEGER: {x: 4::INTEGER}} AS m, [[{y: 5::SMALLINT}]] AS ll FROM (${old})`,
    ),
  );
  const top = [7, 1.5, '1.25000', '1500-01-02T00:00:00.000000'];
  const [[i, f, d, day, s, l, m, ll] = []] = await rows('SELECT * FROM widened');
  assert.deepEqual([i, f, d, day], top);
  assert.deepEqual(s, { i: 7, f: 1.5, d: '1.25000', day: '1500-01-02T00:00:00.000000' });
  assert.deepEqual([l, m, ll], [[-1, null], [[3, { x: 4 }]], [[{ y: '5.00' }]]]);
});

test('a struct without fields is NULL where a file has none, and keeps its place', async () => {
  const columns = { a: 'long', e: struct({}), s: struct({ x: 'long', e: struct({}) }) };
  await tableOf('empty_structs', { columns }, `SELECT 1::BIGINT AS a, {x: 2::BIGINT} AS s`);
  const answer = await client.run({ sql: 'SELECT * FROM empty_structs' });
  assert.deepEqual(
    answer.columns.map(({ type }) => type),
    ['BIGINT', 'STRUCT<>', 'STRUCT<x: BIGINT, e: STRUCT<>>'],
  );
  assert.deepEqual(answer.rows, [[1, null, { x: 2, e: null }]]);
});

// --- names ----------------------------------------------------------------------------------------

const oddNames = [
  'a.b',
  'with space',
  `it's "quoted"`,
  '`tick`',
  '😀 ü',
  '100%',
  'a,b;{}()\n\t=',
  'select',
  ' lead',
  '__levee_x',
  'file_row_number',
];

test('odd names are read at any depth, and can be asked for', async () => {
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const fields = Object.fromEntries(oddNames.map((name) => [name, 'long']));
  const list = oddNames.map((name, index) => `${index}::BIGINT AS ${quote(name)}`).join(', ');
  const packed = oddNames.map((name, index) => `${quote(name)} := ${index}::BIGINT`).join(', ');
  await tableOf(
    'odd',
    { columns: { ...fields, s: struct(fields) } },
    `SELECT ${list}, struct_pack(${packed}) AS s`,
  );
  const answer = await client.run({ sql: 'SELECT * FROM odd' });
  assert.deepEqual(
    answer.columns.map(({ name }) => name),
    [...oddNames, 's'],
  );
  const values = oddNames.map((_, index) => index);
  assert.deepEqual(answer.rows, [
    [...values, Object.fromEntries(oddNames.map((name, index) => [name, index]))],
  ]);
  for (const [index, name] of oddNames.entries()) {
    const sql = `SELECT ${quote(name)}, s.${quote(name)} FROM odd WHERE ${quote(name)} = ${index}`;
    assert.deepEqual(await rows(sql), [[index, index]], name);
  }
});

// DuckDB takes columns by name without regard to case, as Spark does, and the first one of several.
test('a column is read from the file’s column of that name, whatever its case', async () => {
  const t = table('cases');
  const file = (path: string, names: readonly string[]): LogAction =>
    plainFile(
      t,
      path,
      names.map((name, index) => ({ name, type: 'INT64', values: [BigInt(index)] })),
    );
  t.create({ columns: { Id: 'long', other: 'long' } }, file('1.parquet', ['OTHER', 'ID']));
  assert.deepEqual(await rows('SELECT "Id", other FROM cases'), [[1, 0]]);
  t.commit(file('2.parquet', ['id', 'Id', 'other']));
  await refuses('SELECT "Id" FROM cases', /columns that differ by case alone, such as "Id"/);
  t.commit(file('3.parquet', ['Id', 'other', 'x', 'X']));
  assert.deepEqual(await rows('SELECT sum(other) FROM cases VERSION AS OF 0'), [['0']]);
});

for (const mode of ['name', 'id'] as const) {
  test(`physical names that differ by case alone are told apart, or refused: mode ${mode}`, async () => {
    const t = table(`physical_cases_${mode}`);
    const [protocol, metaData] = tableActions({
      columns: {},
      configuration: { 'delta.columnMapping.mode': mode },
      readerFeatures: ['columnMapping'],
    });
    const field = (name: string, physical: string, id: number, type: unknown = 'long'): object => ({
      name,
      type,
      nullable: true,
      metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': physical },
    });
    const commit = (fields: readonly object[], file: LogAction): void => {
      const schemaString = JSON.stringify({ type: 'struct', fields });
      t.commit(protocol ?? {}, { metaData: { ...metaData?.['metaData'], schemaString } }, file);
    };
    const file = plainFile(t, '1.parquet', [
      { name: 'X', type: 'INT64', values: [22n], id: 2 },
      { name: 'x', type: 'INT64', values: [11n], id: 1 },
    ]);
    commit([field('first', 'x', 1), field('second', 'X', 2)], file);
    const sql = `SELECT * FROM physical_cases_${mode}`;
    if (mode === 'id') assert.deepEqual(await rows(sql), [[11, 22]]);
    else await refuses(sql, /"first" and "second".*differ by case alone/);
    const nested = { type: 'struct', fields: [field('a', 'y', 4), field('b', 'Y', 5)] };
    commit([field('first', 'x', 1), field('s', 's', 3, nested)], file);
    await refuses(sql, /"a" and "b".*differ by case alone/);
  });
}
