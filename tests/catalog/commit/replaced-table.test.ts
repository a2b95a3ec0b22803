import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import { commitLocation } from '../../../catalog/log/log-path.ts';
import { rejectsWith } from '../../support/coded.ts';
import { add } from '../../support/table-builder.ts';
import { describe, noSignal, TransactionalTable } from '../../support/transactional-table.ts';

const changes: { readonly [name: string]: (t: TransactionalTable) => void } = {
  'was dropped': (t) => t.memory.deleteFolder(t.location),
  'was made anew with fewer versions': (t) => {
    t.memory.deleteFolder(t.location);
    t.builder.version = -1;
    t.builder.create({ id: 'another' });
  },
  'was made anew with as many versions': (t) => {
    t.memory.deleteFolder(t.location);
    t.builder.version = -1;
    t.builder.create({ id: 'another' }).append(1);
  },
  'was made anew with more versions': (t) => {
    t.memory.deleteFolder(t.location);
    t.builder.version = -1;
    t.builder.create({ id: 'another' }).append(4);
  },
};
test('nothing is committed to a table that lost the commit it began with', async () => {
  const t = new TransactionalTable();
  t.builder.create().append(1);
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('mine')]);
  t.memory.delete(commitLocation(t.location, 1));
  await rejectsWith(transaction.commit(describe(), noSignal), 'DELTA_CONCURRENT_WRITE');
  assert.equal(t.memory.locations().length, 1);
});
for (const [name, change] of Object.entries(changes)) {
  test(`nothing is committed to a table that ${name}`, async () => {
    const t = new TransactionalTable();
    t.builder.create().append(1);
    const transaction = t.transactions.begin(await t.load());
    transaction.add([add('mine')]);
    change(t);
    const before = t.memory.locations();
    await rejectsWith(transaction.commit(describe(), noSignal), 'DELTA_CONCURRENT_WRITE');
    assert.deepEqual(t.memory.locations(), before);
  });
  test(`nothing is committed to a table that ${name}, after a commit of one's own`, async () => {
    const t = new TransactionalTable();
    t.builder.create();
    const first = t.transactions.begin(await t.load());
    first.add([add('first')]);
    const transaction = t.transactions.begin(await t.load());
    transaction.add([add('mine')]);
    await first.commit(describe(), noSignal);
    change(t);
    const before = t.memory.locations();
    await assert.rejects(transaction.commit(describe(), noSignal), CodedError);
    assert.deepEqual(t.memory.locations(), before);
  });
}
test('appends to a table and to the one made anew in its place share no commit', async () => {
  const t = new TransactionalTable();
  t.builder.create().append(1);
  const old = t.transactions.begin(await t.load());
  old.add([add('of the old table')]);
  changes['was made anew with as many versions']?.(t);
  const news = await Promise.all(
    ['first', 'second'].map(async (path) => {
      const transaction = t.transactions.begin(await t.load());
      transaction.add([add(path)]);
      return transaction;
    }),
  );
  const commits = [...news, old].map((one) => one.commit(describe(), noSignal));
  const outcomes = await Promise.allSettled(commits);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
  const { files } = await t.load();
  assert.equal(files.find('of the old table'), undefined);
});
