/** Version checksums that Levee writes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionChecksumJson } from '../../../catalog/checkpoint/version-checksum-json.ts';
import { writeVersionChecksum } from '../../../catalog/checkpoint/write-version-checksum.ts';
import type { DeletionVectorDescriptor } from '../../../catalog/log/actions.ts';
import { advanceSnapshot, loadSnapshot } from '../../../catalog/snapshot-loader.ts';
import { noParquet } from '../../support/fake-parquet.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import {
  add,
  commitInfo,
  metaData,
  protocol,
  remove,
  TableBuilder,
  txn,
} from '../../support/table-builder.ts';

function table(): TableBuilder {
  return new TableBuilder(new MemoryStore());
}

function readers({ store }: TableBuilder) {
  return { store, parquet: noParquet };
}

const deletionVector: DeletionVectorDescriptor = {
  storageType: 'i',
  pathOrInlineDv: 'x',
  sizeInBytes: 1,
  cardinality: 5,
};

type Json = Record<string, unknown>;

test('a checksum states what the table is', async () => {
  const features = { readerFeatures: ['deletionVectors'], writerFeatures: ['deletionVectors'] };
  const t = table().commit(
    protocol({ minReaderVersion: 3, minWriterVersion: 7, ...features }),
    metaData({ configuration: { a: 'b' } }),
    add('one', { size: 10, stats: '{"numRecords":9}', deletionVector }),
    add('two', { size: 9 * 1024 * 1024 }),
    txn('app', 9_223_372_036_854_775_807n),
    { kind: 'domainMetadata', domain: 'd', configuration: '{}', removed: false },
  );
  const snapshot = await loadSnapshot(readers(t), t.location);
  const text = versionChecksumJson(snapshot, 'txn-1');
  assert.match(text, /"version":9223372036854775807/);
  const json = JSON.parse(text) as Json;
  const { fileSizeHistogram, metadata, allFiles, ...rest } = json;
  assert.deepEqual(rest, {
    txnId: 'txn-1',
    tableSizeBytes: 10 + 9 * 1024 * 1024,
    numFiles: 2,
    numDeletedRecordsOpt: 5,
    numDeletionVectorsOpt: 1,
    numMetadata: 1,
    numProtocol: 1,
    setTransactions: [{ appId: 'app', version: 9_223_372_036_854_775_807 }],
    domainMetadata: [{ domain: 'd', configuration: '{}', removed: false }],
    protocol: { minReaderVersion: 3, minWriterVersion: 7, ...features },
  });
  assert.equal((metadata as Json)['id'], 'table-1');
  assert.deepEqual(allFiles, [
    {
      path: 'one',
      partitionValues: {},
      size: 10,
      modificationTime: 1,
      dataChange: false,
      stats: '{"numRecords":9}',
      deletionVector,
    },
    {
      path: 'two',
      partitionValues: {},
      size: 9 * 1024 * 1024,
      modificationTime: 1,
      dataChange: false,
    },
  ]);
  const { sortedBinBoundaries, fileCounts, totalBytes } = fileSizeHistogram as Record<
    string,
    number[]
  >;
  assert.equal(sortedBinBoundaries?.length, 95);
  assert.equal(sortedBinBoundaries[0], 0);
  assert.ok(sortedBinBoundaries.every((start, i, all) => i === 0 || start > (all[i - 1] ?? 0)));
  assert.equal(fileCounts?.[0], 1);
  assert.equal(fileCounts[sortedBinBoundaries.indexOf(8 * 1024 * 1024)], 1);
  assert.equal(
    totalBytes?.reduce((sum, bytes) => sum + bytes, 0),
    rest['tableSizeBytes'],
  );
});

test('a snapshot that was advanced has the checksum of one that was loaded', async () => {
  const t = table().create({}, ...Array.from({ length: 60 }, (_, i) => add(`f${i}`, { size: i })));
  let snapshot = await loadSnapshot(readers(t), t.location);
  for (let i = 0; i < 40; i++) {
    t.commit(remove(`f${i}`), add(`g${i}`, { size: 10_000 * i }), txn('app', BigInt(i)));
    snapshot = await advanceSnapshot(readers(t), snapshot);
    const loaded = await loadSnapshot(readers(t), t.location);
    assert.equal(versionChecksumJson(snapshot, undefined), versionChecksumJson(loaded, undefined));
  }
  assert.equal(
    (JSON.parse(versionChecksumJson(snapshot, undefined)) as Json)['allFiles'],
    undefined,
  );
});

test('transactions that expire and long lists are left out', async () => {
  const expiring = table().create(
    { configuration: { 'delta.setTransactionRetentionDuration': 'interval 1 day' } },
    txn('a', 1n),
  );
  const many = table().create({}, ...Array.from({ length: 101 }, (_, i) => txn(`app-${i}`, 1n)));
  for (const t of [expiring, many]) {
    const snapshot = await loadSnapshot(readers(t), t.location);
    const json = JSON.parse(versionChecksumJson(snapshot, undefined)) as Json;
    assert.equal(json['setTransactions'], undefined);
    assert.deepEqual(json['domainMetadata'], []);
    assert.deepEqual(json['allFiles'], []);
  }
});

test('the in-commit timestamp is stated where the table has them', async () => {
  const t = table().commit(
    { ...commitInfo(), inCommitTimestamp: 77, fields: { inCommitTimestamp: 77 } },
    protocol({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] }),
    metaData({ configuration: { 'delta.enableInCommitTimestamps': 'true' } }),
  );
  const snapshot = await loadSnapshot(readers(t), t.location);
  const json = JSON.parse(versionChecksumJson(snapshot, undefined)) as Json;
  assert.equal(snapshot.timestampMs, 77);
  assert.equal(json['inCommitTimestampOpt'], 77);
});

test('a checksum is written once, for a version that is still there', async () => {
  const t = table().create({}, add('a'));
  const snapshot = await loadSnapshot(readers(t), t.location);
  assert.equal(await writeVersionChecksum(snapshot, undefined, t), 'written');
  const path = `${t.location}/_delta_log/00000000000000000000.crc`;
  const bytes = await t.store.read(path);
  assert.equal(await writeVersionChecksum(snapshot, 'other', t), 'exists');
  assert.deepEqual(await t.store.read(path), bytes);
  t.store.deleteFolder(t.location);
  assert.equal(await writeVersionChecksum(snapshot, undefined, t), 'not current');
  assert.equal(await t.store.read(path), undefined);
});
