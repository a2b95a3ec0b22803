import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import { commitLocation } from '../../../catalog/log/log-path.ts';
import { rejectsWith } from '../../support/coded.ts';
import type { MemoryStore } from '../../support/memory-store.ts';
import { add, txn } from '../../support/table-builder.ts';
import { describe, noSignal, TransactionalTable } from '../../support/transactional-table.ts';

test('what an application has committed is not committed again', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const write = async (version: bigint): Promise<readonly [boolean, string, number]> => {
    const transaction = t.transactions.begin(await t.load());
    const isDone = transaction.setIdempotenceKey(txn('app', version));
    transaction.add([add(`f${version}-${t.nowMs++}`)]);
    const result = await transaction.commit(describe(), noSignal);
    return [isDone, result.kind, result.version];
  };
  assert.deepEqual(await write(1n), [false, 'committed', 1]);
  assert.deepEqual(await write(1n), [true, 'already committed', 1]);
  assert.deepEqual(await write(3n), [false, 'committed', 2]);
  assert.deepEqual(await write(2n), [true, 'already committed', 2]);
  assert.equal((await t.load()).files.count, 2);
});

test('the same batch by two writers at once is committed once', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const snapshot = await t.load();
  const writers = ['x', 'y'].map((path) => {
    const transaction = t.transactions.begin(snapshot);
    assert.equal(transaction.setIdempotenceKey(txn('app', 9n)), false);
    transaction.add([add(path)]);
    return transaction.commit(describe(), noSignal);
  });
  assert.deepEqual(await Promise.all(writers), [
    { kind: 'committed', version: 1 },
    { kind: 'already committed', version: 1 },
  ]);
  assert.equal((await t.load()).files.count, 1);
});

test('the same batch by another process is found in its commit', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.setIdempotenceKey(txn('app', 9n));
  transaction.add([add('x')]);
  t.builder.commit(add('w')).commit(txn('app', 10n), add('y'));
  assert.deepEqual(await transaction.commit(describe(), noSignal), {
    kind: 'already committed',
    version: 2,
  });
});

test('what another writer has committed is made durable before it is told to be done', async () => {
  let canSync = false;
  const synced: string[] = [];
  const t = new TransactionalTable({}, (memory) =>
    Object.assign(Object.create(memory) as MemoryStore, {
      read: (location: string) => memory.read(location),
      stat: (location: string) => memory.stat(location),
      putIfAbsent: (location: string, bytes: Uint8Array) => memory.putIfAbsent(location, bytes),
      sync: async (locations: readonly string[]) => {
        if (!canSync) throw new CodedError('IO_ERROR', 'the disk does not answer');
        synced.push(...locations);
      },
    }),
  );
  t.builder.create();
  const before = await t.load();
  t.builder.commit(txn('app', 9n), add('theirs'));
  const after = await t.load();
  for (const snapshot of [before, after]) {
    const write = () => {
      const transaction = t.transactions.begin(snapshot);
      transaction.setIdempotenceKey(txn('app', 9n));
      return transaction.commit(describe(), noSignal);
    };
    canSync = false;
    await rejectsWith(write(), 'IO_ERROR', /does not answer/);
    canSync = true;
    assert.deepEqual(await write(), { kind: 'already committed', version: 1 });
  }
  assert.deepEqual(
    synced,
    [1, 1].map((version) => commitLocation(t.location, version)),
  );
});

test('an earlier batch of the same application by another process is a conflict', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.setIdempotenceKey(txn('app', 9n));
  transaction.add([add('x')]);
  t.builder.commit(txn('app', 8n), add('y'));
  await rejectsWith(transaction.commit(describe(), noSignal), 'DELTA_CONCURRENT_TRANSACTION');
});
