import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startTestServer } from '../support/test-server.ts';

interface Bad {
  readonly name: string;
  readonly method?: 'POST' | 'GET' | 'PUT' | 'DELETE';
  readonly url?: string;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly payload?: string | Buffer;
  readonly status: number;
  readonly code: string;
  readonly detail?: RegExp;
  readonly hint?: RegExp;
}

const invalid = { status: 400, code: 'INVALID_REQUEST' };
const cases: readonly Bad[] = [
  {
    name: 'JSON that is cut off',
    payload: '{"sql": "SELECT',
    ...invalid,
    detail: /the JSON cannot be read/,
  },
  { name: 'an empty body', payload: '', ...invalid },
  { name: 'a body that is a list', payload: '[]', ...invalid, detail: /the body must be object/ },
  {
    name: 'a body without sql',
    payload: '{}',
    ...invalid,
    detail: /must have required property 'sql'/,
  },
  {
    name: 'sql that is a number',
    payload: '{"sql": 1}',
    ...invalid,
    detail: /"sql" of the body must be string/,
  },
  {
    name: 'an unknown member',
    payload: '{"sql": "x", "timeuot": "1s"}',
    ...invalid,
    detail: /unknown member "timeuot"/,
    hint: /timeout/,
  },
  {
    name: 'an unknown dialect',
    payload: '{"sql": "x", "dialect": "mysql"}',
    ...invalid,
    detail: /duckdb, spark/,
  },
  {
    name: '__proto__',
    payload: '{"sql": "x", "__proto__": {"a": 1}}',
    ...invalid,
    detail: /__proto__/,
  },
  {
    name: '__proto__ written with an escape',
    payload: '{"sql": "x", "parameters": {"\\u005f_proto__": 1}}',
    ...invalid,
    detail: /__proto__/,
  },
  {
    name: 'constructor as a member',
    payload: '{"sql": "x", "constructor": {"prototype": {}}}',
    ...invalid,
    detail: /unknown member "constructor"/,
  },
  {
    name: 'bottomless nesting',
    payload: '['.repeat(100_000),
    ...invalid,
    detail: /deeper than 64/,
  },
  {
    name: 'bytes that are no UTF-8',
    payload: Buffer.from('{"sql": "\xff"}', 'latin1'),
    ...invalid,
    detail: /UTF-8/,
  },
  {
    name: 'SQL text that is no UTF-8',
    type: 'application/sql',
    payload: Buffer.from([0xc3, 0x28]),
    ...invalid,
    detail: /UTF-8/,
  },
  {
    name: 'an integer that a double cannot hold',
    payload: '{"sql": "x", "parameters": [9007199254740993]}',
    ...invalid,
    detail: /9007199254740993 cannot be taken without loss/,
    hint: /string/,
  },
  {
    name: 'the same with a fraction',
    payload: '{"sql": "x", "parameters": [9007199254740993.0]}',
    ...invalid,
  },
  {
    name: 'a number beyond all doubles',
    payload: '{"sql": "x", "parameters": [1e999]}',
    ...invalid,
  },
  {
    name: 'a parameter that is an array',
    payload: '{"sql": "x", "parameters": [[1]]}',
    ...invalid,
  },
  { name: 'parameters that are text', payload: '{"sql": "x", "parameters": "1"}', ...invalid },
  {
    name: 'a timeout without a unit',
    payload: '{"sql": "x", "timeout": "30"}',
    ...invalid,
    detail: /"30" is no timeout/,
  },
  {
    name: 'a timeout beyond the limit',
    payload: '{"sql": "x", "timeout": "2h"}',
    ...invalid,
    detail: /longer than 1h/,
  },
  { name: 'a negative rowLimit', payload: '{"sql": "x", "rowLimit": -1}', ...invalid },
  { name: 'a rowLimit with a fraction', payload: '{"sql": "x", "rowLimit": 1.5}', ...invalid },
  { name: 'a query id with spaces', payload: '{"sql": "x", "queryId": "a b"}', ...invalid },
  {
    name: 'a query id with spaces in the header',
    headers: { 'x-query-id': 'a b' },
    payload: '{"sql": "x"}',
    ...invalid,
  },
  {
    name: 'asOf, which is not built',
    payload: '{"sql": "x", "asOf": "t"}',
    status: 501,
    code: 'UNSUPPORTED_FEATURE',
  },
  {
    name: 'a maxStaleness without a unit',
    payload: '{"sql": "x", "maxStaleness": "5"}',
    ...invalid,
    detail: /"5" is no duration/,
  },
  {
    name: 'a maxStaleness that is a number',
    payload: '{"sql": "x", "maxStaleness": 5}',
    ...invalid,
  },
  { name: 'a minVersion that is a number', payload: '{"sql": "x", "minVersion": 5}', ...invalid },
  { name: 'a minVersion that is an array', payload: '{"sql": "x", "minVersion": [5]}', ...invalid },
  {
    name: 'a minVersion with a negative version',
    payload: '{"sql": "x", "minVersion": {"t": -1}}',
    ...invalid,
  },
  {
    name: 'a minVersion with a fraction',
    payload: '{"sql": "x", "minVersion": {"t": 1.5}}',
    ...invalid,
  },
  {
    name: 'a minVersion that is text',
    payload: '{"sql": "x", "minVersion": {"t": "1"}}',
    ...invalid,
  },
  {
    name: 'a minVersion of too many tables',
    payload: `{"sql": "x", "minVersion": {${Array.from({ length: 101 }, (_, i) => `"t${i}": 1`).join()}}}`,
    ...invalid,
  },
  {
    name: 'a body of another type',
    type: 'text/html',
    payload: '<p>',
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  {
    name: 'a form, which curl -d sends',
    type: 'application/x-www-form-urlencoded',
    payload: 'SELECT 1',
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    hint: /application\/sql/,
  },
  {
    name: 'a body without a type',
    type: '',
    payload: 'x',
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  {
    name: 'another charset',
    type: 'application/json; charset=utf-16',
    payload: '{"sql": "x"}',
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  },
  {
    name: 'an answer nobody can make',
    headers: { accept: 'image/png' },
    payload: '{"sql": "x"}',
    status: 406,
    code: 'NOT_ACCEPTABLE',
    hint: /text\/csv/,
  },
  {
    name: 'a statement that is too large',
    payload: JSON.stringify({ sql: 'x'.repeat(2000) }),
    status: 413,
    code: 'STATEMENT_TOO_LARGE',
    detail: /2000 bytes, more than 1024/,
  },
  {
    name: 'a body that is too large',
    payload: JSON.stringify({ sql: 'x'.repeat(200_000) }),
    status: 413,
    code: 'REQUEST_TOO_LARGE',
  },
  {
    name: 'a session that is not there',
    payload: '{"sql": "x", "session": "s"}',
    status: 404,
    code: 'SESSION_NOT_FOUND',
  },
  {
    name: 'an unknown route',
    method: 'GET',
    url: '/v1/nothing',
    status: 404,
    code: 'ROUTE_NOT_FOUND',
  },
  {
    name: 'a method the route does not have',
    method: 'PUT',
    payload: '{}',
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
  },
  {
    name: 'a query that is not there',
    method: 'DELETE',
    url: '/v1/queries/none',
    status: 404,
    code: 'QUERY_NOT_FOUND',
  },
  {
    name: 'a URL with broken percent-encoding',
    method: 'GET',
    url: '/v1/queries/%E0%A4%A',
    ...invalid,
  },
  {
    name: 'a path of thousands of characters',
    method: 'GET',
    url: `/v1/queries/${'x'.repeat(5000)}`,
    ...invalid,
  },
  {
    name: 'GET without sql',
    method: 'GET',
    url: '/v1/sql',
    ...invalid,
    detail: /the query string must have required property 'sql'/,
  },
  {
    name: 'an unknown parameter of the URL',
    method: 'GET',
    url: '/v1/sql?sql=x&formt=csv',
    ...invalid,
    hint: /format/,
  },
  {
    name: 'a parameter of the URL that comes twice',
    method: 'GET',
    url: '/v1/sql?sql=x&sql=y',
    ...invalid,
  },
  {
    name: 'parameters of the URL that are no JSON',
    method: 'GET',
    url: '/v1/sql?sql=x&parameters=[',
    ...invalid,
  },
  {
    name: 'a name of another server',
    headers: { host: 'evil.example' },
    payload: '{"sql": "x"}',
    status: 403,
    code: 'HOST_NOT_ALLOWED',
  },
];

for (const bad of cases) {
  test(`refuses ${bad.name}`, async (t) => {
    const limits = { statementBytesMax: 1024, requestBodyBytesMax: 150_000 };
    const { http, engine } = await startTestServer(t, { limits });
    const { method = 'POST', url = '/v1/sql', type = 'application/json', headers, payload } = bad;
    const reply = await http.inject({
      method,
      url,
      headers: {
        ...(payload === undefined || type === '' ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    });
    const body = reply.json<{
      code: string;
      detail: string;
      hint: string;
      status: number;
      sqlState: string;
    }>();
    assert.deepEqual(
      [reply.statusCode, body.code, body.status],
      [bad.status, bad.code, bad.status],
      reply.body,
    );
    assert.equal(reply.headers['content-type'], 'application/problem+json');
    assert.match(body.sqlState, /^[0-9A-Z]{5}$/);
    if (bad.detail !== undefined) assert.match(body.detail, bad.detail);
    if (bad.hint !== undefined) assert.match(body.hint, bad.hint);
    assert.doesNotMatch(reply.body, /node_modules|\.ts:\d|\\n\s+at /);
    assert.equal(engine.requests.length, 0);
    assert.equal(({} as { a?: unknown }).a, undefined);
    assert.equal((await http.inject({ url: '/healthz' })).statusCode, 200);
  });
}

test('405 names the methods there are', async (t) => {
  const { http } = await startTestServer(t);
  const reply = await http.inject({ method: 'PUT', url: '/v1/sql', payload: {} });
  assert.equal(reply.headers.allow, 'POST, GET');
});

const raw: readonly { name: string; bytes: string; status: RegExp; code: string }[] = [
  {
    name: 'bytes that are no HTTP',
    bytes: '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n',
    status: /^HTTP\/1.1 400 /,
    code: 'INVALID_REQUEST',
  },
  {
    name: 'an unknown method',
    bytes: 'FROB / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    status: /^HTTP\/1.1 400 /,
    code: 'INVALID_REQUEST',
  },
  {
    name: 'huge headers',
    bytes: `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    status: /^HTTP\/1.1 431 /,
    code: 'REQUEST_HEADERS_TOO_LARGE',
  },
  {
    name: 'a huge URL',
    bytes: `GET /v1/sql?sql=${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    status: /^HTTP\/1.1 431 /,
    code: 'REQUEST_HEADERS_TOO_LARGE',
  },
  {
    name: 'a wrong Content-Length',
    bytes: 'POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
    status: /^HTTP\/1.1 400 /,
    code: 'INVALID_REQUEST',
  },
  {
    name: 'a broken chunk',
    bytes:
      'POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
    status: /^HTTP\/1.1 400 /,
    code: 'INVALID_REQUEST',
  },
];
for (const { name, bytes, status, code } of raw) {
  test(`answers ${name} with problem+json and lives`, async (t) => {
    const server = await startTestServer(t);
    const url = new URL(await server.listen());
    const socket = connect(Number(url.port), url.hostname);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
    assert.match(answer, status);
    assert.match(answer, new RegExp(`"code":"${code}"`));
    assert.equal((await fetch(`${url.origin}/healthz`)).status, 200);
  });
}
