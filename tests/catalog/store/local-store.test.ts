import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import { isTempName } from '../../../catalog/store/durable-write.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import { errnoError, failingHandles, faultyFileSystem } from '../../support/faulty-file-system.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { namesIn, testObjectStore } from './object-store-contract.ts';

testObjectStore('local store', (t) => ({ store: createLocalStore(), root: scratchFolder(t) }));

const bytes = new TextEncoder().encode('{"commitInfo":{}}\n');

function isCoded(code: ErrorCode, ...words: readonly string[]) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(error.code, code);
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  };
}

test('leaves nothing but the object in its folder', async (t) => {
  const root = scratchFolder(t);
  const store = createLocalStore();
  await store.putIfAbsent(`${root}/t/a`, bytes);
  await store.putIfAbsent(`${root}/t/a`, bytes);
  await store.put(`${root}/t/b`, bytes);
  assert.deepEqual(readdirSync(`${root}/t`).sort(), ['a', 'b']);
});

test('no listing shows a file that is still being written', async (t) => {
  const root = scratchFolder(t);
  let seen: readonly string[] = [];
  let onDisk: readonly string[] = [];
  const fs = faultyFileSystem({
    async link(existing, created) {
      onDisk = readdirSync(root);
      seen = await namesIn(createLocalStore(), root);
      await nodeFs.link(existing, created);
    },
  });
  await createLocalStore({ fs }).putIfAbsent(`${root}/00000000000000000001.json`, bytes);
  assert.deepEqual(onDisk.map(isTempName), [true]);
  assert.match(onDisk[0] ?? '', /^\.00000000000000000001\.json\./);
  assert.deepEqual(seen, []);
});

test('only the names of its own temporary files are hidden', () => {
  const hidden = '.00000000000000000001.json.1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed.tmp';
  assert.ok(isTempName(hidden));
  for (const name of ['.a.tmp', hidden.slice(1), `${hidden}x`, '.00000000000000000001.json.crc']) {
    assert.ok(!isTempName(name), name);
  }
});

test('syncs the file before it gets its name, and the folder after', async (t) => {
  const root = scratchFolder(t);
  const calls: string[] = [];
  const fs = faultyFileSystem({
    mkdir: (async (folder: string) => {
      calls.push(`mkdir ${folder.slice(root.length)}`);
      await nodeFs.mkdir(folder);
    }) as typeof nodeFs.mkdir,
    async link(existing, created) {
      calls.push('link');
      await nodeFs.link(existing, created);
    },
    async rename(source, target) {
      calls.push('rename');
      await nodeFs.rename(source, target);
    },
    async unlink(location) {
      calls.push('unlink');
      await nodeFs.unlink(location);
    },
    async open(location, ...rest) {
      const handle = await nodeFs.open(location, ...rest);
      const name = isTempName(String(location).split('/').at(-1) ?? '')
        ? 'temp'
        : String(location).slice(root.length) || '/';
      const original = handle.sync.bind(handle);
      return Object.assign(handle, {
        sync: async () => {
          calls.push(`sync ${name}`);
          await original();
        },
      });
    },
  });
  const store = createLocalStore({ fs });
  await store.putIfAbsent(`${root}/t/_delta_log/a`, bytes);
  assert.deepEqual(calls.splice(0), [
    ...['mkdir /t/_delta_log', 'mkdir /t', 'sync /', 'mkdir /t/_delta_log', 'sync /t'],
    ...['sync temp', 'link', 'unlink', 'sync /t/_delta_log'],
  ]);
  await store.put(`${root}/t/_delta_log/b`, bytes);
  assert.deepEqual(calls.splice(0), ['sync temp', 'rename', 'sync /t/_delta_log']);
  writeFileSync(`${root}/t/data.parquet`, 'x');
  await store.sync([`${root}/t/data.parquet`]);
  assert.deepEqual(calls.slice(0, 3), ['sync /t/data.parquet', 'sync /t', 'sync /']);
});

test('sync of a missing file is an error, not a promise', async (t) => {
  const root = scratchFolder(t);
  await assert.rejects(
    createLocalStore().sync([`${root}/none`]),
    isCoded('IO_ERROR', `${root}/none`),
  );
});

