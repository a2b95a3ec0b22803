import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { buildBatch } from '../support/build-batch.ts';
import { runUntilAborted, type FakeResult } from '../support/fake-sql-engine.ts';
import { startTestServer } from '../support/test-server.ts';

const long = { kind: 'long' } as const;
const string = { kind: 'string' } as const;

const prices: FakeResult = {
  columns: [
    { name: 'ticker', type: string, nullable: true },
    { name: 'volume', type: long, nullable: false },
  ],
  batches: () => [
    buildBatch(
      [string, long],
      [
        ['AAPL', 9_007_199_254_740_993n],
        [null, -1n],
      ],
    ),
    buildBatch([string, long], [['', 0n]]),
  ],
  snapshots: [{ table: 'main.stocks.prices', version: 20, timestampMs: 1_767_225_600_000 }],
  cacheKey: 'k1',
};

test('answers JSON with every row, the snapshots and "complete"', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('SELECT 1', () => prices);
  const reply = await http.inject({
    method: 'POST',
    url: '/v1/sql',
    payload: { sql: 'SELECT 1', queryId: 'mine', parameters: [1, 'a', null] },
  });
  assert.equal(reply.statusCode, 200);
  assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(reply.headers['x-query-id'], 'mine');
  assert.match(
    String(reply.headers['server-timing']),
    /^queue;dur=[\d.]+, parse;dur=0.25, bind;dur=0.50, plan;dur=1.00;desc="1 of 2 files, 100 bytes"$/,
  );
  assert.match(reply.body, /"AAPL",9007199254740993\]/);
  const { statistics, ...body } = reply.json<Record<string, unknown>>();
  assert.deepEqual(body, {
    queryId: 'mine',
    columns: [
      { name: 'ticker', type: 'STRING', nullable: true },
      { name: 'volume', type: 'BIGINT', nullable: false },
    ],

    rows: [
      ['AAPL', 9_007_199_254_740_993],
      [null, -1],
      ['', 0],
    ],
    rowCount: 3,
    snapshots: [
      { table: 'main.stocks.prices', version: 20, timestamp: '2026-01-01T00:00:00.000Z' },
    ],
    complete: true,
  });
  assert.equal((statistics as { filesTotal: number }).filesTotal, 2);
  assert.deepEqual(engine.requests[0]?.parameters, [1, 'a', null]);
  assert.equal(engine.open, 0);
});

test('answers NDJSON: a header record, rows, an end record', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('SELECT 1', () => prices);
  const reply = await http.inject({
    method: 'POST',
    url: '/v1/sql',
    headers: { accept: 'application/x-ndjson', 'content-type': 'application/sql' },
    payload: 'SELECT 1',
  });
  const lines = reply.body.trimEnd().split('\n');
  assert.equal(lines.length, 5);
  assert.deepEqual(lines.slice(1, 4), ['["AAPL",9007199254740993]', '[null,-1]', '["",0]']);
  const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(Object.keys(records[0] ?? {}), ['queryId', 'columns', 'snapshots']);
  assert.equal(records[4]?.['complete'], true);
  assert.equal(records[4]?.['rowCount'], 3);
});

test('answers CSV, telling NULL from an empty string', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('SELECT 1', () => prices);
  const reply = await http.inject({ url: '/v1/sql?sql=SELECT+1&format=csv' });
  assert.equal(reply.headers['content-type'], 'text/csv; charset=utf-8; header=present');
  assert.equal(reply.body, 'ticker,volume\r\nAAPL,9007199254740993\r\n,-1\r\n"",0\r\n');
});

test('a statement without a result has no columns and no rows', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('DROP TABLE t', () => ({}));
  const reply = await http.inject({
    method: 'POST',
    url: '/v1/sql',
    payload: { sql: 'DROP TABLE t' },
  });
  const body = reply.json<{ columns: unknown; rows: unknown; complete: boolean }>();
  assert.deepEqual([body.columns, body.rows, body.complete], [[], [], true]);
});

test('a failure before the first byte is problem+json with its status and position', async (t) => {
  const { http } = await startTestServer(t);
  const reply = await http.inject({
    method: 'POST',
    url: '/v1/sql',
    payload: { sql: 'SELEC', queryId: 'q' },
  });
  assert.equal(reply.statusCode, 400);
  assert.equal(reply.headers['content-type'], 'application/problem+json');
  assert.deepEqual(reply.json(), {
    type: 'urn:levee:error:PARSE_SYNTAX_ERROR',
    title: 'Parse syntax error',
    status: 400,
    code: 'PARSE_SYNTAX_ERROR',
    sqlState: '42601',
    detail: 'the fake engine was not taught "SELEC"',
    hint: 'Check the statement at the given position.',
    position: { line: 1, column: 1 },
    queryId: 'q',
  });
});

async function* failingLater(): AsyncIterable<ReturnType<typeof buildBatch>> {
  yield buildBatch(
    [string],
    Array.from({ length: 5000 }, () => ['0123456789']),
  );
  throw new CodedError('DIVIDE_BY_ZERO', 'division by zero');
}
const failsLater: FakeResult = {
  columns: [{ name: 's', type: string, nullable: true }],
  batches: failingLater,
};

