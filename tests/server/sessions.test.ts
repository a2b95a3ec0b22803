import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { Sessions } from '../../server/sessions.ts';
import { startTestServer } from '../support/test-server.ts';

const never = new AbortController().signal;

function makeSessions(sessionsMax = 10): { sessions: Sessions; clock: { now: number } } {
  const clock = { now: 0 };
  let count = 0;
  const sessions = new Sessions({
    limits: { sessionsMax, sessionIdleMsMax: 1000 },
    clock: { nowMs: () => clock.now },
    newId: () => `s${++count}`,
  });
  return { sessions, clock };
}

function codeIs(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CodedError && error.code === code;
}

test('a session that nobody used for its time is closed, one in use is not', async () => {
  const { sessions, clock } = makeSessions();
  sessions.open({});
  sessions.open({});
  const loan = await sessions.lend('s2', never);
  clock.now = 1000;
  assert.throws(() => sessions.get('s1'), codeIs('SESSION_NOT_FOUND'));
  assert.equal(sessions.get('s2').id, 's2');
  loan.giveBack();
  clock.now = 1999;
  assert.equal(sessions.count, 1);
  clock.now = 2000;
  assert.equal(sessions.count, 0);
});

test('statements of one session come one after the other', async () => {
  const { sessions } = makeSessions();
  sessions.open({});
  const first = await sessions.lend('s1', never);
  const order: string[] = [];
  const second = sessions.lend('s1', never).then((loan) => (order.push('second'), loan));
  const controller = new AbortController();
  const aborted = sessions.lend('s1', controller.signal);
  const third = sessions.lend('s1', never).then((loan) => (order.push('third'), loan));
  controller.abort(new CodedError('QUERY_CANCELED', 'enough'));
  await assert.rejects(aborted, codeIs('QUERY_CANCELED'));
  assert.deepEqual(order, []);
  first.giveBack();
  const loan = await second;
  await new Promise(setImmediate);
  assert.deepEqual(order, ['second']);
  loan.giveBack();
  loan.giveBack();
  (await third).giveBack();
  assert.deepEqual(order, ['second', 'third']);
});

test('refuses more sessions than the limit', () => {
  const { sessions } = makeSessions(1);
  sessions.open({});
  assert.throws(() => sessions.open({}), codeIs('TOO_MANY_SESSIONS'));
});

test('USE and SET last in a session; schema and dialect of a request hold for it alone', async (t) => {
  const { http, engine } = await startTestServer(t);
  engine
    .on('USE b', ({ session }) => ((session.currentSchema = 'b'), {}))
    .on('SELECT 1', ({ session }) => ({
      columns: [
        {
          name: `${session.currentSchema} ${session.dialect}`,
          type: { kind: 'long' },
          nullable: true,
        },
      ],
    }));
  const run = async (payload: object): Promise<string | undefined> => {
    const reply = await http.inject({ method: 'POST', url: '/v1/sql', payload });
    return reply.json<{ columns: { name: string }[] }>().columns[0]?.name;
  };
  const opened = await http.inject({
    method: 'POST',
    url: '/v1/sessions',
    payload: { schema: 'a' },
  });
  assert.equal(opened.statusCode, 201);
  const { id } = opened.json<{ id: string }>();
  assert.equal(opened.headers.location, `/v1/sessions/${id}`);
  assert.equal(await run({ sql: 'SELECT 1', session: id }), 'a duckdb');
  assert.equal(
    await run({ sql: 'SELECT 1', session: id, schema: 'x', dialect: 'spark' }),
    'x spark',
  );
  assert.equal(await run({ sql: 'SELECT 1', session: id }), 'a duckdb');
  await run({ sql: 'USE b', session: id, dialect: 'spark' });
  assert.equal(await run({ sql: 'SELECT 1', session: id }), 'b duckdb');
  assert.equal(await run({ sql: 'SELECT 1' }), 'default duckdb');
  const shown = await http.inject({ url: `/v1/sessions/${id}` });
  assert.equal(shown.json<{ schema: string }>().schema, 'b');
  assert.equal(
    (await http.inject({ method: 'DELETE', url: `/v1/sessions/${id}` })).statusCode,
    204,
  );
  const gone = await http.inject({
    method: 'POST',
    url: '/v1/sql',
    payload: { sql: 'SELECT 1', session: id },
  });
  assert.deepEqual(
    [gone.statusCode, gone.json<{ code: string }>().code],
    [404, 'SESSION_NOT_FOUND'],
  );
});

test('a session opens without a body', async (t) => {
  const { http } = await startTestServer(t);
  assert.equal((await http.inject({ method: 'POST', url: '/v1/sessions' })).statusCode, 201);
});
