/** BEGIN ... COMMIT: what the log says of it, who conflicts with it, and what is left of files. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../../catalog/coded-error.ts';
import { anonymous, type Session } from '../../../sql/session.ts';
import type { SqlEngine } from '../../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { engineClient, newSession, SqlFailure, type CellValue } from '../../support/sql-client.ts';
import { readLog } from '../../support/read-log.ts';

type Rows = readonly (readonly CellValue[])[];

interface Place {
  readonly engine: SqlEngine;
  readonly session: Session;
  run(sql: string): Promise<Rows>;
  /** In another session. */
  other(sql: string): Promise<Rows>;
  code(sql: string): Promise<string>;
  actions(version: number): readonly { readonly [name: string]: Record<string, unknown> }[];
  /** Paths of the files that the table's folder has, without those of its log. */
  files(): readonly string[];
}

async function open(t: TestContext, transactionIdleMsMax = 60_000): Promise<Place> {
  const { folder: warehouse, remove } = await makeScratch();
  const engine = await openEngine({ warehouse });
  t.after(async () => {
    await engine.close();
    await remove();
  });
  const session: Session = { ...newSession(), transactionIdleMsMax };
  const own = engineClient(engine, session);
  const others = engineClient(engine);
  const table = join(warehouse, 'default', 't');
  return {
    engine,
    session,
    run: async (sql) => (await own.run({ sql })).rows,
    other: async (sql) => (await others.run({ sql })).rows,
    async code(sql) {
      try {
        await own.run({ sql });
        return 'ok';
      } catch (error) {
        assert.ok(error instanceof SqlFailure, String(error));
        return `${error.code} ${error.sqlState}`;
      }
    },
    actions: (version) => readLog(table, version),
    files: () =>
      readdirSync(table, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('_delta_log'))
        .map(({ name }) => name)
        .sort(),
  };
}

const vectors = "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')";

for (const properties of ['', vectors]) {
  const name = properties === '' ? 'files written anew' : 'deletion vectors';
  test(`several changes of one file are one add and one remove: ${name}`, async (t) => {
    const place = await open(t);
    await place.run(`CREATE TABLE t (id BIGINT, v BIGINT) ${properties}`);
    await place.run('INSERT INTO t SELECT i, 0 FROM range(10) r(i)');
    await place.run('BEGIN');
    await place.run('DELETE FROM t WHERE id = 1');
    await place.run('UPDATE t SET v = 1 WHERE id = 2');
    await place.run('DELETE FROM t WHERE id = 3');
    await place.run('UPDATE t SET v = v + 1 WHERE id IN (2, 4)');
    assert.deepEqual(await place.other('SELECT count(*) FROM t'), [[10]], 'nobody else sees it');
    await place.run('COMMIT');
    const actions = place.actions(2);
    const paths = (kind: string) =>
      actions.flatMap((action) => (action[kind] === undefined ? [] : [action[kind]['path']]));
    assert.equal(new Set(paths('add')).size, paths('add').length);
    assert.equal(paths('remove').length, 1, 'the one file there was');
    assert.equal(paths('add').includes(paths('remove')[0]), properties !== '');
    const rows = await place.other('SELECT * FROM t WHERE v > 0 OR id < 4 ORDER BY id');
    assert.deepEqual(rows, [
      [0, 0],
      [2, 2],
      [4, 1],
    ]);
    assert.deepEqual(await place.other('SELECT count(*) FROM t'), [[8]]);
    assert.deepEqual(await place.other('SELECT count(*) FROM t VERSION AS OF 1'), [[10]]);
    const info = actions[0]?.['commitInfo'];
    assert.equal(info?.['operation'], 'TRANSACTION');
    assert.deepEqual(info['operationParameters'], {
      statements: '["DELETE","UPDATE","DELETE","UPDATE"]',
    });
    const metrics = info['operationMetrics'] as Record<string, string>;
    assert.equal(metrics['numDeletedRows'], '2');
    assert.equal(metrics['numUpdatedRows'], '3');
    // What is on the disk is what the two versions name.
    await place.other("SET spark.databricks.delta.retentionDurationCheck.enabled = 'false'");
    assert.deepEqual(await place.other('VACUUM t RETAIN 100000 HOURS DRY RUN'), []);
    const named = new Set(
      [0, 1, 2].flatMap((version) =>
        place.actions(version).flatMap(({ add }) => {
          if (add === undefined) return [];
          const vector = add['deletionVector'] as { readonly storageType: string } | undefined;
          return [add['path'], ...(vector?.storageType === 'u' ? ['vector'] : [])];
        }),
      ),
    );
    const kinds = place.files().map((file) => (file.endsWith('.bin') ? 'vector' : file));
    assert.deepEqual([...kinds].sort(), [...named].sort(), 'no file is left over');
  });
}

