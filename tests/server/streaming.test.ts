import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import type { ColumnBatch } from '../../catalog/column-batch.ts';
import { buildBatch } from '../support/build-batch.ts';
import { runUntilAborted, type FakeResult } from '../support/fake-sql-engine.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const string = { kind: 'string' } as const;
const columns = [{ name: 's', type: string, nullable: true }];
/** About 100 kB of text. */
const batch = buildBatch(
  [string],
  Array.from({ length: 1000 }, () => ['x'.repeat(100)]),
);

async function until(condition: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + 5000;
  while (!condition()) {
    assert.ok(performance.now() < giveUpMs, 'waited for 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Sends a request and reads nothing. */
async function sendAndStall(url: string, sql: string): Promise<Socket> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write(
    `POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\n` +
      `X-Query-Id: stalled\r\nContent-Length: ${sql.length}\r\n\r\n${sql}`,
  );
  return socket;
}

test('a client that does not read holds few batches, and the rest come when it does', async (t) => {
  const server = await startTestServer(t);
  let made = 0;
  async function* batches(): AsyncIterable<ColumnBatch> {
    for (; made < 1000; made++) yield batch;
  }
  server.engine.on('SELECT 1', () => ({ columns, batches }));
  const socket = await sendAndStall(await server.listen(), 'SELECT 1');
  let last = -1;
  while (last !== made || made === 0) {
    last = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // What the kernel takes is some MB; of ours there is a chunk or two.
  assert.ok(made < 200, `${made} of 1000 batches were made for nobody`);
  let bytes = 0;
  socket.resume();
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await until(() => made === 1000 && bytes > 100_000_000);
  socket.destroy();
});

for (const moment of ['before the first byte', 'while it is sent'] as const) {
  test(`a client that hangs up ${moment} cancels its statement`, async (t) => {
    const server = await startTestServer(t);
    let reason: unknown;
    async function* batches(signal: AbortSignal): AsyncIterable<ColumnBatch> {
      while (!signal.aborted) yield batch;
      reason = signal.reason;
    }
    const slow = ({ signal }: { signal: AbortSignal }): Promise<FakeResult> | FakeResult =>
      moment === 'while it is sent'
        ? { columns, batches: () => batches(signal) }
        : runUntilAborted(signal).catch((error: unknown) => {
            reason = error;
            throw error;
          });
    server.engine.on('slow', slow);
    const socket = await sendAndStall(await server.listen(), 'slow');
    await until(() => server.engine.requests.length === 1);
    if (moment === 'while it is sent') socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    await until(() => stateOf(server) === 'CANCELED');
    await until(() => server.engine.open === 0);
    assert.equal(server.engine.requests[0]?.signal.aborted, true);
    if (reason !== undefined) assert.equal((reason as { code: string }).code, 'QUERY_CANCELED');
  });
}

let states: { queryId: string; state: string }[] = [];
function stateOf(server: TestServer): string | undefined {
  void server.http.inject({ url: '/v1/queries' }).then((reply) => {
    states = reply.json<{ queries: typeof states }>().queries;
  });
  return states.find(({ queryId }) => queryId === 'stalled')?.state;
}

test('a statement that ignores its signal gets its answer in time and keeps its place', async (t) => {
  const { http, engine } = await startTestServer(t, {
    limits: { statementsRunningMax: 1, statementsWaitingMax: 0 },
  });
  let letGo = (): void => undefined;
  engine.on('stubborn', () => new Promise((resolve) => (letGo = () => resolve({}))));
  engine.on('SELECT 1', () => ({ columns, batches: () => [batch] }));
  const run = async (sql: string): Promise<string | undefined> => {
    const payload = { sql, timeout: '20ms' };
    const reply = await http.inject({ method: 'POST', url: '/v1/sql', payload });
    return reply.json<{ code?: string }>().code;
  };
  assert.equal(await run('stubborn'), 'QUERY_TIMEOUT');
  assert.equal(await run('SELECT 1'), 'SERVER_BUSY');
  letGo();
  await new Promise(setImmediate);
  assert.equal(await run('SELECT 1'), undefined);
  assert.equal(engine.open, 0);
});

test('more statements than run or wait are refused with 503 and Retry-After', async (t) => {
  const { http, engine } = await startTestServer(t, {
    limits: { statementsRunningMax: 1, statementsWaitingMax: 1 },
  });
  engine.on('slow', ({ signal }) => runUntilAborted(signal));
  const run = (queryId: string) =>
    http.inject({ method: 'POST', url: '/v1/sql', payload: { sql: 'slow', queryId } });
  const running = run('a');
  await until(() => engine.requests.length === 1);
  const waiting = run('b');
  await new Promise((resolve) => setTimeout(resolve, 20));
  const refused = await run('c');
  assert.deepEqual(
    [refused.statusCode, refused.json<{ code: string }>().code],
    [503, 'SERVER_BUSY'],
  );
  assert.match(String(refused.headers['retry-after']), /^\d+$/);
  const metrics = await http.inject({ url: '/metrics' });
  assert.match(metrics.body, /^levee_statements_running 1$/m);
  assert.match(metrics.body, /^levee_statements_waiting 1$/m);
  assert.match(metrics.body, /^levee_statements_refused_total 1$/m);
  // Both end, the one that waits without ever having run.
  await http.inject({ method: 'DELETE', url: '/v1/queries/b' });
  await http.inject({ method: 'DELETE', url: '/v1/queries/a' });
  assert.deepEqual([(await running).statusCode, (await waiting).statusCode], [499, 499]);
  assert.equal(engine.requests.length, 1);
});

test('draining refuses new statements and cancels those that do not end in time', async (t) => {
  const server = await startTestServer(t, { limits: { drainMsMax: 30 } });
  server.engine.on('slow', ({ signal }) => runUntilAborted(signal));
  const payload = { sql: 'slow' };
  const running = server.http.inject({ method: 'POST', url: '/v1/sql', payload });
  await until(() => server.engine.requests.length === 1);
  const drained = server.drain();
  const refused = await server.http.inject({ method: 'POST', url: '/v1/sql', payload });
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.json<{ code: string }>().code, 'SERVER_SHUTTING_DOWN');
  assert.equal((await server.http.inject({ url: '/readyz' })).statusCode, 503);
  assert.equal((await server.http.inject({ url: '/healthz' })).statusCode, 200);
  await drained;
  assert.equal((await running).json<{ code: string }>().code, 'SERVER_SHUTTING_DOWN');
  await server.close();
  assert.equal(server.engine.closed, true);
});
