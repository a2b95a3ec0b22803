/** That the hidden column `_metadata` stays hidden. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter } from '../../support/delta-folder.ts';
import { writeMetadataTable } from '../../support/metadata-table.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from '../../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let remove: () => Promise<void>;

before(async () => {
  const scratch = await makeScratch();
  ({ remove } = scratch);
  writer = await openParquetWriter();
  const table = (name: string): DeltaFolder =>
    new DeltaFolder(join(scratch.folder, 'default', name), writer);
  await writeMetadataTable(table('t'));
  const own = table('own');
  own.create(
    { columns: { id: 'long', _METADATA: 'string' } },
    await own.parquet('a.parquet', `SELECT 1::BIGINT AS id, 'mine' AS "_METADATA"`),
  );
  engine = await openEngine({ warehouse: scratch.folder });
  client = engineClient(engine);
  await client.run({ sql: 'CREATE VIEW v AS SELECT id, _metadata.row_index AS at FROM t' });
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

async function rows(sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await client.run({ sql })).rows;
}

async function names(sql: string): Promise<readonly string[]> {
  return (await client.run({ sql })).columns.map(({ name }) => name);
}

// --- hidden -------------------------------------------------------------------------------------

/** Queries that use the column and whose answers must have the columns of `t` alone. */
const hidden: readonly (readonly [name: string, sql: string, columns?: string])[] = [
  ['*', 'SELECT * FROM t WHERE _metadata.row_index >= 0'],
  ['a * with EXCLUDE', 'SELECT * EXCLUDE (name) FROM t WHERE _metadata.row_index = 1', 'id,p'],
  ['EXCLUDE of one', 'SELECT * EXCLUDE name FROM t WHERE _metadata.row_index = 1', 'id,p'],
  ['EXCLUDE by table', 'SELECT * EXCLUDE t.name FROM t WHERE _metadata.row_index = 1', 'id,p'],
  ['REPLACE', `SELECT * REPLACE ('x' AS name) FROM t WHERE _metadata.row_index = 1`],
  ['RENAME', 'SELECT * RENAME (p AS q) FROM t WHERE _metadata.row_index = 1', 'id,name,q'],
  ['LIKE', `SELECT * LIKE '%a%' FROM t WHERE _metadata.row_index = 1`, 'name'],
  ['t.*', 'SELECT x.* FROM t AS x WHERE x._metadata.row_index = 1'],
  ['"T".*', 'SELECT "T".* FROM t AS "T" WHERE t._metadata.row_index = 1'],
  ['COLUMNS(*)', 'SELECT COLUMNS(*) FROM t WHERE _metadata.row_index = 1'],
  ['COLUMNS in a call', 'SELECT max(COLUMNS(*)) FROM t WHERE _metadata.row_index = 1'],
  [
    'COLUMNS(t.*)',
    'SELECT COLUMNS(t.* EXCLUDE (id)) FROM t WHERE _metadata.row_index = 1',
    'name,p',
  ],
  ['a * not written', 'FROM t WHERE _metadata.row_index = 1'],
  ['a prefix alias', 'FROM x: t WHERE x._metadata.row_index = 1'],
  ['TABLE', 'SELECT * FROM (TABLE t) WHERE id IN (SELECT id FROM t WHERE _metadata.row_index = 1)'],
  ['FROM in brackets', 'SELECT * FROM (FROM t WHERE _metadata.row_index = 1)'],
  ['a subquery', 'SELECT * FROM (SELECT * FROM t WHERE _metadata.row_index = 1)'],
  ['UNION', 'SELECT * FROM t WHERE _metadata.row_index = 1 UNION SELECT * FROM t'],
  ['UNION BY NAME', 'SELECT * FROM t WHERE _metadata.row_index = 1 UNION BY NAME SELECT * FROM t'],
  ['a CTE', 'WITH c AS (SELECT * FROM t WHERE _metadata.row_index = 1) SELECT * FROM c'],
  ['DISTINCT ON', 'SELECT DISTINCT ON (_metadata.file_name) * FROM t'],
  ['names for columns', 'SELECT * FROM t AS x(a, b) WHERE _metadata.row_index = 1', 'a,b,p'],
  ['time travel', 'SELECT * FROM t VERSION AS OF 0 AS x WHERE x._metadata.row_index = 1'],
  ['SEMI JOIN', 'SELECT * FROM t SEMI JOIN t u ON t.id = u._metadata.row_index'],
  ['NATURAL JOIN', 'SELECT * FROM t a NATURAL JOIN t b WHERE a._metadata.row_index = 1'],
  [
    'USING',
    'SELECT * FROM t a JOIN t b USING (id, name, p) WHERE a._metadata.row_index = b._metadata.row_index',
  ],
  ['EXISTS', 'SELECT * FROM t WHERE EXISTS (SELECT * FROM t u WHERE u._metadata.row_index = t.id)'],
  [
    'a correlated use',
    'SELECT u.* FROM t u WHERE (SELECT count(*) FROM t WHERE id = u._metadata.row_index) = 1',
  ],
  ['a schema', 'SELECT * FROM main.default.t WHERE main.default.t._metadata.row_index = 1'],
];
for (const [name, sql, columns = 'id,name,p'] of hidden) {
  test(`stays out of ${name}`, async () => {
    const answer = await client.run({ sql });
    assert.equal(answer.columns.map((column) => column.name).join(), columns);
    assert.notEqual(answer.rows.length, 0);
  });
}

