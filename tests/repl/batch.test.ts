import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFakeLevee, type FakeLevee } from '../support/fake-levee.ts';
import { runReplProcess } from '../support/repl-process.ts';

let server: FakeLevee;
let folder: string;

before(async () => {
  server = await startFakeLevee();
  folder = await mkdtemp(join(tmpdir(), 'levee-repl-'));
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function waitFor(what: string, isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries += 1) {
    assert.ok(tries < 200, `waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const one = ' 1\n---\n 1\n(1 row)\n\n';

test('-c runs its statements, in one session that is closed at the end', async () => {
  const from = server.requests.length;
  const run = await runReplProcess([server.url, '-c', 'select 1; select 1', '-c', 'select 1;']);
  assert.deepEqual(run, { code: 0, stdout: one + one + one, stderr: '' });
  assert.deepEqual(
    server.requests
      .slice(from)
      .map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, 'ID')}`),
    ['POST /v1/sessions', 'POST /v1/sql', 'POST /v1/sql', 'POST /v1/sql', 'DELETE /v1/sessions/ID'],
  );
});

test('-f runs a file and reports an error with file and line', async () => {
  const path = join(folder, 'script.sql');
  await writeFile(path, '-- first\nselect 1;\n\nselect *\n  from missing;\nselect 1;\n');
  const run = await runReplProcess([server.url, '-f', path]);
  assert.equal(run.code, 1);
  assert.equal(run.stdout, one);
  assert.equal(
    run.stderr,
    `levee:${path}:5: ERROR:  TABLE_OR_VIEW_NOT_FOUND (42P01): there is no table "missing"\n` +
      'LINE 2:   from missing\n               ^\nHINT:  SHOW TABLES lists the tables.\n',
  );
});

test('a pipe runs what comes, without prompt, colour or pager', async () => {
  const piped = await runReplProcess([server.url, '--format', 'csv'], {
    stdin: 'select * from numbers(100)',
    environment: { PAGER: 'false' },
  });
  assert.equal(piped.code, 0);
  assert.equal(piped.stdout.split('\n').length, 102);
  assert.doesNotMatch(piped.stdout, /\x1b|levee/);
});

test('commands and statements may be mixed, and the last needs no semicolon', async () => {
  const out = join(folder, 'out.csv');
  const run = await runReplProcess([server.url], {
    stdin: `\\pset format csv\nselect 1 \\g ${out}\nselect nothing;\n\\x on\n\\echo it is\\ done\n\\pset format table\nselect 1`,
  });
  assert.deepEqual(run, {
    code: 0,
    stderr: '',
    stdout: `a,b\nit is\\ done\n-[ RECORD 1 ]${'-'.repeat(27)}\n1 | 1\n`,
  });
  assert.equal(await readFile(out, 'utf8'), '1\n1\n');
});

test('\\o sends results to a file, and back', async () => {
  const out = join(folder, 'o.txt');
  const run = await runReplProcess([server.url], {
    stdin: `\\o ${out}\nselect 1;\nselect 1;\n\\o\nselect 1;`,
  });
  assert.deepEqual(run, { code: 0, stdout: one, stderr: '' });
  assert.equal(await readFile(out, 'utf8'), one + one);
});

test('\\i runs a file and stops at its error', async () => {
  const inner = join(folder, 'inner.sql');
  await writeFile(inner, 'select 1;\nnonsense;\nselect 1;\n');
  const run = await runReplProcess([server.url, '-c', `\\i ${inner}`, '-c', 'select 1']);
  assert.equal(run.code, 1);
  assert.equal(run.stdout, one);
  assert.match(
    run.stderr,
    /^levee:.*inner\.sql:2: ERROR: {2}PARSE_SYNTAX_ERROR \(42601\): cannot read: nonsense\n/,
  );
});

test('a file that includes itself ends with an error', async () => {
  const path = join(folder, 'loop.sql');
  await writeFile(path, `\\i ${path}\n`);
  const run = await runReplProcess([server.url, '-f', path]);
  assert.equal(run.code, 1);
  assert.match(run.stderr, /files include files more than 16 deep/);
});

test('the server sees schema, dialect and token', async () => {
  const from = server.requests.length;
  const run = await runReplProcess(
    [server.url, '-s', 'stocks', '--dialect', 'spark', '-c', 'select 1'],
    { environment: { LEVEE_TOKEN: 'secret' } },
  );
  assert.equal(run.code, 0);
  const [opened, sent] = server.requests.slice(from);
  assert.deepEqual(JSON.parse(opened?.body ?? ''), { dialect: 'spark', schema: 'stocks' });
  assert.equal(opened?.headers.authorization, 'Bearer secret');
  assert.equal(sent?.headers.authorization, 'Bearer secret');
  assert.equal(sent.headers.accept, 'application/x-ndjson');
});

