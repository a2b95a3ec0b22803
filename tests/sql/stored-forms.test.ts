/** Values that lie in data files in another form than their type's own. */
import assert from 'node:assert/strict';
import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter, type TableDefinition } from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
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

async function refuses(sql: string, code: string, message: RegExp): Promise<void> {
  await assert.rejects(rows(sql), (error) => {
    assert.ok(error instanceof SqlFailure, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

// --- variants ---------------------------------------------------------------------------------

const variants: TableDefinition = {
  columns: {
    id: 'integer',
    v: 'variant',
    s: {
      type: 'struct',
      fields: [{ name: 'v', type: 'variant', nullable: true, metadata: {} }],
    },
    l: { type: 'array', elementType: 'variant', containsNull: true },
    m: { type: 'map', keyType: 'string', valueType: 'variant', valueContainsNull: true },
  },
  readerFeatures: ['variantType'],
};

/** The two blobs of a variant, as Spark leaves them, in either order. */
const blobs = (json: string, order: 'value first' | 'metadata first'): string => {
  const fields =
    order === 'value first' ? 'value BLOB, metadata BLOB' : 'metadata BLOB, value BLOB';
  const variant = `variant_to_parquet_variant('${json}'::JSON::VARIANT)::STRUCT(metadata BLOB, value BLOB)`;
  return `CAST(${variant} AS STRUCT(${fields}))`;
};
const variantNull = `{'metadata': '\\x01\\x00\\x00'::BLOB, 'value': '\\x00'::BLOB}`;

/** In the order of the columns of `variants`. */
function variantRow(id: number, value: string): string {
  return `SELECT ${id}::INTEGER AS id, ${value} AS v, {'v': ${value}} AS s, [${value}, NULL] AS l, MAP {'k': ${value}} AS m`;
}

test('variants as blobs, in either order, and annotated ones are one column', async () => {
  const t = table('mixed_variants');
  const json = '{"a":{"b":12},"c":[true,null,"ü"]}';
  t.create(
    variants,
    await t.parquet('1.parquet', variantRow(1, blobs(json, 'value first'))),
    await t.parquet('2.parquet', variantRow(2, blobs(json, 'metadata first'))),
    await t.parquet('3.parquet', `SELECT 3::INTEGER AS id, '${json}'::JSON::VARIANT AS v`),
    await t.parquet('4.parquet', `SELECT 4::INTEGER AS id`),
  );
  const value = JSON.parse(json) as unknown;
  assert.deepEqual(await rows('SELECT * FROM mixed_variants ORDER BY id'), [
    [1, value, { v: value }, [value, null], [['k', value]]],
    [2, value, { v: value }, [value, null], [['k', value]]],
    [3, value, null, null, null],
    [4, null, null, null, null],
  ]);
  const { columns } = await client.run({ sql: 'SELECT * FROM mixed_variants' });
  assert.deepEqual(
    columns.map(({ type }) => type),
    ['INT', 'VARIANT', 'STRUCT<v: VARIANT>', 'ARRAY<VARIANT>', 'MAP<STRING, VARIANT>'],
  );
});

const questions: readonly (readonly [string, readonly unknown[]])[] = [
  ['SELECT t.v.a.b FROM mixed_variants t WHERE id = 1', [12]],
  ['SELECT t.v.a.b::INTEGER + 1 FROM mixed_variants t WHERE id = 2', [13]],
  ['SELECT variant_typeof(v) FROM mixed_variants WHERE id = 1', ['OBJECT(a, c)']],
  ['SELECT v::JSON FROM mixed_variants WHERE id = 2', ['{"a":{"b":12},"c":[true,null,"ü"]}']],
  ['SELECT count(*) FROM mixed_variants t WHERE t.v.a.b::BIGINT = 12', [3]],
  ['SELECT count(v), count(DISTINCT v::VARCHAR) FROM mixed_variants', [3, 1]],
  ['SELECT max(s.v.a.b::INT) FROM mixed_variants', [12]],
  ['SELECT l[1].c::VARIANT[] FROM mixed_variants WHERE id = 1', [[true, null, 'ü']]],
  ["SELECT m['k'].a FROM mixed_variants WHERE id = 2", [{ b: 12 }]],
  [
    'SELECT list(v) FILTER (id = 1) FROM mixed_variants',
    [[{ a: { b: 12 }, c: [true, null, 'ü'] }]],
  ],
];
for (const [sql, row] of questions) {
  test(`answers ${sql}`, async () => assert.deepEqual(await rows(sql), [row]));
}

test('a variant null is not NULL, and is answered as null', async () => {
  const t = table('variant_nulls');
  t.create(
    variants,
    await t.parquet(
      '1.parquet',
      `${variantRow(1, variantNull)} UNION ALL ${variantRow(2, 'NULL')}`,
    ),
  );
  const { rows: answers } = await client.run({
    sql: `SELECT id, v IS NULL, s.v IS NULL, variant_typeof(v), v::VARCHAR, to_json(v)
          FROM variant_nulls ORDER BY id`,
  });
  assert.deepEqual(answers[0]?.slice(0, 5), [1, false, false, 'VARIANT_NULL', null]);
  assert.deepEqual(answers[1]?.slice(0, 3), [2, true, true]);
});

test('of an annotated column, NULL and variant null are told apart by the footer, or refused', async () => {
  const t = table('annotated_nulls');
  const variant = `__levee_variant(b.metadata, b.value)`;
  const select = (values: string): string =>
    `SELECT row_number() OVER ()::INTEGER AS id, ${variant} AS v FROM (VALUES ${values}) t(b)`;
  const number = `({'metadata': '\\x01\\x00\\x00'::BLOB, 'value': '\\x0c\\x05'::BLOB})`;
  // DuckDB writes every NULL as a variant null: its files never have a NULL.
  const add = await t.parquet('1.parquet', select(`${number}, (${variantNull})`));
  t.create(variants, add);
  assert.deepEqual(await rows('SELECT id, v IS NULL, v FROM annotated_nulls ORDER BY id'), [
    [1, false, 5],
    [2, false, null],
  ]);
});

test('a damaged variant is refused, and the engine lives', async () => {
  const t = table('damaged_variant');
  const damaged = `{'metadata': '\\x01\\x00\\x00'::BLOB, 'value': '\\x20\\x00\\x00\\x00\\x00\\x80'::BLOB}`;
  t.create(variants, await t.parquet('1.parquet', variantRow(1, damaged)));
  await refuses(
    'SELECT v FROM damaged_variant',
    'DELTA_FAILED_TO_READ_FILE',
    /variant value is damaged/,
  );
  await refuses('SELECT t.v.a FROM damaged_variant t', 'DELTA_FAILED_TO_READ_FILE', /damaged/);
  assert.deepEqual(await rows('SELECT id FROM damaged_variant'), [[1]]);
});

test('variants that are shredded without annotation are refused by name', async () => {
  const t = table('bare_shredded');
  t.create(
    variants,
    await t.parquet(
      '1.parquet',
      `SELECT 1::INTEGER AS id, {'metadata': '\\x01\\x00\\x00'::BLOB, 'value': NULL::BLOB, 'typed_value': 7} AS v`,
    ),
  );
  await refuses('SELECT v FROM bare_shredded', 'UNSUPPORTED_FEATURE', /variantShredding/);
});

test('the functions of Levee itself are not for clients', async () => {
  await refuses(
    `SELECT __levee_variant('a'::BLOB, 'b'::BLOB)`,
    'FUNCTION_NOT_ALLOWED',
    /__levee_variant/,
  );
});

test('variants that a query makes are answered, with all digits', async () => {
  const { rows: answers } = await client.run({
    sql: `SELECT {'d': 12345678901234567890.5::DECIMAL(38,1), 'b': 'ab'::BLOB, 'n': 'NaN'::DOUBLE}::VARIANT::VARCHAR,
                 [DATE '2024-02-29']::VARIANT`,
  });
  assert.match(JSON.stringify(answers[0]?.[0]), /12345678901234567890\.5/);
  assert.deepEqual(answers[0]?.[1], ['2024-02-29']);
});

// --- strings ----------------------------------------------------------------------------------

const texts: TableDefinition = {
  columns: {
    s: 'string',
    l: { type: 'array', elementType: 'string', containsNull: true },
    m: { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true },
  },
};
const bareTexts = `SELECT encode('ü\\x41"' || i) AS s, [encode('\\' || i), NULL] AS l, MAP {encode('k'): encode('v')} AS m FROM range(2) t(i)`;

test('strings without the annotation of texts are texts, nested ones too', async () => {
  const t = table('bare_texts');
  t.create(texts, await t.parquet('1.parquet', bareTexts));
  assert.deepEqual(await rows('SELECT * FROM bare_texts ORDER BY s'), [
    ['ü\\x41"0', ['\\0', null], [['k', 'v']]],
    ['ü\\x41"1', ['\\1', null], [['k', 'v']]],
  ]);
  assert.deepEqual(await rows(`SELECT count(*) FROM bare_texts WHERE s LIKE 'ü%'`), [[2]]);
});

test('bytes that are no text are refused, not shown escaped', async () => {
  const t = table('no_texts');
  t.create(texts, await t.parquet('1.parquet', `SELECT '\\xff\\xfe'::BLOB AS s`));
  await assert.rejects(rows('SELECT s FROM no_texts'), SqlFailure);
});

for (const [name, definition] of [
  ['many_texts', texts],
  ['many_mixed', { columns: { ...texts.columns, b: 'binary' } }],
] as const) {
  test(`so are those of more files than are looked into: ${name}`, async () => {
    const t = table(name);
    const first = await t.parquet('0.parquet', `SELECT encode('\\x41ü') AS s`);
    const adds = Array.from({ length: 2000 }, (_, index) => {
      linkSync(join(t.location, '0.parquet'), join(t.location, `${index + 1}.parquet`));
      return { add: { ...first['add'], path: `${index + 1}.parquet` } };
    });
    t.create(definition, first, ...adds);
    assert.deepEqual(await rows(`SELECT s, count(*) FROM ${name} GROUP BY s`), [['\\x41ü', 2001]]);
  });
}

test('a binary column with the annotation of texts keeps its bytes', async () => {
  const t = table('annotated_binary');
  t.create({ columns: { b: 'binary' } }, await t.parquet('1.parquet', `SELECT 'ü\\x41' AS b`));
  const base64 = Buffer.from('ü\\x41').toString('base64');
  assert.deepEqual(await rows('SELECT b FROM annotated_binary'), [[base64]]);
});

// --- calendars --------------------------------------------------------------------------------

const times: TableDefinition = { columns: { d: 'date', ts: 'timestamp', n: 'timestamp_ntz' } };

/** What the hybrid calendar counts as 0900-01-01 and 1582-10-04, and a day that both count alike. */
const oldTimes = `SELECT d, d::TIMESTAMP AT TIME ZONE 'UTC' + INTERVAL 90 MINUTE AS ts, d::TIMESTAMP AS n
  FROM (VALUES (DATE '0900-01-05'), (DATE '1582-10-14'), (DATE '1582-10-15'), (DATE '2024-02-29'), (NULL)) t(d)`;
const asStored = [
  ['0900-01-05', '0900-01-05T01:30:00.000000Z'],
  ['1582-10-14', '1582-10-14T01:30:00.000000Z'],
  ['1582-10-15', '1582-10-15T01:30:00.000000Z'],
  ['2024-02-29', '2024-02-29T01:30:00.000000Z'],
  [null, null],
];
const rebased = [
  ['0900-01-01', '0900-01-01T01:30:00.000000Z'],
  ['1582-10-04', '1582-10-04T01:30:00.000000Z'],
  ...asStored.slice(2),
];

const calendars: readonly (readonly [string, { readonly [key: string]: string }, unknown])[] = [
  ['no_spark', {}, asStored],
  ['spark_3', { version: '3.5.0' }, asStored],
  ['spark_2', { version: '2.4.5' }, rebased],
  ['spark_3_legacy', { version: '3.2.1', legacyDateTime: '' }, rebased],
  ['spark_3_legacy_utc', { version: '3.2.1', legacyDateTime: '', timeZone: 'Etc/UTC' }, rebased],
  // The mark is about INT96 alone, of which the file has none.
  ['spark_3_legacy_int96', { version: '3.2.1', legacyINT96: '' }, asStored],
];

function marks(notes: { readonly [key: string]: string }): string | undefined {
  const entries = Object.entries(notes).map(
    ([key, value]) => `"org.apache.spark.${key}": '${value}'`,
  );
  return entries.length === 0 ? undefined : `KV_METADATA {${entries.join(', ')}}`;
}

for (const [name, notes, expected] of calendars) {
  test(`old days and instants are those their writer meant: ${name}`, async () => {
    const t = table(`times_${name}`);
    t.create(times, await t.parquet('1.parquet', oldTimes, { copyOptions: marks(notes) }));
    const answers = await rows(`SELECT d, ts FROM times_${name} ORDER BY d NULLS LAST`);
    assert.deepEqual(answers, expected);
    assert.deepEqual(await rows(`SELECT min(n)::VARCHAR FROM times_${name}`), [
      ['0900-01-05 00:00:00'],
    ]);
    assert.deepEqual(await rows(`SELECT count(*) FROM times_${name} WHERE d < DATE '1582-10-05'`), [
      [expected === rebased ? 2 : 1],
    ]);
  });
}

test('old days in structs and lists are moved, too', async () => {
  const t = table('times_nested');
  const item = {
    type: 'struct',
    fields: [{ name: 'd', type: 'date', nullable: true, metadata: {} }],
  };
  t.create(
    { columns: { l: { type: 'array', elementType: item, containsNull: true } } },
    await t.parquet('1.parquet', `SELECT [{'d': DATE '0900-01-05'}, NULL] AS l`, {
      copyOptions: marks({ version: '2.4.5' }),
    }),
  );
  assert.deepEqual(await rows('SELECT l FROM times_nested'), [[[{ d: '0900-01-01' }, null]]]);
});

test('old instants of another time zone are refused by name, later ones are read', async () => {
  const t = table('times_zone');
  const copyOptions = marks({ version: '3.2.1', legacyDateTime: '', timeZone: 'Europe/Berlin' });
  t.create(
    { columns: { ts: 'timestamp' } },
    await t.parquet(
      '1.parquet',
      `SELECT * FROM (VALUES (TIMESTAMPTZ '1899-12-31 00:00:00+00'), (TIMESTAMPTZ '1900-01-01 00:00:00+00')) v(ts)`,
      { copyOptions },
    ),
  );
  await refuses(
    'SELECT ts FROM times_zone',
    'UNSUPPORTED_FEATURE',
    /Europe\/Berlin.*legacyDateTime/,
  );
  const u = table('times_zone_modern');
  u.create(
    { columns: { ts: 'timestamp' } },
    await u.parquet('1.parquet', `SELECT TIMESTAMPTZ '1900-01-01 00:00:00+00' AS ts`, {
      copyOptions,
    }),
  );
  assert.deepEqual(await rows('SELECT ts FROM times_zone_modern'), [
    ['1900-01-01T00:00:00.000000Z'],
  ]);
});

test('nothing is moved where statistics say that nothing is old', async () => {
  const t = table('times_modern');
  // Statistics that lie show that it is they who decide.
  const stats = JSON.stringify({
    numRecords: 5,
    minValues: { d: '2024-02-29', ts: '2024-02-29T00:00:00.000Z' },
    nullCount: { d: 1, ts: 1, n: 1 },
  });
  const copyOptions = marks({ version: '2.4.5' });
  t.create(times, await t.parquet('1.parquet', oldTimes, { copyOptions, add: { stats } }));
  const answers = await rows('SELECT d, ts FROM times_modern ORDER BY d NULLS LAST');
  assert.deepEqual(answers, asStored);
});

test('a damaged file is named when its form has to be known', async () => {
  const t = table('no_parquet');
  const add = await t.parquet('1.parquet', `SELECT 'a'::BLOB AS b`);
  writeFileSync(join(t.location, '1.parquet'), 'not a Parquet file, though long enough for one');
  t.create({ columns: { b: 'binary' } }, add);
  await refuses('SELECT b FROM no_parquet LIMIT 1', 'DELTA_FAILED_TO_READ_FILE', /1\.parquet/);
});
