import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
before(async () => {
  place = await openWritePlace();
});
after(() => place.close());

function fileOf(table: string, version: number): string {
  const path = place.adds(table, version)[0]?.path ?? '';
  return `${place.warehouse}/default/${table}/${decodeURIComponent(path)}`;
}

test('types have the Parquet forms that Spark reads: microseconds, decimals by precision', async () => {
  await place.run(
    `CREATE TABLE forms (ts TIMESTAMP, tn TIMESTAMP_NTZ, d9 DECIMAL(9,2), d18 DECIMAL(18,2), d38 DECIMAL(38,2), b TINYINT, l ARRAY<INT>, m MAP<STRING, INT>) USING DELTA`,
  );
  await place.run(
    `INSERT INTO forms VALUES (TIMESTAMP '2020-01-01', TIMESTAMP '2020-01-01', 1, 1, 1, 1, [1], MAP {'a': 1})`,
  );
  const rows = await place.raw(
    `SELECT name, type, logical_type FROM parquet_schema('${fileOf('forms', 1)}') WHERE type IS NOT NULL`,
  );
  const forms: { readonly [name: string]: readonly [type: string, logical: string] | undefined } =
    Object.fromEntries(
      rows.map(([name, type, logical]) => [String(name), [String(type), String(logical)]]),
    );
  assert.equal(forms['ts']?.[0], 'INT64');
  assert.match(forms['ts']?.[1] ?? '', /isAdjustedToUTC=1.*MICROS=Micro/);
  assert.equal(forms['tn']?.[0], 'INT64');
  assert.match(forms['tn']?.[1] ?? '', /isAdjustedToUTC=0.*MICROS=Micro/);
  assert.deepEqual(
    ['d9', 'd18', 'd38', 'b', 'element', 'key'].map((name) => forms[name]?.[0]),
    ['INT32', 'INT64', 'FIXED_LEN_BYTE_ARRAY', 'INT32', 'INT32', 'BYTE_ARRAY'],
  );
});

for (const mode of ['name', 'id']) {
  test(`under column mapping by ${mode}, files, statistics and partition values have physical names`, async () => {
    const table = `mapped_${mode}`;
    await place.run(
      `CREATE TABLE ${table} (id BIGINT, "we ird" STRING, st STRUCT<a: INT, b: STRUCT<c: STRING>>, l ARRAY<STRUCT<x: INT>>, p INT)
       USING DELTA PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = '${mode}')`,
    );
    await place.run(
      `INSERT INTO ${table} VALUES (7, 'x', {'a': 1, 'b': {'c': 'q'}}, [{'x': 4}], 5), (8, NULL, NULL, NULL, 5)`,
    );
    const fields = place.fields(table) as readonly {
      readonly name: string;
      readonly metadata: { readonly [key: string]: unknown };
    }[];
    const physical = (name: string): string =>
      String(
        fields.find((field) => field.name === name)?.metadata['delta.columnMapping.physicalName'],
      );
    const [add] = place.adds(table, 1);
    assert.deepEqual(add?.partitionValues, { [physical('p')]: '5' });
    assert.match(add.path, /^[0-9a-f]{2}\/part-/);
    const { minValues, nullCount } = add.stats as { minValues: object; nullCount: object };
    assert.deepEqual(Object.keys(minValues), ['id', 'we ird', 'st'].map(physical));
    assert.deepEqual(Object.values(nullCount).slice(0, 2), [0, 1]);
    const schema = await place.raw(
      `SELECT name, field_id FROM parquet_schema('${fileOf(table, 1)}') WHERE field_id IS NOT NULL`,
    );
    const ids = schema.map(([, id]) => Number(id));
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(schema[0]?.[0], physical('id'));
    const metadata = place.actions(table, 0).find(({ metaData }) => metaData !== undefined);
    assert.match(JSON.stringify(metadata), /"delta.columnMapping.maxColumnId":"9"/);
    assert.deepEqual(await place.run(`SELECT * FROM ${table} ORDER BY id`), [
      [7, 'x', { a: 1, b: { c: 'q' } }, [{ x: 4 }], 5],
      [8, null, null, null, 5],
    ]);
  });
}

