import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../../catalog/coded-error.ts';
import { commitVersion } from '../../../catalog/commit/committer.ts';
import type { ObjectStore } from '../../../catalog/ports.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import { errnoError, failingHandles, faultyFileSystem } from '../../support/faulty-file-system.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { repositoryRoot } from '../../support/shared-folder.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';

const worker = join(repositoryRoot, 'tests/catalog/commit/commit-worker.ts');
const first = '/t/_delta_log/00000000000000000000.json';

function actionsOf(txnId: string): Uint8Array {
  return new TextEncoder().encode(`{"commitInfo":{"txnId":"${txnId}"}}\n`);
}

function startWriter(
  t: TestContext,
  table: string,
  writer: number,
  versions: number,
): ChildProcess {
  const args = ['--import', 'tsx', worker, table, String(writer), String(versions)];
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Every commit there is, each complete and one JSON object. */
function commitsIn(table: string): readonly { readonly name: string; readonly writer: string }[] {
  const log = join(table, '_delta_log');
  const names = readdirSync(log).filter((name) => !name.startsWith('.'));
  return names.sort().map((name) => {
    const text = readFileSync(join(log, name), 'utf8');
    assert.ok(text.endsWith('\n'), name);
    const { commitInfo } = JSON.parse(text) as { commitInfo: { writer: string; padding: string } };
    assert.equal(commitInfo.padding.length, 20_000, name);
    return { name, writer: commitInfo.writer };
  });
}

test('of 8 processes that race for 50 versions exactly one wins each', async (t) => {
  const table = scratchFolder(t);
  const writers = Array.from({ length: 8 }, (_, i) => startWriter(t, table, i, 50));
  await Promise.all(writers.map((child) => once(child.stdout ?? child, 'data')));
  const won = await Promise.all(
    writers.map(async (child) => {
      let output = '';
      child.stdin?.end('go\n');
      child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 0);
      return JSON.parse(output) as number[];
    }),
  );
  const versions = Array.from({ length: 50 }, (_, i) => i);
  assert.deepEqual(
    won.flat().sort((a, b) => a - b),
    versions,
  );
  assert.ok(won.filter((one) => one.length > 0).length > 1, 'it was no race');
  const commits = commitsIn(table);
  assert.equal(commits.length, 50);
  commits.forEach(({ name, writer }, version) => {
    assert.equal(name, `${String(version).padStart(20, '0')}.json`);
    assert.ok(won[Number(writer)]?.includes(version), `${name} is by writer ${writer}`);
  });
  assert.deepEqual(
    readdirSync(join(table, '_delta_log')).filter((name) => name.startsWith('.')),
    [],
  );
});

test('a writer that is killed leaves no partial commit behind', async (t) => {
  for (const delayMs of [0, 3, 11, 29]) {
    const table = scratchFolder(t);
    const child = startWriter(t, table, 0, 100_000);
    await once(child.stdout ?? child, 'data');
    child.stdin?.end('go\n');
    await sleep(delayMs);
    child.kill('SIGKILL');
    await once(child, 'close');
    const before = await readLog(table);
    // Whoever comes next goes on where the dead one stopped.
    const store = createLocalStore();
    const outcome = await commitVersion(store, table, before.length, actionsOf('next'));
    assert.equal(outcome.kind, 'committed');
    assert.equal((await readLog(table)).length, before.length + 1);
  }
});

/** What a reader sees, through the store; every commit but the last writer's is checked. */
async function readLog(table: string): Promise<readonly string[]> {
  const store = createLocalStore();
  const names: string[] = [];
  for await (const { location } of store.list(`${table}/_delta_log`)) {
    const bytes = await store.read(location);
    JSON.parse(new TextDecoder().decode(bytes));
    names.push(location);
  }
  return names;
}

test('a version that exists is a conflict and stays as it is', async () => {
  const store = new MemoryStore();
  assert.deepEqual(await commitVersion(store, '/t', 0, actionsOf('a')), { kind: 'committed' });
  assert.deepEqual(await commitVersion(store, '/t', 0, actionsOf('b')), { kind: 'conflict' });
  assert.deepEqual(await store.read(first), actionsOf('a'));
});