test('a row that is inserted and updated is one new row with one new id', async (t) => {
  const place = await open(t);
  await place.run(
    "CREATE TABLE t (id BIGINT, v BIGINT) TBLPROPERTIES ('delta.enableRowTracking' = 'true')",
  );
  await place.run('INSERT INTO t VALUES (1, 0), (2, 0)');
  await place.run('BEGIN');
  await place.run('INSERT INTO t VALUES (3, 0), (4, 0)');
  await place.run('UPDATE t SET v = 1 WHERE id IN (1, 3)');
  await place.run('UPDATE t SET v = v + 1 WHERE id IN (1, 4)');
  await place.run('COMMIT');
  const rows = await place.other(
    'SELECT id, v, _metadata.row_id, _metadata.row_commit_version FROM t ORDER BY id',
  );
  const [first, second, third, fourth] = rows;
  assert.deepEqual(first, [1, 2, 0, 2]);
  assert.deepEqual(second, [2, 0, 1, 1]);
  const ids = [third, fourth].map((row) => Number(row?.[2]));
  assert.deepEqual([third?.[3], fourth?.[3]], [2, 2]);
  assert.ok(new Set(ids).size === 2 && ids.every((id) => id >= 2), JSON.stringify(ids));
  const info = place.actions(2)[0]?.['commitInfo'];
  assert.deepEqual(info?.['tags'], { 'delta.rowTracking.preserved': 'true' });
  await place.run('INSERT INTO t VALUES (5, 5)');
  const all = await place.other('SELECT _metadata.row_id FROM t');
  assert.equal(new Set(all.map(([id]) => id)).size, 5, 'no id twice');
});

test('identity values and new columns go on from statement to statement', async (t) => {
  const place = await open(t);
  await place.run('CREATE TABLE t (k BIGINT GENERATED ALWAYS AS IDENTITY, v BIGINT)');
  await place.run('BEGIN');
  await place.run('INSERT INTO t (v) VALUES (10), (20)');
  await place.run('INSERT INTO t (v) VALUES (30)');
  await place.run('INSERT WITH SCHEMA EVOLUTION INTO t BY NAME SELECT 40 AS v, 1 AS w');
  await place.run('UPDATE t SET w = 2 WHERE k = 1');
  await place.run('COMMIT');
  const rows = [
    [1, 10, 2],
    [2, 20, null],
    [3, 30, null],
    [4, 40, 1],
  ];
  assert.deepEqual(await place.other('SELECT * FROM t ORDER BY k'), rows);
  assert.equal(place.actions(1).filter(({ metaData }) => metaData !== undefined).length, 1);
  await place.run('INSERT INTO t (v) VALUES (50)');
  assert.deepEqual(await place.other('SELECT k FROM t WHERE v = 50'), [[5]]);
});