test('statistics follow the properties of the table', async () => {
  const columns = 'a INT, st STRUCT<b: INT, c: INT>, l ARRAY<INT>, d INT, e INT';
  const row = `SELECT 1, {'b': 2, 'c': 3}, [4], 5, 6`;
  const cases: readonly (readonly [property: string, value: string, indexed: object])[] = [
    ['delta.dataSkippingNumIndexedCols', '2', { a: 1, st: { b: 2 } }],
    ['delta.dataSkippingNumIndexedCols', '5', { a: 1, st: { b: 2, c: 3 }, d: 5 }],
    ['delta.dataSkippingNumIndexedCols', '0', {}],
    ['delta.dataSkippingNumIndexedCols', '-1', { a: 1, st: { b: 2, c: 3 }, d: 5, e: 6 }],
    ['delta.dataSkippingStatsColumns', 'e, st.c', { st: { c: 3 }, e: 6 }],
    ['delta.dataSkippingStatsColumns', '`st`', { st: { b: 2, c: 3 } }],
  ];
  for (const [number, [property, value, indexed]] of cases.entries()) {
    const table = `indexed${number}`;
    await place.run(
      `CREATE TABLE ${table} (${columns}) USING DELTA TBLPROPERTIES ('${property}' = '${value}')`,
    );
    await place.run(`INSERT INTO ${table} ${row}`);
    const { minValues, tightBounds } = place.adds(table, 1)[0]?.stats ?? {};
    assert.deepEqual(minValues, indexed, `${property} = ${value}`);
    assert.equal(tightBounds, undefined);
  }
});

test('statistics of a table with deletion vectors say that they are exact', async () => {
  await place.run(
    `CREATE TABLE vectors (a INT) USING DELTA TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`,
  );
  await place.run('INSERT INTO vectors VALUES (1)');
  assert.equal(place.adds('vectors', 1)[0]?.stats['tightBounds'], true);
});

test('texts that Parquet keeps no bounds of have bounds all the same', async () => {
  await place.run(
    'CREATE TABLE texts (a INT, s STRING, n STRING, st STRUCT<t: STRING>) USING DELTA',
  );
  await place.run(
    `INSERT INTO texts SELECT i, repeat('é', 200) || i, NULL, {'t': repeat('\u{10FFFF}', 100)} FROM range(3) t(i)`,
  );
  const { minValues, maxValues, nullCount } = place.adds('texts', 1)[0]?.stats ?? {};
  const cut = 'é'.repeat(32);
  // Nothing of 33 characters is above that nested text: it has no upper bound.
  assert.deepEqual(minValues, { a: 0, s: cut, st: { t: '\u{10FFFF}'.repeat(32) } });
  assert.deepEqual(maxValues, { a: 2, s: `${cut}\u{10FFFF}` });
  assert.deepEqual(nullCount, { a: 0, s: 0, n: 3, st: { t: 0 } });
});

test('the compression is the one that the table names', async () => {
  for (const [codec, expected] of [
    ['zstd', 'ZSTD'],
    ['snappy', 'SNAPPY'],
    ['none', 'UNCOMPRESSED'],
  ] as const) {
    await place.run(
      `CREATE TABLE codec_${codec} (a INT) USING DELTA TBLPROPERTIES ('delta.parquet.compression.codec' = '${codec}')`,
    );
    await place.run(`INSERT INTO codec_${codec} VALUES (1)`);
    const rows = await place.raw(
      `SELECT compression FROM parquet_metadata('${fileOf(`codec_${codec}`, 1)}')`,
    );
    assert.deepEqual(rows, [[expected]]);
  }
});

test('files end near the size that the table asks for', async () => {
  await place.run(
    `CREATE TABLE sized (a BIGINT, d DOUBLE) USING DELTA TBLPROPERTIES ('delta.targetFileSize' = '2mb')`,
  );
  await place.run('INSERT INTO sized SELECT i, random() FROM range(1000000) t(i)');
  const sizes = place.adds('sized', 1).map(({ size }) => size);
  assert.ok(sizes.length >= 4, `${sizes.length} files`);
  assert.ok(Math.max(...sizes) < 6_000_000, `${Math.max(...sizes)} bytes`);
});

