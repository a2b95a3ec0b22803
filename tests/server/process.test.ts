import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeScratch } from '../support/open-engine.ts';
import { repositoryRoot } from '../support/shared-folder.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Process {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** What standard output has so far. */
  readonly output: () => string;
}

/** The command line from its source, without a build. */
function levee(context: TestContext, cwd: string, ...argv: string[]): Process {
  const main = pathToFileURL(join(repositoryRoot, 'cli/main.ts')).href;
  const code = `import(${JSON.stringify(main)}).then(({ main }) => main(process.argv.slice(1)))`;
  const tsx = pathToFileURL(join(repositoryRoot, 'node_modules/tsx/dist/loader.mjs')).href;
  const child = spawn(process.execPath, ['--import', tsx, '-e', code, '--', ...argv], {
    cwd,
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  context.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([exit]) => ({
    code: exit as number | null,
    stdout,
    stderr,
  }));
  return { child, ended, output: () => stdout };
}

async function scratch(context: TestContext): Promise<string> {
  const { folder, remove } = await makeScratch();
  context.after(remove);
  return folder;
}

async function readyUrl({ output, ended, child }: Process): Promise<string> {
  for (;;) {
    const url = /Levee is ready at (\S+)/.exec(output())?.[1];
    if (url !== undefined) return url;
    if (child.exitCode !== null) assert.fail((await ended).stderr);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('serve prints its URL, answers, and at SIGTERM ends the statement that runs, then itself', async (t) => {
  const folder = await scratch(t);
  const server = levee(t, folder, 'serve', '--port', '0', '--drain-ms-max', '300ms');
  const url = await readyUrl(server);
  assert.equal(server.output(), `Levee is ready at ${url}\n`);
  const post = (sql: string): Promise<Response> =>
    fetch(`${url}/v1/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/sql' },
      body: sql,
    });
  const made = await post('CREATE TABLE t USING DELTA AS SELECT 42 AS a');
  assert.equal(made.status, 200, await made.text());
  const listed = (await (await fetch(`${url}/v1/catalog/tables?schema=default`)).json()) as {
    tables: unknown[];
  };
  assert.equal(listed.tables.length, 1);
  const table = (await (await fetch(`${url}/v1/catalog/tables/default/t`)).json()) as Record<
    string,
    unknown
  >;
  assert.deepEqual([table['version'], table['kind'], table['fileCount']], [0, 'TABLE', 1]);
  assert.deepEqual(table['columns'], [{ name: 'a', type: 'INT', nullable: true }]);
  const files = (await (await fetch(`${url}/v1/catalog/tables/default/t/files`)).json()) as {
    files: unknown[];
  };
  assert.equal(files.files.length, 1);
  const history = (await (await fetch(`${url}/v1/catalog/tables/default/t/history`)).json()) as {
    history: { version: number }[];
  };
  assert.deepEqual(
    history.history.map(({ version }) => version),
    [0],
  );
  const missing = await fetch(`${url}/v1/catalog/tables/default/t?version=7`);
  assert.equal(missing.status, 404);

  const long = post(
    'SELECT count(*) FROM range(1000000000000) a, range(1000) b WHERE (a.range * b.range) % 7 = 3',
  );
  for (;;) {
    const { queries } = (await (await fetch(`${url}/v1/queries`)).json()) as {
      queries: { state: string }[];
    };
    if (queries.some(({ state }) => state === 'RUNNING')) break;
  }
  server.child.kill('SIGTERM');
  const reply = await long;
  assert.deepEqual(
    [reply.status, ((await reply.json()) as { code: string }).code],
    [503, 'SERVER_SHUTTING_DOWN'],
  );
  const { code, stderr } = await server.ended;
  assert.deepEqual([code, stderr], [0, '']);
});

test('serve says in one line why it cannot start', async (t) => {
  const folder = await scratch(t);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const { code, stdout, stderr } = await levee(t, folder, 'serve', '--port', String(port)).ended;
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^levee: cannot listen on 127\.0\.0\.1:\d+: the port is in use\n/);
});

interface Call {
  readonly argv: readonly string[];
  readonly code: number;
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
}
const calls: readonly Call[] = [
  { argv: ['--version'], code: 0, stdout: /^levee \d+\.\d+\.\d+\n$/ },
  { argv: ['--help'], code: 0, stdout: /levee serve/ },
  { argv: [], code: 2, stderr: /Usage/ },
  { argv: ['srve'], code: 2, stderr: /no command "srve"\. Did you mean "serve"\?/ },
  {
    argv: ['genotype', '--input', 'a.g.vcf'],
    code: 1,
    stderr: /"levee genotype" is not built yet/,
  },
  { argv: ['serve', '--help'], code: 0, stdout: /--warehouse/ },
  { argv: ['serve', '--print-config', '--port', '9'], code: 0, stdout: /^port: 9$/m },
  { argv: ['serve', '--host', '0.0.0.0'], code: 2, stderr: /--allow-remote/ },
  { argv: ['demo', 'stoks'], code: 2, stderr: /no example "stoks"\s+Did you mean "stocks"\?/ },
];
for (const { argv, code, stdout = /^$/, stderr = /^$/ } of calls) {
  test(`levee ${argv.join(' ')} ends with ${code}`, async (t) => {
    const ended = await levee(t, await scratch(t), ...argv).ended;
    assert.match(ended.stdout, stdout);
    assert.match(ended.stderr, stderr);
    assert.equal(ended.code, code);
  });
}
