import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { AfterCommit } from '../../../catalog/commit/transactions.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import type { Action, Metadata, Protocol } from '../../../catalog/log/actions.ts';
import { commitLocation } from '../../../catalog/log/log-path.ts';
import { assertCoded } from '../../support/coded.ts';
import { CountingStore } from '../../support/counting-store.ts';
import { add, metaData, protocol, remove, txn } from '../../support/table-builder.ts';
import { describe, noSignal, TransactionalTable } from '../../support/transactional-table.ts';

function features(...names: readonly string[]): Protocol {
  return {
    ...protocol({ minWriterVersion: 7 }),
    writerFeatures: ['appendOnly', 'invariants', ...names],
  };
}
const rowTracking = features('rowTracking', 'domainMetadata');
const inCommitTimestamps: Metadata = metaData({
  configuration: { 'delta.enableInCommitTimestamps': 'true' },
});
const rows = (count: number): { readonly stats: string } => ({ stats: `{"numRecords":${count}}` });

function ofKind<K extends Action['kind']>(
  actions: readonly Action[],
  kind: K,
): readonly Extract<Action, { kind: K }>[] {
  return actions.filter((action): action is Extract<Action, { kind: K }> => action.kind === kind);
}

async function rejectsWith(
  promise: Promise<unknown>,
  code: ErrorCode,
  message = /./,
): Promise<void> {
  await assert.rejects(promise, (error) => assertCoded(error, code, message));
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

// --- in-commit timestamps -----------------------------------------------------------------------

test('in-commit timestamps rise whatever the clock says', async () => {
  const t = new TransactionalTable();
  const make = t.transactions.beginNew(t.location);
  make.setMetadata(inCommitTimestamps);
  await make.commit(describe('CREATE TABLE'), noSignal);
  const first = t.nowMs;
  const times: unknown[] = [];
  for (const nowMs of [first - 5000, first - 1, first + 10]) {
    t.nowMs = nowMs;
    const transaction = t.transactions.begin(await t.load());
    transaction.add([add(`f${nowMs}`)]);
    const { version } = await transaction.commit(describe(), noSignal);
    const info = await t.info(version);
    assert.equal(Object.keys(info)[0], 'inCommitTimestamp');
    assert.equal(info['timestamp'], nowMs);
    times.push(info['inCommitTimestamp']);
  }
  assert.deepEqual(times, [first + 1, first + 2, first + 10]);
  // From the beginning on: there is no version since which they are.
  const { configuration } = (await t.load()).metadata;
  assert.deepEqual(Object.keys(configuration), ['delta.enableInCommitTimestamps']);
});

test('in-commit timestamps go on after those of the winners', async () => {
  const t = new TransactionalTable();
  const make = t.transactions.beginNew(t.location);
  make.setMetadata(inCommitTimestamps);
  await make.commit(describe('CREATE TABLE'), noSignal);
  const transaction = t.transactions.begin(await t.load());
  const theirs = t.nowMs + 100_000;
  t.builder.version = 0;
  t.builder.commit({
    kind: 'commitInfo',
    fields: { inCommitTimestamp: theirs, operation: 'WRITE' },
  });
  transaction.add([add('a')]);
  assert.equal((await transaction.commit(describe(), noSignal)).version, 2);
  assert.equal((await t.info(2))['inCommitTimestamp'], theirs + 1);
});

for (const winners of [0, 2]) {
  test(`turning on in-commit timestamps says since when, after ${winners} other commits`, async () => {
    const t = new TransactionalTable();
    t.builder.create();
    const snapshot = await t.load();
    const transaction = t.transactions.begin(snapshot);
    transaction.setMetadata({
      ...snapshot.metadata,
      configuration: { 'delta.enableInCommitTimestamps': 'true' },
    });
    t.builder.append(winners);
    // The clock is behind the times of the files.
    t.nowMs = 1000;
    const previous = await t.memory.stat(commitLocation(t.location, winners));
    assert.ok(previous !== undefined);
    await transaction.commit(describe('SET TBLPROPERTIES'), noSignal);
    const { metadata, timestampMs, version } = await t.load();
    assert.equal(timestampMs, previous.modifiedMs + 1);
    assert.deepEqual(metadata.configuration, {
      'delta.enableInCommitTimestamps': 'true',
      'delta.inCommitTimestampEnablementVersion': String(version),
      'delta.inCommitTimestampEnablementTimestamp': String(timestampMs),
    });
  });
}

// --- row tracking -------------------------------------------------------------------------------

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

// --- idempotence --------------------------------------------------------------------------------

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

test('an earlier batch of the same application by another process is a conflict', async () => {
  const t = new TransactionalTable();
  t.builder.create();
  const transaction = t.transactions.begin(await t.load());
  transaction.setIdempotenceKey(txn('app', 9n));
  transaction.add([add('x')]);
  t.builder.commit(txn('app', 8n), add('y'));
  await rejectsWith(transaction.commit(describe(), noSignal), 'DELTA_CONCURRENT_TRANSACTION');
});

// --- the log is no longer what it was -----------------------------------------------------------

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

// --- after the commit ---------------------------------------------------------------------------

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
