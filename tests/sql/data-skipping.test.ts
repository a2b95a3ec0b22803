import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine, StatementStatistics } from '../../sql/sql-engine.ts';
import { anonymous } from '../../sql/session.ts';
import { DeltaFolder, openParquetWriter } from '../support/delta-folder.ts';
import { inlineDeletionVector } from '../support/inline-deletion-vector.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, newSession, type CellValue, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;
const fileCount = 6;

/**
 * Table `t`: file k has the ids 10k to 10k+9, names `n<k>-<id>`, a struct with the id, the days of
 * month k+1; its partition is `even` or `odd`, and NULL for the last one.
 */
before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  writer = await openParquetWriter();
  const t = new DeltaFolder(join(warehouse, 'default', 't'), writer);
  const adds = await Promise.all(
    Array.from({ length: fileCount }, async (_, k) => {
      const from = k * 10;
      const month = String(k + 1).padStart(2, '0');
      const bounds = (id: number, day: string, time: string) => ({
        id,
        name: `n${k}-${String(id).padStart(2, '0')}`,
        st: { id },
        day: `2024-${month}-${day}`,
        ts: `2024-${month}-${day}T${time}.000Z`,
      });
      const stats = {
        numRecords: 10,
        minValues: bounds(from, '01', '00:00:00'),
        maxValues: bounds(from + 9, '10', '12:00:00'),
        nullCount: { id: 0, name: 0, st: { id: 0 }, day: 0, ts: 0, note: k === 3 ? 2 : 0 },
      };
      return await t.parquet(
        `part-${k}.parquet`,
        `SELECT i::BIGINT AS id, printf('n${k}-%02d', i) AS name, struct_pack(id := i::BIGINT) AS st,
           DATE '2024-${month}-01' + (i - ${from})::INTEGER AS day,
           make_timestamptz(2024, ${k + 1}, (i - ${from} + 1)::BIGINT, 12, 0, 0) AS ts,
           CASE WHEN ${k} = 3 AND i < 32 THEN NULL ELSE 'x' END AS note
         FROM range(${from}, ${from + 10}) r(i)`,
        {
          add: {
            stats: JSON.stringify(stats),
            partitionValues: { half: k === 5 ? null : k % 2 === 0 ? 'even' : 'odd' },
          },
        },
      );
    }),
  );
  const struct = {
    type: 'struct',
    fields: [{ name: 'id', type: 'long', nullable: true, metadata: {} }],
  };
  t.create(
    {
      columns: {
        id: 'long',
        name: 'string',
        st: struct,
        day: 'date',
        ts: 'timestamp',
        note: 'string',
        half: 'string',
      },
      partitionColumns: ['half'],
    },
    ...adds,
  );
  engine = await openEngine({ warehouse });
  client = engineClient(engine);
  await client.run({ sql: 'CREATE VIEW v AS SELECT id AS key, * FROM t WHERE id >= 20' });
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

interface Outcome {
  readonly rows: readonly (readonly CellValue[])[];
  readonly statistics: StatementStatistics;
}

async function ask(sql: string, parameters?: readonly (string | number)[]): Promise<Outcome> {
  const { rows } = await client.run({ sql, parameters });
  const { signal } = new AbortController();
  const session = newSession();
  const result = await engine.run({ sql, parameters, session, identity: anonymous, signal });
  await result.close();
  return { rows, statistics: result.statistics };
}

const path = (k: number, suffix = ''): string =>
  join(warehouse, 'default', 't', `part-${k}.parquet${suffix}`);

/** Asks while all other files are away: a query that opens one of them fails. */
async function askWithOnly(
  files: readonly number[],
  sql: string,
  parameters?: readonly (string | number)[],
): Promise<Outcome> {
  const away = Array.from({ length: fileCount }, (_, k) => k).filter((k) => !files.includes(k));
  for (const k of away) renameSync(path(k), path(k, '.away'));
  try {
    return await ask(sql, parameters);
  } finally {
    for (const k of away) if (existsSync(path(k, '.away'))) renameSync(path(k, '.away'), path(k));
  }
}

