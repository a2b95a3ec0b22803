/** The REPL against the server itself: what the fake server of the other tests promises is kept. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { runReplWith } from '../../repl/main.ts';
import { openServer, type OpenServer } from '../support/open-server.ts';
import { runReplProcess } from '../support/repl-process.ts';

let server: OpenServer;

before(async () => {
  server = await openServer();
  const made = await run(
    'create schema stocks;' +
      'create table stocks.prices (ticker string, close decimal(18,4), volume bigint) using delta;' +
      "insert into stocks.prices values ('AAPL', 187.32, 9007199254740993), ('株価', null, -1);" +
      'create view stocks.named as select ticker from stocks.prices',
  );
  assert.equal(made.stderr, '');
  assert.equal(made.code, 0);
});

after(async () => {
  await server.close();
});

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...commands: readonly string[]): Promise<Run> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let [out, err] = ['', ''];
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const args = [server.url, ...commands.flatMap((command) => ['-c', command])];
  const code = await runReplWith(args, { stdin, stdout, stderr, environment: {} });
  return { code, stdout: out, stderr: err };
}

for (const [name, commands, stdout] of [
  [
    'shows a table with all its digits',
    ['select * from stocks.prices order by volume'],
    ` ticker |  close   |      volume
--------+----------+------------------
 株価   |     NULL |               -1
 AAPL   | 187.3200 | 9007199254740993
(2 rows)

`,
  ],
  [
    'keeps the schema and temporary views for the next statement',
    [
      'use stocks',
      'create temporary view few as select volume from prices where volume > 0',
      'select * from few',
    ],
    '      volume\n------------------\n 9007199254740993\n(1 row)\n\n',
  ],
  [
    'reads an older version',
    ['select count(*) as n from stocks.prices version as of 0'],
    ' n\n---\n 0\n(1 row)\n\n',
  ],
  [
    'speaks Spark once it was told to',
    ['set dialect = spark; select "it\\"s;" as s'],
    '   s\n-------\n it"s;\n(1 row)\n\n',
  ],
  [
    'lists tables and views',
    ['\\d'],
    ` Schema |  Name  | Type
--------+--------+-------
 stocks | named  | view
 stocks | prices | table
(2 rows)

`,
  ],
  ['lists schemas', ['\\dn st*'], ' Schema\n--------\n stocks\n(1 row)\n\n'],
  [
    'finds nothing in a schema that is not there',
    ['\\dt nope.*'],
    ' Schema | Name | Type\n--------+------+------\n(0 rows)\n\n',
  ],
] as const) {
  test(name, async () => {
    assert.deepEqual(await run(...commands), { code: 0, stdout, stderr: '' });
  });
}

test('describes a table, a view, a temporary view, and where it is connected', async () => {
  const table = await run('\\d prices');
  assert.match(
    table.stdout,
    /^Table "stocks\.prices"\n[^]* close {2}\| DECIMAL\(18,4\) \|\n[^]*\nLocation: .*stocks\/prices\n/,
  );
  const view = await run('\\d+ stocks.named');
  assert.match(
    view.stdout,
    /^View "stocks\.named"\n[^]* ticker \| STRING \|\n[^]*sql: select ticker from stocks\.prices\n/,
  );
  const temporary = await run('create temporary view v as select 1 as one', '\\d v');
  assert.match(temporary.stdout, / one +\| INT/);
  const connection = await run('use stocks', '\\conninfo');
  assert.match(connection.stdout, /Session: [0-9a-f-]{36}\nSchema: {2}stocks\nDialect: duckdb\n/);
});

test('lists the versions of a table', async () => {
  const { stdout } = await run('\\pset format csv', '\\history stocks.prices');
  assert.match(stdout, /^version,timestamp,/);
  assert.match(stdout, /\n1,[^\n]*WRITE[^]*\n0,[^\n]*CREATE TABLE/);
});

test('shows which versions were read', async () => {
  const { stdout } = await run('\\timing on', 'select count(*) from stocks.prices');
  assert.match(
    stdout,
    /Time: [\d.]+ ms \(server [\d.]+ ms, 1 of 1 files\)\nRead: main\.stocks\.prices@v1\n/,
  );
});

test('puts the caret where the server says', async () => {
  const { code, stderr } = await run('select *\nfrom stocks.nope');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^ERROR: {2}TABLE_OR_VIEW_NOT_FOUND \(42P01\): [^\n]*nope[^\n]*\nLINE 2: from stocks\.nope\n {13}\^\n/,
  );
});

test('a time limit ends the statement', async () => {
  const { code, stderr } = await run(
    '\\pset timeout 200ms',
    'select count(*) from range(100000000) a, range(100000) b where a.range + b.range = -1',
  );
  assert.equal(code, 1);
  assert.match(stderr, /^ERROR: {2}QUERY_TIMEOUT \(57014\)/);
});

test('an interrupt stops the statement in the engine', async () => {
  const sql =
    'select count(*) from range(100000000) a, range(99999) b where a.range + b.range = -1';
  const states = async (): Promise<readonly string[]> => {
    const answer = await fetch(`${server.url}/v1/queries`);
    const { queries } = (await answer.json()) as { queries: { sql: string; state: string }[] };
    return queries.filter((query) => query.sql === sql).map(({ state }) => state);
  };
  const ended = runReplProcess([server.url, '-c', sql], {
    onStart: (interrupt) => {
      void (async () => {
        while (!(await states()).includes('RUNNING'))
          await new Promise((resolve) => setTimeout(resolve, 50));
        interrupt();
      })();
    },
  });
  const { code, stderr } = await ended;
  assert.equal(code, 130);
  assert.match(stderr, /cancel/i);
  assert.deepEqual(await states(), ['CANCELED']);
});

test('a session that was closed behind the back of the REPL is opened again', async () => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let [out, err] = ['', ''];
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = runReplWith([server.url, '-t'], { stdin, stdout, stderr, environment: {} });
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (let tries = 0; !isTrue() && tries < 200; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
  };
  stdin.write('use stocks;\n\\conninfo\n');
  await until(() => out.includes('Token:'));
  const id = /Session: (\S+)/.exec(out)?.[1] ?? '';
  assert.equal((await fetch(`${server.url}/v1/sessions/${id}`, { method: 'DELETE' })).status, 204);
  stdin.end('select count(*) from prices;\n');
  assert.equal(await ended, 0);
  assert.match(out, /\n +2\n$/);
  assert.equal(
    err,
    'NOTICE:  The session had expired; a new one is open. Temporary views are gone.\n',
  );
});

test('a session that is closed in a transaction is not opened again for its next statement', async () => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let [out, err] = ['', ''];
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = runReplWith([server.url, '-t'], { stdin, stdout, stderr, environment: {} });
  stdin.write('begin;\n\\conninfo\n');
  for (let tries = 0; !out.includes('Token:') && tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const id = /Session: (\S+)/.exec(out)?.[1] ?? '';
  const url = `${server.url}/v1/sessions/${id}`;
  const session = (await (await fetch(url)).json()) as { readonly transaction?: string };
  assert.equal(session.transaction, 'open');
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 204);
  stdin.end('insert into stocks.prices select * from stocks.prices;\n');
  assert.notEqual(await ended, 0);
  assert.match(err, /SESSION_NOT_FOUND/);
});
