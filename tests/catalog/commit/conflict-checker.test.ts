import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { Transaction } from '../../../catalog/commit/transaction.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import type { Action, AddFile, Metadata } from '../../../catalog/log/actions.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import {
  add,
  commitInfo,
  metaData,
  oneColumn,
  protocol,
  remove,
  txn,
} from '../../support/table-builder.ts';
import { describe, noSignal, TransactionalTable } from '../../support/transactional-table.ts';

type Act = (transaction: Transaction, snapshot: Snapshot) => void;

function part(path: string, p: string, more: Partial<AddFile> = {}): AddFile {
  return add(path, { partitionValues: { p }, ...more });
}
const inPartition =
  (p: string) =>
  (file: AddFile): boolean =>
    file.partitionValues['p'] === p;

// --- what the transaction does ------------------------------------------------------------------
const append: Act = (transaction) => transaction.add([part('new', '1')]);
const removeOf = (snapshot: Snapshot, path: string, dataChange = true) =>
  removeFile(fileOf(snapshot, path), { deletionTimestamp: 7, dataChange });
function fileOf(snapshot: Snapshot, path: string): AddFile {
  const file = snapshot.files.find(path);
  assert.ok(file !== undefined);
  return snapshot.files.addFile(file);
}
/** Rewrites file `a` of partition 1, having looked at that partition. */
const updateFirst: Act = (transaction, snapshot) => {
  transaction.readMatching(inPartition('1'), ['a']);
  transaction.remove([removeOf(snapshot, 'a')]);
  transaction.add([part('new', '1')]);
};
const overwrite: Act = (transaction, snapshot) => {
  transaction.readWholeTable();
  transaction.remove([removeOf(snapshot, 'a'), removeOf(snapshot, 'b')]);
  transaction.add([part('new', '1')]);
};
const compact: Act = (transaction, snapshot) => {
  transaction.readFiles(['a', 'b']);
  transaction.remove([removeOf(snapshot, 'a', false), removeOf(snapshot, 'b', false)]);
  transaction.add([part('new', '1', { dataChange: false })]);
};
const removeBlindly: Act = (transaction, snapshot) => transaction.remove([removeOf(snapshot, 'a')]);
/** Looked at partition 1 to add to it, as INSERT ... SELECT from the same table. */
const readAndAppend: Act = (transaction) => {
  transaction.readMatching(inPartition('1'), ['a']);
  transaction.add([part('new', '3')]);
};
const foundNothing: Act = (transaction) => transaction.readMatching(inPartition('1'), ['a']);
const listAnew: Act = (transaction, snapshot) =>
  transaction.add([{ ...fileOf(snapshot, 'a'), stats: '{"numRecords":1}' }]);
const alter: Act = (transaction, { metadata }) =>
  transaction.setMetadata({ ...metadata, configuration: { mine: '1' } });
const alterAndRead: Act = (transaction, snapshot) => {
  transaction.readWholeTable();
  alter(transaction, snapshot);
};
const upgrade: Act = (transaction) => {
  transaction.setProtocol({
    ...protocol({ minReaderVersion: 3, minWriterVersion: 7 }),
    readerFeatures: ['deletionVectors'],
    writerFeatures: ['appendOnly', 'invariants', 'deletionVectors', 'domainMetadata'],
  });
};
const stream: Act = (transaction, snapshot) => {
  transaction.readTxn('app');
  transaction.setTxn(txn('app', 5n));
  append(transaction, snapshot);
};
const setDomain: Act = (transaction) =>
  transaction.setDomainMetadata({
    kind: 'domainMetadata',
    domain: 'd',
    configuration: 'mine',
    removed: false,
  });
const readDomain: Act = (transaction, snapshot) => {
  transaction.readDomain('d');
  append(transaction, snapshot);
};

// --- what the winner did ------------------------------------------------------------------------
const appended = [part('other', '1')];
const appendedElsewhere = [part('other', '2')];
const blind = [commitInfo({ operation: 'WRITE', isBlindAppend: true }), part('other', '1')];
const deletedFirst = [remove('a'), part('other', '2')];
const deletedSecond = [remove('b', { partitionValues: { p: '2' } })];
const compacted = [remove('b', { dataChange: false }), part('other', '1', { dataChange: false })];
const table: Metadata = metaData({
  schema: {
    kind: 'struct',
    fields: [
      ...oneColumn.fields,
      { name: 'p', type: { kind: 'string' }, nullable: true, metadata: {} },
    ],
  },
  partitionColumns: ['p'],
});
const withProperty = (key: string, value: string): Action => ({
  ...table,
  configuration: { [key]: value },
});
const identityOnly: Action = {
  ...table,
  schemaString: serializeSchema({
    kind: 'struct',
    fields: [
      ...oneColumn.fields,
      {
        name: 'p',
        type: { kind: 'string' },
        nullable: true,
        metadata: { 'delta.identity.highWaterMark': 5 },
      },
    ],
  }),
};
const features = (...names: readonly string[]): Action => ({
  ...protocol({ minReaderVersion: 3, minWriterVersion: 7 }),
  readerFeatures: names.filter((name) => name === 'deletionVectors'),
  writerFeatures: ['appendOnly', 'invariants', 'domainMetadata', ...names],
});
const domain: Action = {
  kind: 'domainMetadata',
  domain: 'd',
  configuration: 'theirs',
  removed: false,
};

