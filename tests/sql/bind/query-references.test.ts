import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readQueryReferences } from '../../../sql/bind/query-references.ts';
import { quoteString } from '../../../sql/quote.ts';
import { openRawDuckdb, type RawDuckdb } from '../../support/raw-duckdb.ts';

let duckdb: RawDuckdb;
const closers: (() => void)[] = [];
before(async () => {
  duckdb = await openRawDuckdb({ after: (close) => void closers.push(close as () => void) });
});
after(() => closers.forEach((close) => close()));

async function tablesOf(sql: string): Promise<string[]> {
  const [[tree] = []] = await duckdb.rows(`SELECT json_serialize_sql(${quoteString(sql)})`);
  return readQueryReferences(String(tree)).tables.map(({ name }) => name.join('.'));
}

const cases: { readonly [name: string]: readonly [sql: string, tables: readonly string[]] } = {
  'a table': ['SELECT * FROM t', ['t']],
  'a qualified table': ['SELECT * FROM main.s.t', ['main.s.t']],
  'a quoted name with dots and quotes': ['SELECT * FROM "a.b""c"', ['a.b"c']],
  'a CTE is no table': ['WITH c AS (SELECT 1) SELECT * FROM c', []],
  'a CTE hides a table from the query after it': [
    'WITH t AS (SELECT * FROM u) SELECT * FROM t',
    ['u'],
  ],
  'a CTE that is not recursive sees the table of its own name': [
    'WITH t AS (SELECT * FROM t) SELECT * FROM t',
    ['t'],
  ],
  'a recursive CTE sees itself': [
    'WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 3) SELECT * FROM t',
    [],
  ],
  'a CTE sees those before it and not those after it': [
    'WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b',
    ['b'],
  ],
  'a CTE of an inner query ends with it': [
    'SELECT * FROM (WITH c AS (SELECT 1) SELECT * FROM c) x, c',
    ['c'],
  ],
  'an outer CTE is seen inside': [
    'WITH c AS (SELECT 1) SELECT (SELECT count(*) FROM c), * FROM (SELECT * FROM c) x',
    [],
  ],
  'case does not matter to CTEs': ['WITH C AS (SELECT 1) SELECT * FROM c', []],
  'a qualified name is never a CTE': ['WITH t AS (SELECT 1) SELECT * FROM s.t', ['s.t']],
  'materialized CTEs': ['WITH c AS MATERIALIZED (SELECT * FROM t) SELECT * FROM c, c d', ['t']],
  'subqueries everywhere': [
    'SELECT (SELECT max(x) FROM a), CASE WHEN EXISTS (SELECT 1 FROM b) THEN 1 END FROM c WHERE k IN (SELECT k FROM d) GROUP BY ALL HAVING count(*) > (SELECT 1 FROM e) ORDER BY (SELECT 1 FROM f) LIMIT (SELECT 1 FROM g)',
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
  ],
  'set operations': [
    'SELECT 1 FROM a UNION SELECT 2 FROM b EXCEPT SELECT 3 FROM c',
    ['a', 'b', 'c'],
  ],
  'joins of every kind': [
    'SELECT * FROM a JOIN b USING (x) LEFT JOIN c ON true CROSS JOIN d NATURAL JOIN e ASOF JOIN f USING (x) SEMI JOIN g USING (x) POSITIONAL JOIN h',
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
  ],
  lateral: ['SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.x = a.x) l', ['a', 'b']],
  'VALUES and table functions are no tables': [
    'SELECT * FROM (VALUES (1)) v(a), range(3) r(i), unnest([1]) u(x)',
    [],
  ],
  'FROM first': ['FROM t', ['t']],
  'a file name is a name like any other': ["SELECT * FROM '/etc/passwd'", ['/etc/passwd']],
  'inside list comprehensions and lambdas': [
    'SELECT [x FOR x IN (SELECT l FROM t) IF x > (SELECT 1 FROM u)]',
    ['t', 'u'],
  ],
  'inside COLUMNS, REPLACE and QUALIFY': [
    'SELECT * REPLACE ((SELECT 1 FROM a) AS x) FROM b QUALIFY row_number() OVER (ORDER BY (SELECT 1 FROM c)) = 1',
    ['a', 'b', 'c'],
  ],
};
for (const [name, [sql, expected]] of Object.entries(cases)) {
  test(name, async () => {
    assert.deepEqual((await tablesOf(sql)).sort(), [...expected].sort());
  });
}

test('time travel on a CTE is an error with its place', async () => {
  await assert.rejects(
    tablesOf('WITH c AS (SELECT 1) SELECT * FROM c AT (VERSION => 1)'),
    (error: { code: string; byteOffset: number }) =>
      error.code === 'PARSE_SYNTAX_ERROR' && error.byteOffset === 35,
  );
});

test('a decimal is not taken for a version by its unscaled digits', async () => {
  const [[tree] = []] = await duckdb.rows(
    `SELECT json_serialize_sql('SELECT * FROM t AT (VERSION => 1.5)')`,
  );
  assert.deepEqual(readQueryReferences(String(tree)).tables[0]?.timeTravel, {
    unit: 'VERSION',
    constant: undefined,
  });
});

for (const [name, sql] of [
  ['DESCRIBE', 'FROM (DESCRIBE t)'],
  ['SUMMARIZE', 'FROM (SUMMARIZE t)'],
  ['SHOW', 'FROM (SHOW TABLES)'],
] as const) {
  test(`${name} inside FROM is refused`, async () => {
    await assert.rejects(tablesOf(sql), { code: 'UNSUPPORTED_FEATURE' });
  });
}
