import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Transaction } from '../../../catalog/commit/transaction.ts';
import type { ObjectStore } from '../../../catalog/ports.ts';
import { commitLocation } from '../../../catalog/log/log-path.ts';
import type { MemoryStore } from '../../support/memory-store.ts';
import { CountingStore } from '../../support/counting-store.ts';
import { add, metaData, protocol, txn } from '../../support/table-builder.ts';
import { describe, noSignal, TransactionalTable } from '../../support/transactional-table.ts';

/** A table whose requests wait while it is held. */
function heldTable(): { readonly t: TransactionalTable; readonly counting: () => CountingStore } {
  let counting: CountingStore | undefined;
  const wrap = (store: MemoryStore): ObjectStore => (counting = new CountingStore(store));
  const t = new TransactionalTable({}, wrap);
  return {
    t,
    counting: () => {
      assert.ok(counting !== undefined);
      return counting;
    },
  };
}

function metrics(rows: number): Parameters<Transaction['commit']>[0] {
  return describe('WRITE', {
    operationParameters: { mode: 'Append' },
    operationMetrics: { numOutputRows: String(rows), numFiles: '1' },
  });
}

test('appends that wait while a commit is under way share the next one', async () => {
  const { t, counting } = heldTable();
  t.builder.create();
  const snapshot = await t.load();
  const append = (path: string) => {
    const transaction = t.transactions.begin(snapshot);
    transaction.add([add(path)]);
    return transaction.commit(metrics(2), noSignal);
  };
  const release = counting().hold();
  const first = append('first');
  await setImmediate();
  const others = Array.from({ length: 50 }, (_, i) => append(`f${i}`));
  await setImmediate();
  release();
  assert.deepEqual(await first, { kind: 'committed', version: 1 });
  for (const result of await Promise.all(others)) {
    assert.deepEqual(result, { kind: 'committed', version: 2 });
  }
  const actions = await t.actions(2);
  assert.deepEqual(
    actions.flatMap((action) => (action.kind === 'add' ? [action.path] : [])),
    Array.from({ length: 50 }, (_, i) => `f${i}`),
  );
  const info = await t.info(2);
  assert.equal(info['isBlindAppend'], true);
  assert.deepEqual(info['operationMetrics'], {
    numOutputRows: '100',
    numFiles: '50',
    numGroupedCommits: '50',
  });
});

test('whoever must be alone is, and the order stays', async () => {
  const { t, counting } = heldTable();
  t.builder.create({}, add('old'));
  const snapshot = await t.load();
  const order: string[] = [];
  const submit = (name: string, act: (transaction: Transaction) => void, operation = 'WRITE') => {
    const transaction = t.transactions.begin(snapshot);
    transaction.add([add(name)]);
    act(transaction);
    return transaction.commit(describe(operation), noSignal).then(({ version }) => {
      order.push(`${name} ${version}`);
    });
  };
  const plain = (): void => undefined;
  const release = counting().hold();
  const all = [submit('first', plain)];
  await setImmediate();
  all.push(
    submit('a', plain),
    submit('b', (transaction) => transaction.readFiles(['old'])),
    submit('c', plain),
    submit('d', (transaction) => transaction.setTxn(txn('app', 1n))),
    submit('e', (transaction) => transaction.setTxn(txn('other', 1n))),
    submit('f', plain, 'COPY INTO'),
    submit('g', plain, 'COPY INTO'),
  );
  release();
  await Promise.all(all);
  assert.deepEqual(order, ['first 1', 'a 2', 'b 3', 'c 4', 'd 4', 'e 4', 'f 5', 'g 5']);
});

test('two of one application are not in one commit', async () => {
  const { t, counting } = heldTable();
  t.builder.create();
  const snapshot = await t.load();
  const submit = (path: string, version: bigint) => {
    const transaction = t.transactions.begin(snapshot);
    transaction.setIdempotenceKey(txn('app', version));
    transaction.add([add(path)]);
    return transaction.commit(describe(), noSignal);
  };
  const release = counting().hold();
  const results = [submit('a', 1n), submit('b', 1n), submit('c', 2n)];
  release();
  const settled = await Promise.allSettled(results);
  assert.deepEqual(
    settled.map((result) => (result.status === 'fulfilled' ? result.value : 'conflict')),
    [
      { kind: 'committed', version: 1 },
      { kind: 'already committed', version: 1 },
      // It began before its application's last version was recorded.
      'conflict',
    ],
  );
});

test('a bad member fails alone', async () => {
  const { t, counting } = heldTable();
  t.builder.commit(
    { ...protocol({ minWriterVersion: 7 }), writerFeatures: ['rowTracking', 'domainMetadata'] },
    metaData(),
  );
  const old = await t.load();
  const controller = new AbortController();
  const rows = { stats: '{"numRecords":10}' };
  const submit = (path: string, file = add(path, rows), signal = noSignal) => {
    const transaction = t.transactions.begin(old);
    transaction.add([file]);
    return transaction.commit(describe(), signal);
  };
  const release = counting().hold();
  const first = submit('first');
  await setImmediate();
  const settled = Promise.allSettled([
    submit('a'),
    submit('without statistics', add('without statistics')),
    submit('cancelled', add('cancelled', rows), controller.signal),
    submit('b'),
  ]);
  controller.abort();
  await setImmediate();
  release();
  await first;
  const outcomes = (await settled).map((result) =>
    result.status === 'fulfilled' ? result.value.version : (result.reason as CodedError).code,
  );
  assert.deepEqual(outcomes, [2, 'DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS', 'QUERY_CANCELED', 2]);
  const { files, domainMetadata } = await t.load();
  assert.deepEqual(
    [...files].map((file) => [files.rawPath(file), files.baseRowId(file)]),
    [
      ['first', 0],
      ['a', 10],
      ['b', 20],
    ],
  );
  assert.equal(domainMetadata.get('delta.rowTracking')?.configuration, '{"rowIdHighWaterMark":29}');
});

