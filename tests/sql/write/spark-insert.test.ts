/** INSERT in the Spark dialect: its store assignment, and its forms. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
before(async () => {
  place = await openWritePlace('spark');
});
after(() => place.close());

const overflow = 'CAST_OVERFLOW_IN_TABLE_INSERT 22003';
const invalid = 'CAST_INVALID_INPUT 22018';
const mismatch = 'DATATYPE_MISMATCH 42804';

/** What is stored, as text, or the failure. */
const assignments: readonly (readonly [column: string, value: string, expected: string])[] = [
  ['INT', '1.9', '1'],
  ['INT', '-1.9D', '-1'],
  ['INT', 'CAST(2147483647.5 AS DECIMAL(12,1))', '2147483647'],
  ['INT', '2147483648L', overflow],
  ['TINYINT', '128', overflow],
  ['TINYINT', '-128', '-128'],
  ['BIGINT', '1e19D', overflow],
  ['BIGINT', `CAST('NaN' AS DOUBLE)`, overflow],
  ['BIGINT', `' 12 '`, '12'],
  ['BIGINT', `'1.5'`, invalid],
  ['BIGINT', `'no'`, invalid],
  ['INT', 'true', '1'],
  ['DECIMAL(5,2)', '1.235', '1.24'],
  ['DECIMAL(5,2)', '1.005D', '1.01'],
  ['DECIMAL(5,2)', '999.995', overflow],
  ['DECIMAL(5,2)', '1000', overflow],
  ['DECIMAL(5,2)', `'1e2'`, '100.00'],
  ['FLOAT', '0.1', '0.1'],
  ['DOUBLE', '1234567890123456789.1', '1234567890123456800'],
  ['STRING', '12', '12'],
  ['STRING', '1.50', '1.50'],
  ['STRING', '2.5D', '2.5'],
  ['STRING', '1e20D', invalid],
  ['STRING', `DATE '2024-02-29'`, '2024-02-29'],
  ['STRING', `TIMESTAMP '2024-02-29 10:00:00.5'`, '2024-02-29 10:00:00.5'],
  ['STRING', 'true', 'true'],
  ['BOOLEAN', `'Yes'`, 'true'],
  ['BOOLEAN', `'maybe'`, invalid],
  ['BOOLEAN', '2', 'true'],
  ['DATE', `'2024-2-9'`, '2024-02-09'],
  ['DATE', `'2024-02-30'`, invalid],
  ['DATE', `TIMESTAMP '2024-02-29 23:59:59'`, '2024-02-29'],
  ['DATE', '5', mismatch],
  ['TIMESTAMP', `DATE '2024-02-29'`, '2024-02-29T00:00:00.000000Z'],
  ['TIMESTAMP', `'2024-02-29 10:00:00'`, '2024-02-29T10:00:00.000000Z'],
  ['TIMESTAMP', `'2024-02-29T10:00:00+02:00'`, '2024-02-29T08:00:00.000000Z'],
  ['TIMESTAMP', `'yesterday'`, invalid],
  ['STRUCT<a: INT, b: STRING>', `named_struct('x', '5', 'y', 6)`, '{"a":5,"b":"6"}'],
  ['STRUCT<a: INT>', `named_struct('x', 1, 'y', 2)`, 'DELTA_INSERT_COLUMN_ARITY_MISMATCH 42802'],
  ['ARRAY<INT>', `array(1.9, NULL)`, '[1,null]'],
  ['ARRAY<TINYINT>', `array(1, 300)`, overflow],
  ['MAP<STRING, INT>', `map(1, '7')`, '[["1",7]]'],
  ['STRUCT<a: INT>', 'NULL', 'null'],
];
let number = 0;
for (const [column, value, expected] of assignments) {
  test(`${value} into ${column}: ${expected}`, async () => {
    const table = `assigned${number++}`;
    await place.run(`CREATE TABLE ${table} (a ${column}, b INT) USING DELTA`);
    const outcome = await place.outcome(`INSERT INTO ${table} (a) SELECT ${value}`);
    if (outcome !== 'ok') {
      assert.equal(outcome, expected);
      return;
    }
    const [row] = await place.run(`SELECT a FROM ${table}`);
    const [stored] = row ?? [];
    assert.equal(typeof stored === 'string' ? stored : JSON.stringify(stored), expected);
  });
}