for (const errno of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']) {
  test(`a file system whose link() fails with ${errno} is refused`, async (t) => {
    const root = scratchFolder(t);
    const fs = faultyFileSystem({ link: () => Promise.reject(errnoError(errno, 'link')) });
    const store = createLocalStore({ fs });
    await assert.rejects(
      store.putIfAbsent(`${root}/a`, bytes),
      isCoded('DELTA_STORE_UNSUITABLE', root),
    );
    assert.deepEqual(readdirSync(root), []);
  });
}

test('a link that was made although the answer says it exists is one’s own', async (t) => {
  const root = scratchFolder(t);
  const fs = faultyFileSystem({
    async link(existing, created) {
      await nodeFs.link(existing, created);
      throw errnoError('EEXIST', 'link');
    },
  });
  assert.equal(await createLocalStore({ fs }).putIfAbsent(`${root}/a`, bytes), 'created');
});

const faults: readonly [step: 'writeFile' | 'sync' | 'close', errno: string, code: ErrorCode][] = [
  ['writeFile', 'ENOSPC', 'DISK_FULL'],
  ['writeFile', 'EDQUOT', 'DISK_FULL'],
  ['sync', 'ENOSPC', 'DISK_FULL'],
  ['sync', 'EIO', 'IO_ERROR'],
  ['close', 'EIO', 'IO_ERROR'],
];
for (const [step, errno, code] of faults) {
  test(`${errno} in ${step} is ${code}, and nothing stays behind`, async (t) => {
    const root = scratchFolder(t);
    const fs = faultyFileSystem(failingHandles(step, () => errnoError(errno, step)));
    const store = createLocalStore({ fs });
    await assert.rejects(store.putIfAbsent(`${root}/a`, bytes), isCoded(code, `${root}/a`));
    await assert.rejects(store.put(`${root}/a`, bytes), isCoded(code, `${root}/a`));
    assert.deepEqual(readdirSync(root), []);
  });
}

test('a full disk is DISK_FULL, and nothing of the object is visible', async (t) => {
  const root = mountSmallDisk(t);
  if (root === undefined) return t.skip('a small disk cannot be mounted here');
  const store = createLocalStore();
  await store.putIfAbsent(`${root}/small`, bytes);
  const large = new Uint8Array(1024 * 1024);
  await assert.rejects(store.putIfAbsent(`${root}/large`, large), isCoded('DISK_FULL', '/large'));
  await assert.rejects(store.put(`${root}/small`, large), isCoded('DISK_FULL', '/small'));
  assert.deepEqual(readdirSync(root), ['small']);
  assert.deepEqual(await store.read(`${root}/small`), bytes);
});

function mountSmallDisk(t: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'levee-test-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    t.after(() => {
      execFileSync('umount', ['-l', folder]);
      rmdirSync(folder);
    });
    return folder;
  } catch {
    rmdirSync(folder);
    return undefined;
  }
}

test('a read-only folder is IO_ERROR that names the path', async (t) => {
  const root = scratchFolder(t);
  writeFileSync(`${root}/a`, 'x');
  chmodSync(root, 0o555);
  // Who may do anything is told no by the file system instead.
  const isRoot = process.getuid?.() === 0;
  const fs = isRoot
    ? faultyFileSystem({
        open: (location, flags) =>
          flags === 'wx'
            ? Promise.reject(errnoError('EACCES', 'open'))
            : nodeFs.open(location, flags),
        unlink: () => Promise.reject(errnoError('EROFS', 'unlink')),
      })
    : faultyFileSystem({});
  const store = createLocalStore({ fs });
  await assert.rejects(store.putIfAbsent(`${root}/b`, bytes), isCoded('IO_ERROR', `${root}/b`));
  await assert.rejects(store.put(`${root}/a`, bytes), isCoded('IO_ERROR', `${root}/a`));
  await assert.rejects(store.remove(`${root}/a`), isCoded('IO_ERROR', `${root}/a`));
  assert.deepEqual(readdirSync(root), ['a']);
});

test('a folder in the place of a file is an error for writers', async (t) => {
  const root = scratchFolder(t);
  mkdirSync(`${root}/a`);
  const store = createLocalStore();
  await assert.rejects(store.put(`${root}/a`, bytes), isCoded('IO_ERROR', `${root}/a`));
  await assert.rejects(store.remove(`${root}/a`), isCoded('IO_ERROR', `${root}/a`));
  assert.equal(await store.putIfAbsent(`${root}/a`, bytes), 'exists');
  assert.deepEqual(readdirSync(root), ['a']);
});