test('members that began before the schema changed fail, those that began after it do not', async () => {
  const { t, counting } = heldTable();
  t.builder.create();
  const before = await t.load();
  t.builder.commit(metaData({ configuration: { 'delta.appendOnly': 'true' } }));
  const after = await t.load();
  const submit = (path: string, snapshot = after) => {
    const transaction = t.transactions.begin(snapshot);
    transaction.add([add(path)]);
    return transaction.commit(describe(), noSignal);
  };
  const release = counting().hold();
  const first = submit('first');
  await setImmediate();
  const settled = Promise.allSettled([submit('a'), submit('b', before), submit('c')]);
  release();
  await first;
  assert.deepEqual(
    (await settled).map((result) =>
      result.status === 'fulfilled' ? result.value.version : (result.reason as CodedError).code,
    ),
    [3, 'DELTA_METADATA_CHANGED', 3],
  );
});

test('a winner from elsewhere fails only the members that it conflicts with', async () => {
  const { t, counting } = heldTable();
  t.builder.create();
  const snapshot = await t.load();
  const submit = (path: string, act: (transaction: Transaction) => void = () => undefined) => {
    const transaction = t.transactions.begin(snapshot);
    transaction.add([add(path)]);
    act(transaction);
    return transaction.commit(describe(), noSignal);
  };
  const release = counting().hold();
  const settled = Promise.allSettled([
    submit('a'),
    submit('b', (transaction) => transaction.setTxn(txn('app', 5n))),
    submit('c', (transaction) => transaction.setIdempotenceKey(txn('batches', 5n))),
    submit('d'),
  ]);
  t.builder.commit(txn('app', 4n), txn('batches', 6n), add('theirs'));
  release();
  assert.deepEqual(
    (await settled).map((result) =>
      result.status === 'fulfilled' ? result.value : (result.reason as CodedError).code,
    ),
    [
      { kind: 'committed', version: 2 },
      'DELTA_CONCURRENT_TRANSACTION',
      { kind: 'already committed', version: 1 },
      { kind: 'committed', version: 2 },
    ],
  );
  const { files } = await t.load();
  assert.deepEqual(
    [...files].map((file) => files.rawPath(file)),
    ['theirs', 'a', 'd'],
  );
});

test('a commit that cannot be written fails all its members, and the next ones go on', async () => {
  let isFull = true;
  const t = new TransactionalTable({}, (memory) =>
    Object.assign(Object.create(memory) as MemoryStore, {
      putIfAbsent: async (location: string, bytes: Uint8Array) => {
        if (isFull) throw new CodedError('DISK_FULL', 'full');
        return memory.putIfAbsent(location, bytes);
      },
      read: (location: string) => memory.read(location),
      stat: (location: string) => memory.stat(location),
    }),
  );
  t.builder.create();
  const snapshot = await t.load();
  const submit = (path: string) => {
    const transaction = t.transactions.begin(snapshot);
    transaction.add([add(path)]);
    return transaction.commit(describe(), noSignal);
  };
  for (const result of await Promise.allSettled([submit('a'), submit('b')])) {
    assert.ok(result.status === 'rejected' && (result.reason as CodedError).code === 'DISK_FULL');
  }
  isFull = false;
  assert.deepEqual(await submit('c'), { kind: 'committed', version: 1 });
  assert.equal(await t.memory.read(commitLocation(t.location, 2)), undefined);
});

test('cancelling a commit that is being written does not hide what became of it', async () => {
  const controller = new AbortController();
  const t = new TransactionalTable({}, (memory) =>
    Object.assign(Object.create(memory) as MemoryStore, {
      putIfAbsent: async (location: string, bytes: Uint8Array) => {
        controller.abort();
        await setImmediate();
        return memory.putIfAbsent(location, bytes);
      },
      stat: (location: string) => memory.stat(location),
    }),
  );
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('a')]);
  const result = await transaction.commit(describe(), controller.signal);
  assert.deepEqual(result, { kind: 'committed', version: 1 });
  assert.ok(controller.signal.aborted);
});

test('a cancelled transaction is not begun to be written', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('a')]);
  await assert.rejects(
    transaction.commit(describe(), AbortSignal.abort()),
    (error) => error instanceof CodedError && error.code === 'QUERY_CANCELED',
  );
  assert.equal(t.memory.locations().length, 1);
});

test('what runs after a commit runs once for all its members', async () => {
  const versions: number[] = [];
  const t = new TransactionalTable({
    afterCommit: async ({ version }) => {
      versions.push(version);
    },
  });
  t.builder.create();
  const snapshot = await t.load();
  await Promise.all(
    Array.from({ length: 9 }, (_, i) => {
      const transaction = t.transactions.begin(snapshot);
      transaction.add([add(`f${i}`)]);
      return transaction.commit(describe(), noSignal);
    }),
  );
  assert.deepEqual(versions, [1]);
  await t.transactions.idle();
});
