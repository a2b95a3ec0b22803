import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { withSchema, withTable, withView, schemaOf } from '../../../catalog/catalog-changes.ts';
import type { CatalogContents, ViewDefinition } from '../../../catalog/catalog-store.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import { createFileCatalogStore } from '../../../catalog/store/file-catalog-store.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import { CountingStore } from '../../support/counting-store.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { repositoryRoot } from '../../support/shared-folder.ts';
import { namesIn } from './object-store-contract.ts';

const folder = '/w/_levee/catalog';
const view: ViewDefinition = {
  sql: 'SELECT "a" FROM t -- é\n',
  dialect: 'spark',
  defaultSchema: 's',
  owner: 'ann',
  columnNames: ['x', 'y'],
  comment: 'why',
  createdMs: 5,
};

function openOver(store: MemoryStore, warehouse = '/w') {
  return createFileCatalogStore({ store, warehouse });
}
function addSchema(name: string) {
  return (contents: CatalogContents) => withSchema(contents, name, undefined);
}

test('a warehouse without a catalog has empty contents, and reading makes no files', async () => {
  const store = new MemoryStore();
  assert.deepEqual(await openOver(store).read(), { schemas: {} });
  assert.deepEqual(store.locations(), []);
});

test('everything that was stored is there after a restart', async () => {
  const store = new MemoryStore();
  const before = await openOver(store).update((contents) => {
    const table = { location: '/data/t', createdMs: 7 };
    const bare: ViewDefinition = { ...view, columnNames: undefined, comment: undefined };
    let changed = withSchema(contents, 'Empty One', 'nothing yet');
    changed = withTable(changed, 's', 'constructor', table);
    changed = withView(changed, 's', 'v', view);
    return withView(changed, 's', 'bare', bare);
  });
  const after = await openOver(store).read();
  assert.deepEqual(after, before);
  assert.deepEqual(schemaOf(after, 's')?.views['v'], view);
  assert.equal(schemaOf(after, 'constructor'), undefined);
});

test('another process’s change is seen without a restart', async () => {
  const store = new MemoryStore();
  const [here, there] = [openOver(store), openOver(store)];
  await here.update(addSchema('a'));
  await there.update(addSchema('b'));
  assert.deepEqual(Object.keys((await here.read()).schemas), ['a', 'b']);
});

test('a change that throws changes nothing, and the next one goes on', async () => {
  const store = new MemoryStore();
  const catalog = openOver(store);
  await catalog.update(addSchema('a'));
  const failure = new CodedError('SCHEMA_ALREADY_EXISTS', 'no');
  const failed = catalog.update(() => {
    throw failure;
  });
  await assert.rejects(failed, (error) => error === failure);
  await catalog.update(addSchema('b'));
  assert.deepEqual(Object.keys((await catalog.read()).schemas), ['a', 'b']);
});

test('a change that gives back what it got writes no file', async () => {
  const store = new MemoryStore();
  await openOver(store).update((contents) => contents);
  assert.deepEqual(store.locations(), []);
});

test('no update is lost when many run at once over two stores', async () => {
  const store = new MemoryStore();
  const [even, odd] = [openOver(store), openOver(store)];
  const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
  await Promise.all(names.map((name, i) => (i % 2 === 0 ? even : odd).update(addSchema(name))));
  const kept = Object.keys((await openOver(store).read()).schemas);
  assert.deepEqual(kept.sort(), names.sort());
});

test('versions far behind the newest are removed, but for the first', async () => {
  const store = new MemoryStore();
  const catalog = openOver(store);
  for (let i = 0; i < 130; i++) await catalog.update(addSchema(`s${i}`));
  const names = await namesIn(store, folder);
  assert.equal(names.length, 101);
  assert.deepEqual(names.slice(0, 2), ['00000000000000000000.json', '00000000000000000030.json']);
  assert.equal(names.at(-1), '00000000000000000129.json');
  assert.equal(Object.keys((await openOver(store).read()).schemas).length, 130);
});

test('a writer that was overtaken so far that its version was removed does not claim success', async () => {
  const store = new MemoryStore();
  const others = openOver(store);
  await others.update(addSchema('first'));
  const slow = createFileCatalogStore({
    warehouse: '/w',
    store: overtaken(store, async () => {
      for (let i = 0; i < 150; i++) await others.update(addSchema(`s${i}`));
    }),
  });
  await assert.rejects(
    slow.update(addSchema('lost')),
    (error) => error instanceof CodedError && error.code === 'IO_ERROR',
  );
  assert.equal(schemaOf(await others.read(), 'lost'), undefined);
});

