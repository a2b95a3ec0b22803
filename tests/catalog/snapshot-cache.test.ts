import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { createSnapshotCache, type SnapshotCache } from '../../catalog/snapshot-cache.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { CountingStore } from '../support/counting-store.ts';
import { noParquet } from '../support/fake-parquet.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { add, metaData, protocol, remove, TableBuilder } from '../support/table-builder.ts';

function setUp(bytesMax = 1e9): {
  table: TableBuilder;
  memory: MemoryStore;
  store: CountingStore;
  clock: { ms: number };
  cache: SnapshotCache;
} {
  const memory = new MemoryStore();
  const store = new CountingStore(memory);
  const clock = { ms: 0 };
  const cache = createSnapshotCache({
    store,
    parquet: noParquet,
    clock: { nowMs: () => clock.ms },
    bytesMax,
  });
  return { table: new TableBuilder(memory), memory, store, clock, cache };
}

function paths({ files }: Snapshot): readonly string[] {
  return [...files].map((file) => files.rawPath(file));
}

test('a first request reads the hint, lists once and reads the commits', async () => {
  const { table, store, cache } = setUp();
  table.create().append(2);
  const snapshot = await cache.latest(table.location);
  assert.equal(snapshot.version, 2);
  assert.deepEqual(paths(snapshot), ['part-1', 'part-2']);
  assert.deepEqual(store.takeRequests(), [
    'read _last_checkpoint',
    'list _delta_log',
    'read 00000000000000000000.json',
    'read 00000000000000000001.json',
    'read 00000000000000000002.json',
  ]);
});

test('a later request lists once and reads only new commits', async () => {
  const { table, store, cache } = setUp();
  table.create().append(2);
  const before = await cache.latest(table.location);
  store.takeRequests();
  assert.equal(await cache.latest(table.location), before, 'nothing new: the same snapshot');
  assert.deepEqual(store.takeRequests(), ['list _delta_log']);
  table.commit(remove('part-1'), add('part-3'));
  const after = await cache.latest(table.location);
  assert.deepEqual(paths(after), ['part-2', 'part-3']);
  assert.deepEqual(paths(before), ['part-1', 'part-2'], 'the older snapshot stays as it was');
  assert.deepEqual(store.takeRequests(), ['list _delta_log', 'read 00000000000000000003.json']);
});

test('maxStalenessMs saves the listing while the snapshot is younger', async () => {
  const { table, store, clock, cache } = setUp();
  table.create();
  await cache.latest(table.location);
  store.takeRequests();
  table.append(1);
  clock.ms = 4999;
  assert.equal((await cache.latest(table.location, { maxStalenessMs: 5000 })).version, 0);
  assert.deepEqual(store.takeRequests(), []);
  clock.ms = 5000;
  assert.equal((await cache.latest(table.location, { maxStalenessMs: 5000 })).version, 1);
});

test('requests at the same time share a load', async () => {
  const { table, store, cache } = setUp();
  table.create();
  const all = await Promise.all(Array.from({ length: 64 }, () => cache.latest(table.location)));
  assert.ok(all.every((snapshot) => snapshot === all[0]));
  assert.deepEqual(
    store.takeRequests().filter((request) => request.startsWith('list')),
    ['list _delta_log', 'list _delta_log'],
  );
});

test('a request sees a commit made before it, even while an older load is under way', async () => {
  const { table, store, cache } = setUp();
  table.create();
  const release = store.hold();
  const first = cache.latest(table.location);
  await new Promise((resolve) => setImmediate(resolve));
  table.append(1);
  const second = cache.latest(table.location);
  release();
  await first;
  assert.equal((await second).version, 1);
});

test('aborting one of several waiters leaves the others alone', async () => {
  const { table, store, cache } = setUp();
  table.create();
  const release = store.hold();
  const leaving = new AbortController();
  const reason = new CodedError('QUERY_CANCELED', 'cancelled');
  const first = cache.latest(table.location, { signal: leaving.signal });
  const second = cache.latest(table.location);
  const third = cache.latest(table.location, { signal: leaving.signal });
  leaving.abort(reason);
  await assert.rejects(first, reason);
  await assert.rejects(third, reason);
  release();
  assert.equal((await second).version, 0);
});