const queries: readonly [
  name: string,
  sql: string,
  files: readonly number[],
  scanned: number,
  parameters?: readonly (string | number)[],
][] = [
  ['a point', 'SELECT name FROM t WHERE id = 23', [2], 1],
  ['a point between the files', 'SELECT name FROM t WHERE id = 100', [], 0],
  ['a range', 'SELECT * FROM t WHERE id BETWEEN 18 AND 31', [1, 2, 3], 3],
  ['a list', 'SELECT * FROM t WHERE id IN (1, 55, 1000)', [0, 5], 2],
  ['a prefix', "SELECT * FROM t WHERE name LIKE 'n4%'", [4], 1],
  ['a prefix in an OR', "SELECT * FROM t WHERE starts_with(name, 'n4') OR id = 3", [0, 4], 2],
  ['conditions on two columns', "SELECT * FROM t WHERE id > 25 AND day < '2024-04-01'", [2], 1],
  ['an OR of two columns', "SELECT * FROM t WHERE id = 5 OR day = '2024-06-02'", [0, 5], 2],
  ['a field of a struct', 'SELECT * FROM t WHERE st.id = 41', [4], 1],
  ['a field of a struct by another case', 'SELECT * FROM t WHERE ST.ID >= 41', [4, 5], 2],
  ['days of instants', "SELECT * FROM t WHERE CAST(ts AS DATE) = DATE '2024-05-03'", [4], 1],
  ['an instant', "SELECT * FROM t WHERE ts > '2024-06-01 00:00:00+00'", [5], 1],
  ['a decimal against whole numbers', 'SELECT * FROM t WHERE id <= 9.5', [0], 1],
  ['IS NULL', 'SELECT id FROM t WHERE note IS NULL', [3], 1],
  ['a partition', "SELECT id FROM t WHERE half = 'odd'", [1, 3], 2],
  ['the NULL partition', 'SELECT id FROM t WHERE half IS NULL', [5], 1],
  ['all but one partition', "SELECT id FROM t WHERE half <> 'odd'", [0, 2, 4], 3],
  ['partition and statistics', "SELECT id FROM t WHERE half = 'even' AND id > 20", [2, 4], 2],
  ['a contradiction', 'SELECT id FROM t WHERE id = 1 AND id = 2', [], 0],
  [
    'a join, through its condition',
    'SELECT a.id FROM t a JOIN t b USING (id) WHERE b.id = 7',
    [0],
    2,
  ],
  [
    'a left join',
    'SELECT a.id, b.name FROM t a LEFT JOIN t b ON a.id = b.id + 10 AND b.id < 5 WHERE a.id BETWEEN 10 AND 12',
    [0, 1],
    2,
  ],
  [
    'a subquery',
    'SELECT count(*) FROM t WHERE id < 5 AND id IN (SELECT id FROM t WHERE id = 3)',
    [0],
    2,
  ],
  [
    'a common table expression used twice with different filters',
    'WITH c AS NOT MATERIALIZED (SELECT * FROM t) SELECT id FROM c WHERE id = 1 UNION ALL SELECT id FROM c WHERE id = 42',
    [0, 4],
    2,
  ],
  [
    'a common table expression that is computed once for both',
    'WITH c AS MATERIALIZED (SELECT * FROM t) SELECT id FROM c WHERE id = 1 UNION ALL SELECT id FROM c WHERE id = 42',
    [0, 4],
    2,
  ],
  ['a view', 'SELECT * FROM v WHERE key < 25', [2], 1],
  ['parameters', 'SELECT id FROM t WHERE id = ? OR name = ?', [1, 2], 2, [11, 'n2-25']],
  ['a parameter of another type', 'SELECT id FROM t WHERE day = ?', [3], 1, ['2024-04-04']],
  ['any rows', 'SELECT id FROM t LIMIT 7', [0], 1],
  ['any rows beyond others', 'SELECT id FROM t LIMIT 3 OFFSET 9', [0, 1], 2],
  ['any rows of a partition', "SELECT id FROM t WHERE half = 'odd' LIMIT 5", [1], 1],
  ['no rows', 'SELECT id FROM t LIMIT 0', [], 0],
  ['a time travel', 'SELECT id FROM t VERSION AS OF 0 WHERE id = 14', [1], 1],
  ['a volatile condition beside', 'SELECT id FROM t WHERE id = 14 AND random() >= 0', [1], 1],
  ['backticks', 'SELECT `id` FROM `t` WHERE `id` = 14', [1], 1],
];
for (const [name, sql, files, scanned, parameters] of queries) {
  test(`opens only the files that may have rows: ${name}`, async () => {
    const expected = await ask(sql, parameters);
    const found = await askWithOnly(files, sql, parameters);
    assert.deepEqual(found, expected);
    assert.equal(found.statistics.filesScanned, scanned);
  });
}

