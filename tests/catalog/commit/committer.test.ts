import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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

interface Writer {
  readonly child: ChildProcess;
  readonly send: (line: string) => void;
  /** The next line it prints. */
  readonly answer: () => Promise<string>;
}

async function startWriter(t: TestContext, table: string, writer: number): Promise<Writer> {
  const args = ['--import', 'tsx', worker, table, String(writer)];
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const line = await lines.next();
    assert.ok(line.done !== true, `writer ${writer} ended early`);
    return line.value;
  };
  assert.equal(await answer(), 'ready');
  return { child, send: (line) => child.stdin.write(`${line}\n`), answer };
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
  const writers = await Promise.all(Array.from({ length: 8 }, (_, i) => startWriter(t, table, i)));
  const winners: number[] = [];
  for (let version = 0; version < 50; version++) {
    // All of them try the same version at once, and none is always told first.
    for (let i = 0; i < 8; i++) writers[(version + i) % 8]?.send(String(version));
    const outcomes = await Promise.all(writers.map((writer) => writer.answer()));
    assert.equal(outcomes.filter((outcome) => outcome === 'committed').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'conflict').length, 7);
    winners.push(outcomes.indexOf('committed'));
  }
  const expected = winners.map((writer, version) => ({
    name: `${String(version).padStart(20, '0')}.json`,
    writer: String(writer),
  }));
  assert.deepEqual(commitsIn(table), expected);
  assert.ok(new Set(winners).size > 1, 'it was no race');
  assert.equal(readdirSync(join(table, '_delta_log')).length, 50);
});

test('a writer that is killed leaves no partial commit behind', async (t) => {
  for (const delayMs of [0, 3, 11, 29]) {
    const table = scratchFolder(t);
    const { child, send } = await startWriter(t, table, 0);
    send('on');
    while ((await readLog(table)).length === 0) await sleep(1);
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

/** What a reader sees through the store: each commit must be whole. */
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
    publish: (names) => store.publish(names),
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
