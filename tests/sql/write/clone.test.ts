/** SHALLOW and DEEP CLONE: what they list and copy, and that clone and source go their own ways. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
beforeEach(async () => {
  place = await openWritePlace();
});
afterEach(() => place.close());

const rows = async (table: string) => await place.run(`SELECT * FROM ${table} ORDER BY 1`);
const folder = (table: string) => join(place.warehouse, 'default', table);
const files = (table: string): readonly string[] =>
  readdirSync(folder(table), { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('_delta_log') && /\.(parquet|bin)$/.test(name))
    .sort();
function age(table: string): void {
  const then = Date.now() / 1000 - 30 * 86_400;
  for (const name of files(table)) utimesSync(join(folder(table), name), then, then);
}
const action = <T>(table: string, version: number, kind: string): T =>
  place.actions(table, version).find((one) => kind in one)?.[kind] as T;

/** Two partitions, one with a deletion vector, and rows that were changed. */
async function makeSource(properties = ''): Promise<void> {
  await place.run(
    `CREATE TABLE s (id BIGINT, p STRING, v INT) USING DELTA PARTITIONED BY (p) COMMENT 'the source'
     TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'foo' = 'bar'${properties})`,
  );
  await place.run(
    `INSERT INTO s SELECT id, 'a b/' || (id % 2), CAST(id AS INT) FROM range(10) t(id)`,
  );
  await place.run('DELETE FROM s WHERE id = 3');
  await place.run('UPDATE s SET v = 100 WHERE id = 5');
}

const numbers = (result: readonly (readonly unknown[])[]) => result.map((row) => row.map(Number));

test('a shallow clone lists the source’s files by absolute paths and copies none', async () => {
  await makeSource();
  const expected = await rows('s');
  const result = await place.run(
    `CREATE TABLE c SHALLOW CLONE s TBLPROPERTIES ('foo' = 'baz', 'delta.appendOnly' = 'false')`,
  );
  const adds = place.adds('c', 0);
  const size = adds.reduce((sum, add) => sum + add.size, 0);
  assert.deepEqual(numbers(result), [[size, adds.length, 0, 0, 0, 0]]);
  assert.deepEqual(await rows('c'), expected);
  assert.deepEqual(files('c'), []);
  assert.ok(adds.length >= 3);
  for (const { path } of adds) assert.ok(path.startsWith(`file:${folder('s')}/`), path);
  const vectors = adds.flatMap((add) => {
    const { deletionVector } = add as { deletionVector?: { storageType: string } };
    return deletionVector === undefined ? [] : [deletionVector.storageType];
  });
  assert.deepEqual(vectors, ['p']);
  const metadata = action<Record<string, unknown>>('c', 0, 'metaData');
  assert.notEqual(metadata['id'], action<Record<string, unknown>>('s', 0, 'metaData')['id']);
  assert.equal(metadata['description'], undefined);
  assert.deepEqual(metadata['configuration'], {
    'delta.enableDeletionVectors': 'true',
    foo: 'baz',
    'delta.appendOnly': 'false',
  });
  const info = action<Record<string, Record<string, string>>>('c', 0, 'commitInfo');
  assert.equal(info['operation'], 'CLONE');
  assert.deepEqual(info['operationParameters'], {
    source: 'main.default.s',
    sourceVersion: '3',
    isShallow: 'true',
    properties: '{"foo":"baz","delta.appendOnly":"false"}',
  });
  assert.equal(info['operationMetrics']?.['numCopiedFiles'], '0');
});

