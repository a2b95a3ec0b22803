import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { uploadStream } from '../../../catalog/store/s3/s3-transfer.ts';
import { openS3Store, type OpenedS3Store } from '../../support/open-s3-store.ts';
import { skipWithoutS3, startS3Server, type S3Server } from '../../support/s3-server.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { namesIn, testObjectStore } from './object-store-contract.ts';

const MiB = 1024 * 1024;

describe('S3', { skip: skipWithoutS3() }, () => {
  let server: S3Server;
  let buckets = 0;
  before(async () => {
    server = await startS3Server();
  });
  after(() => server.close());

  function place(
    t: Parameters<typeof scratchFolder>[0],
  ): OpenedS3Store & { readonly root: string } {
    const bucket = `bucket-${buckets++}`;
    server.makeBucket(bucket);
    const opened = openS3Store(server.settings(), scratchFolder(t), { partBytes: 5 * MiB });
    t.after(() => opened.close());
    return { ...opened, root: `s3://${bucket}/a b+c%20d` };
  }

  testObjectStore('S3 store', place);

  test('a staged file becomes an object when it is synced, in parts if it is large', async (t) => {
    const { store, staging, root } = place(t);
    for (const size of [0, 100, 5 * MiB, 12 * MiB + 3]) {
      const location = `${root}/t/p=1/file-${size}.parquet`;
      const bytes = randomBytes(size);
      mkdirSync(dirname(staging.pathOf(location)), { recursive: true });
      writeFileSync(staging.pathOf(location), bytes);
      await store.sync([location]);
      assert.equal(Buffer.compare((await store.read(location)) ?? bytes.subarray(1), bytes), 0);
      assert.equal((await store.stat(location))?.sizeBytes, size);
      assert.equal(await staging.has(location), false);
    }
  });

  test('a staged file of many parts never replaces an object when it is published', async (t) => {
    const { store, staging, root } = place(t);
    const [from, to] = [`${root}/staged`, `${root}/final`];
    const stage = (bytes: Uint8Array): void => {
      mkdirSync(dirname(staging.pathOf(from)), { recursive: true });
      writeFileSync(staging.pathOf(from), bytes);
    };
    const first = randomBytes(11 * MiB);
    stage(first);
    assert.equal(await store.publish({ from, to }), 'created');
    stage(randomBytes(11 * MiB));
    assert.equal(await store.publish({ from, to }), 'exists');
    assert.equal(Buffer.compare((await store.read(to)) ?? new Uint8Array(), first), 0);
    assert.deepEqual(await namesIn(store, root), ['final']);
  });

  test('streams of pieces of any size are sent in parts', async (t) => {
    const { objects, store, root } = place(t);
    const whole = randomBytes(13 * MiB);
    async function* pieces(size: number): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
    }
    for (const size of [700_001, 20 * MiB]) {
      await uploadStream(objects, pieces(size), `${root}/stream-${size}`);
      const found = (await store.read(`${root}/stream-${size}`)) ?? new Uint8Array();
      assert.equal(Buffer.compare(found, whole), 0);
    }
    async function* none(): AsyncGenerator<Uint8Array> {}
    await uploadStream(objects, none(), `${root}/empty`);
    assert.equal((await store.stat(`${root}/empty`))?.sizeBytes, 0);
  });

  test('a thousand objects are removed with one request, missing ones among them', async (t) => {
    const { objects, store, root } = place(t);
    const names = ['a', 'b c', 'ü', 'x=1+2%'];
    for (const name of names) await store.put(`${root}/${name}`, new Uint8Array(1));
    await objects.removeAll([...names, 'none'].map((name) => `${root}/${name}`));
    assert.deepEqual(await namesIn(store, root), []);
  });

  test('says what is wrong with a bucket, with credentials, with an endpoint', async (t) => {
    const scratch = scratchFolder(t);
    const { root } = place(t);
    const limits = { attemptsMax: 2, requestMsMax: 5000 };
    const cases = [
      ['s3://no-such-bucket/x', {}, 'BUCKET_NOT_FOUND'],
      [`${root}/x`, { accessKeyId: 'nobody' }, 'STORE_CREDENTIALS_INVALID'],
      [`${root}/x`, { secretAccessKey: 'wrong' }, 'STORE_CREDENTIALS_INVALID'],
      [`${root}/x`, { anonymous: true, accessKeyId: undefined }, 'STORE_ACCESS_DENIED'],
      [`${root}/x`, { endpoint: 'http://127.0.0.1:1' }, 'STORE_UNREACHABLE'],
    ] as const;
    for (const [location, settings, code] of cases) {
      const opened = openS3Store({ ...server.settings(), ...settings }, scratch, limits);
      await assert.rejects(() => opened.store.read(location), { code }, `${location} ${code}`);
      opened.close();
    }
  });
});