test('exit codes tell statement, connection and usage apart', async (t) => {
  const closed = 'http://127.0.0.1:1';
  const cases: readonly (readonly [
    name: string,
    args: readonly string[],
    code: number,
    stderr: RegExp,
  ])[] = [
    [
      'an error in the statement',
      [server.url, '-c', 'nonsense; select 1'],
      1,
      /PARSE_SYNTAX_ERROR/,
    ],
    [
      'an error after the first row',
      [server.url, '-c', 'select late'],
      1,
      /DIVIDE_BY_ZERO \(22012\)/,
    ],
    ['an answer that breaks off', [server.url, '-c', 'select cut'], 2, /broke off before its end/],
    [
      'no server',
      [closed, '-c', 'select 1'],
      2,
      /cannot reach .*connection refused\nHINT: {2}Is "levee serve"/,
    ],
    ['an unknown option', [server.url, '--nonsense'], 2, /Unknown option '--nonsense'/],
    [
      'an unknown format',
      [server.url, '--format', 'xml'],
      2,
      /unknown format "xml"; there are table,/,
    ],
    ['an unknown dialect', [server.url, '--dialect', 'mysql'], 2, /unknown dialect "mysql"/],
    ['two URLs', [server.url, server.url], 2, /one URL is enough/],
    ['no URL', ['ftp://x', '-c', 'select 1'], 2, /not an http:/],
    [
      'a password in the URL',
      ['http://a:b@localhost', '-c', 'select 1'],
      2,
      /must not carry a user or password/,
    ],
    [
      'a missing file',
      [server.url, '-f', join(folder, 'none.sql')],
      1,
      /cannot read .*none\.sql: ENOENT/,
    ],
    ['an unknown command', [server.url, '-c', '\\nonsense'], 1, /unknown command \\nonsense/],
    ['\\copy', [server.url, '-c', '\\copy t from x'], 1, /\\copy is not there yet/],
    ['\\q', [server.url, '-c', '\\q', '-c', 'nonsense'], 0, /^$/],
  ];
  for (const [name, args, code, stderr] of cases) {
    await t.test(name, async () => {
      const run = await runReplProcess(args);
      assert.match(run.stderr, stderr);
      assert.equal(run.code, code);
    });
  }
});

test('a reader that leaves ends the statement without a complaint', async () => {
  const run = await runReplProcess([server.url, '--format', 'csv', '-c', 'select * from forever'], {
    onStart: (_interrupt, closeStdout) => {
      setTimeout(closeStdout, 1500);
    },
  });
  assert.equal(run.code, 0);
  assert.equal(run.stderr, '');
  await waitFor('the server to see it', () => server.hungUp.includes('select * from forever'));
});

test('an interrupt cancels the statement on the server and ends the batch', async () => {
  const already = server.canceled.length;
  const run = await runReplProcess([server.url, '-c', 'select slow', '-c', 'select 1'], {
    onStart: (interrupt) => {
      void waitFor('the statement', () => server.statements.at(-1) === 'select slow').then(
        interrupt,
      );
    },
  });
  assert.equal(run.code, 130);
  assert.match(run.stderr, /^ERROR: {2}(?:QUERY_CANCELED|the statement was cancelled)/);
  assert.equal(run.stdout, '');
  assert.equal(server.canceled.length, already + 1);
  const sent = server.requests.find(
    ({ headers }) => headers['x-query-id'] === server.canceled.at(-1),
  );
  assert.match(sent?.body ?? '', /select slow/);
});

test('a session that has expired is opened again, with its schema and dialect, and the user is told', async () => {
  const from = server.requests.length;
  const script = join(folder, 'expire.sql');
  await writeFile(script, 'use stocks;\nset dialect = spark;\n\\watch 0.3 c=2\nselect 1;\n');
  const closing = setInterval(() => {
    if (server.statements.filter((sql) => sql.startsWith('set dialect')).length < 2) return;
    // Once: the session that is opened for it is to stay.
    server.openSessions.clear();
    clearInterval(closing);
  }, 20);
  const run = await runReplProcess([server.url, '-f', script]);
  clearInterval(closing);
  assert.equal(run.code, 0);
  assert.match(
    run.stderr,
    /NOTICE: {2}The session had expired; a new one is open\. Temporary views are gone\./,
  );
  const opened = server.requests.slice(from).filter(({ path }) => path === '/v1/sessions');
  assert.equal(opened.length > 1, true);
  assert.deepEqual(JSON.parse(opened.at(-1)?.body ?? ''), { dialect: 'spark', schema: 'stocks' });
});