const conflicts = [
  {
    name: 'a query that another commit makes untrue',
    inside: ['SELECT count(*) FROM t WHERE id > 5', 'INSERT INTO t VALUES (100, 0)'],
    meanwhile: 'UPDATE t SET v = 9 WHERE id = 7',
    code: 'DELTA_CONCURRENT_APPEND',
  },
  {
    name: 'rows that a query has read and that are gone',
    inside: ['SELECT count(*) FROM t WHERE id > 5', 'INSERT INTO t VALUES (100, 0)'],
    meanwhile: 'DELETE FROM t',
    code: 'DELTA_CONCURRENT_DELETE_READ',
  },
  {
    name: 'an append that a query should have seen, where the table is serializable',
    inside: ['SELECT count(*) FROM t', 'INSERT INTO t VALUES (100, 0)'],
    meanwhile: 'INSERT INTO t VALUES (200, 0)',
    code: 'DELTA_CONCURRENT_APPEND',
  },
  {
    name: 'an append, where the table is not',
    inside: ['SELECT count(*) FROM t', 'INSERT INTO t VALUES (100, 0)'],
    before: "ALTER TABLE t SET TBLPROPERTIES ('delta.isolationLevel' = 'WriteSerializable')",
    meanwhile: 'INSERT INTO t VALUES (200, 0)',
    code: 'ok',
  },
  {
    name: 'rows that both change',
    inside: ['UPDATE t SET v = 1 WHERE id = 1', 'INSERT INTO t VALUES (100, 0)'],
    meanwhile: 'UPDATE t SET v = 2 WHERE id = 2',
    code: 'DELTA_CONCURRENT_APPEND',
  },
  {
    name: 'an append beside an update of other rows',
    inside: ['UPDATE t SET v = 1 WHERE id = 1', 'INSERT INTO t VALUES (100, 0)'],
    meanwhile: 'INSERT INTO t VALUES (200, 0)',
    code: 'ok',
  },
  {
    name: 'a new column',
    inside: ['INSERT INTO t VALUES (100, 0)', 'INSERT INTO t VALUES (101, 0)'],
    meanwhile: 'ALTER TABLE t ADD COLUMN w BIGINT',
    code: 'DELTA_METADATA_CHANGED',
  },
  {
    name: 'a query of another table',
    inside: ['SELECT count(*) FROM s', 'INSERT INTO t VALUES (100, 0)'],
    meanwhile: 'DELETE FROM s',
    code: 'ok',
  },
] as const;

for (const { name, inside, meanwhile, code, ...more } of conflicts) {
  test(`conflicts by all that was read: ${name}`, async (t) => {
    const place = await open(t);
    await place.run('CREATE TABLE t (id BIGINT, v BIGINT)');
    await place.run('CREATE TABLE s AS SELECT 1 AS a');
    if ('before' in more) await place.run(more.before);
    await place.run('INSERT INTO t SELECT i, 0 FROM range(10) r(i)');
    await place.run('BEGIN');
    for (const sql of inside) await place.run(sql);
    await place.other(meanwhile);
    const before = place.files().length;
    const outcome = await place.code('COMMIT');
    assert.equal(outcome.split(' ')[0], code);
    if (code === 'ok') return;
    assert.ok(place.files().length < before, 'its files are taken away');
    assert.equal(await place.code('ROLLBACK'), 'NO_ACTIVE_SQL_TRANSACTION 25P01');
    assert.equal((await place.other('SELECT count(*) FROM t WHERE id = 100'))[0]?.[0], 0);
  });
}

test('reads each table as it was when it was first read', async (t) => {
  const place = await open(t);
  await place.run('CREATE TABLE t AS SELECT 1 AS id');
  await place.run('CREATE TABLE s AS SELECT 1 AS id');
  await place.run('BEGIN');
  assert.deepEqual(await place.run('SELECT count(*) FROM t'), [[1]]);
  await place.other('INSERT INTO t VALUES (2)');
  await place.other('INSERT INTO s VALUES (2)');
  assert.deepEqual(await place.run('SELECT count(*) FROM t'), [[1]]);
  assert.deepEqual(await place.run('SELECT count(*) FROM s'), [[2]]);
  await place.other('INSERT INTO s VALUES (3)');
  assert.deepEqual(await place.run('SELECT count(*) FROM s JOIN t ON true'), [[2]]);
  await place.run('COMMIT');
  assert.deepEqual(await place.run('SELECT count(*) FROM s JOIN t ON true'), [[6]]);
});

test('a feed that follows from the files alone is right, and anything else is refused', async (t) => {
  const feed = "'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true'";
  const place = await open(t);
  await place.run(`CREATE TABLE t (id BIGINT, v BIGINT) TBLPROPERTIES (${feed})`);
  await place.run('INSERT INTO t SELECT i, 0 FROM range(5) r(i)');
  await place.run('BEGIN');
  await place.run('INSERT INTO t VALUES (10, 0), (11, 0)');
  await place.run('DELETE FROM t WHERE id IN (0, 10)');
  await place.run('DELETE FROM t WHERE id = 1');
  await place.run('COMMIT');
  const changes = (version: number) =>
    place.other(
      `SELECT id, _change_type FROM table_changes('t', ${version}, ${version}) ORDER BY ALL`,
    );
  assert.deepEqual(await changes(2), [
    [0, 'delete'],
    [1, 'delete'],
    [11, 'insert'],
  ]);
  await place.run('BEGIN');
  await place.run('UPDATE t SET v = 1 WHERE id = 2');
  await place.run('COMMIT');
  assert.deepEqual(await changes(3), [
    [2, 'update_postimage'],
    [2, 'update_preimage'],
  ]);
  const before = place.files();
  await place.run('BEGIN');
  await place.run('INSERT INTO t VALUES (20, 0)');
  assert.equal(await place.code('UPDATE t SET v = 2 WHERE id = 20'), 'UNSUPPORTED_FEATURE 0A000');
  await place.run('ROLLBACK');
  assert.deepEqual(place.files(), before);
});