const whole: readonly [name: string, sql: string][] = [
  ['no condition', 'SELECT sum(id) FROM t'],
  ['a condition that is not understood', 'SELECT id FROM t WHERE id % 10 = 3'],
  ['an OR with a part that is not understood', 'SELECT id FROM t WHERE id = 3 OR id % 10 = 4'],
  ['a limit above a filter', "SELECT id FROM t WHERE note = 'x' LIMIT 60"],
  ['a limit after an order', 'SELECT id FROM t ORDER BY id DESC LIMIT 1'],
  [
    'a common table expression that one of its uses needs whole',
    'WITH c AS NOT MATERIALIZED (SELECT * FROM t) SELECT (SELECT id FROM c WHERE id = 1), sum(id) FROM c',
  ],
];
for (const [name, sql] of whole) {
  test(`reads all files: ${name}`, async () => {
    const { statistics } = await ask(sql);
    assert.equal(statistics.filesScanned, statistics.filesTotal);
  });
}

test('no filter is invented from the data', async () => {
  // With the statistics of a joined table DuckDB would add conditions that the query does not have.
  const { rows } = await client.run({
    sql: 'EXPLAIN SELECT t.id FROM t JOIN (VALUES (3), (7)) v(x) ON t.id = v.x',
  });
  const text = rows.map(([line]) => (typeof line === 'string' ? line : '')).join('\n');
  assert.match(text, /6 of 6 files/);
  assert.doesNotMatch(text, /rows needed/);
});

test('the time is the same where a query is planned and where it runs', async () => {
  // `ts` is long gone: every row qualifies, and none does the other way round.
  assert.equal((await ask('SELECT id FROM t WHERE ts < now()')).rows.length, 60);
  const none = await ask('SELECT id FROM t WHERE ts > current_timestamp OR day > current_date');
  assert.deepEqual([none.rows, none.statistics.filesScanned], [[], 0]);
  const { rows } = await client.run({
    sql: `SELECT count(*), bool_and(now() = current_timestamp AND today() = current_date
            AND get_current_timestamp() = now() AND transaction_timestamp() = now()
            AND current_localtimestamp() = now()::TIMESTAMP AND current_date = now()::DATE
            AND localtime = current_localtimestamp()::TIME AND ago(INTERVAL 1 DAY) = now() - INTERVAL 1 DAY)
          FROM t WHERE id < 5`,
  });
  assert.deepEqual(rows, [[5, true]]);
});

test('the name of a column that shows the time stays what it was', async () => {
  const { columns } = await client.run({ sql: 'SELECT now(), current_date FROM t WHERE id = 1' });
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['now()', 'current_date'],
  );
});

const answers: readonly [name: string, sql: string, rows: readonly CellValue[]][] = [
  ['the number of rows', 'SELECT count(*) FROM t', [60]],
  ['under another name', 'SELECT count(*) AS "n m" FROM t', [60]],
  ['of a partition', "SELECT count(*) FROM t WHERE half = 'odd'", [20]],
  ['of no partition', "SELECT count(*) FROM t WHERE half = 'neither'", [0]],
  [
    'of partitions by two conditions',
    "SELECT count(*) FROM t WHERE half = 'odd' OR half IS NULL",
    [30],
  ],
  ['the bounds of a column', 'SELECT min(id), max(id), max(day) FROM t', [0, 59, '2024-06-10']],
  [
    'the bounds in a partition',
    "SELECT min(id), count(*), max(id) FROM t WHERE half = 'odd'",
    [10, 20, 39],
  ],
  ['the bounds of nothing', "SELECT count(*), max(id) FROM t WHERE half = ''", [0, null]],
  ['through a view', 'SELECT count(*) FROM (SELECT id, name FROM t)', [60]],
];
for (const [name, sql, expected] of answers) {
  test(`the log answers without opening a file: ${name}`, async () => {
    const { columns } = await client.run({ sql });
    const { rows, statistics } = await askWithOnly([], sql);
    assert.deepEqual(rows, [expected]);
    assert.equal(statistics.filesScanned, 0);
    const described = await client.run({ sql: `DESCRIBE ${sql}` });
    assert.deepEqual(
      described.rows.map(([column, type]) => [column, type]),
      columns.map((column) => [column.name, column.type]),
    );
  });
}

const unanswered: readonly string[] = [
  'SELECT count(name) FROM t',
  'SELECT count(DISTINCT id) FROM t',
  'SELECT max(name) FROM t',
  'SELECT max(ts) FROM t',
  'SELECT count(*) FROM t WHERE id > 5',
  'SELECT count(*) FILTER (WHERE id > 5) FROM t',
  'SELECT count(*) FROM t GROUP BY half',
  'SELECT count(*) FROM t a, t b',
  'SELECT max(id + 1) FROM t',
];
for (const sql of unanswered) {
  test(`the log does not answer ${sql}`, async () => {
    assert.notEqual((await ask(sql)).statistics.filesScanned, 0);
  });
}