test('columns meet by position, list and name; others are refused by name', async () => {
  await place.run('CREATE TABLE forms (id BIGINT, k STRING, v INT) USING DELTA');
  const outcomes: readonly (readonly [sql: string, outcome: string])[] = [
    [`VALUES (1, 'x', 1)`, 'ok'],
    ['(v, id) VALUES (5, 2)', 'ok'],
    [`BY NAME SELECT 7 AS V, 'bn' AS k, 70L AS Id`, 'ok'],
    ['TABLE forms', 'ok'],
    [`VALUES (1, 'x', 1, 1)`, 'DELTA_INSERT_COLUMN_ARITY_MISMATCH 42802'],
    ['VALUES (1)', 'DELTA_INSERT_COLUMN_ARITY_MISMATCH 42802'],
    ['(id, v) VALUES (1)', 'INSERT_COLUMN_ARITY_MISMATCH 21S01'],
    ['(id, nope) VALUES (1, 2)', 'COLUMN_NOT_FOUND 42703'],
    ['(id, ID) VALUES (1, 2)', 'COLUMN_ALREADY_EXISTS 42711'],
    ['BY NAME SELECT 1L AS id, 2 AS unknown', 'DELTA_METADATA_MISMATCH 42KDG'],
  ];
  for (const [form, expected] of outcomes) {
    assert.equal(await place.outcome(`INSERT INTO forms ${form}`), expected, form);
  }
  assert.deepEqual(
    await place.run('SELECT id, k, v, count(*) FROM forms GROUP BY ALL ORDER BY id'),
    [
      [1, 'x', 1, 2],
      [2, null, 5, 2],
      [70, 'bn', 7, 2],
    ],
  );
});

test('INSERT OVERWRITE replaces all rows, a partition, or the partitions with new rows', async () => {
  const rows = () => place.run('SELECT id, p, q FROM parts ORDER BY id, p');
  await place.run('CREATE TABLE parts (id INT, p STRING, q INT) USING DELTA PARTITIONED BY (p, q)');
  await place.run(`INSERT INTO parts VALUES (1, 'a', 1), (2, 'b', 1), (3, NULL, 1), (4, '', 2)`);
  await place.run(`INSERT OVERWRITE parts PARTITION (p = 'a', q) SELECT 9, 1`);
  assert.deepEqual(await rows(), [
    [2, 'b', 1],
    [3, null, 1],
    [4, null, 2],
    [9, 'a', 1],
  ]);
  await place.run('SET spark.sql.sources.partitionOverwriteMode = dynamic');
  await place.run(`INSERT OVERWRITE parts VALUES (5, NULL, 2), (6, 'new', 3)`);
  assert.deepEqual(await rows(), [
    [2, 'b', 1],
    [3, null, 1],
    [5, null, 2],
    [6, 'new', 3],
    [9, 'a', 1],
  ]);
  await place.run('RESET spark.sql.sources.partitionOverwriteMode');
  await place.run(`INSERT OVERWRITE parts VALUES (7, 'z', 7)`);
  assert.deepEqual(await rows(), [[7, 'z', 7]]);
  await place.run('INSERT OVERWRITE parts SELECT id + 1, p, q FROM parts');
  assert.deepEqual(await rows(), [[8, 'z', 7]]);
});

test('PARTITION names partition columns only, and values that are constant', async () => {
  await place.run('CREATE TABLE fixed (id INT, p DATE) USING DELTA PARTITIONED BY (p)');
  await place.run(`INSERT INTO fixed PARTITION (p = '2024-02-29') VALUES (1)`);
  assert.deepEqual(await place.run('SELECT * FROM fixed'), [[1, '2024-02-29']]);
  for (const [sql, expected] of [
    [`PARTITION (id = 1) VALUES ('2024-02-29')`, 'DELTA_NON_PARTITION_COLUMN_SPECIFIED 42P10'],
    ['PARTITION (p = id) VALUES (1)', 'UNSUPPORTED_FEATURE 0A000'],
    [`PARTITION (p = '2024-02-30') VALUES (1)`, invalid],
    [
      `PARTITION (p = '2024-02-29') VALUES (1, DATE '2024-01-01')`,
      'DELTA_INSERT_COLUMN_ARITY_MISMATCH 42802',
    ],
  ] as const) {
    assert.equal(await place.outcome(`INSERT INTO fixed ${sql}`), expected, sql);
  }
});

