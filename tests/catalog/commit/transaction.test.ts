import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { AfterCommit } from '../../../catalog/commit/transactions.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import type { Metadata, Protocol } from '../../../catalog/log/actions.ts';
import { rejectsWith } from '../../support/coded.ts';
import { CountingStore } from '../../support/counting-store.ts';
import { add, metaData, protocol, remove, txn } from '../../support/table-builder.ts';
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

test('a commit says what it did, in the order the protocol asks for', async () => {
  const t = new TransactionalTable();
  t.builder.create({}, add('a'));
  const snapshot = await t.load();
  const transaction = t.transactions.begin(snapshot);
  transaction.readWholeTable();
  const [file = -1] = snapshot.files;
  transaction.remove([removeFile(snapshot.files.addFile(file), { deletionTimestamp: 9 })]);
  transaction.add([add('b')]);
  transaction.setTxn(txn('app', 3n));
  const result = await transaction.commit(
    {
      operation: 'UPDATE',
      operationParameters: { predicate: '["(id > 1)"]' },
      operationMetrics: { numUpdatedRows: '1' },
      userMetadata: 'mine',
    },
    noSignal,
  );
  assert.deepEqual(result, { kind: 'committed', version: 1 });
  const actions = await t.actions(1);
  assert.deepEqual(
    actions.map(({ kind }) => kind),
    ['commitInfo', 'txn', 'remove', 'add'],
  );
  assert.deepEqual(await t.info(1), {
    timestamp: t.nowMs,
    operation: 'UPDATE',
    operationParameters: { predicate: '["(id > 1)"]' },
    readVersion: 0,
    isolationLevel: 'Serializable',
    isBlindAppend: false,
    operationMetrics: { numUpdatedRows: '1' },
    userMetadata: 'mine',
    engineInfo: 'Levee/0.1.0',
    txnId: 'id-1',
  });
  const [removed] = ofKind(actions, 'remove');
  assert.equal(removed?.deletionTimestamp, 9);
  assert.equal(removed.size, 100);
  assert.equal(removed.extendedFileMetadata, true);
});

test('after a conflict that is none only the winning commits are read', async () => {
  const counting: CountingStore[] = [];
  const t = new TransactionalTable({}, (store) => {
    const counter = new CountingStore(store);
    counting.push(counter);
    return counter;
  });
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  t.builder.append(3);
  transaction.add([add('mine')]);
  await transaction.commit(describe(), noSignal);
  const log = (version: number) => `${String(version).padStart(20, '0')}.json`;
  assert.deepEqual(counting[0]?.takeRequests().toSorted(), [
    `put-if-absent ${log(1)}`,
    `put-if-absent ${log(4)}`,
    // Is the lost put perhaps our own?
    ...[1, 1, 2, 3, 4, 5, 6].map((version) => `read ${log(version)}`),
    `stat ${log(0)}`,
  ]);
});

