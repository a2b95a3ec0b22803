import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CodedError } from '../../../catalog/coded-error.ts';
import { anonymous, type Session } from '../../../sql/session.ts';
import type { Parameters, SqlEngine } from '../../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';

let engine: SqlEngine;
let warehouse = '';
let remove: () => Promise<void>;
const session: Session = {
  id: 'test',
  currentSchema: 'default',
  dialect: 'duckdb',
  temporaryViews: new Map(),
};
before(async () => {
  const scratch = await makeScratch();
  warehouse = scratch.folder;
  remove = scratch.remove;
  engine = await openEngine({ warehouse });
});
after(async () => {
  await engine.close();
  await remove();
});

async function run(sql: string, parameters?: Parameters): Promise<number> {
  const { signal } = new AbortController();
  const result = await engine.run({ sql, parameters, session, identity: anonymous, signal });
  let rows = 0;
  for await (const batch of result.batches) rows += batch.rowCount;
  await result.close();
  return rows;
}

interface Add {
  readonly path: string;
  readonly partitionValues: { readonly [name: string]: string | null };
  readonly stats: {
    readonly numRecords: number;
    readonly minValues: { readonly [name: string]: unknown };
    readonly maxValues: { readonly [name: string]: unknown };
    readonly nullCount: { readonly [name: string]: unknown };
  };
}

/** The `add` actions of a version. */
function adds(table: string, version: number): Add[] {
  const file = join(
    warehouse,
    'default',
    table,
    '_delta_log',
    `${String(version).padStart(20, '0')}.json`,
  );
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { add?: Add & { stats: string } })
    .flatMap(({ add }) =>
      add === undefined
        ? []
        : [{ ...add, stats: JSON.parse(add.stats as unknown as string) as Add['stats'] }],
    );
}

function versionsOf(table: string): number {
  return readdirSync(join(warehouse, 'default', table, '_delta_log')).filter((name) =>
    name.endsWith('.json'),
  ).length;
}

test('statistics bound what is in the file, within the rules for each type', async () => {
  await run(
    `CREATE TABLE stats USING DELTA AS SELECT * FROM (VALUES
       (1, 'b' || repeat('x', 50), TIMESTAMPTZ '2020-01-01 00:00:00.123456+00', 1.5::DOUBLE, NULL::INT, DATE '1960-01-01', 12345678901234567.89::DECIMAL(38,2), {'a': 1}, [1]),
       (2, 'a' || repeat('y', 50), TIMESTAMPTZ '2020-01-01 00:00:00.123456+00', 'NaN'::DOUBLE, NULL, NULL, -1, {'a': NULL}, NULL)
     ) v(i, s, ts, d, n, da, de, st, l)`,
  );
  const [add] = adds('stats', 0);
  assert.deepEqual(add?.stats.numRecords, 2);
  assert.deepEqual(add.stats.minValues, {
    i: 1,
    s: `a${'y'.repeat(31)}`,
    ts: '2020-01-01T00:00:00.123Z',
    da: '1960-01-01',
    de: -1,
    st: { a: 1 },
  });
  assert.deepEqual(add.stats.maxValues, {
    i: 2,
    s: `b${'x'.repeat(31)}\u{10FFFF}`,
    ts: '2020-01-01T00:00:00.124Z',
    da: '1960-01-01',
    de: 12345678901234567.89,
    st: { a: 1 },
  });
  assert.deepEqual(add.stats.nullCount, {
    i: 0,
    s: 0,
    ts: 0,
    d: 0,
    n: 2,
    da: 1,
    de: 0,
    st: { a: 1 },
  });
});

test('partition values are in the log as the protocol spells them, whatever the folder is called', async () => {
  await run(
    `CREATE TABLE parts USING DELTA PARTITIONED BY (s, ts, d, f) AS SELECT 1 AS x, s, ts, d, f FROM (VALUES
       ('a/b c%é=', TIMESTAMPTZ '2020-01-01 00:00:00.5+00', DATE '2020-02-29', 'NaN'::DOUBLE),
       ('', NULL, NULL, 'Infinity'::DOUBLE)) v(s, ts, d, f)`,
  );
  const values = adds('parts', 0).map(({ partitionValues }) => partitionValues);
  assert.deepEqual(
    values.sort((a, b) => String(b['s']).localeCompare(String(a['s']))),
    [
      // The log cannot tell an empty string from NULL.
      { s: null, ts: null, d: null, f: 'Infinity' },
      { s: 'a/b c%é=', ts: values.find((v) => v['s'] !== null)?.['ts'], d: '2020-02-29', f: 'NaN' },
    ],
  );
  assert.match(String(values.find((v) => v['s'] !== null)?.['ts']), /^2020-01-01[T ]00:00:00\.5/);
  assert.equal(
    await run(
      `SELECT * FROM parts WHERE s = 'a/b c%é=' AND d = '2020-02-29' AND ts = '2020-01-01 00:00:00.5+00' AND isnan(f)`,
    ),
    1,
  );
  assert.equal(await run(`SELECT * FROM parts WHERE s IS NULL AND ts IS NULL AND isinf(f)`), 1);
});