test('a file in the place of a folder is an error for writers', async (t) => {
  const root = scratchFolder(t);
  writeFileSync(`${root}/a`, 'x');
  const store = createLocalStore();
  const location = `${root}/a/b/c`;
  await assert.rejects(store.putIfAbsent(location, bytes), isCoded('IO_ERROR', location));
  await assert.rejects(store.put(`${root}/a/b`, bytes), isCoded('IO_ERROR', `${root}/a/b`));
});

const badLocations: readonly [name: string, location: string][] = [
  ['a NUL byte', '/tmp/a\0b'],
  ['a relative path', 'a/b'],
  ['an URL', 's3://bucket/a'],
  ['nothing', ''],
];
for (const [name, location] of badLocations) {
  test(`a location with ${name} is INVALID_NAME in every call`, async () => {
    const store = createLocalStore();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.read(location),
      () => store.stat(location),
      () => store.put(location, bytes),
      () => store.putIfAbsent(location, bytes),
      () => store.remove(location),
      () => store.sync([location]),
      () => store.listFolders(location),
      () => namesIn(store, location),
    ];
    for (const call of calls) await assert.rejects(call, isCoded('INVALID_NAME'));
  });
}

test('a name too long for the file system is INVALID_NAME', async (t) => {
  const root = scratchFolder(t);
  const store = createLocalStore();
  const location = `${root}/${'x'.repeat(256)}`;
  await assert.rejects(store.putIfAbsent(location, bytes), isCoded('INVALID_NAME'));
  await assert.rejects(store.read(location), isCoded('INVALID_NAME'));
  assert.deepEqual(readdirSync(root), []);
});

test('links to files and folders are listed as what they lead to, and dangling ones not', async (t) => {
  const root = scratchFolder(t);
  mkdirSync(`${root}/folder`);
  writeFileSync(`${root}/file`, 'x');
  symlinkSync(`${root}/folder`, `${root}/to-folder`);
  symlinkSync(`${root}/file`, `${root}/to-file`);
  symlinkSync(`${root}/none`, `${root}/to-nothing`);
  symlinkSync('to-itself', `${root}/to-itself`);
  const store = createLocalStore();
  assert.deepEqual(await namesIn(store, root), ['file', 'to-file']);
  assert.deepEqual([...(await store.listFolders(root))].sort(), ['folder', 'to-folder']);
});

test('a named pipe is no object, and looking at it does not wait', async (t) => {
  const root = scratchFolder(t);
  execFileSync('mkfifo', [`${root}/pipe`]);
  const store = createLocalStore();
  assert.equal(await store.read(`${root}/pipe`), undefined);
  assert.deepEqual(await namesIn(store, root), []);
});

test('a file that goes away during a listing is left out', async (t) => {
  const root = scratchFolder(t);
  const store = createLocalStore();
  for (const name of ['a', 'b', 'c', 'd']) await store.put(`${root}/${name}`, bytes);
  const names: string[] = [];
  for await (const { location } of store.list(root)) {
    names.push(location.slice(root.length + 1));
    await store.remove(`${root}/c`);
    await store.remove(`${root}/d`);
  }
  assert.deepEqual(names, ['a', 'b']);
});

test('replacing keeps readers on the old bytes or the new, never between', async (t) => {
  const root = scratchFolder(t);
  const store = createLocalStore();
  const location = `${root}/file`;
  const [first, second] = [new Uint8Array(500_000).fill(1), new Uint8Array(700_000).fill(2)];
  await store.put(location, first);
  const writing = (async () => {
    for (let i = 0; i < 20; i++) await store.put(location, i % 2 === 0 ? second : first);
  })();
  for (let i = 0; i < 40; i++) {
    const found = await store.read(location);
    const isWhole = found?.every((byte) => byte === (found.length === first.length ? 1 : 2));
    assert.ok(isWhole);
  }
  await writing;
});

test('an aborted call writes nothing and ends with a coded error', async (t) => {
  const root = scratchFolder(t);
  const store = createLocalStore();
  const signal = AbortSignal.abort(new Error('closed'));
  const location = `${root}/a`;
  const calls: readonly (() => Promise<unknown>)[] = [
    () => store.put(location, bytes, { signal }),
    () => store.putIfAbsent(location, bytes, { signal }),
    () => store.sync([location], { signal }),
    () => store.remove(location, { signal }),
    () => store.stat(location, { signal }),
    () => store.listFolders(root, { signal }),
  ];
  for (const call of calls) await assert.rejects(call, isCoded('QUERY_CANCELED'));
  assert.deepEqual(readdirSync(root), []);
});
