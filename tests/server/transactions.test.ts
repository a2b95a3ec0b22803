/** Transactions over HTTP: they belong to a session, and end with it. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openServer } from '../support/open-server.ts';

async function open(t: TestContext) {
  const { url, warehouse, close } = await openServer();
  t.after(close);
  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });
  return {
    url,
    openSession: async () =>
      ((await (await post('/v1/sessions', {})).json()) as { readonly id: string }).id,
    stateOf: async (id: string) =>
      ((await (await fetch(`${url}/v1/sessions/${id}`)).json()) as { transaction?: string })
        .transaction,
    /** The rows, or the status and SQLSTATE of the failure. */
    run: async (sql: string, session?: string, more: object = {}): Promise<unknown> => {
      const reply = await post('/v1/sql', { sql, session, ...more });
      const body = (await reply.json()) as {
        readonly rows?: unknown;
        readonly sqlState?: string;
        readonly error?: { readonly sqlState: string };
      };
      if (reply.ok && body.error === undefined) return body.rows;
      return `${reply.status} ${body.sqlState ?? body.error?.sqlState}`;
    },
    files: () =>
      readdirSync(join(warehouse, 'default', 't')).filter((name) => name !== '_delta_log'),
  };
}

test('statements of a session between BEGIN and COMMIT are one commit', async (t) => {
  const { run, openSession, stateOf } = await open(t);
  const session = await openSession();
  await run('CREATE TABLE t (id BIGINT)');
  assert.equal(await stateOf(session), undefined);
  await run('BEGIN', session);
  assert.equal(await stateOf(session), 'open');
  await run('INSERT INTO t VALUES (1), (2)', session);
  // A dialect for one statement makes a copy of the session for it.
  await run('DELETE FROM t WHERE id = 1', session, { dialect: 'spark' });
  assert.deepEqual(await run('SELECT id FROM t', session), [[2]]);
  assert.deepEqual(await run('SELECT id FROM t'), []);
  await run('COMMIT', session, { dialect: 'spark' });
  assert.equal(await stateOf(session), undefined);
  assert.deepEqual(await run('SELECT id FROM t'), [[2]]);
  assert.equal(await run('COMMIT', session), '400 25P01');
});

test('a session that is closed rolls its transaction back', async (t) => {
  const { url, run, openSession, files } = await open(t);
  const session = await openSession();
  await run('CREATE TABLE t (id BIGINT)');
  await run('BEGIN', session);
  await run('INSERT INTO t VALUES (1)', session);
  assert.equal(files().length, 1);
  assert.equal((await fetch(`${url}/v1/sessions/${session}`, { method: 'DELETE' })).status, 204);
  assert.deepEqual(files(), []);
  assert.deepEqual(await run('SELECT id FROM t'), []);
});

test('a client that goes away fails the transaction, which can only be ended', async (t) => {
  const { url, run, openSession, stateOf, files } = await open(t);
  const session = await openSession();
  await run('CREATE TABLE t (id BIGINT)');
  await run('BEGIN', session);
  await run('INSERT INTO t VALUES (1)', session);
  const gone = new AbortController();
  const sql = 'INSERT INTO t SELECT count(*) FROM range(3000000000) a, range(1000) b';
  const running = fetch(`${url}/v1/sql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql, session }),
    signal: gone.signal,
  });
  setTimeout(() => gone.abort(), 200);
  await assert.rejects(running);
  assert.equal(await run('SELECT 1', session), '400 25P02');
  assert.equal(await stateOf(session), 'failed');
  assert.deepEqual(files(), []);
  assert.deepEqual(await run('ROLLBACK', session), []);
  assert.deepEqual(await run('SELECT id FROM t', session), []);
});

test('a request without a session has no transaction, and GET begins none', async (t) => {
  const { url, run, openSession } = await open(t);
  assert.equal(await run('BEGIN'), '501 0A000');
  const session = await openSession();
  const reply = await fetch(`${url}/v1/sql?session=${session}&sql=BEGIN`);
  assert.equal(((await reply.json()) as { readonly sqlState: string }).sqlState, '25006');
});