test('COPY INTO loads a file once, within the transaction too', async (t) => {
  const place = await open(t);
  await place.run('CREATE TABLE t (id BIGINT)');
  await place.run('CREATE TABLE s AS SELECT 7::BIGINT AS id');
  const [location] = (await place.run('DESCRIBE DETAIL s')).map((row) => row[4] as string);
  assert.ok(location !== undefined);
  const sql = `COPY INTO t FROM '${location}' FILEFORMAT = PARQUET PATTERN = 'part-*.parquet'`;
  await place.run('BEGIN');
  const counts = [await place.run(sql), await place.run(sql)].map(([row]) => row?.[0]);
  assert.deepEqual(counts, [1, 0]);
  await place.run('COMMIT');
  assert.deepEqual(await place.run(sql), [[0, 0, 0]]);
  assert.deepEqual(await place.other('SELECT * FROM t'), [[7]]);
});

test('a transaction that idles fails, and what follows is not run on its own', async (t) => {
  const place = await open(t, 150);
  await place.run('CREATE TABLE t (id BIGINT)');
  await place.run('BEGIN');
  await place.run('INSERT INTO t VALUES (1)');
  assert.equal(place.files().length, 1);
  await sleep(600);
  assert.deepEqual(place.files(), []);
  assert.equal(
    await place.code('INSERT INTO t VALUES (2)'),
    'IDLE_IN_TRANSACTION_SESSION_TIMEOUT 25P03',
  );
  assert.equal(await place.code('COMMIT'), 'IN_FAILED_SQL_TRANSACTION 25P02');
  assert.deepEqual(await place.run('SELECT * FROM t'), []);
});

test('a statement that is cancelled fails the transaction', async (t) => {
  const { engine, session, ...place } = await open(t);
  await place.run('CREATE TABLE t (id BIGINT)');
  await place.run('BEGIN');
  await place.run('INSERT INTO t VALUES (1)');
  const sql = 'INSERT INTO t SELECT count(*) FROM range(3000000000) a, range(1000) b';
  const cancel = new AbortController();
  const running = engine.run({ sql, session, identity: anonymous, signal: cancel.signal });
  await sleep(100);
  cancel.abort(new CodedError('QUERY_CANCELED', 'stop'));
  // At once, before the statement has noticed.
  const commit = place.code('COMMIT');
  await assert.rejects(running);
  assert.equal(await commit, 'IN_FAILED_SQL_TRANSACTION 25P02');
  assert.deepEqual(await place.other('SELECT * FROM t'), []);
  assert.deepEqual(place.files(), []);
});

test('a result that is still read keeps its files past the end', async (t) => {
  const { engine, session, ...place } = await open(t);
  await place.run('CREATE TABLE t (id BIGINT)');
  await place.run('BEGIN');
  await place.run('INSERT INTO t SELECT i FROM range(300000) r(i)');
  const signal = AbortSignal.timeout(60_000);
  const sql = 'SELECT id FROM t';
  const result = await engine.run({ sql, session, identity: anonymous, signal });
  await place.run('ROLLBACK');
  assert.equal(place.files().length, 1);
  let rows = 0;
  for await (const batch of result.batches) rows += batch.rowCount;
  await result.close();
  assert.equal(rows, 300_000);
  assert.deepEqual(place.files(), []);
});

test('without a session there is no transaction', async (t) => {
  const place = await open(t);
  const { transactionIdleMsMax: _, ...session } = newSession();
  await assert.rejects(engineClient(place.engine, session).run({ sql: 'BEGIN' }), {
    code: 'UNSUPPORTED_FEATURE',
  });
});