test('stands beside a *, in joins, groups, orders, views and the Spark dialect', async () => {
  assert.deepEqual(await names('SELECT *, _metadata.file_name FROM t'), [
    'id',
    'name',
    'p',
    'file_name',
  ]);
  assert.deepEqual(
    await rows('SELECT _metadata.file_name AS f, count(*) FROM t GROUP BY f ORDER BY f'),
    [
      ['late.parquet', 1],
      ['plain.parquet', 2],
      ['ü%20%2541%23%5B1%5D.parquet', 3],
    ],
  );
  assert.deepEqual(await rows('SELECT * FROM v ORDER BY id LIMIT 2'), [
    [1, 1],
    [3, 3],
  ]);
  assert.deepEqual(
    await rows(
      'SELECT a.id FROM t a JOIN v ON a._metadata.row_index = v.at AND a.id = v.id ORDER BY a._metadata.row_index DESC, 1',
    ),
    [[3], [6], [1], [5], [4], [7]],
  );
  const spark = {
    sql: 'SELECT `t`.`_metadata`.`row_index`, * FROM t WHERE id = 3',
    dialect: 'spark',
  } as const;
  assert.deepEqual((await engineClient(engine).run(spark)).rows, [[3, 3, 'n3', 'x']]);
});

test('is not in DESCRIBE, nor in information_schema', async () => {
  assert.equal(
    (await rows('DESCRIBE t')).some(([name]) => name === '_metadata'),
    false,
  );
  const columns = `SELECT count(*) FROM information_schema.columns WHERE column_name = '_metadata'`;
  assert.deepEqual(await rows(columns), [[0]]);
});

test('a table with a column of that name keeps its own', async () => {
  assert.deepEqual(await rows('SELECT _metadata, * FROM own'), [['mine', 1, 'mine']]);
  assert.deepEqual(await rows('SELECT x._metadata FROM t AS x(_metadata) WHERE x._metadata = 5'), [
    [5],
  ]);
  // `own` shows its column, `t` hides its own.
  const both = 'SELECT * FROM own JOIN t ON t._metadata.row_index = own.id AND t.id = 1';
  assert.deepEqual(await rows(both), [[1, 'mine', 1, 'n1', 'x']]);
});

const refused: readonly (readonly [name: string, sql: string, message: RegExp, column: number])[] =
  [
    [
      'a pattern of COLUMNS',
      `SELECT COLUMNS('a') FROM t WHERE _metadata.row_index = 1`,
      /COLUMNS/,
      8,
    ],
    [
      'a lambda of COLUMNS',
      `SELECT COLUMNS(lambda c: c = 'id') FROM t WHERE _metadata.row_index = 1`,
      /no \*/,
      41,
    ],
    ['a row as a value', 'SELECT t FROM t WHERE _metadata.row_index = 1', /t as a value/, 8],
    [
      'a row of outside',
      'SELECT (SELECT x) FROM t x WHERE _metadata.row_index = 1',
      /x as a value/,
      16,
    ],
    ['a column by number', 'SELECT #4 FROM t WHERE _metadata.row_index = 1', /by number/, 8],
    [
      'NATURAL JOIN of two',
      'SELECT * FROM t a NATURAL JOIN t b WHERE a._metadata = b._metadata',
      /NATURAL/,
      19,
    ],
    [
      'NATURAL JOIN of a subquery',
      'SELECT * FROM t a NATURAL JOIN (SELECT 1 AS id) b WHERE a._metadata.row_index = 1',
      /NATURAL/,
      19,
    ],
    [
      'NATURAL JOIN of a table that shows one',
      'SELECT * FROM t NATURAL JOIN own WHERE t._metadata.row_index = 1',
      /NATURAL/,
      17,
    ],
    [
      'USING',
      'SELECT t._metadata FROM t JOIN t u USING (_metadata) WHERE u._metadata IS NOT NULL',
      /USING/,
      27,
    ],
    [
      'PIVOT',
      'SELECT * FROM t PIVOT (count(*) FOR id IN (1, 2)) WHERE _metadata.row_index = 1',
      /PIVOT/,
      17,
    ],
    ['UNPIVOT', 'SELECT _metadata FROM t UNPIVOT (v FOR k IN (name, p))', /PIVOT/, 25],
    [
      'a join with an alias',
      'SELECT * FROM (t a JOIN t b ON a._metadata.row_index = b.id) AS j',
      /no \*/,
      16,
    ],
  ];
for (const [name, sql, message, column] of refused) {
  test(`is refused with ${name}`, async () => {
    await assert.rejects(rows(sql), (error) => {
      assert.ok(error instanceof SqlFailure, String(error));
      assert.equal(error.code, 'UNSUPPORTED_FEATURE', error.message);
      assert.match(error.message, message);
      assert.deepEqual(error.position, { line: 1, column });
      return true;
    });
  });
}

test('is no column of subqueries, views and tables of two kinds at once', async () => {
  await assert.rejects(rows('SELECT _metadata.file_path FROM (SELECT * FROM t)'), SqlFailure);
  await assert.rejects(rows('SELECT _metadata.file_path FROM v'), SqlFailure);
  await assert.rejects(rows('SELECT _metadata.file_path FROM t a, t b'), /[Aa]mbiguous/);
  await assert.rejects(rows('SELECT _metadata.row_id FROM t'), /Could not find key "row_id"/);
  await assert.rejects(
    rows('SELECT * FROM t AS x(a, b, c, d) WHERE _metadata.row_index = 1'),
    SqlFailure,
  );
});