interface Case {
  readonly act: Act;
  readonly winner: readonly Action[];
  /** No conflict where it is absent. */
  readonly code?: ErrorCode;
  readonly says?: RegExp;
  readonly level?: 'WriteSerializable';
}

const cases: { readonly [name: string]: Case } = {
  'a blind append after an append': { act: append, winner: appended },
  'a blind append after a delete': { act: append, winner: deletedFirst },
  'a blind append after an overwrite': {
    act: append,
    winner: [remove('a'), remove('b'), ...appended],
  },
  'an update after an append to what it read': {
    act: updateFirst,
    winner: appended,
    code: 'DELTA_CONCURRENT_APPEND',
    says: /UPDATE on \/tables\/t began at version 0 .* concurrent WRITE: version 1 added rows .*: other in the partition \[p=1\]/,
  },
  'an update after an append to another partition': { act: updateFirst, winner: appendedElsewhere },
  'an update after a delete of another file': { act: updateFirst, winner: deletedSecond },
  'an update after a delete of the file it read': {
    act: updateFirst,
    winner: deletedFirst,
    code: 'DELTA_CONCURRENT_DELETE_READ',
    says: /version 1 removed a file that it read: a\.$/,
  },
  'an update after a delete of the file under another spelling': {
    act: updateFirst,
    winner: [remove('%61')],
    code: 'DELTA_CONCURRENT_DELETE_READ',
  },
  'an update after a compaction of another file': { act: updateFirst, winner: compacted },
  'a remove of what was removed': {
    act: removeBlindly,
    winner: deletedFirst,
    code: 'DELTA_CONCURRENT_DELETE_DELETE',
    says: /removed a file that it removes as well: a\.$/,
  },
  'an overwrite after an append': {
    act: overwrite,
    winner: appended,
    code: 'DELTA_CONCURRENT_APPEND',
  },
  'an overwrite after a delete': {
    act: overwrite,
    winner: [remove('elsewhere')],
    code: 'DELTA_CONCURRENT_DELETE_READ',
  },
  'a compaction after an append': { act: compact, winner: appended },
  'a compaction after a delete of one of its files': {
    act: compact,
    winner: deletedSecond,
    code: 'DELTA_CONCURRENT_DELETE_READ',
    says: /b in the partition \[p=2\]/,
  },
  'an append of what was read, after an append to that': {
    act: readAndAppend,
    winner: appended,
    code: 'DELTA_CONCURRENT_APPEND',
  },
  'an append of what was read, after one to something else': {
    act: readAndAppend,
    winner: appendedElsewhere,
  },
  'a statement that found nothing to change': { act: foundNothing, winner: appended },
  'statistics of a file that was removed': {
    act: listAnew,
    winner: deletedFirst,
    code: 'DELTA_CONCURRENT_DELETE_READ',
  },
  'statistics of a file that got others': {
    act: listAnew,
    winner: [part('a', '1', { dataChange: false })],
    code: 'DELTA_CONCURRENT_APPEND',
    says: /listed a file anew/,
  },
  'WriteSerializable: an update after a blind append': {
    act: updateFirst,
    winner: blind,
    level: 'WriteSerializable',
  },
  'WriteSerializable: an update after an append that read': {
    act: updateFirst,
    winner: appended,
    code: 'DELTA_CONCURRENT_APPEND',
    level: 'WriteSerializable',
  },
  'WriteSerializable: new metadata that depends on rows, after a blind append': {
    act: alterAndRead,
    winner: blind,
    code: 'DELTA_CONCURRENT_APPEND',
    level: 'WriteSerializable',
  },
  'WriteSerializable: a statement that found nothing, after an append that read': {
    act: foundNothing,
    winner: appended,
    code: 'DELTA_CONCURRENT_APPEND',
    level: 'WriteSerializable',
  },
  'Serializable: an update after a blind append': {
    act: updateFirst,
    winner: blind,
    code: 'DELTA_CONCURRENT_APPEND',
  },
  'new metadata after an append': { act: alter, winner: appended },
  'an append after a new property': {
    act: append,
    winner: [withProperty('delta.appendOnly', 'true')],
    code: 'DELTA_METADATA_CHANGED',
    says: /changed the metadata: the property delta.appendOnly/,
  },
  'an append after a new column': {
    act: append,
    winner: [
      {
        ...table,
        schemaString: serializeSchema({
          kind: 'struct',
          fields: [
            ...oneColumn.fields,
            { name: 'p', type: { kind: 'string' }, nullable: true, metadata: {} },
            { name: 'q', type: { kind: 'string' }, nullable: true, metadata: {} },
          ],
        }),
      },
    ],
    code: 'DELTA_METADATA_CHANGED',
    says: /the column "q"/,
  },
  'an append after a replaced table': {
    act: append,
    winner: [{ ...table, id: 'another' }],
    code: 'DELTA_METADATA_CHANGED',
    says: /replaced by another/,
  },
  'an append after metadata that are the same': { act: append, winner: [table] },
  'an append after deletion vectors were turned on': {
    act: append,
    winner: [features('deletionVectors'), withProperty('delta.enableDeletionVectors', 'true')],
  },
  'an append after identity values were given out': { act: append, winner: [identityOnly] },
  'new metadata after identity values were given out': {
    act: alter,
    winner: [identityOnly],
    code: 'DELTA_METADATA_CHANGED',
    says: /both change it/,
  },
  'an append after a harmless feature': { act: append, winner: [features('deletionVectors')] },
  'an append after a feature with rules for rows': {
    act: append,
    winner: [features('checkConstraints')],
    code: 'DELTA_PROTOCOL_CHANGED',
    says: /it got checkConstraints/,
  },
  'an append after a feature was dropped': {
    act: append,
    winner: [protocol({ minWriterVersion: 1 })],
    code: 'DELTA_PROTOCOL_CHANGED',
    says: /it lost appendOnly, invariants/,
  },
  'an append after a feature that nobody knows here': {
    act: append,
    winner: [features('futureThing')],
    code: 'DELTA_PROTOCOL_CHANGED',
  },
  'two upgrades': {
    act: upgrade,
    winner: [features('deletionVectors')],
    code: 'DELTA_PROTOCOL_CHANGED',
  },
  'the same application twice': {
    act: stream,
    winner: [txn('app', 4n), part('other', '2')],
    code: 'DELTA_CONCURRENT_TRANSACTION',
    says: /recorded version 4 of the application app/,
  },
  'another application': { act: stream, winner: [txn('other', 4n), part('other', '2')] },
  'an append after a domain was written that it read': {
    act: readDomain,
    winner: [features(), domain],
    code: 'DELTA_CONCURRENT_TRANSACTION',
    says: /the domain d/,
  },
  'an append after a domain was written': { act: append, winner: [features(), domain] },
};