test('a load that everyone left is aborted, and the next request starts anew', async () => {
  const { table, store, cache } = setUp();
  table.create();
  const release = store.hold();
  const leaving = new AbortController();
  const only = cache.latest(table.location, { signal: leaving.signal });
  leaving.abort(new CodedError('QUERY_CANCELED', 'cancelled'));
  await assert.rejects(only, { code: 'QUERY_CANCELED' });
  release();
  assert.equal((await cache.latest(table.location)).version, 0);
});

test('a table that was deleted and made again is loaded from scratch', async () => {
  const { table, memory, cache } = setUp();
  table.create().append(1);
  await cache.latest(table.location);
  await cache.atVersion(table.location, 0);
  memory.deleteFolder(table.location);
  await assert.rejects(cache.latest(table.location), { code: 'DELTA_TABLE_NOT_FOUND' });
  const again = new TableBuilder(memory).create({ id: 'table-2' }, add('other')).append(3);
  const snapshot = await cache.latest(again.location);
  assert.equal(snapshot.metadata.id, 'table-2');
  assert.deepEqual(paths(snapshot), ['other', 'part-1', 'part-2', 'part-3']);
  assert.deepEqual(paths(await cache.atVersion(again.location, 0)), ['other']);
});

test('a table made again between two requests is noticed by its commit, not by its version', async () => {
  const { table, memory, cache } = setUp();
  table.create().append(1);
  await cache.latest(table.location);
  memory.deleteFolder(table.location);
  new TableBuilder(memory).create({ id: 'table-2' }).append(1);
  assert.equal((await cache.latest(table.location)).metadata.id, 'table-2');
});

test('a table made again with fewer versions goes back', async () => {
  const { table, memory, cache } = setUp();
  table.create().append(5);
  await cache.latest(table.location);
  memory.deleteFolder(table.location);
  new TableBuilder(memory).create({ id: 'table-2' });
  assert.equal((await cache.latest(table.location)).version, 0);
});

test('a time-travelled snapshot is kept, at the price of one stat', async () => {
  const { table, store, cache } = setUp();
  table.create().append(3);
  const first = await cache.atVersion(table.location, 1);
  store.takeRequests();
  assert.equal(await cache.atVersion(table.location, 1), first);
  assert.deepEqual(store.takeRequests(), ['stat 00000000000000000001.json']);
});

test('a version that is not there is refused with the range', async () => {
  const { table, cache } = setUp();
  table.create().append(3);
  await assert.rejects(cache.atVersion(table.location, 9), {
    code: 'DELTA_VERSION_NOT_FOUND',
    message: '/tables/t has no version 9: its versions are 0 to 3.',
    hint: 'The nearest version is 3.',
  });
});

test('an unused snapshot makes room when the cache is full', async () => {
  const { table, memory, store, cache } = setUp(9000);
  const many = [1, 2, 3, 4, 5].map((n) => new TableBuilder(memory, `/tables/t${n}`));
  for (const each of many) each.create().append(3);
  for (const each of many) await cache.latest(each.location);
  store.takeRequests();
  await cache.latest('/tables/t5');
  assert.deepEqual(store.takeRequests(), ['list _delta_log'], 'the last one is kept');
  await cache.latest('/tables/t1');
  assert.equal(store.takeRequests()[0], 'read _last_checkpoint', 'the first one was forgotten');
  assert.ok(table);
});

test('a failed load is forgotten and the next one may succeed', async () => {
  const { table, memory, cache } = setUp();
  table.commitText('{"protocol":');
  await assert.rejects(cache.latest(table.location), { code: 'DELTA_LOG_CORRUPT' });
  memory.deleteFolder(table.location);
  new TableBuilder(memory).commit(protocol(), metaData());
  assert.equal((await cache.latest(table.location)).version, 0);
});

test('a version that was the newest stays that version while another request moves on', async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  class HeldStore extends MemoryStore {
    override async stat(location: string) {
      await held;
      return super.stat(location);
    }
  }
  const store = new HeldStore();
  const clock = { nowMs: () => 0 };
  const cache = createSnapshotCache({ store, parquet: noParquet, clock, bytesMax: 1e9 });
  const table = new TableBuilder(store);
  table.create().append(2);
  await cache.latest(table.location);
  table.append(1);
  const second = cache.atVersion(table.location, 2);
  assert.equal((await cache.latest(table.location)).version, 3);
  release?.();
  assert.deepEqual(paths(await second), ['part-1', 'part-2']);
});