/** A memory store whose put does `before` and then fails or lies. */
function ambiguousStore(
  before: (store: MemoryStore, bytes: Uint8Array) => void,
  after: () => 'created' | 'exists',
  overrides: Partial<ObjectStore> = {},
): ObjectStore {
  const store = new MemoryStore();
  return {
    list: (...parameters) => store.list(...parameters),
    listFolders: (folder) => store.listFolders(folder),
    read: (...parameters) => store.read(...parameters),
    stat: (location) => store.stat(location),
    put: (location, bytes) => store.put(location, bytes),
    remove: (location) => store.remove(location),
    prepareFolder: () => store.prepareFolder(),
    sync: () => store.sync(),
    putIfAbsent: async (_, bytes) => {
      before(store, bytes);
      return after();
    },
    ...overrides,
  };
}
const lost = new CodedError('IO_ERROR', 'the connection was lost');
const loseConnection = (): never => {
  throw lost;
};

test('a put that failed after it was done is committed', async () => {
  const store = ambiguousStore((inner, bytes) => inner.set(first, bytes), loseConnection);
  assert.deepEqual(await commitVersion(store, '/t', 0, actionsOf('a')), { kind: 'committed' });
});

test('a put that failed and was not done is the failure', async () => {
  const store = ambiguousStore(() => undefined, loseConnection);
  await assert.rejects(commitVersion(store, '/t', 0, actionsOf('a')), (error) => error === lost);
});

test('a put that failed while another writer won is a conflict', async () => {
  const store = ambiguousStore((inner) => inner.set(first, actionsOf('b')), loseConnection);
  assert.deepEqual(await commitVersion(store, '/t', 0, actionsOf('a')), { kind: 'conflict' });
});

test('a put that met its own first attempt is committed', async () => {
  const store = ambiguousStore(
    (inner, bytes) => inner.set(first, bytes),
    () => 'exists',
  );
  assert.deepEqual(await commitVersion(store, '/t', 0, actionsOf('a')), { kind: 'committed' });
});

test('a put of which nothing can be known says so', async () => {
  const store = ambiguousStore(() => undefined, loseConnection, { read: loseConnection });
  await assert.rejects(
    commitVersion(store, '/t', 0, actionsOf('a')),
    (error) =>
      error instanceof CodedError &&
      error.code === 'IO_ERROR' &&
      error.hint?.includes('history') === true &&
      error.cause === lost,
  );
});

test('a commit that is visible but not confirmed durable is no success', async () => {
  const store = ambiguousStore((inner, bytes) => inner.set(first, bytes), loseConnection, {
    sync: loseConnection,
  });
  await assert.rejects(
    commitVersion(store, '/t', 0, actionsOf('a')),
    (error) => error instanceof CodedError && error.message.includes('is visible'),
  );
});

test('a full disk is DISK_FULL, and the version stays free', async (t) => {
  const table = scratchFolder(t);
  const fs = faultyFileSystem(failingHandles('writeFile', () => errnoError('ENOSPC', 'write')));
  await assert.rejects(
    commitVersion(createLocalStore({ fs }), table, 0, actionsOf('a')),
    (error) => error instanceof CodedError && error.code === 'DISK_FULL',
  );
  assert.deepEqual(readdirSync(join(table, '_delta_log')), []);
  const outcome = await commitVersion(createLocalStore(), table, 0, actionsOf('b'));
  assert.equal(outcome.kind, 'committed');
});

test('an aborted commit writes nothing', async (t) => {
  const table = scratchFolder(t);
  const reason = new CodedError('QUERY_TIMEOUT', 'too slow');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(
    commitVersion(createLocalStore(), table, 0, actionsOf('a'), signal),
    (error) => error === reason,
  );
  assert.deepEqual(readdirSync(table), []);
});
