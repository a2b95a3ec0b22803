import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import { downloadInto } from '../../../catalog/store/s3/s3-transfer.ts';
import type { S3Limits } from '../../../catalog/store/s3/s3-settings.ts';
import { startFaultyProxy, type Fault, type FaultyProxy } from '../../support/faulty-proxy.ts';
import { openS3Store, type OpenedS3Store } from '../../support/open-s3-store.ts';
import { skipWithoutS3, startS3Server, type S3Server } from '../../support/s3-server.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';

const MiB = 1024 * 1024;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('S3 behind a bad network', { skip: skipWithoutS3() }, () => {
  let server: S3Server;
  let proxy: FaultyProxy;
  before(async () => {
    server = await startS3Server();
    server.makeBucket('bad-net');
    proxy = await startFaultyProxy(server.endpoint);
  });
  after(async () => {
    await proxy.close();
    await server.close();
  });

  function opened(t: TestContext, limits: Partial<S3Limits> = {}): OpenedS3Store {
    proxy.rules.length = 0;
    proxy.requests.length = 0;
    const store = openS3Store(server.settings(proxy.endpoint), scratchFolder(t), {
      partBytes: 5 * MiB,
      backoffMsMin: 1,
      ...limits,
    });
    t.after(() => store.close());
    return store;
  }

  const survived: readonly (readonly [name: string, fault: Fault])[] = [
    ['503 SlowDown', { kind: 'status', status: 503, code: 'SlowDown' }],
    ['500 InternalError', { kind: 'status', status: 500, code: 'InternalError' }],
    ['429', { kind: 'status', status: 429, code: 'TooManyRequests' }],
    ['a reset connection', { kind: 'reset' }],
    ['a lost answer', { kind: 'lost answer' }],
    ['a body that is cut off', { kind: 'cut', afterBytes: 10 }],
  ];
  for (const [name, fault] of survived) {
    test(`${name}, twice, costs repeats and nothing else`, async (t) => {
      const { store } = opened(t);
      const location = `s3://bad-net/${fault.kind}-${name}/o`;
      const bytes = randomBytes(100_000);
      const rule = (method: string) => proxy.rules.push({ fault, method, times: 2 });
      if (fault.kind !== 'cut') rule('PUT');
      assert.equal(await store.putIfAbsent(location, bytes), 'created');
      rule('GET');
      assert.deepEqual(Buffer.from((await store.read(location)) ?? []), bytes);
      if (fault.kind !== 'cut') rule('PUT');
      assert.equal(await store.putIfAbsent(location, bytes), 'exists');
      assert.deepEqual(
        proxy.rules.map(({ times }) => times),
        proxy.rules.map(() => 0),
      );
    });
  }

  test('a conflict of conditional writes (409) is tried again', async (t) => {
    const { store } = opened(t);
    const fault = { kind: 'status', status: 409, code: 'ConditionalRequestConflict' } as const;
    proxy.rules.push({ fault, method: 'PUT', times: 3 });
    assert.equal(await store.putIfAbsent('s3://bad-net/conflict', bytesOf('x')), 'created');
  });

  test('another’s object is not taken for our own, though our first answer was lost', async (t) => {
    const { store } = opened(t);
    const location = 's3://bad-net/others';
    await store.put(location, bytesOf('same'));
    proxy.rules.push({ fault: { kind: 'lost answer' }, method: 'PUT', times: 1 });
    assert.equal(await store.putIfAbsent(location, bytesOf('same')), 'exists');
  });

  test('of 16 writers one wins, with half of all answers lost or refused', async (t) => {
    const { store } = opened(t, { attemptsMax: 20 });
    for (let round = 0; round < 5; round++) {
      const location = `s3://bad-net/race/${round}`;
      proxy.rules.length = 0;
      proxy.rules.push(
        { fault: { kind: 'lost answer' }, method: 'PUT', times: 8 },
        { fault: { kind: 'status', status: 503, code: 'SlowDown' }, method: 'PUT', times: 8 },
      );
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, (_, i) => store.putIfAbsent(location, bytesOf(`writer ${i}`))),
      );
      const winners = outcomes.flatMap((outcome, i) => (outcome === 'created' ? [i] : []));
      assert.equal(winners.length, 1);
      assert.deepEqual(await store.read(location), bytesOf(`writer ${winners[0]}`));
    }
  });

  test('an upload whose completion was answered into the void is done', async (t) => {
    const { store, staging } = opened(t);
    const [from, to] = ['s3://bad-net/up/staged', 's3://bad-net/up/final'];
    const bytes = randomBytes(11 * MiB);
    mkdirSync(dirname(staging.pathOf(from)), { recursive: true });
    writeFileSync(staging.pathOf(from), bytes);
    proxy.rules.push(
      { fault: { kind: 'reset' }, method: 'PUT', path: /partNumber=2/, times: 2 },
      { fault: { kind: 'lost answer' }, method: 'POST', path: /uploadId=/, times: 1 },
    );
    assert.equal(await store.publish({ from, to }), 'created');
    assert.equal(Buffer.compare((await store.read(to)) ?? new Uint8Array(), bytes), 0);
  });

  test('an upload that cannot be finished is taken back', async (t) => {
    const { store, staging } = opened(t, { attemptsMax: 2 });
    const location = 's3://bad-net/failed/file';
    mkdirSync(dirname(staging.pathOf(location)), { recursive: true });
    writeFileSync(staging.pathOf(location), randomBytes(11 * MiB));
    const fault = { kind: 'status', status: 503, code: 'SlowDown' } as const;
    proxy.rules.push({ fault, method: 'PUT', path: /partNumber=2/, times: 100 });
    await assert.rejects(() => store.sync([location]), { code: 'STORE_UNREACHABLE' });
    assert.equal(await store.stat(location), undefined);
    assert.ok(proxy.requests.some((one) => /^DELETE .*uploadId=/.test(one)));
  });

  test('an object fetched in parts that break off is whole, and one of another size an error', async (t) => {
    const { store, objects } = opened(t);
    const location = 's3://bad-net/large';
    const bytes = randomBytes(12 * MiB + 5);
    await store.put(location, bytes);
    proxy.rules.push({ fault: { kind: 'cut', afterBytes: MiB }, method: 'GET', times: 3 });
    const path = `${scratchFolder(t)}/file`;
    const file = await open(path, 'w+');
    t.after(() => file.close());
    const wanted = { location, sizeBytes: bytes.length };
    assert.equal(await downloadInto(objects, wanted, file, undefined), bytes.length);
    const found = Buffer.alloc(bytes.length);
    await file.read(found, 0, found.length, 0);
    assert.equal(Buffer.compare(found, bytes), 0);
    await assert.rejects(() => downloadInto(objects, { location, sizeBytes: 7 }, file, undefined), {
      code: 'DELTA_FAILED_TO_READ_FILE',
    });
  });

  test('a store that does not answer is given up in time, and an abort ends the wait at once', async (t) => {
    const { store } = opened(t, { attemptMsMax: 100, attemptsMax: 2 });
    await store.put('s3://bad-net/slow', bytesOf('x'));
    proxy.rules.push({ fault: { kind: 'delay', ms: 5000 }, method: 'GET', times: 10 });
    const start = performance.now();
    await assert.rejects(() => store.read('s3://bad-net/slow'), { code: 'STORE_TIMEOUT' });
    const reason = new CodedError('QUERY_TIMEOUT', 'too slow');
    const patient = opened(t);
    proxy.rules.push({ fault: { kind: 'delay', ms: 5000 }, method: 'GET', times: 10 });
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 50);
    await assert.rejects(
      () => patient.store.read('s3://bad-net/slow', { signal: abort.signal }),
      (error) => error === reason,
    );
    assert.ok(performance.now() - start < 4000);
  });
});