test('a failure after the first byte ends JSON with "error" and without "complete"', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('SELECT 1', () => failsLater);
  const reply = await http.inject({ method: 'POST', url: '/v1/sql', payload: { sql: 'SELECT 1' } });
  assert.equal(reply.statusCode, 200);
  const body = reply.json<{ rowCount: number; complete?: boolean; error: { code: string } }>();
  assert.equal(body.error.code, 'DIVIDE_BY_ZERO');
  assert.equal(body.rowCount, 5000);
  assert.equal(body.complete, undefined);
  assert.equal(engine.open, 0);
});

test('a failure after the first byte cuts CSV off', async (t) => {
  const server = await startTestServer(t);
  server.engine.on('SELECT 1', () => failsLater);
  const url = await server.listen();
  const response = await fetch(`${url}/v1/sql?sql=SELECT+1&format=csv`);
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
});

test('an unforeseen failure shows neither its message nor its stack', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('SELECT 1', () => {
    throw new TypeError('secret /etc/path');
  });
  const reply = await http.inject({ method: 'POST', url: '/v1/sql', payload: { sql: 'SELECT 1' } });
  assert.equal(reply.statusCode, 500);
  assert.equal(reply.json<{ code: string }>().code, 'INTERNAL_ERROR');
  assert.doesNotMatch(reply.body, /secret|at .*\.ts/);
});

for (const [rowLimit, rows, truncated] of [
  [0, 0, true],
  [1, 1, true],
  [2, 2, true],
  [3, 3, false],
  [4, 3, false],
] as const) {
  test(`rowLimit ${rowLimit} of 3 rows gives ${rows}, truncated ${truncated}`, async (t) => {
    const { http, engine } = await startTestServer(t);
    engine.on('SELECT 1', () => prices);
    const reply = await http.inject({
      method: 'POST',
      url: '/v1/sql',
      payload: { sql: 'SELECT 1', rowLimit },
    });
    const body = reply.json<{ rows: unknown[]; rowCount: number; truncated: boolean }>();
    assert.deepEqual([body.rows.length, body.rowCount, body.truncated], [rows, rows, truncated]);
    assert.equal(engine.requests[0]?.rowLimit, rowLimit + 1);
  });
}

test('a result with more rows than the limit ends in RESULT_TOO_LARGE', async (t) => {
  const { http, engine } = await startTestServer(t, { limits: { resultRowsMax: 2 } });
  engine.on('SELECT 1', () => prices);
  const reply = await http.inject({ method: 'POST', url: '/v1/sql', payload: { sql: 'SELECT 1' } });
  assert.equal(reply.json<{ code: string }>().code, 'RESULT_TOO_LARGE');
});

test('a timeout ends a statement with QUERY_TIMEOUT', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('slow', ({ signal }) => runUntilAborted(signal));
  const reply = await http.inject({
    method: 'POST',
    url: '/v1/sql',
    payload: { sql: 'slow', timeout: '20ms' },
  });
  assert.equal(reply.statusCode, 504);
  const { code, sqlState, hint } = reply.json<{ code: string; sqlState: string; hint: string }>();
  assert.deepEqual(
    [code, sqlState, hint],
    ['QUERY_TIMEOUT', '57014', 'Raise "timeout", or read less.'],
  );
});

test('the same If-None-Match gets 304 without execution, another format does not', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('SELECT 1', () => prices);
  const url = '/v1/sql?sql=SELECT+1';
  const first = await http.inject({ url });
  const etag = String(first.headers.etag);
  assert.match(etag, /^W\/"k1\./);
  assert.equal(engine.executed, 1);
  const second = await http.inject({ url, headers: { 'if-none-match': `"other", ${etag}` } });
  assert.deepEqual([second.statusCode, second.body, engine.executed], [304, '', 1]);
  assert.equal(second.headers.etag, etag);
  const csv = await http.inject({ url, headers: { 'if-none-match': etag, accept: 'text/csv' } });
  assert.equal(csv.statusCode, 200);
  assert.deepEqual([engine.open, engine.requests[0]?.readOnly], [0, true]);
});

test('DELETE /v1/queries/{id} cancels a running query', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine.on('slow', ({ signal }) => runUntilAborted(signal));
  const running = http.inject({
    method: 'POST',
    url: '/v1/sql',
    headers: { 'x-query-id': 'slow-1' },
    payload: { sql: 'slow' },
  });
  while (engine.requests.length === 0) await new Promise(setImmediate);
  const again = await http.inject({
    method: 'POST',
    url: '/v1/sql',
    payload: { sql: 'slow', queryId: 'slow-1' },
  });
  assert.deepEqual(
    [again.statusCode, again.json<{ code: string }>().code],
    [409, 'QUERY_ID_IN_USE'],
  );
  const canceled = await http.inject({ method: 'DELETE', url: '/v1/queries/slow-1' });
  assert.equal(canceled.statusCode, 200);
  const reply = await running;
  assert.deepEqual(
    [reply.statusCode, reply.json<{ code: string }>().code],
    [499, 'QUERY_CANCELED'],
  );
  const list = await http.inject({ url: '/v1/queries' });
  const [record] = list.json<{ queries: { queryId: string; state: string }[] }>().queries;
  assert.deepEqual([record?.queryId, record?.state], ['slow-1', 'CANCELED']);
});
