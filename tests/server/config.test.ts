import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { isLoopback, loadConfig, printConfig, type Config } from '../../server/config.ts';
import { defaultLimits, limitProblems } from '../../server/limits.ts';

const threads = { UV_THREADPOOL_SIZE: '16' };

function folderWith(context: TestContext, yaml?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'levee-config-'));
  context.after(() => rmSync(folder, { recursive: true }));
  if (yaml !== undefined) writeFileSync(join(folder, 'levee.yaml'), yaml);
  return folder;
}

function load(cwd: string, argv: readonly string[] = [], env: Record<string, string> = {}): Config {
  return loadConfig({ argv, env: { ...threads, ...env }, cwd }).config;
}

test('each source wins over the one before: defaults, file, environment, flags', (t) => {
  const empty = folderWith(t);
  assert.equal(load(empty).port, 8080);
  const cwd = folderWith(t, 'port: 1\nwarehouse: tables\nlogLevel: error\n');
  assert.deepEqual([load(cwd).port, load(cwd).logLevel], [1, 'error']);
  assert.equal(load(cwd, [], { LEVEE_PORT: '2' }).port, 2);
  assert.equal(load(cwd, ['--port', '3'], { LEVEE_PORT: '2' }).port, 3);
  assert.equal(load(cwd, ['--port=0']).port, 0);
});

test('paths start from where they are written, URLs stay', (t) => {
  const cwd = folderWith(t, 'warehouse: tables\nallowPath: [a, s3://bucket/b/]\n');
  assert.equal(load(cwd).warehouse, join(cwd, 'tables'));
  assert.deepEqual(load(cwd).allowPath, [join(cwd, 'a'), 's3://bucket/b']);
  assert.deepEqual(load(cwd, ['--allow-path', '/x', '--allow-path', 'y']).allowPath, [
    '/x',
    join(cwd, 'y'),
  ]);
  assert.deepEqual(load(cwd, [], { LEVEE_ALLOW_PATH: '/x,s3://b/c' }).allowPath, [
    '/x',
    's3://b/c',
  ]);
  const other = folderWith(t);
  assert.equal(load(other, ['--config', join(cwd, 'levee.yaml')]).warehouse, join(cwd, 'tables'));
});

test('limits take units', (t) => {
  const cwd = folderWith(t, 'statementTimeoutMsMax: 2h\nengineMemoryBytesMax: 1.5GiB\n');
  const { limits } = load(cwd, ['--statements-running-max', '4']);
  assert.equal(limits.statementTimeoutMsMax, 7_200_000);
  assert.equal(limits.engineMemoryBytesMax, 1.5 * 1024 ** 3);
  assert.equal(limits.statementsRunningMax, 4);
});

test('the configuration is frozen', (t) => {
  const config = load(folderWith(t));
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.limits));
});

interface Refused {
  readonly name: string;
  readonly argv?: readonly string[];
  readonly env?: Record<string, string>;
  readonly yaml?: string;
  readonly message: RegExp;
  readonly hint?: RegExp;
}
const refused: readonly Refused[] = [
  {
    name: 'a misspelt flag',
    argv: ['--prot', '1'],
    message: /unknown flag --prot/,
    hint: /--port/,
  },
  { name: 'an argument', argv: ['8080'], message: /unknown argument 8080/ },
  {
    name: 'a misspelt key',
    yaml: 'warehose: x\n',
    message: /unknown setting "warehose"/,
    hint: /warehouse/,
  },
  {
    name: 'a key that is a property of every object',
    yaml: 'constructor: x\n',
    message: /unknown setting "constructor"/,
  },
  {
    name: 'a misspelt variable',
    env: { LEVEE_PROT: '1' },
    message: /unknown variable LEVEE_PROT/,
    hint: /LEVEE_PORT/,
  },
  { name: 'a flag without its value', argv: ['--port'], message: /--port needs a value/ },
  {
    name: 'a port that is none',
    argv: ['--port', '70000'],
    message: /port from 0 to 65535, not "70000"/,
  },
  {
    name: 'a duration without a unit',
    argv: ['--drain-ms-max', '5'],
    message: /a duration like 30s, not "5"/,
  },
  {
    name: 'a limit out of range',
    argv: ['--headerBytesMax', '1'],
    message: /unknown flag/,
    hint: /--header-bytes-max/,
  },
  {
    name: 'a limit below its least',
    argv: ['--header-bytes-max', '1'],
    message: /outside 8KiB to 1MiB/,
  },
  {
    name: 'a missing file',
    argv: ['--config', 'nothing.yaml'],
    message: /nothing\.yaml does not exist/,
  },
  { name: 'a file that is no YAML', yaml: 'a: [', message: /is not YAML/ },
  { name: 'a file that is a list', yaml: '- a\n', message: /"name: value" lines/ },
  { name: 'a nested value', yaml: 'host: {a: 1}\n', message: /"host" in .* must be a plain value/ },
  {
    name: 'an unknown choice',
    argv: ['--log-level', 'wan'],
    message: /unknown value "wan"/,
    hint: /warn/,
  },
  {
    name: 'an address beyond loopback',
    argv: ['--host', '0.0.0.0'],
    message: /reachable from other machines/,
    hint: /--allow-remote/,
  },
  {
    name: 'too few threads',
    env: { UV_THREADPOOL_SIZE: '4' },
    message: /need 12 threads, but UV_THREADPOOL_SIZE is 4/,
  },
  {
    name: 'more statements than threads',
    argv: ['--statements-running-max', '13'],
    message: /need 17 threads/,
  },
  {
    name: 'a default timeout beyond the greatest',
    argv: ['--statement-timeout-ms-default', '2h'],
    message: /statementTimeoutMsDefault 7200000 is greater/,
  },
];
for (const { name, argv, env, yaml, message, hint } of refused) {
  test(`refuses ${name}`, (t) => {
    assert.throws(
      () => load(folderWith(t, yaml), argv, env),
      (error) => {
        assert.ok(error instanceof CodedError);
        assert.equal(error.code, 'INVALID_CONFIGURATION');
        assert.match(error.message, message);
        if (hint !== undefined) assert.match(error.hint ?? '', hint);
        return true;
      },
    );
  });
}

test('leaves alone the variables that orchestrators set for a service called levee', (t) => {
  const env = { LEVEE_SERVICE_HOST: '10.0.0.1', LEVEE_PORT_8080_TCP: 'tcp://10.0.0.1:8080' };
  assert.equal(load(folderWith(t), [], env).port, 8080);
});

test('--print-config prints a file that gives the same configuration, without passwords', (t) => {
  const cwd = folderWith(t);
  const config = load(cwd, [
    '--port',
    '9',
    '--tempDirectory'.replace('D', '-d'),
    '/spill',
    '--allow-path',
    's3://key:secret@bucket/x',
  ]);
  const text = printConfig(config);
  assert.match(text, /s3:\/\/\*{8}@bucket\/x/);
  assert.doesNotMatch(text, /secret/);
  const again = load(folderWith(t, text));
  assert.deepEqual({ ...again, allowPath: [] }, { ...config, allowPath: [] });
});

test('--allow-remote lets the server listen everywhere', (t) => {
  assert.equal(load(folderWith(t), ['--host', '0.0.0.0', '--allow-remote']).host, '0.0.0.0');
});

test('knows loopback addresses', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])
    assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.org', 'levee'])
    assert.ok(!isLoopback(host), host);
});

test('the default limits fit together on the launcher’s 16 threads, and not on four', () => {
  assert.deepEqual(limitProblems(defaultLimits, 16), []);
  assert.equal(limitProblems(defaultLimits, 4).length, 1);
});
