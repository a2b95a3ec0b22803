/** What relations (`sql/plan/relation-sql.ts`) assume of `read_parquet`. */
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { quoteFileName, quoteString } from '../../sql/quote.ts';
import { makeScratch } from '../support/open-engine.ts';
import { openRawDuckdb } from '../support/raw-duckdb.ts';

async function scratch(context: TestContext): Promise<string> {
  const { folder, remove } = await makeScratch();
  context.after(remove);
  return folder;
}

test('a constant list of long strings by file_index holds for 5,000 files', async (context) => {
  const folder = await scratch(context);
  const duckdb = await openRawDuckdb(context);
  const file = join(folder, 'one.parquet');
  await duckdb.rows(`COPY (SELECT 1 AS a) TO ${quoteString(file)}`);
  // The same file 5,000 times is 5,000 files to read_parquet, each with its own index.
  const count = 5000;
  const files = Array.from({ length: count }, () => quoteFileName(file)).join(', ');
  const long = 'x'.repeat(200);
  const values = Array.from({ length: count }, (_, i) => `'${long}${i}'`).join(', ');
  const rows = await duckdb.rows(
    `SELECT count(*), count(DISTINCT p), min(length(p)) FROM (
       SELECT (CAST([${values}] AS VARCHAR[]))[file_index::BIGINT + 1] AS p, a
       FROM read_parquet([${files}], hive_partitioning = false))`,
  );
  assert.deepEqual(rows, [['5000', '5000', '201']]);
});

test('a filter on a value by file_index still opens the files of other values: leaving files out is up to Levee', async (context) => {
  const folder = await scratch(context);
  const duckdb = await openRawDuckdb(context);
  const [good, bad] = [join(folder, 'good.parquet'), join(folder, 'bad.parquet')];
  for (const file of [good, bad]) {
    await duckdb.rows(`COPY (SELECT range AS a FROM range(10000)) TO ${quoteString(file)}`);
  }
  const sql = `SELECT count(*), sum(a) FROM (
     SELECT a, (CAST(['x', 'y'] AS VARCHAR[]))[file_index::BIGINT + 1] AS p
     FROM read_parquet([${quoteFileName(good)}, ${quoteFileName(bad)}], hive_partitioning = false))
   WHERE p = 'x'`;
  assert.deepEqual(await duckdb.rows(sql), [['10000', '49995000']]);
  truncateSync(bad, 100);
  await assert.rejects(duckdb.rows(sql), /No magic bytes/);
});

const oddNames = [
  '[a]',
  'st*r',
  'wh?t',
  "quo'te",
  'per%cent%20',
  'sp ace',
  'umläut 😀',
  'p=1, q',
  '{b}',
];
for (const name of oddNames) {
  test(`a file called ${name} is found by its quoted name`, async (context) => {
    const folder = await scratch(context);
    const duckdb = await openRawDuckdb(context);
    const file = join(folder, `${name}.parquet`);
    await duckdb.rows(`COPY (SELECT 7 AS a) TO ${quoteString(file)}`);
    await duckdb.rows(`COPY (SELECT 8 AS a) TO ${quoteString(join(folder, 'a.parquet'))}`);
    const rows = await duckdb.rows(`SELECT a FROM read_parquet([${quoteFileName(file)}])`);
    assert.deepEqual(rows, [[7]]);
  });
}

test('the schema argument maps by name without field ids: missing, added, widened, reordered, nested', async (context) => {
  const folder = await scratch(context);
  const duckdb = await openRawDuckdb(context);
  const [older, newer] = [join(folder, 'older.parquet'), join(folder, 'newer.parquet')];
  await duckdb.rows(
    `COPY (SELECT 1::INTEGER AS a, 'x' AS gone, {'p': 1::INTEGER, 'q': 'z'} AS s, [{'m': 1::INTEGER}] AS l,
       MAP {'k': {'v': 1::INTEGER}} AS mp) TO ${quoteString(older)}`,
  );
  await duckdb.rows(
    `COPY (SELECT 5::INTEGER AS added, MAP {'k': {'v': 2::BIGINT, 'w': 3}} AS mp, [{'n': 7, 'm': 2::BIGINT}] AS l,
       {'q': 'y', 'r': 3, 'p': 2::BIGINT} AS s, 2::BIGINT AS a) TO ${quoteString(newer)}`,
  );
  const columns = {
    a: 'BIGINT',
    added: 'INTEGER',
    s: 'STRUCT(p BIGINT, q VARCHAR, r INTEGER)',
    l: 'STRUCT(m BIGINT, n INTEGER)[]',
    mp: 'MAP(VARCHAR, STRUCT(v BIGINT, w INTEGER))',
  };
  const map = Object.entries(columns).map(
    ([name, type]) => `'${name}': {name: '${name}', type: '${type}', default_value: NULL}`,
  );
  const rows = await duckdb.rows(
    `SELECT * FROM read_parquet([${quoteFileName(older)}, ${quoteFileName(newer)}],
       schema = MAP {${map.join(', ')}}) ORDER BY a`,
  );
  assert.deepEqual(rows, [
    [
      '1',
      null,
      { p: '1', q: 'z', r: null },
      [{ m: '1', n: null }],
      [{ key: 'k', value: { v: '1', w: null } }],
    ],
    ['2', 5, { p: '2', q: 'y', r: 3 }, [{ m: '2', n: 7 }], [{ key: 'k', value: { v: '2', w: 3 } }]],
  ]);
});

test('a value that does not fit a narrower type of the schema argument is an error, not another value', async (context) => {
  const folder = await scratch(context);
  const duckdb = await openRawDuckdb(context);
  const file = join(folder, 'wide.parquet');
  await duckdb.rows(`COPY (SELECT 3000000000 AS a) TO ${quoteString(file)}`);
  await assert.rejects(
    duckdb.rows(
      `SELECT a FROM read_parquet([${quoteFileName(file)}],
         schema = MAP {'a': {name: 'a', type: 'INTEGER', default_value: NULL}})`,
    ),
    /out of range/i,
  );
});

test('file_index and file_row_number give each row its place', async (context) => {
  const folder = await scratch(context);
  const duckdb = await openRawDuckdb(context);
  const files = [join(folder, 'a.parquet'), join(folder, 'b.parquet')];
  for (const file of files) {
    await duckdb.rows(
      `COPY (SELECT range AS a FROM range(5000)) TO ${quoteString(file)} (ROW_GROUP_SIZE 2048)`,
    );
  }
  const rows = await duckdb.rows(
    `SELECT count(*) FROM read_parquet([${files.map(quoteFileName).join(', ')}],
       schema = MAP {'a': {name: 'a', type: 'BIGINT', default_value: NULL}})
     WHERE file_row_number = a AND file_index IN (0, 1)`,
  );
  assert.deepEqual(rows, [['10000']]);
});