test('columns are added where the statement or the session says so', async () => {
  await place.run(
    `CREATE TABLE grows (id INT, st STRUCT<a: INT>) USING DELTA TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableTypeWidening' = 'true')`,
  );
  await place.run(
    `INSERT WITH SCHEMA EVOLUTION INTO grows BY NAME SELECT 3000000000L AS id, named_struct('a', 1, 'b', 'n') AS st, true AS \`a flag\``,
  );
  await place.run('SET spark.databricks.delta.schema.autoMerge.enabled = true');
  await place.run(`INSERT INTO grows BY NAME SELECT 2 AS id, DATE '2020-01-01' AS d`);
  await place.run('RESET spark.databricks.delta.schema.autoMerge.enabled');
  assert.equal(
    await place.outcome('INSERT INTO grows BY NAME SELECT 2 AS id, 1 AS more'),
    'DELTA_METADATA_MISMATCH 42KDG',
  );
  assert.deepEqual(await place.run('SELECT * FROM grows ORDER BY id'), [
    [2, null, null, '2020-01-01'],
    [3000000000, { a: 1, b: 'n' }, true, null],
  ]);
});

for (const properties of ['', `TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`]) {
  test(`REPLACE WHERE puts rows that meet a condition in the place of others ${properties}`, async () => {
    const table = `replaced${number++}`;
    await place.run(`CREATE TABLE ${table} (id BIGINT, k STRING, v INT) USING DELTA ${properties}`);
    await place.run(`INSERT INTO ${table} VALUES (1,'a',10),(2,'b',20),(3,NULL,30),(4,'d',NULL)`);
    await place.run(`INSERT INTO ${table} REPLACE WHERE v >= 20 VALUES (7, 'r', 25)`);
    const rows = () => place.run(`SELECT * FROM ${table} ORDER BY id`);
    const expected = [
      [1, 'a', 10],
      [4, 'd', null],
      [7, 'r', 25],
    ];
    assert.deepEqual(await rows(), expected);
    for (const values of [`(8, 'bad', 5)`, `(7, 'r', 25), (8, 'bad', NULL)`]) {
      const outcome = await place.outcome(
        `INSERT INTO ${table} REPLACE WHERE v >= 20 VALUES ${values}`,
      );
      assert.equal(outcome, 'DELTA_REPLACE_WHERE_MISMATCH 44000');
    }
    assert.deepEqual(await rows(), expected);
    await place.run(
      `INSERT INTO ${table} REPLACE WHERE ${table}.v >= 20 SELECT id + 1, k, v + 1 FROM ${table} WHERE v > 20`,
    );
    assert.deepEqual(await rows(), [...expected.slice(0, 2), [8, 'r', 26]]);
    // A row that no longer is there takes nothing away; one that meets the condition comes.
    await place.run(`INSERT INTO ${table} REPLACE WHERE v = 99 VALUES (9, 'n', 99)`);
    assert.equal((await rows()).length, 4);
  });
}

test('REPLACE WHERE of a partition takes whole files and opens none', async () => {
  await place.run('CREATE TABLE days (id INT, d DATE) USING DELTA PARTITIONED BY (d)');
  await place.run(
    `INSERT INTO days VALUES (1, DATE '2024-01-01'), (2, DATE '2024-01-02'), (3, NULL)`,
  );
  await place.run(
    `INSERT INTO days REPLACE WHERE d = DATE '2024-01-02' VALUES (4, DATE '2024-01-02')`,
  );
  assert.deepEqual(await place.run('SELECT id FROM days ORDER BY id'), [[1], [3], [4]]);
  const kinds = place.actions('days', 2).map((action) => Object.keys(action)[0]);
  assert.deepEqual(kinds, ['commitInfo', 'remove', 'add']);
});

test('parameters stand in the condition of REPLACE WHERE and in its query', async () => {
  await place.run('CREATE TABLE asked (id INT, v INT) USING DELTA');
  await place.run('INSERT INTO asked VALUES (1, 1), (2, 2)');
  await place.run('INSERT INTO asked REPLACE WHERE v >= $1 SELECT $2, $1', undefined, [2, 7]);
  assert.deepEqual(await place.run('SELECT * FROM asked ORDER BY id'), [
    [1, 1],
    [7, 2],
  ]);
});