for (const depth of ['SHALLOW', 'DEEP'] as const) {
  test(`a ${depth} clone is changed in every way, and the source is not`, async () => {
    await makeSource(`, 'delta.enableChangeDataFeed' = 'true', 'delta.enableRowTracking' = 'true'`);
    const before = await rows('s');
    const sourceFiles = files('s');
    await place.run(`CREATE TABLE c ${depth} CLONE s`);
    assert.deepEqual(await rows('c'), before);
    await place.run('DELETE FROM c WHERE id = 1');
    await place.run('UPDATE c SET v = -1 WHERE id IN (2, 5, 7)');
    await place.run(
      `MERGE INTO c USING (SELECT 9 AS id, 'a b/1' AS p, 900 AS v UNION ALL SELECT 50, 'z', 5) n
       ON c.id = n.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
    );
    const changed = await rows('c');
    assert.deepEqual(
      changed.map(([id]) => Number(id)),
      [0, 2, 4, 5, 6, 7, 8, 9, 50],
    );
    await place.run('OPTIMIZE c');
    assert.deepEqual(await rows('c'), changed);
    const feed = await place.run(
      `SELECT _change_type, count(*) FROM table_changes('c', 0, 1) GROUP BY 1 ORDER BY 1`,
    );
    assert.deepEqual(
      feed.map(([kind, count]) => [kind, Number(count)]),
      [
        ['delete', 1],
        ['insert', 9],
      ],
    );
    await place.run('RESTORE TABLE c TO VERSION AS OF 0');
    assert.deepEqual(await rows('c'), before);
    await place.run('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
    age('c');
    await place.run('VACUUM c RETAIN 0 HOURS');
    await place.run('VACUUM c LITE RETAIN 0 HOURS');
    assert.deepEqual(await rows('c'), before);
    assert.deepEqual(await rows('s'), before);
    assert.deepEqual(files('s'), sourceFiles);
    // Ids of rows are the clone's own, each once.
    const [ids] = await place.run('SELECT count(DISTINCT _metadata.row_id), count(*) FROM c');
    assert.equal(Number(ids?.[0]), 9);
    assert.equal(Number(ids?.[1]), 9);
  });

  test(`a ${depth} clone of an older version, of a clone, and at a path`, async () => {
    await makeSource();
    const now = await rows('s');
    const [version1] = await place.run('SELECT count(*) FROM s VERSION AS OF 1');
    await place.run(`CREATE TABLE old ${depth} CLONE s VERSION AS OF 1`);
    assert.deepEqual((await place.run('SELECT count(*) FROM old'))[0], version1);
    await place.run(`CREATE TABLE c SHALLOW CLONE s`);
    await place.run('DELETE FROM c WHERE id = 0');
    await place.run(`CREATE TABLE delta.\`second\` ${depth} CLONE c`);
    assert.deepEqual(await rows('delta.`second`'), now.slice(1));
    await place.run(`CREATE TABLE third ${depth} CLONE s LOCATION 'elsewhere/third'`);
    assert.deepEqual(await rows('third'), now);
    assert.ok(existsSync(join(place.warehouse, 'elsewhere/third/_delta_log')));
  });
}

test('VACUUM of the source leaves a shallow clone without its files, which is told', async () => {
  await place.run('CREATE TABLE s (id INT) USING DELTA');
  await place.run('INSERT INTO s VALUES (1)');
  await place.run('CREATE TABLE c SHALLOW CLONE s');
  await place.run('CREATE TABLE d DEEP CLONE s');
  await place.run('DELETE FROM s');
  age('s');
  await place.run('SET spark.databricks.delta.retentionDurationCheck.enabled = false');
  await place.run('VACUUM s RETAIN 0 HOURS');
  assert.equal(await place.outcome('SELECT id FROM c'), 'DELTA_FILE_NOT_FOUND 42K03');
  assert.equal(await place.outcome('CREATE TABLE e DEEP CLONE c'), 'DELTA_FILE_NOT_FOUND 42K03');
  assert.equal(existsSync(folder('e')), false);
  assert.deepEqual(await rows('d'), [[1]]);
});

