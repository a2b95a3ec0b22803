/**
 * The exact requests that a query makes of the store: names, log and data files. What DuckDB opens
 * itself is not among them; that nothing is opened needlessly is `data-skipping.test.ts`'s part.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { paddedVersion } from '../../catalog/log/log-path.ts';
import { createLocalStore } from '../../catalog/store/local-store.ts';
import { anonymous } from '../../sql/session.ts';
import type { SqlEngine, StatementRequest } from '../../sql/sql-engine.ts';
import { CountingStore } from '../support/counting-store.ts';
import { DeltaFolder, openParquetWriter } from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { newSession } from '../support/sql-client.ts';

let engine: SqlEngine;
let store: CountingStore;
let writer: DuckDBConnection;
let table: DeltaFolder;
let remove: () => Promise<void>;

before(async () => {
  writer = await openParquetWriter();
});
after(() => writer.closeSync());

beforeEach(async () => {
  const scratch = await makeScratch();
  remove = scratch.remove;
  const warehouse = scratch.folder;
  store = new CountingStore(createLocalStore());
  engine = await openEngine({ warehouse, store });
  table = new DeltaFolder(join(warehouse, 's', 't'), writer);
  table.create({ columns: { id: 'long' } }, await part(0));
  for (let version = 1; version <= 3; version++) table.commit(await part(version));
});
afterEach(async () => {
  await engine.close();
  await remove();
});

function part(version: number) {
  const bound = { id: version };
  const stats = { numRecords: 1, minValues: bound, maxValues: bound, nullCount: { id: 0 } };
  return table.parquet(`part-${version}.parquet`, `SELECT ${version}::BIGINT AS id`, {
    add: { stats: JSON.stringify(stats) },
  });
}

/** The query's rows, counted, and its requests. */
async function requestsOf(
  sql: string,
  more: Partial<StatementRequest> = {},
): Promise<{ readonly rows: number; readonly requests: readonly string[] }> {
  store.takeRequests();
  const signal = AbortSignal.timeout(60_000);
  const request = { sql, session: newSession(), identity: anonymous, signal, ...more };
  const result = await engine.run(request);
  let rows = 0;
  for await (const batch of result.batches) rows += batch.rowCount;
  await result.close();
  return { rows, requests: store.takeRequests() };
}

const file = (version: number, suffix = 'json') => `${paddedVersion(version)}.${suffix}`;
/** To find what `s.t` is in a warehouse without views and registered tables. */
const coldName = ['list catalog', `stat ${file(0)}`];
const warmName = [`stat ${file(0)}`, `stat ${file(0)}`];

const latest = 'SELECT id FROM s.t';

test('cold, the latest version: the name, the hint, one listing, each commit once', async () => {
  assert.deepEqual(await requestsOf(latest), {
    rows: 4,
    requests: [
      ...coldName,
      'read _last_checkpoint',
      'list _delta_log',
      ...[0, 1, 2, 3].map((version) => `read ${file(version)}`),
    ],
  });
});

test('cold, an older version: its own commits only, and a look for each of its files', async () => {
  assert.deepEqual(await requestsOf(`${latest} VERSION AS OF 1`), {
    rows: 2,
    requests: [
      ...coldName,
      'read _last_checkpoint',
      'list _delta_log',
      ...[0, 1].map((version) => `read ${file(version)}`),
      'stat part-0.parquet',
      'stat part-1.parquet',
    ],
  });
  const again = await requestsOf(`${latest} VERSION AS OF 1`);
  assert.deepEqual(again.requests, [
    ...warmName,
    `stat ${file(1)}`,
    'stat part-0.parquet',
    'stat part-1.parquet',
  ]);
});

test('warm: one listing; no data file for what the log knows, one for a point query', async () => {
  await requestsOf(latest);
  for (const [sql, files] of [
    [latest, 4],
    ['SELECT count(*) FROM s.t', 0],
    ['SELECT max(id) FROM s.t', 0],
    ['SELECT * FROM s.t WHERE id = 2', 1],
  ] as const) {
    assert.deepEqual((await requestsOf(sql)).requests, [...warmName, 'list _delta_log'], sql);
    assert.equal(await filesScanned(sql), files, sql);
  }
});

async function filesScanned(sql: string): Promise<number> {
  const signal = AbortSignal.timeout(60_000);
  const result = await engine.run({ sql, session: newSession(), identity: anonymous, signal });
  await result.close();
  return result.statistics.filesScanned;
}

test('warm, several references and a join: still one listing for the table', async () => {
  await requestsOf(latest);
  const { requests } = await requestsOf('SELECT * FROM s.t a JOIN s.t b USING (id)');
  assert.deepEqual(
    requests.filter((request) => request.startsWith('list')),
    ['list _delta_log'],
  );
});

test('one commit later: one listing, and that commit', async () => {
  await requestsOf(latest);
  table.commit(await part(4));
  assert.deepEqual(await requestsOf(latest), {
    rows: 5,
    requests: [...warmName, 'list _delta_log', `read ${file(4)}`],
  });
});

test('within max_staleness: no request at all', async () => {
  await requestsOf(latest);
  await requestsOf(latest.replace('s.t', 'delta.`s/t`'));
  table.commit(await part(4));
  const maxStalenessMs = 3_600_000;
  assert.deepEqual(await requestsOf(latest, { maxStalenessMs }), { rows: 4, requests: [] });
  const byPath = 'SELECT id FROM delta.`s/t`';
  assert.deepEqual(await requestsOf(byPath, { maxStalenessMs }), { rows: 4, requests: [] });
  const session = { ...newSession(), maxStalenessMs };
  assert.deepEqual((await requestsOf(latest, { session })).requests, []);
  const named = await requestsOf(`${latest} VERSION AS OF 3`, { maxStalenessMs });
  assert.deepEqual(
    named.requests.filter((request) => !request.startsWith('stat part')),
    [],
    'the version is the one that is known',
  );
});

test('within max_staleness, what this process wrote is seen all the same', async () => {
  await requestsOf(latest);
  await requestsOf('INSERT INTO s.t VALUES (9), (10)');
  const maxStalenessMs = 3_600_000;
  assert.equal((await requestsOf(latest, { maxStalenessMs })).rows, 6);
  await requestsOf('DROP TABLE s.t');
  await assert.rejects(requestsOf(latest, { maxStalenessMs }), { code: 'TABLE_OR_VIEW_NOT_FOUND' });
});

test('minVersion beyond what is known looks again, and only then', async () => {
  await requestsOf(latest);
  table.commit(await part(4));
  const fresh = { maxStalenessMs: 3_600_000, minVersions: { 's.t': 4 } };
  const first = await requestsOf(latest, fresh);
  assert.equal(first.rows, 5);
  assert.ok(first.requests.includes('list _delta_log'));
  const second = await requestsOf(latest, fresh);
  assert.ok(!second.requests.includes('list _delta_log'), second.requests.join());
});
