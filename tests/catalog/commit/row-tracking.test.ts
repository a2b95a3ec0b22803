import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { Protocol } from '../../../catalog/log/actions.ts';
import { assertCoded, rejectsWith } from '../../support/coded.ts';
import { add, metaData, protocol } from '../../support/table-builder.ts';
import {
  describe,
  noSignal,
  ofKind,
  TransactionalTable,
} from '../../support/transactional-table.ts';

function features(...names: readonly string[]): Protocol {
  return {
    ...protocol({ minWriterVersion: 7 }),
    writerFeatures: ['appendOnly', 'invariants', ...names],
  };
}
const rowTracking = features('rowTracking', 'domainMetadata');
const rows = (count: number): { readonly stats: string } => ({ stats: `{"numRecords":${count}}` });

test('files get row ids beyond the high-water mark, in the version that lists them', async () => {
  const t = new TransactionalTable();
  t.builder.commit(rowTracking, metaData());
  for (const [path, count] of [
    ['a', 10],
    ['b', 1],
    ['c', 5],
  ] as const) {
    const transaction = t.transactions.begin(await t.load());
    transaction.add([add(path, rows(count)), add(`${path}2`, rows(count))]);
    await transaction.commit(describe(), noSignal);
  }
  const snapshot = await t.load();
  const ids = [...snapshot.files].map((file) => [
    snapshot.files.rawPath(file),
    snapshot.files.baseRowId(file),
    snapshot.files.defaultRowCommitVersion(file),
  ]);
  assert.deepEqual(ids, [
    ['a', 0, 1],
    ['a2', 10, 1],
    ['b', 20, 2],
    ['b2', 21, 2],
    ['c', 22, 3],
    ['c2', 27, 3],
  ]);
  const domain = snapshot.domainMetadata.get('delta.rowTracking');
  assert.equal(domain?.configuration, '{"rowIdHighWaterMark":31}');
});

test('row ids are given out anew after winners took them; copied ones stay', async () => {
  const t = new TransactionalTable();
  t.builder.commit(rowTracking, metaData());
  const first = t.transactions.begin(await t.load());
  first.add([add('a', rows(10))]);
  await first.commit(describe(), noSignal);

  const snapshot = await t.load();
  const [file = -1] = snapshot.files;
  const old = snapshot.files.addFile(file);
  const update = t.transactions.begin(snapshot);
  update.readFiles(['a']);
  update.remove([removeFile(old, { deletionTimestamp: 1 })]);
  const deletionVector = {
    storageType: 'u',
    pathOrInlineDv: 'x',
    offset: 1,
    sizeInBytes: 2,
    cardinality: 1,
  } as const;
  update.add([{ ...old, dataChange: true, deletionVector }, add('b', rows(1))]);
  const winner = t.transactions.begin(snapshot);
  winner.add([add('w', rows(7))]);
  await winner.commit(describe(), noSignal);
  update.enforces(['deletionVectors']);
  await update.commit(describe('UPDATE'), noSignal);

  const actions = await t.actions(3);
  assert.deepEqual(
    ofKind(actions, 'add').map((f) => [f.path, f.baseRowId, f.defaultRowCommitVersion]),
    [
      ['a', 0, 1],
      ['b', 17, 3],
    ],
  );
  assert.deepEqual(
    ofKind(actions, 'remove').map((f) => [f.path, f.baseRowId, f.defaultRowCommitVersion]),
    [['a', 0, 1]],
  );
  assert.equal(
    (await t.load()).domainMetadata.get('delta.rowTracking')?.configuration,
    '{"rowIdHighWaterMark":17}',
  );
});

test('row ids are given out as soon as another commit made the table support them', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('a', rows(3))]);
  t.builder.commit(rowTracking);
  await transaction.commit(describe(), noSignal);
  const [file] = ofKind(await t.actions(2), 'add');
  assert.deepEqual([file?.baseRowId, file?.defaultRowCommitVersion], [0, 2]);
});

test('suspended row tracking gives out no row ids', async () => {
  const t = new TransactionalTable();
  t.builder.commit(
    rowTracking,
    metaData({ configuration: { 'delta.rowTrackingSuspended': 'true' } }),
  );
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('a')]);
  await transaction.commit(describe(), noSignal);
  const [file] = ofKind(await t.actions(1), 'add');
  assert.equal(file?.baseRowId, undefined);
});

test('a file whose rows are not counted gets no row ids, and is not committed', async () => {
  const t = new TransactionalTable();
  t.builder.commit(rowTracking, metaData());
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('a')]);
  await rejectsWith(
    transaction.commit(describe(), noSignal),
    'DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS',
    /the file a:/,
  );
});

test('a damaged high-water mark is not guessed', async () => {
  const t = new TransactionalTable();
  t.builder.commit(rowTracking, metaData(), {
    kind: 'domainMetadata',
    domain: 'delta.rowTracking',
    configuration: '{"rowIdHighWaterMark":1e30}',
    removed: false,
  });
  const snapshot = await t.load();
  assert.throws(
    () => t.transactions.begin(snapshot),
    (error) => assertCoded(error, 'DELTA_LOG_CORRUPT', /high-water mark/),
  );
});

test('turning on row tracking gives row ids to all files there are', async () => {
  const t = new TransactionalTable();
  t.builder.create({}, add('a', rows(4)), add('b', rows(5)));
  const snapshot = await t.load();
  const enable = (listed: readonly string[]) => {
    const transaction = t.transactions.begin(snapshot);
    transaction.setMetadata({
      ...snapshot.metadata,
      configuration: { 'delta.enableRowTracking': 'true' },
    });
    for (const file of snapshot.files) {
      const listedFile = snapshot.files.addFile(file);
      if (listed.includes(listedFile.path)) transaction.add([listedFile]);
    }
    return transaction;
  };
  assert.throws(() => void enable(['a']).commit(describe(), noSignal), /row ids for all files/);
  const late = enable(['a', 'b']);
  await enable(['a', 'b']).commit(describe('SET TBLPROPERTIES'), noSignal);
  const { metadata, protocol: now, files } = await t.load();
  assert.deepEqual(now.writerFeatures, [
    'appendOnly',
    'invariants',
    'rowTracking',
    'domainMetadata',
  ]);
  assert.deepEqual(
    [...files].map((file) => files.baseRowId(file)),
    [0, 4],
  );
  assert.match(
    metadata.configuration['delta.rowTracking.materializedRowIdColumnName'] ?? '',
    /^_row-id-col-./,
  );
  assert.deepEqual((await t.info(1))['tags'], { 'delta.rowTracking.preserved': 'true' });
  await rejectsWith(late.commit(describe(), noSignal), 'DELTA_METADATA_CHANGED');
});

test('an append that came meanwhile keeps row tracking from being turned on without it', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const snapshot = await t.load();
  const transaction = t.transactions.begin(snapshot);
  transaction.setMetadata({
    ...snapshot.metadata,
    configuration: { 'delta.enableRowTracking': 'true' },
  });
  t.builder.append(1);
  await rejectsWith(transaction.commit(describe(), noSignal), 'DELTA_CONCURRENT_APPEND');
});