/** The same objects, with something else done before the first put. */
function overtaken(store: MemoryStore, before: () => Promise<void>): MemoryStore {
  let pending: (() => Promise<void>) | undefined = before;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const bound = member.bind(target) as (...values: unknown[]) => unknown;
      if (name !== 'putIfAbsent') return bound;
      return async (...values: unknown[]) => {
        const first = pending;
        pending = undefined;
        await first?.();
        return bound(...values);
      };
    },
  });
}

const damages: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['half of a file', '{"formatVersion":1,"schemas":{"a"'],
  ['another format version', '{"formatVersion":2,"schemas":{}}'],
  ['no schemas', '{"formatVersion":1}'],
  ['a list', '[]'],
  ['a schema without tables', '{"formatVersion":1,"schemas":{"a":{"views":{}}}}'],
  [
    'a view without its text',
    '{"formatVersion":1,"schemas":{"a":{"tables":{},"views":{"v":{"dialect":"duckdb"}}}}}',
  ],
  [
    'a table without a location',
    '{"formatVersion":1,"schemas":{"a":{"tables":{"t":{"createdMs":1}},"views":{}}}}',
  ],
];
for (const [name, text] of damages) {
  test(`a catalog file with ${name} is CATALOG_CORRUPT, and is not written over`, async () => {
    const store = new MemoryStore();
    await openOver(store).update(addSchema('a'));
    const newest = `${folder}/00000000000000000001.json`;
    store.set(newest, text);
    const catalog = openOver(store);
    const isCorrupt = (error: unknown): boolean =>
      error instanceof CodedError &&
      error.code === 'CATALOG_CORRUPT' &&
      error.message.includes(newest);
    await assert.rejects(catalog.read(), isCorrupt);
    await assert.rejects(catalog.update(addSchema('b')), isCorrupt);
    assert.equal(store.locations().length, 2);
  });
}

test('bytes that are not UTF-8 are CATALOG_CORRUPT', async () => {
  const store = new MemoryStore();
  store.set(`${folder}/00000000000000000000.json`, Uint8Array.of(0xff, 0xfe));
  await assert.rejects(
    openOver(store).read(),
    (error) => error instanceof CodedError && error.code === 'CATALOG_CORRUPT',
  );
});

test('of 4 processes that add 15 views each none loses one', async (t) => {
  const warehouse = scratchFolder(t);
  const worker = join(repositoryRoot, 'tests/catalog/store/catalog-worker.ts');
  const writers = Array.from({ length: 4 }, (_, i) => {
    const args = ['--import', 'tsx', worker, warehouse, String(i), '15'];
    const child = spawn(process.execPath, args, {
      cwd: repositoryRoot,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    return child;
  });
  await Promise.all(writers.map((child) => once(child.stdout, 'data')));
  await Promise.all(
    writers.map(async (child) => {
      child.stdin.end('go\n');
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 0);
    }),
  );
  const contents = await createFileCatalogStore({ store: createLocalStore(), warehouse }).read();
  assert.equal(Object.keys(schemaOf(contents, 'default')?.views ?? {}).length, 60);
});

test('a store that knows the newest version looks for the next one and lists no more', async () => {
  const store = new MemoryStore();
  const counting = new CountingStore(store);
  const reader = createFileCatalogStore({ store: counting, warehouse: '/w' });
  const stat = (version: number): string => `stat ${String(version).padStart(20, '0')}.json`;
  assert.deepEqual((await reader.read()).schemas, {});
  counting.takeRequests();
  assert.deepEqual((await reader.read()).schemas, {});
  assert.deepEqual(counting.takeRequests(), [stat(0)]);
  const other = openOver(store);
  const known = [-1, 0, 1, 5].map((version) => ({
    version,
    reader: createFileCatalogStore({ store: counting, warehouse: '/w' }),
  }));
  let count = 0;
  for (const { version, reader: each } of known) {
    while (count <= version) await other.update(addSchema(`s${count++}`));
    assert.equal(Object.keys((await each.read()).schemas).length, count);
    counting.takeRequests();
    await each.read();
    const requests = version === 0 ? ['list catalog'] : [stat(version + 1), stat(version)];
    assert.deepEqual(counting.takeRequests(), version === -1 ? [stat(0)] : requests);
  }
  // Far on, when all that the readers know of has been removed but for the first.
  while (count < 230) await other.update(addSchema(`s${count++}`));
  for (const { version, reader: each } of known) {
    const seen = Object.keys((await each.read()).schemas).length;
    assert.equal(seen, count, `the reader that knew version ${version}`);
  }
});