const assignments: {
  readonly [name: string]: readonly [column: string, value: string, outcome: string];
} = {
  'an integer into a wider one': ['BIGINT', '1::TINYINT', 'ok'],
  'an integer that fits into a narrower one': ['TINYINT', '127::BIGINT', 'ok'],
  'an integer that does not fit': ['TINYINT', '128::BIGINT', 'NUMERIC_VALUE_OUT_OF_RANGE'],
  'a whole decimal into an integer': ['INT', '2.0', 'ok'],
  'a fraction into an integer': ['INT', '1.5', 'INVALID_INPUT'],
  'a fraction of a double into an integer': ['BIGINT', '1.5::DOUBLE', 'INVALID_INPUT'],
  'NaN into an integer': ['BIGINT', "'NaN'::DOUBLE", 'NUMERIC_VALUE_OUT_OF_RANGE'],
  'a decimal that loses digits': ['DECIMAL(5,2)', '1.239', 'INVALID_INPUT'],
  'a decimal that keeps them': ['DECIMAL(5,2)', '1.230', 'ok'],
  'a sum into a BIGINT': ['BIGINT', '(SELECT sum(i) FROM range(10) t(i))', 'ok'],
  'a text that is a date': ['DATE', "'2020-02-29'", 'ok'],
  'a text that is no date': ['DATE', "'2020-02-30'", 'CAST_INVALID_INPUT'],
  'midnight into a date': ['DATE', "TIMESTAMP '2020-01-01 00:00:00'", 'ok'],
  'half past ten into a date': ['DATE', "TIMESTAMP '2020-01-01 10:30:00'", 'INVALID_INPUT'],
  'a number into a date': ['DATE', '1::BIGINT', 'DATATYPE_MISMATCH'],
  'a list into a text': ['STRING', '[1]', 'DATATYPE_MISMATCH'],
  'a boolean into a number': ['INT', 'true', 'DATATYPE_MISMATCH'],
  'NULL into anything': ['STRUCT<a: INT>', 'NULL', 'ok'],
  'an integer literal into a struct': ['STRUCT<a: INT>', '1', 'DATATYPE_MISMATCH'],
  'a struct by the names of its fields': [
    'STRUCT<a: BIGINT, b: STRING>',
    "{'b': 'x', 'a': 1}",
    'ok',
  ],
  'a struct with another field': ['STRUCT<a: INT>', "{'z': 1}", 'DATATYPE_MISMATCH'],
  'NULL into NOT NULL': ['INT NOT NULL', 'NULL', 'DELTA_NOT_NULL_CONSTRAINT_VIOLATED'],
  'a value into NOT NULL': ['INT NOT NULL', '1', 'ok'],
};
let number = 0;
for (const [name, [column, value, expected]] of Object.entries(assignments)) {
  test(`${name}: ${expected}`, async () => {
    const table = `assign${number++}`;
    await run(`CREATE TABLE ${table} (a ${column}, b INT) USING DELTA`);
    const outcome = await run(`INSERT INTO ${table} (a) SELECT ${value}`).then(
      () => 'ok',
      (error: CodedError) => error.code,
    );
    assert.equal(outcome, expected);
    // Nothing is committed by a statement that fails.
    assert.equal(versionsOf(table), expected === 'ok' ? 2 : 1);
  });
}

test('columns are matched by position, by list and by name', async () => {
  await run('CREATE TABLE match (a INT, b STRING, c INT) USING DELTA');
  await run("INSERT INTO match VALUES (1, 'x', 2)");
  await run("INSERT INTO match (c, b) VALUES (4, 'y')");
  await run("INSERT INTO match BY NAME SELECT 'z' AS B, 5 AS a");
  assert.equal(
    await run(
      "SELECT * FROM match WHERE (a, b, c) IN ((1, 'x', 2)) OR (b = 'y' AND c = 4 AND a IS NULL) OR (b = 'z' AND a = 5 AND c IS NULL)",
    ),
    3,
  );
});

const refused: { readonly [name: string]: readonly [sql: string, code: string] } = {
  'too few columns': ['INSERT INTO refuse VALUES (1)', 'DELTA_INSERT_COLUMN_ARITY_MISMATCH'],
  'too many columns': ['INSERT INTO refuse VALUES (1, 2, 3)', 'DELTA_INSERT_COLUMN_ARITY_MISMATCH'],
  'a column that is not there': ['INSERT INTO refuse (a, nope) VALUES (1, 2)', 'COLUMN_NOT_FOUND'],
  'a column given twice': ['INSERT INTO refuse (a, A) VALUES (1, 2)', 'COLUMN_ALREADY_EXISTS'],
  'a table that is not there': ['INSERT INTO nope VALUES (1)', 'TABLE_OR_VIEW_NOT_FOUND'],
};
for (const [name, [sql, code]] of Object.entries(refused)) {
  test(`${name} is refused, with its place`, async () => {
    await run('CREATE TABLE IF NOT EXISTS refuse (a INT, b INT) USING DELTA');
    await assert.rejects(
      run(sql),
      (error: CodedError) => error.code === code && error.hint !== undefined,
    );
    assert.equal(versionsOf('refuse'), 1);
  });
}

test('parameters are values of an INSERT, and its own table is its source as it was', async () => {
  await run('CREATE TABLE self (a INT, b STRING) USING DELTA');
  await run('INSERT INTO self VALUES ($1, $2)', [1, "quo'te"]);
  await run('INSERT INTO self SELECT a + 1, b FROM self');
  await run('INSERT INTO self SELECT a + 10, b FROM self WHERE a < :limit', { limit: 2 });
  assert.equal(await run("SELECT * FROM self WHERE b = 'quo''te' AND a IN (1, 2, 11)"), 3);
});

test('an INSERT without rows is a commit without files', async () => {
  await run('CREATE TABLE none (a INT) USING DELTA');
  await run('INSERT INTO none SELECT 1 WHERE false');
  assert.equal(versionsOf('none'), 2);
  assert.deepEqual(adds('none', 1), []);
  const files = readdirSync(join(warehouse, 'default', 'none')).filter((name) =>
    name.endsWith('.parquet'),
  );
  assert.deepEqual(files, []);
});
