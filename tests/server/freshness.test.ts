/** `maxStaleness` and `minVersion` from a request to the listing of the log, and back. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DeltaFolder, openParquetWriter } from '../support/delta-folder.ts';
import { openServer, type OpenServer } from '../support/open-server.ts';

let server: OpenServer;
let writer: DuckDBConnection;
before(async () => {
  server = await openServer();
  writer = await openParquetWriter();
});
after(async () => {
  await server.close();
  writer.closeSync();
});

let tables = 0;

/** A table of its own with one row a version, which something else than the server writes. */
class Written {
  readonly name = `t${tables++}`;
  readonly folder = new DeltaFolder(join(server.warehouse, 's', this.name), writer);

  async commit(): Promise<void> {
    const version = this.folder.version + 1;
    const file = await this.folder.parquet(`${version}.parquet`, `SELECT ${version}::BIGINT AS id`);
    if (version === 0) this.folder.create({ columns: { id: 'long' } }, file);
    else this.folder.commit(file);
  }
}

async function written(versions = 1): Promise<Written> {
  const table = new Written();
  for (let i = 0; i < versions; i++) await table.commit();
  return table;
}

interface Reply {
  readonly status: number;
  readonly body: {
    readonly rows?: readonly (readonly unknown[])[];
    readonly snapshots?: readonly { readonly version: number }[];
    readonly code?: string;
    readonly detail?: string;
    readonly hint?: string;
  };
}

async function post(body: object): Promise<Reply> {
  const answer = await fetch(`${server.url}/v1/sql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Reply['body'] };
}

async function get(query: Record<string, string>): Promise<Reply> {
  const answer = await fetch(`${server.url}/v1/sql?${new URLSearchParams(query).toString()}`);
  return { status: answer.status, body: (await answer.json()) as Reply['body'] };
}

/** The version that was read, checked against the number of rows. */
function versionOf({ status, body }: Reply): number | undefined {
  assert.equal(status, 200, JSON.stringify(body));
  const version = body.snapshots?.[0]?.version;
  assert.deepEqual(body.rows, [[(version ?? NaN) + 1]]);
  return version;
}

test('within maxStaleness a query reads what was read before; without it, the newest', async () => {
  const table = await written();
  const sql = `SELECT count(*)::INT FROM s.${table.name}`;
  assert.equal(versionOf(await post({ sql })), 0);
  await table.commit();
  assert.equal(versionOf(await post({ sql, maxStaleness: '1h' })), 0);
  assert.equal(versionOf(await get({ sql, maxStaleness: '1h' })), 0);
  assert.equal(versionOf(await post({ sql, maxStaleness: '0s' })), 1);
  await table.commit();
  assert.equal(versionOf(await post({ sql })), 2);
  await table.commit();
  assert.equal(versionOf(await post({ sql, maxStaleness: '0.001ms' })), 3, 'longer ago than that');
});

test('minVersion is reached whatever staleness is allowed', async () => {
  const table = await written();
  const sql = `SELECT count(*)::INT FROM s.${table.name}`;
  await post({ sql });
  await table.commit();
  await table.commit();
  const maxStaleness = '1h';
  assert.equal(versionOf(await post({ sql, maxStaleness })), 0);
  const asked = { sql, maxStaleness, minVersion: { [`s.${table.name}`]: 1 } };
  assert.equal(versionOf(await post(asked)), 2);
  assert.equal(versionOf(await post({ ...asked, minVersion: { [`s.${table.name}`]: 2 } })), 2);
});

test('a version that the table has not reached is an error that names both', async () => {
  const table = await written(3);
  const sql = `SELECT count(*)::INT FROM s.${table.name}`;
  const { status, body } = await post({ sql, minVersion: { [`s.${table.name}`]: 7 } });
  assert.deepEqual([status, body.code], [404, 'DELTA_VERSION_NOT_FOUND']);
  assert.match(body.detail ?? '', /has not reached version 7.*its newest is version 2\.$/);
  assert.match(body.hint ?? '', /ask again later/);
  await table.commit();
  assert.equal(versionOf(await post({ sql, minVersion: { [`s.${table.name}`]: 3 } })), 3);
});

test('minVersion names tables as SQL does, and those a view reads', async () => {
  const table = await written(2);
  const { name } = table;
  const sql = `SELECT count(*)::INT FROM ${name}`;
  for (const spelling of [name, `S.${name}`, `main.s."${name}"`, `delta.\`s/${name}\``]) {
    const refused = await post({ sql, schema: 's', minVersion: { [spelling]: 2 } });
    assert.equal(refused.body.code, 'DELTA_VERSION_NOT_FOUND', spelling);
    assert.equal(versionOf(await post({ sql, schema: 's', minVersion: { [spelling]: 1 } })), 1);
  }
  await post({ sql: `CREATE VIEW v_${name} AS SELECT * FROM s.${name}` });
  const viewed = { sql: `SELECT count(*)::INT FROM v_${name}` };
  const refused = await post({ ...viewed, minVersion: { [`s.${name}`]: 2 } });
  assert.equal(refused.body.code, 'DELTA_VERSION_NOT_FOUND');
  const ofView = await post({ ...viewed, minVersion: { [`v_${name}`]: 1 } });
  assert.deepEqual([ofView.status, ofView.body.code], [400, 'WRONG_OBJECT_TYPE']);
});

