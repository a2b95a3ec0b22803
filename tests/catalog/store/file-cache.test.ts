import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../../catalog/coded-error.ts';
import { claimFolder } from '../../../catalog/store/claim-folder.ts';
import { FileCache } from '../../../catalog/store/file-cache.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';

/** A store in which every object has 10 bytes, its own name over and over. */
async function openCache(t: TestContext, bytesMax: number, folder = scratchFolder(t)) {
  const fetched: string[] = [];
  const state = { delayMs: 0, failure: undefined as CodedError | undefined };
  const cache = await FileCache.open(folder, bytesMax, async ({ location }, into, signal) => {
    fetched.push(location);
    await sleep(state.delayMs, undefined, { signal });
    if (state.failure !== undefined) throw state.failure;
    await into.write(location.repeat(10).slice(0, 10));
    return 10;
  });
  return { cache, folder, fetched, state };
}

const file = (name: string) => ({ location: `s3://b/${name}`, sizeBytes: 10 });

test('many that want a file wait for one fetch, and find it whole', async (t) => {
  const { cache, fetched } = await openCache(t, 100);
  const holds = await Promise.all(
    Array.from({ length: 8 }, () => cache.hold([file('a'), file('b')])),
  );
  assert.deepEqual(fetched.sort(), ['s3://b/a', 's3://b/b']);
  assert.equal(readFileSync(cache.pathOf(file('a'))).length, 10);
  for (const held of holds) held.release();
  await cache.hold([file('a')]);
  assert.equal(fetched.length, 2);
});

test('the file unused for longest goes, and none that is held', async (t) => {
  const { cache } = await openCache(t, 30);
  const a = await cache.hold([file('a')]);
  (await cache.hold([file('b')])).release();
  (await cache.hold([file('c')])).release();
  (await cache.hold([file('b')])).release();
  (await cache.hold([file('d')])).release();
  const there = ['a', 'b', 'c', 'd'].filter((name) => existsSync(cache.pathOf(file(name))));
  assert.deepEqual(there, ['a', 'b', 'd']);
  await assert.rejects(() => cache.hold([file('x'), file('y'), file('z')]), {
    code: 'FETCH_CACHE_FULL',
  });
  a.release();
  (await cache.hold([file('x'), file('y'), file('z')])).release();
});

test('who goes away does not end the fetch of the others; the last one does', async (t) => {
  const { cache, state, fetched } = await openCache(t, 100);
  state.delayMs = 100;
  const abort = new AbortController();
  const reason = new CodedError('QUERY_TIMEOUT', 'too slow');
  const impatient = cache.hold([file('a')], { signal: abort.signal });
  const patient = cache.hold([file('a')]);
  setTimeout(() => abort.abort(reason), 10);
  await assert.rejects(impatient, (error) => error === reason);
  await patient;
  const alone = new AbortController();
  const left = cache.hold([file('b')], { signal: alone.signal });
  setTimeout(() => alone.abort(reason), 10);
  await assert.rejects(left, (error) => error === reason);
  await cache.hold([file('b')]);
  assert.deepEqual(fetched, ['s3://b/a', 's3://b/b', 's3://b/b']);
});

test('a fetch that fails leaves nothing, and is tried anew', async (t) => {
  const { cache, state, folder } = await openCache(t, 10);
  state.failure = new CodedError('STORE_UNREACHABLE', 'no');
  await assert.rejects(() => cache.hold([file('a')]), { code: 'STORE_UNREACHABLE' });
  assert.deepEqual(readdirSync(folder), ['fetching']);
  assert.deepEqual(readdirSync(`${folder}/fetching`), []);
  state.failure = undefined;
  await cache.hold([file('a')]);
});

test('after a restart whole files are used, and others removed', async (t) => {
  const first = await openCache(t, 100);
  (await first.cache.hold([file('a'), file('b')])).release();
  truncateSync(first.cache.pathOf(file('b')), 3);
  const second = await openCache(t, 100, first.folder);
  await second.cache.hold([file('a'), file('b')]);
  assert.deepEqual(second.fetched, ['s3://b/b']);
  assert.equal(readFileSync(second.cache.pathOf(file('b'))).length, 10);
});

test('a copy is the caller’s alone and goes with it', async (t) => {
  const { cache, folder } = await openCache(t, 100);
  const copies = await cache.copy(['s3://b/a']);
  assert.equal(readFileSync(copies.pathOf('s3://b/a')).length, 10);
  copies.release();
  await sleep(50);
  assert.deepEqual(readdirSync(`${folder}/fetching`), []);
});

test('processes get folders of their own, and one that ended holds none', async (t) => {
  const folder = scratchFolder(t);
  const [a, b] = await Promise.all([claimFolder(folder), claimFolder(folder)]);
  assert.deepEqual([a.path, b.path].sort(), [`${folder}/0`, `${folder}/1`]);
  await a.release();
  assert.equal((await claimFolder(folder)).path, a.path);
  writeFileSync(`${b.path}/lock`, '4194304999');
  assert.equal((await claimFolder(folder)).path, b.path);
});