test('a deep clone that is made again copies only what has changed', async () => {
  await makeSource();
  const [first] = numbers(await place.run('CREATE TABLE d DEEP CLONE s'));
  assert.equal(first?.[3], first?.[1]);
  assert.equal(first?.[5], first?.[0]);
  assert.deepEqual(await rows('d'), await rows('s'));
  const copied = files('d');
  assert.ok(copied.every((name) => !files('s').includes(name)));
  const again = async () => numbers(await place.run('CREATE OR REPLACE TABLE d DEEP CLONE s'))[0];
  assert.deepEqual((await again())?.slice(2), [0, 0, 0, 0]);
  assert.deepEqual(files('d'), copied);
  // A new file is copied, and it alone.
  await place.run(`INSERT INTO s VALUES (20, 'q', 1)`);
  assert.deepEqual((await again())?.slice(2, 4), [0, 1]);
  assert.deepEqual(await rows('d'), await rows('s'));
  // Deleted rows need no data copied.
  await place.run('DELETE FROM s WHERE id = 4');
  assert.deepEqual((await again())?.slice(2, 4), [1, 0]);
  assert.deepEqual(await rows('d'), await rows('s'));
  // What the clone changed itself is taken back.
  await place.run('DELETE FROM d WHERE id = 6');
  await place.run(`INSERT INTO d VALUES (30, 'q', 1)`);
  await place.run('UPDATE d SET v = 3 WHERE id = 20');
  await again();
  assert.deepEqual(await rows('d'), await rows('s'));
  assert.deepEqual((await again())?.slice(2), [0, 0, 0, 0]);
  // A version of the source that is past comes with its schema.
  await place.run('ALTER TABLE s ADD COLUMN w INT');
  await place.run('CREATE OR REPLACE TABLE d DEEP CLONE s VERSION AS OF 1');
  assert.deepEqual((await rows('d')).length, 10);
  assert.equal(place.fields('d').length, 3);
});

test('a shallow clone is replaced in the duckdb dialect, and kept in the spark one', async () => {
  await makeSource();
  await place.run('CREATE TABLE c SHALLOW CLONE s');
  await place.run('DELETE FROM s WHERE id = 8');
  assert.equal(
    await place.outcome('CREATE OR REPLACE TABLE c SHALLOW CLONE s', 'spark'),
    'DELTA_UNSUPPORTED_NON_EMPTY_CLONE 0AKDC',
  );
  await place.run('CREATE OR REPLACE TABLE c SHALLOW CLONE s');
  assert.deepEqual(await rows('c'), await rows('s'));
  assert.equal(place.adds('c', 1).length, 1);
  await place.run('DELETE FROM c');
  assert.equal(await place.outcome('CREATE OR REPLACE TABLE c SHALLOW CLONE s', 'spark'), 'ok');
  assert.deepEqual(await rows('c'), await rows('s'));
});

test('clones keep mapped columns, clustering, identity values and constraints', async () => {
  await place.run(
    `CREATE TABLE s (id BIGINT GENERATED ALWAYS AS IDENTITY, a INT, b INT, CONSTRAINT k CHECK (a > 0))
     CLUSTER BY (a) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')`,
  );
  await place.run('INSERT INTO s (a, b) VALUES (1, 10), (2, 20)');
  await place.run('ALTER TABLE s RENAME COLUMN b TO c');
  for (const [name, depth] of [
    ['x', 'SHALLOW'],
    ['y', 'DEEP'],
  ] as const) {
    await place.run(`CREATE TABLE ${name} ${depth} CLONE s`);
    await place.run(`INSERT INTO ${name} (a, c) VALUES (3, 30)`);
    assert.deepEqual(numbers(await rows(name)), [
      [1, 1, 10],
      [2, 2, 20],
      [3, 3, 30],
    ]);
    assert.match(
      await place.outcome(`INSERT INTO ${name} (a, c) VALUES (-3, 30)`),
      /^DELTA_VIOLATE_CONSTRAINT_WITH_VALUES/,
    );
    const domain = action<{ domain: string }>(name, 0, 'domainMetadata');
    assert.equal(domain.domain, 'delta.clustering');
    await place.run(`ALTER TABLE ${name} ADD COLUMN d INT`);
    await place.run(`CREATE OR REPLACE TABLE ${name} DEEP CLONE s`);
    // Values that the clone gave out are not given out again.
    await place.run(`INSERT INTO ${name} (a, c) VALUES (4, 40)`);
    assert.deepEqual(numbers(await rows(name)), [
      [1, 1, 10],
      [2, 2, 20],
      [4, 4, 40],
    ]);
  }
});