test('a table is made once', async () => {
  const t = new TransactionalTable();
  const make = () => {
    const transaction = t.transactions.beginNew(t.location);
    transaction.setMetadata(metaData());
    return transaction.commit(describe('CREATE TABLE'), noSignal);
  };
  const results = await Promise.allSettled([make(), make()]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await rejectsWith(make(), 'DELTA_TABLE_ALREADY_EXISTS');
  assert.deepEqual(
    (await t.actions(0)).map(({ kind }) => kind),
    ['commitInfo', 'protocol', 'metaData'],
  );
  assert.equal((await t.info(0))['readVersion'], undefined);
});

test('the protocol follows from the metadata', async () => {
  const t = new TransactionalTable();
  const make = t.transactions.beginNew(t.location);
  make.setMetadata(metaData({ configuration: { 'delta.enableDeletionVectors': 'true' } }));
  await make.commit(describe('CREATE TABLE'), noSignal);
  assert.deepEqual((await t.load()).protocol, {
    kind: 'protocol',
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ['deletionVectors'],
    writerFeatures: ['appendOnly', 'invariants', 'deletionVectors'],
  });
  const snapshot = await t.load();
  const alter = t.transactions.begin(snapshot);
  alter.setMetadata({
    ...snapshot.metadata,
    configuration: { ...snapshot.metadata.configuration, 'delta.enableInCommitTimestamps': 'true' },
  });
  await alter.commit(describe('SET TBLPROPERTIES'), noSignal);
  assert.deepEqual((await t.load()).protocol.writerFeatures, [
    'appendOnly',
    'invariants',
    'deletionVectors',
    'inCommitTimestamp',
  ]);
});

const gates: { readonly [name: string]: readonly [Protocol, Metadata, ErrorCode, RegExp] } = {
  'an unknown writer feature': [
    features('futureThing'),
    metaData(),
    'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE',
    /futureThing \(not known/,
  ],
  'a later writer version': [
    protocol({ minWriterVersion: 8 }),
    metaData(),
    'DELTA_INVALID_PROTOCOL_VERSION',
    /writer version 8/,
  ],
  'rules for rows that are not enforced': [
    protocol({ minWriterVersion: 3 }),
    metaData({ configuration: { 'delta.constraints.positive': 'id > 0' } }),
    'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE',
    /checkConstraints/,
  ],
};
for (const [name, [wanted, metadata, code, message]] of Object.entries(gates)) {
  test(`${name} in a table keeps it from being written`, async () => {
    const t = new TransactionalTable();
    t.builder.commit(wanted, metadata);
    const transaction = t.transactions.begin(await t.load());
    transaction.add([add('a')]);
    await rejectsWith(transaction.commit(describe(), noSignal), code, message);
    assert.equal(t.memory.locations().length, 1);
  });
  test(`${name} that came meanwhile keeps it from being written`, async () => {
    const t = new TransactionalTable();
    t.builder.create();
    const transaction = t.transactions.begin(await t.load());
    t.builder.commit(wanted, metadata);
    transaction.add([add('a')]);
    await rejectsWith(transaction.commit(describe(), noSignal), 'DELTA_PROTOCOL_CHANGED');
    assert.equal(t.memory.locations().length, 2);
  });
}

test('an append-only table is appended to and rearranged, but loses no row', async () => {
  const t = new TransactionalTable();
  t.builder.create({ configuration: { 'delta.appendOnly': 'true' } }, add('a'));
  const snapshot = await t.load();
  const [file = -1] = snapshot.files;
  const old = snapshot.files.addFile(file);
  const removing = (dataChange: boolean) => {
    const transaction = t.transactions.begin(snapshot);
    transaction.readFiles(['a']);
    transaction.remove([removeFile(old, { deletionTimestamp: 1, dataChange })]);
    transaction.add([add('b', { dataChange })]);
    return transaction.commit(describe('OPTIMIZE'), noSignal);
  };
  await rejectsWith(removing(true), 'DELTA_CANNOT_MODIFY_APPEND_ONLY', /delta\.appendOnly is true/);
  assert.equal((await removing(false)).kind, 'committed');
  assert.equal((await t.info(1))['isolationLevel'], 'SnapshotIsolation');
});

test('metadata of a domain need the table feature', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.setDomainMetadata({
    kind: 'domainMetadata',
    domain: 'mine',
    configuration: '{}',
    removed: false,
  });
  await rejectsWith(
    transaction.commit(describe(), noSignal),
    'DELTA_DOMAIN_METADATA_NOT_SUPPORTED',
    /domains mine/,
  );
});

test('what is removed must be in the table', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.remove([remove('a')]);
  assert.throws(() => void transaction.commit(describe(), noSignal), /a is not in the table/);
});

test('what runs after a commit sees it, and its failure fails nothing', async () => {
  const seen: unknown[] = [];
  const errors: unknown[] = [];
  const afterCommit: AfterCommit = async ({ location, version, snapshot }) => {
    seen.push([location, version, (await snapshot()).version]);
    throw new Error('no room for a checkpoint');
  };
  const t = new TransactionalTable({
    afterCommit,
    onAfterCommitError: (error, { version }) => errors.push([String(error), version]),
  });
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('a')]);
  const result = await transaction.commit(describe(), noSignal);
  assert.deepEqual(result, { kind: 'committed', version: 1 });
  assert.deepEqual(seen, [['/tables/t', 1, 1]]);
  assert.deepEqual(errors, [['Error: no room for a checkpoint', 1]]);
});
