/** Tables with collated strings: what may be done with those, and that nothing else is. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter, tableActions } from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let remove: () => Promise<void>;

/** `people`: id, name (UTF8_LCASE), city (de_CI), tags (an array of UNICODE), note (plain). */
before(async () => {
  const scratch = await makeScratch();
  ({ remove } = scratch);
  writer = await openParquetWriter();
  const people = new DeltaFolder(join(scratch.folder, 'default', 'people'), writer);
  const [protocol, metaData] = tableActions({
    columns: {},
    writerFeatures: ['collations-preview'],
  });
  const field = (name: string, type: unknown, collations?: object): object => ({
    name,
    type,
    nullable: true,
    metadata: collations === undefined ? {} : { __COLLATIONS: collations },
  });
  const list = { type: 'array', elementType: 'string', containsNull: true };
  const schemaString = JSON.stringify({
    type: 'struct',
    fields: [
      field('id', 'integer'),
      field('name', 'string', { name: 'spark.UTF8_LCASE' }),
      field('city', 'string', { city: 'icu.de_CI.75.1' }),
      field('tags', list, { 'tags.element': 'icu.UNICODE' }),
      field('note', 'string', { note: 'spark.UTF8_BINARY' }),
    ],
  });
  const file = async (path: string, rows: string): Promise<{ add: object }> => {
    const { add } = await people.parquet(
      path,
      `SELECT id::INTEGER AS id, name, city, ['a'] AS tags, 'n' AS note FROM (VALUES ${rows}) v(id, name, city)`,
    );
    // The bounds that a reader which compared bytes would leave both files out by.
    const minValues = { id: 0, name: 'z', city: 'z', note: 'n' };
    const stats = JSON.stringify({ numRecords: 2, minValues, maxValues: { ...minValues, id: 9 } });
    return { add: { ...add, stats } };
  };
  people.commit(
    protocol ?? {},
    { metaData: { ...metaData?.['metaData'], schemaString } },
    (await file('a.parquet', `(1, 'Ann', 'Köln'), (2, 'ann', NULL)`)) as never,
    (await file('b.parquet', `(3, 'Bob', 'Bonn'), (4, NULL, 'bonn')`)) as never,
  );
  engine = await openEngine({ warehouse: scratch.folder });
  client = engineClient(engine);
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

const allowed: readonly (readonly [name: string, sql: string, rows: readonly unknown[]])[] = [
  ['selected', 'SELECT name FROM people ORDER BY id', [['Ann'], ['ann'], ['Bob'], [null]]],
  [
    'renamed',
    'WITH c AS (SELECT id, name AS n FROM people) SELECT n FROM c WHERE id = 3',
    [['Bob']],
  ],
  ['asked for NULL', 'SELECT id FROM people WHERE name IS NULL OR id = 1 ORDER BY id', [[1], [4]]],
  ['filtered by NULL', 'SELECT count(*) FROM people WHERE city IS NOT NULL', [[3]]],
  ['counted', 'SELECT count(name), count(city), count(*) FROM people', [[3, 3, 4]]],
  [
    'joined by another column',
    'SELECT a.name FROM people a JOIN people b ON a.id = b.id + 2 ORDER BY b.id',
    [['Bob'], [null]],
  ],
  ['in a UNION ALL', `SELECT name FROM people WHERE id = 1 UNION ALL SELECT 'x'`, [['Ann'], ['x']]],
  ['beside others of all kinds', `SELECT id FROM people WHERE note = 'n' AND id > 3`, [[4]]],
  [
    'in a subquery of another column',
    'SELECT name FROM people WHERE id IN (SELECT max(id) - 1 FROM people)',
    [['Bob']],
  ],
  ['limited', 'SELECT name FROM people ORDER BY id LIMIT 1', [['Ann']]],
  ['not read', 'SELECT note, count(*) FROM people GROUP BY note', [['n', 4]]],
];
for (const [name, sql, rows] of allowed) {
  test(`a collated string can be ${name}`, async () => {
    assert.deepEqual((await client.run({ sql })).rows, rows);
  });
}

const refused: readonly (readonly [name: string, sql: string, what?: RegExp])[] = [
  ['compared with a constant', `SELECT id FROM people WHERE name = 'ann'`],
  ['compared in the SELECT list', `SELECT name = 'ann' FROM people`],
  ['in IN', `SELECT id FROM people WHERE name IN ('ann', 'bob')`],
  ['in a range', `SELECT id FROM people WHERE name BETWEEN 'a' AND 'b'`],
  ['in LIKE', `SELECT id FROM people WHERE name LIKE 'a%'`],
  ['in a function', 'SELECT upper(name) FROM people', /the function upper/],
  ['in a function of a filter', `SELECT id FROM people WHERE contains(name, 'a')`],
  ['concatenated', `SELECT name || '!' FROM people`],
  ['cast', 'SELECT CAST(name AS INTEGER) FROM people WHERE id > 9'],
  ['in CASE', 'SELECT CASE WHEN id = 1 THEN name END FROM people'],
  ['in coalesce', `SELECT coalesce(name, 'x') FROM people`],
  ['packed', 'SELECT {n: name} FROM people'],
  ['sorted', 'SELECT id FROM people ORDER BY name'],
  [
    'sorted after a UNION ALL',
    'SELECT * FROM (SELECT note FROM people UNION ALL SELECT name FROM people) ORDER BY ALL',
  ],
  ['grouped', 'SELECT count(*) FROM people GROUP BY name'],
  ['made distinct', 'SELECT DISTINCT name FROM people'],
  ['counted distinct', 'SELECT count(DISTINCT name) FROM people'],
  ['in min', 'SELECT min(name) FROM people'],
  ['in max with a filter', 'SELECT max(name) FILTER (id > 1) FROM people'],
  ['in a window', 'SELECT row_number() OVER (PARTITION BY name) FROM people'],
  ['in the order of a window', 'SELECT row_number() OVER (ORDER BY name) FROM people'],
  ['joined', 'SELECT a.id FROM people a JOIN people b ON a.name = b.name'],
  [
    'joined by USING',
    'SELECT * EXCLUDE (tags) FROM people a JOIN (SELECT name FROM people) b USING (name)',
  ],
  ['in an IN subquery', 'SELECT id FROM people WHERE name IN (SELECT note FROM people)'],
  [
    'correlated',
    'SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM people q WHERE q.note = p.name)',
  ],
  ['in UNION', 'SELECT name FROM people UNION SELECT note FROM people'],
  ['in EXCEPT', 'SELECT name FROM people EXCEPT ALL SELECT note FROM people', /except/],
  ['in INTERSECT', 'SELECT name FROM people INTERSECT SELECT note FROM people'],
  [
    'in a recursive UNION',
    'WITH RECURSIVE r AS (SELECT id, name FROM people UNION SELECT id + 1, name FROM r WHERE id < 5) SELECT * FROM r',
    /recursive/,
  ],
  ['of another collation, compared', 'SELECT id FROM people WHERE name = city'],
  ['within an array, looked for', `SELECT list_contains(tags, 'a') FROM people`],
  ['within an array, unnested', 'SELECT unnest(tags) FROM people'],
  ['within an array, compared', 'SELECT id FROM people ORDER BY tags'],
  ['with a parameter', 'SELECT id FROM people WHERE name = ?'],
];
for (const [name, sql, what = /collation/] of refused) {
  test(`a collated string is refused when ${name}`, async () => {
    const parameters = sql.includes('?') ? ['ann'] : undefined;
    await assert.rejects(client.run({ sql, parameters }), (error) => {
      assert.ok(error instanceof SqlFailure, String(error));
      assert.equal(error.code, 'UNSUPPORTED_FEATURE', error.message);
      assert.match(error.message, /strings with a collation/);
      assert.match(error.message, what);
      assert.notEqual(error.position, undefined);
      return true;
    });
  });
}

test('a view and a table made of collated strings are held to the same', async () => {
  await client.run({ sql: 'CREATE VIEW names AS SELECT id, name FROM people' });
  assert.deepEqual((await client.run({ sql: 'SELECT count(name) FROM names' })).rows, [[3]]);
  await assert.rejects(client.run({ sql: 'SELECT DISTINCT name FROM names' }), /collation/);
  await assert.rejects(
    client.run({ sql: 'CREATE TABLE d AS SELECT DISTINCT name FROM people' }),
    /collation/,
  );
  await assert.rejects(
    client.run({ sql: 'EXPLAIN SELECT DISTINCT name FROM people' }),
    /collation/,
  );
});

test('columns say their collation, in answers and in DESCRIBE', async () => {
  const answer = await client.run({
    sql: 'SELECT id, name, c.city, tags, note FROM people AS c LIMIT 1',
  });
  assert.deepEqual(
    answer.columns.map(({ type }) => type),
    [
      'INT',
      'STRING COLLATE UTF8_LCASE',
      'STRING COLLATE de_CI',
      'ARRAY<STRING COLLATE UNICODE>',
      'STRING',
    ],
  );
  const described = await client.run({ sql: 'DESCRIBE people' });
  assert.deepEqual(
    described.rows.map(([, type]) => type),
    [
      'INT',
      'STRING COLLATE UTF8_LCASE',
      'STRING COLLATE de_CI',
      'ARRAY<STRING COLLATE UNICODE>',
      'STRING',
    ],
  );
});