test('what cannot be cloned, or not there, is refused', async () => {
  await makeSource();
  await place.run('CREATE VIEW w AS SELECT * FROM s');
  await place.run('CREATE TABLE c SHALLOW CLONE s');
  const cases: readonly (readonly [sql: string, outcome: string])[] = [
    ['CREATE TABLE n SHALLOW CLONE w', 'DELTA_CLONE_UNSUPPORTED_SOURCE 0AKDC'],
    ['CREATE TABLE n SHALLOW CLONE nothing', 'TABLE_OR_VIEW_NOT_FOUND 42P01'],
    ['CREATE TABLE n SHALLOW CLONE s VERSION AS OF 99', 'DELTA_VERSION_NOT_FOUND 22003'],
    ['CREATE TABLE c SHALLOW CLONE s', 'TABLE_OR_VIEW_ALREADY_EXISTS 42P07'],
    ['CREATE TABLE IF NOT EXISTS c DEEP CLONE s', 'ok'],
    ['REPLACE TABLE n SHALLOW CLONE s', 'DELTA_CANNOT_REPLACE_MISSING_TABLE 42P01'],
    [
      'CREATE OR REPLACE TABLE s DEEP CLONE s VERSION AS OF 1',
      'DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE 0AKDC',
    ],
    [
      `CREATE TABLE n SHALLOW CLONE s TBLPROPERTIES ('delta.columnMapping.mode' = 'name')`,
      'DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE 0AKDC',
    ],
    ["CREATE TABLE delta.`n` SHALLOW CLONE s LOCATION 'm'", 'DELTA_CLONE_AMBIGUOUS_TARGET 42613'],
    ["CREATE TABLE n SHALLOW CLONE s LOCATION '/etc/n'", 'PATH_NOT_ALLOWED 42501'],
  ];
  for (const [sql, outcome] of cases) assert.equal(await place.outcome(sql), outcome, sql);
  assert.equal(place.versions('c'), 1);
});

test('a clone does not reach what lies outside of the roots', async () => {
  await makeSource();
  await place.run('CREATE TABLE c SHALLOW CLONE s');
  // A log that somebody wrote by hand.
  const log = join(folder('c'), '_delta_log', '00000000000000000000.json');
  const text = readFileSync(log, 'utf8');
  rmSync(join(folder('c'), '_delta_log'), { recursive: true });
  for (const [name, from] of [
    ['data', /"path":"file:[^"]*(?=\/part)/g],
    ['vectors', /"pathOrInlineDv":"file:[^"]*(?=\/deletion_vector)/g],
  ] as const) {
    const changed = text.replaceAll(from, (found) => found.replace(/file:.*/, 'file:/etc'));
    assert.notEqual(changed, text);
    await place.run(`CREATE TABLE ${name} (id INT) USING DELTA`);
    writeFileSync(join(folder(name), '_delta_log', '00000000000000000000.json'), changed);
    rmSync(join(folder(name), '_delta_log', '00000000000000000000.crc'), { force: true });
  }
  for (const name of ['data', 'vectors']) {
    const clone = `CREATE TABLE d_${name} DEEP CLONE ${name}`;
    assert.equal(await place.outcome(`SELECT sum(v) FROM ${name}`), 'PATH_NOT_ALLOWED 42501');
    assert.equal(await place.outcome(clone), 'PATH_NOT_ALLOWED 42501');
    assert.equal(existsSync(join(folder(`d_${name}`), '_delta_log')), false);
  }
});
