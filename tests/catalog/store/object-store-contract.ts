/**
 * What every `ObjectStore` must do, as tests over any one of them: the guarantees of
 * `catalog/ports.ts`, numbered as there.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { ObjectStore } from '../../../catalog/ports.ts';

export interface OpenedStore {
  readonly store: ObjectStore;
  /** An empty place in it. */
  readonly root: string;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

export async function namesIn(
  store: ObjectStore,
  folder: string,
  startAfter?: string,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { location } of store.list(folder, { startAfter })) {
    assert.ok(location.startsWith(`${folder}/`), location);
    names.push(location.slice(folder.length + 1));
  }
  return names;
}

export function testObjectStore(name: string, open: (t: TestContext) => OpenedStore): void {
  test(`${name}: 1. lists by the UTF-8 bytes of the names, without descending`, async (t) => {
    const { store, root } = open(t);
    // U+FF61 comes before U+1F600 in UTF-8, and after its first half in UTF-16.
    const sorted = ['.hidden', '10', '9', 'B', 'a', 'a b', 'é', '\uff61', '\u{1f600}'];
    for (const file of sorted.toReversed()) await store.put(`${root}/${file}`, bytesOf(file));
    await store.put(`${root}/folder/inner`, bytesOf('x'));
    assert.deepEqual(await namesIn(store, root), sorted);
  });

  test(`${name}: 1. lists only the names greater than startAfter`, async (t) => {
    const { store, root } = open(t);
    for (const file of ['a', 'b', 'c', '\uff61', '\u{1f600}']) {
      await store.put(`${root}/${file}`, bytesOf(file));
    }
    assert.deepEqual(await namesIn(store, root, 'b'), ['c', '\uff61', '\u{1f600}']);
    assert.deepEqual(await namesIn(store, root, 'bb'), ['c', '\uff61', '\u{1f600}']);
    assert.deepEqual(await namesIn(store, root, '\uff61'), ['\u{1f600}']);
    assert.deepEqual(await namesIn(store, root, '\u{1f600}'), []);
  });

  test(`${name}: 1. lists more objects than fit into one batch`, async (t) => {
    const { store, root } = open(t);
    const sorted = Array.from({ length: 300 }, (_, i) => String(i).padStart(20, '0'));
    await Promise.all(sorted.map((file) => store.put(`${root}/${file}`, bytesOf(file))));
    assert.deepEqual(await namesIn(store, root), sorted);
  });

  test(`${name}: 1. a missing folder has nothing in it`, async (t) => {
    const { store, root } = open(t);
    assert.deepEqual(await namesIn(store, `${root}/none`), []);
    assert.deepEqual(await store.listFolders(`${root}/none`), []);
    await store.put(`${root}/file`, bytesOf('x'));
    assert.deepEqual(await namesIn(store, `${root}/file`), []);
    assert.deepEqual(await store.listFolders(`${root}/file`), []);
  });

  test(`${name}: lists the sub-folders and no files`, async (t) => {
    const { store, root } = open(t);
    await store.put(`${root}/a/1`, bytesOf('x'));
    await store.put(`${root}/a/2`, bytesOf('x'));
    await store.put(`${root}/b c/d/3`, bytesOf('x'));
    await store.put(`${root}/file`, bytesOf('x'));
    assert.deepEqual([...(await store.listFolders(root))].sort(), ['a', 'b c']);
  });

  test(`${name}: 2. a missing object is undefined, and so is a folder`, async (t) => {
    const { store, root } = open(t);
    await store.put(`${root}/folder/file`, bytesOf('x'));
    for (const missing of ['none', 'none/none', 'folder', 'folder/file/none']) {
      assert.equal(await store.read(`${root}/${missing}`), undefined, missing);
      assert.equal(await store.stat(`${root}/${missing}`), undefined, missing);
    }
  });

  test(`${name}: 2. ranges are cut to what exists`, async (t) => {
    const { store, root } = open(t);
    const location = `${root}/file`;
    await store.put(location, bytesOf('0123456789'));
    const ranges: readonly [start: number, end: number, text: string][] = [
      [0, 10, '0123456789'],
      [2, 4, '23'],
      [8, 100, '89'],
      [10, 20, ''],
      [50, 60, ''],
      [3, 3, ''],
    ];
    for (const [start, end, text] of ranges) {
      const found = await store.read(location, { range: { start, end } });
      assert.equal(textOf(found), text, `${start}..${end}`);
    }
  });

  test(`${name}: stat tells size and time`, async (t) => {
    const { store, root } = open(t);
    const location = `${root}/file`;
    await store.put(location, bytesOf('12345'));
    const found = await store.stat(location);
    assert.equal(found?.location, location);
    assert.equal(found.sizeBytes, 5);
    assert.ok(Number.isSafeInteger(found.modifiedMs) && found.modifiedMs > Date.UTC(2020));
    for await (const listed of store.list(root)) assert.deepEqual(listed, found);
  });

  test(`${name}: put replaces, putIfAbsent does not`, async (t) => {
    const { store, root } = open(t);
    const location = `${root}/deep/down/file`;
    assert.equal(await store.putIfAbsent(location, bytesOf('first')), 'created');
    assert.equal(await store.putIfAbsent(location, bytesOf('second')), 'exists');
    assert.equal(textOf(await store.read(location)), 'first');
    await store.put(location, bytesOf('third'));
    assert.equal(textOf(await store.read(location)), 'third');
    await store.put(location, new Uint8Array());
    assert.equal(textOf(await store.read(location)), '');
  });

  test(`${name}: 3. of many callers one gets created, and its bytes stay`, async (t) => {
    const { store, root } = open(t);
    for (let round = 0; round < 5; round++) {
      const location = `${root}/log/${round}`;
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, (_, i) => store.putIfAbsent(location, bytesOf(`writer ${i}`))),
      );
      const winners = outcomes.flatMap((outcome, i) => (outcome === 'created' ? [i] : []));
      assert.equal(winners.length, 1);
      assert.equal(textOf(await store.read(location)), `writer ${winners[0]}`);
    }
    assert.equal((await namesIn(store, `${root}/log`)).length, 5);
  });

  test(`${name}: names may hold what log and data files hold`, async (t) => {
    const { store, root } = open(t);
    const names = ['p=a%20b', "it's", 'a:b', 'a\\b', '[*?]', ' ', 'x'.repeat(255), 'ü'.repeat(127)];
    for (const file of names) {
      assert.equal(await store.putIfAbsent(`${root}/${file}`, bytesOf(file)), 'created');
      assert.equal(textOf(await store.read(`${root}/${file}`)), file);
    }
    assert.equal((await namesIn(store, root)).length, names.length);
  });

  test(`${name}: remove takes an object away, and a missing one is no error`, async (t) => {
    const { store, root } = open(t);
    const location = `${root}/file`;
    await store.put(location, bytesOf('x'));
    await store.remove(location);
    await store.remove(location);
    await store.remove(`${location}/below`);
    assert.equal(await store.read(location), undefined);
    assert.equal(await store.putIfAbsent(location, bytesOf('y')), 'created');
  });

  test(`${name}: prepared folders may exist, and hold what is put into them`, async (t) => {
    const { store, root } = open(t);
    await store.prepareFolder(`${root}/a/b`);
    await store.prepareFolder(`${root}/a/b`);
    await store.put(`${root}/a/b/file`, bytesOf('x'));
    await store.sync([`${root}/a/b/file`]);
    assert.deepEqual(await namesIn(store, `${root}/a/b`), ['file']);
  });

  test(`${name}: 4. an aborted read or listing ends with the reason`, async (t) => {
    const { store, root } = open(t);
    const reason = new CodedError('QUERY_TIMEOUT', 'too slow');
    const signal = AbortSignal.abort(reason);
    await store.put(`${root}/a`, bytesOf('x'));
    const listing = store.list(root, { signal })[Symbol.asyncIterator]();
    await assert.rejects(
      () => store.read(`${root}/a`, { signal }),
      (error) => error === reason,
    );
    await assert.rejects(
      () => listing.next(),
      (error) => error === reason,
    );
  });

  test(`${name}: 5. of many that are published under a name one appears, whole`, async (t) => {
    const { store, root } = open(t);
    const to = `${root}/log/final`;
    const files = Array.from({ length: 8 }, (_, i) => `${root}/log/staged-${i}`);
    for (const from of files) await store.put(from, bytesOf(from));
    const outcomes = await Promise.all(files.map((from) => store.publish({ from, to })));
    const winner = files[outcomes.indexOf('created')];
    assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 1);
    assert.equal(textOf(await store.read(to)), winner);
    assert.deepEqual(await namesIn(store, `${root}/log`), ['final']);
  });

  test(`${name}: 5. what does not exist cannot be published`, async (t) => {
    const { store, root } = open(t);
    await store.put(`${root}/log/other`, bytesOf('x'));
    const names = { from: `${root}/log/none`, to: `${root}/log/final` };
    await assert.rejects(() => store.publish(names), { code: 'IO_ERROR' });
    assert.equal(await store.stat(names.to), undefined);
  });
}