test('minVersion of a table that is not read is no matter, one of none is an error', async () => {
  const table = await written();
  const other = await written();
  const sql = `SELECT count(*)::INT FROM s.${table.name}`;
  assert.equal(versionOf(await post({ sql, minVersion: { [`s.${other.name}`]: 9 } })), 0);
  const missing = await post({ sql, minVersion: { 's.nothing': 0 } });
  assert.deepEqual([missing.status, missing.body.code], [404, 'TABLE_OR_VIEW_NOT_FOUND']);
  const garbled = await post({ sql, minVersion: { 's..t': 0 } });
  assert.deepEqual([garbled.status, garbled.body.code], [400, 'INVALID_NAME']);
});

test('a named version is read though the table has not reached minVersion; a time is not', async () => {
  const table = await written(2);
  const minVersion = { [`s.${table.name}`]: 5 };
  const from = `FROM s.${table.name}`;
  const named = await post({ sql: `SELECT count(*)::INT ${from} VERSION AS OF 0`, minVersion });
  assert.equal(versionOf(named), 0);
  const timed = await post({
    sql: `SELECT count(*)::INT ${from} TIMESTAMP AS OF '2001-01-01'`,
    minVersion,
  });
  assert.equal(timed.body.code, 'DELTA_VERSION_NOT_FOUND');
});

test('GET and bare text take both in the query string', async () => {
  const table = await written(2);
  const sql = `SELECT count(*)::INT FROM s.${table.name}`;
  const minVersion = JSON.stringify({ [`s.${table.name}`]: 2 });
  assert.equal((await get({ sql, minVersion })).body.code, 'DELTA_VERSION_NOT_FOUND');
  const query = new URLSearchParams({ minVersion, maxStaleness: '1h' }).toString();
  const bare = async (): Promise<Reply> => {
    const answer = await fetch(`${server.url}/v1/sql?${query}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sql' },
      body: sql,
    });
    return { status: answer.status, body: (await answer.json()) as Reply['body'] };
  };
  assert.equal((await bare()).body.code, 'DELTA_VERSION_NOT_FOUND');
  await table.commit();
  assert.equal(versionOf(await bare()), 2);
  for (const [name, value] of [
    ['minVersion', '7'],
    ['minVersion', '[1]'],
    ['minVersion', '{"t":-1}'],
    ['minVersion', '{"t"'],
    ['maxStaleness', '5'],
  ] as const) {
    const { status, body } = await get({ sql, [name]: value });
    assert.deepEqual([status, body.code], [400, 'INVALID_REQUEST'], `${name}=${value}`);
  }
});

test('SET max_staleness holds for its session, and a request goes before it', async () => {
  const table = await written();
  const sql = `SELECT count(*)::INT FROM s.${table.name}`;
  const opened = await fetch(`${server.url}/v1/sessions`, { method: 'POST' });
  const { id: session } = (await opened.json()) as { id: string };
  await post({ sql: "SET max_staleness = '1h'", session });
  assert.deepEqual((await post({ sql: 'SET max_staleness', session })).body.rows, [
    ['max_staleness', '1h'],
  ]);
  assert.equal(versionOf(await post({ sql, session })), 0);
  await table.commit();
  assert.equal(versionOf(await post({ sql, session })), 0);
  assert.equal(versionOf(await post({ sql })), 1, 'no session, no staleness');
  await table.commit();
  assert.equal(versionOf(await post({ sql, session, maxStaleness: '0s' })), 2);
  await table.commit();
  await post({ sql: 'RESET max_staleness', session });
  assert.equal(versionOf(await post({ sql, session })), 3);
  await post({ sql: 'SET max_staleness = 90s', session });
  assert.deepEqual((await post({ sql: 'SET max_staleness', session })).body.rows, [
    ['max_staleness', '90s'],
  ]);
  const wrong = await post({ sql: "SET max_staleness = 'soon'", session });
  assert.deepEqual([wrong.status, wrong.body.code], [400, 'INVALID_PARAMETER_VALUE']);
  assert.match(wrong.body.hint ?? '', /duration like '5s'/);
});