test('a partition has one file however the rows lie, more than DuckDB keeps open', async () => {
  await place.run('CREATE TABLE many (a BIGINT, p INT) USING DELTA PARTITIONED BY (p)');
  await place.run('INSERT INTO many SELECT i, (i * 7919) % 300 FROM range(60000) t(i)');
  const adds = place.adds('many', 1);
  assert.equal(new Set(adds.map(({ partitionValues }) => partitionValues['p'])).size, 300);
  assert.ok(adds.length <= 302, `${adds.length} files`);
});

test('partition values of any type and text are read back, and long ones need no folder', async () => {
  await place.run(
    `CREATE TABLE kinds (x INT, b BOOLEAN, f DOUBLE, s STRING, bi BINARY, da DATE, ts TIMESTAMP, tn TIMESTAMP_NTZ, de DECIMAL(10,2))
     USING DELTA PARTITIONED BY (b, f, s, bi, da, ts, tn, de)`,
  );
  await place.run(
    `INSERT INTO kinds VALUES
       (1, true, 1e10, 'a/b c=d:é%', encode('hé'), DATE '2024-02-29', TIMESTAMPTZ '2024-03-10 02:30:00.123456+00', TIMESTAMP '2024-03-10 02:30:00', 1.5),
       (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
       (3, false, 'NaN'::DOUBLE, repeat('long ', 100), encode('x'), DATE '0001-01-01', NULL, NULL, -0.01)`,
  );
  const [first] = place
    .adds('kinds', 1)
    .map(({ partitionValues }) => partitionValues)
    .filter(({ b }) => b === 'true');
  assert.deepEqual(first, {
    b: 'true',
    f: '10000000000',
    s: 'a/b c=d:é%',
    bi: 'hé',
    da: '2024-02-29',
    ts: '2024-03-10T02:30:00.123456Z',
    tn: '2024-03-10 02:30:00',
    de: '1.50',
  });
  assert.deepEqual(await place.run(`SELECT * FROM kinds ORDER BY x`), [
    [
      1,
      true,
      1e10,
      'a/b c=d:é%',
      'aMOp',
      '2024-02-29',
      '2024-03-10T02:30:00.123456Z',
      '2024-03-10T02:30:00.000000',
      '1.50',
    ],
    [2, null, null, null, null, null, null, null, null],
    [3, false, 'NaN', 'long '.repeat(100), 'eA==', '0001-01-01', null, null, '-0.01'],
  ]);
});

test('a binary partition value that is no text is refused', async () => {
  await place.run('CREATE TABLE bytes (x INT, b BINARY) USING DELTA PARTITIONED BY (b)');
  await assert.rejects(
    place.run(String.raw`INSERT INTO bytes VALUES (1, '\xFF\xFE'::BLOB)`),
    /partition column "b" is not UTF-8/,
  );
});

test('an infinite date is refused, and nothing of the statement is left', async () => {
  await place.run(
    'CREATE TABLE infinite (a INT, l ARRAY<DATE>, d DATE, p INT) USING DELTA PARTITIONED BY (p)',
  );
  for (const row of [
    `(1, NULL, 'infinity'::DATE, 1)`,
    `(1, ['-infinity'::DATE], NULL, 1)`,
    `(1, NULL, NULL, 1), (2, NULL, 'infinity'::DATE, 2)`,
  ]) {
    assert.equal(await place.outcome(`INSERT INTO infinite VALUES ${row}`), 'INVALID_INPUT 22000');
  }
  assert.equal(place.versions('infinite'), 1);
  const folder = `${place.warehouse}/default/infinite`;
  const left = readdirSync(folder, { recursive: true }).filter((name) =>
    String(name).endsWith('.parquet'),
  );
  assert.ok(existsSync(folder));
  assert.deepEqual(left, []);
});