for (const [name, { act, winner, code, says, level }] of Object.entries(cases)) {
  test(`${name}: ${code ?? 'no conflict'}`, async () => {
    const t = new TransactionalTable();
    const configuration: Record<string, string> =
      level === undefined ? {} : { 'delta.isolationLevel': level };
    t.builder.commit(protocol(), { ...table, configuration }, part('a', '1'), part('b', '2'));
    const snapshot = await t.load();
    const transaction = t.transactions.begin(snapshot);
    act(transaction, snapshot);
    t.builder.commit(...winner.map((action) => keepLevel(action, configuration)));
    const outcome = await transaction.commit(describe('UPDATE'), noSignal).then(
      (result) => result,
      (error: unknown) => error,
    );
    if (code === undefined) {
      assert.deepEqual(outcome, { kind: 'committed', version: 2 });
      assert.equal((await t.info(2))['readVersion'], 0);
      return;
    }
    assert.ok(outcome instanceof CodedError, String(outcome));
    assert.equal(outcome.code, code, outcome.message);
    assert.match(outcome.message, says ?? /version 1 /);
    assert.equal(t.memory.locations().length, 2, 'the loser wrote something');
  });
}

function keepLevel(action: Action, configuration: Metadata['configuration']): Action {
  if (action.kind !== 'metaData') return action;
  return { ...action, configuration: { ...configuration, ...action.configuration } };
}

test('two writers of one domain conflict', async () => {
  const t = new TransactionalTable();
  t.builder.commit(features(), table);
  const snapshot = await t.load();
  const [first, second] = [t.transactions.begin(snapshot), t.transactions.begin(snapshot)];
  setDomain(first, snapshot);
  setDomain(second, snapshot);
  assert.deepEqual(await first.commit(describe(), noSignal), { kind: 'committed', version: 1 });
  await assert.rejects(
    second.commit(describe(), noSignal),
    (error) => error instanceof CodedError && error.code === 'DELTA_CONCURRENT_TRANSACTION',
  );
});