test('rows that deletion vectors took away are not counted, and bounds not taken from the log', async () => {
  const d = new DeltaFolder(join(warehouse, 'default', 'd'), writer);
  const file = (k: number, more: Record<string, unknown> = {}) =>
    d.parquet(`${k}.parquet`, `SELECT i::BIGINT AS id FROM range(${k * 4}, ${k * 4 + 4}) r(i)`, {
      add: {
        stats: JSON.stringify({
          numRecords: 4,
          tightBounds: more.deletionVector === undefined,
          minValues: { id: k * 4 },
          maxValues: { id: k * 4 + 3 },
          nullCount: { id: 0 },
        }),
        ...more,
      },
    });
  d.create(
    { columns: { id: 'long' }, readerFeatures: ['deletionVectors'] },
    await file(0),
    await file(1, { deletionVector: inlineDeletionVector([0, 3]) }),
  );
  const counted = await ask('SELECT count(*) FROM d');
  assert.deepEqual([counted.rows, counted.statistics.filesScanned], [[[6]], 0]);
  const bounds = await ask('SELECT min(id), max(id) FROM d');
  assert.deepEqual([bounds.rows, bounds.statistics.filesScanned], [[[0, 6]], 2]);
  // Six rows are left: five of them need both files.
  const limited = await ask('SELECT id FROM d LIMIT 5');
  assert.deepEqual([limited.rows.length, limited.statistics.filesScanned], [5, 2]);
  assert.deepEqual((await ask('SELECT id FROM d WHERE id = 7')).rows, []);
});

test('a file that does not say how many rows it has is counted by reading', async () => {
  const u = new DeltaFolder(join(warehouse, 'default', 'u'), writer);
  u.create(
    { columns: { id: 'long' } },
    await u.parquet('0.parquet', 'SELECT 1::BIGINT AS id', { add: { stats: '{"numRecords":1}' } }),
    await u.parquet('1.parquet', 'SELECT 2::BIGINT AS id'),
  );
  const { rows, statistics } = await ask('SELECT count(*) FROM u');
  assert.deepEqual([rows, statistics.filesScanned], [[[2]], 2]);
});

test('min and max of a partition column of strings or decimals open no file', async () => {
  const t = new DeltaFolder(join(warehouse, 'default', 'ordered'), writer);
  const files = [
    ['z', '9.50'],
    ['\uffee', '10.00'],
    ['\u{1f600}', '-3.25'],
    [null, null],
    ['Z', '-3.00'],
  ].map(([word, number], k) =>
    t.parquet(`part-${k}.parquet`, `SELECT ${k}::BIGINT AS id`, {
      add: { stats: '{"numRecords":1}', partitionValues: { word, number } },
    }),
  );
  t.create(
    {
      columns: { id: 'long', word: 'string', number: 'decimal(6,2)' },
      partitionColumns: ['word', 'number'],
    },
    ...(await Promise.all(files)),
  );
  const fromLog = await ask('SELECT min(word), max(word), min(number), max(number) FROM ordered');
  assert.deepEqual(fromLog.rows, [['Z', '\u{1f600}', '-3.25', '10.00']]);
  assert.equal(fromLog.statistics.filesScanned, 0);
  const read = await ask(
    'SELECT min(word), max(word), min(number), max(number) FROM ordered WHERE id >= 0',
  );
  assert.deepEqual([read.rows, read.statistics.filesScanned], [fromLog.rows, 5]);
});

async function explained(sql: string): Promise<readonly string[]> {
  const { rows } = await client.run({ sql: `EXPLAIN ${sql}` });
  const lines = rows.map(([line]) => (typeof line === 'string' ? line : ''));
  return lines.slice(0, lines.indexOf(''));
}

test('EXPLAIN tells which files are left out, and by what', async () => {
  const lines = await explained("SELECT id FROM t WHERE half = 'even' AND id > 20");
  assert.deepEqual(lines.slice(2, 6), [
    '    log: known, no file read',
    "    rows needed: id > 20 AND half = 'even'",
    '    files left out: 3 by partition values of half',
    '    files left out: 1 by max of id',
  ]);
  assert.match(lines[1] ?? '', / 2 of 6 files/);
  const limited = await explained('SELECT id FROM t LIMIT 1');
  assert.match(limited.join('\n'), /files left out: 5 beyond the limit/);
  const answered = await explained('SELECT count(*) FROM t');
  assert.match(answered.join('\n'), /answered from the log: no file is read/);
});

test('a query that cannot be planned ahead reads all files, and EXPLAIN says why', async () => {
  const sql = "SELECT id FROM t WHERE id = 3 AND age(ts) > INTERVAL '0 days'";
  assert.match((await explained(sql)).join('\n'), /no file was left out: .*time/);
  assert.equal((await ask(sql)).statistics.filesScanned, 6);
});
