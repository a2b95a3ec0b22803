/** What a version's checksum does to the loading of the version. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodedError } from '../../catalog/coded-error.ts';
import type { Action } from '../../catalog/log/actions.ts';
import { serializeCommit } from '../../catalog/log/commit-json.ts';
import { paddedVersion } from '../../catalog/log/log-path.ts';
import { loadSnapshot } from '../../catalog/snapshot-loader.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { base, CheckpointedTable, paths, rows } from '../support/checkpointed-table.ts';
import { checksumText } from '../support/checksum-text.ts';
import { assertCoded } from '../support/coded.ts';
import { add, metaData, protocol, txn } from '../support/table-builder.ts';

const vector = {
  storageType: 'u',
  pathOrInlineDv: 'v',
  offset: 1,
  sizeInBytes: 2,
  cardinality: 3,
} as const;
const domain: Action = { kind: 'domainMetadata', domain: 'd', configuration: '1', removed: false };

/** Version 1 of a table with a bit of everything. */
function richTable(): CheckpointedTable {
  return new CheckpointedTable()
    .create({ configuration: { k: 'v' }, name: 'n' }, txn('app', 7n), domain, add('a', { size: 5 }))
    .commit(add('b%20c', { size: 7, deletionVector: vector }));
}

async function withChecksum(
  log: CheckpointedTable,
  changes: { readonly [member: string]: unknown } = {},
): Promise<Snapshot> {
  const snapshot = await log.load();
  log.store.set(log.name(snapshot.version, 'crc'), checksumText(snapshot, changes));
  log.counting.takeRequests();
  return log.load();
}

test('a log that fits its checksum is verified, at the price of one read beside the others', async () => {
  const log = richTable();
  const snapshot = await withChecksum(log);
  assert.equal(snapshot.source.checksum, 'verified');
  assert.deepEqual(log.counting.takeRequests(), [
    'read _last_checkpoint',
    'list _delta_log',
    `read ${paddedVersion(1)}.crc`,
    `read ${paddedVersion(0)}.json`,
    `read ${paddedVersion(1)}.json`,
  ]);
  assert.ok(snapshot.source.filesRead.includes(log.name(1, 'crc')));
  assert.equal((await log.load(0)).source.checksum, 'none', 'version 0 has no checksum');
});

test('the checksum is under way while the commits are read', async () => {
  const log = richTable();
  await withChecksum(log);
  const read = log.counting.read.bind(log.counting);
  const waiting = new Set<string>();
  let together = false;
  log.counting.read = async (location, options) => {
    waiting.add(location);
    await new Promise((resolve) => setImmediate(resolve));
    together ||= waiting.has(log.name(1, 'crc')) && waiting.has(log.name(0, 'json'));
    waiting.delete(location);
    return read(location, options);
  };
  await log.load();
  assert.ok(together);
});

const otherMetadata = {
  ...metaData({ name: 'n', configuration: { k: 'other' } }),
  kind: undefined,
};
const mismatches: readonly (readonly [
  name: string,
  changes: { readonly [member: string]: unknown },
  message: RegExp,
])[] = [
  ['the number of files', { numFiles: 3 }, /numFiles is 3 there and 2 by the log/],
  ['the size', { tableSizeBytes: 11 }, /tableSizeBytes is 11 there and 12 by the log/],
  ['deleted rows', { numDeletedRecordsOpt: 0 }, /numDeletedRecords is 0 there and 3 by the log/],
  ['deletion vectors', { numDeletionVectorsOpt: 2 }, /numDeletionVectors is 2 there and 1 by/],
  [
    'the files themselves',
    {
      allFiles: [
        { path: 'a', size: 5 },
        { path: 'x', size: 7 },
      ],
    },
    /allFiles is another file there and b%20c by the log/,
  ],
  [
    'the deletion vector of a file',
    {
      allFiles: [
        { path: 'a', size: 5 },
        { path: 'b c', size: 7 },
      ],
    },
    /allFiles is another file there and b%20c by the log/,
  ],
  ['the configuration', { metadata: otherMetadata }, /metadata\.configuration\.k is "other" there/],
  ['the schema', { metadata: { ...otherMetadata, schemaString: '{}' } }, /metadata\.schemaString/],
  ['the partitions', { metadata: { ...otherMetadata, partitionColumns: ['id'] } }, /partitionCol/],
  [
    'the protocol',
    { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly'] } },
    /protocol\.minWriterVersion is "7" there and "2" by the log; protocol\.writerFeatures/,
  ],
  ['a count of metadata', { numMetadata: 2 }, /numMetadata is 2 there and 1/],
  ['transactions', { setTransactions: [] }, /setTransactions\.app is absent there and "7" by/],
  ['domain metadata', { domainMetadata: [] }, /domainMetadata\.d is absent there and "1" by/],
];
for (const [name, changes, message] of mismatches) {
  test(`a checksum that differs in ${name} is an error with both figures`, async () => {
    await assert.rejects(withChecksum(richTable(), changes), (error) => {
      assertCoded(error, 'DELTA_TXN_LOG_FAILED_INTEGRITY', message);
      assert.match(
        (error as CodedError).hint ?? '',
        /remove 0+1\.crc .*--version-checksums ignore/,
      );
      return true;
    });
  });
}

const harmless: readonly (readonly [name: string, changes: { readonly [m: string]: unknown }])[] = [
  [
    'facts that are absent',
    { allFiles: undefined, metadata: undefined, setTransactions: undefined },
  ],
  ['facts that are null', { allFiles: null, metadata: null, protocol: null, domainMetadata: null }],
  ['members nobody knows', { somethingNew: { a: 1 } }],
  [
    'another spelling of a path',
    {
      allFiles: [
        { path: './a', size: 5 },
        { path: 'b c', size: 7, deletionVector: vector },
      ],
    },
  ],
  [
    'another order of the schema',
    {
      metadata: {
        ...metaData({ name: 'n', configuration: { k: 'v' } }),
        schemaString:
          '{ "fields":[{"metadata":{},"name":"id","nullable":true,"type":"long"}],"type":"struct"}',
      },
    },
  ],
  [
    'removed domains',
    {
      domainMetadata: [
        { domain: 'd', configuration: '1' },
        { domain: 'e', configuration: '', removed: true },
      ],
    },
  ],
  ['transactions beyond 2^53', { setTransactions: [{ appId: 'app', version: 2 ** 60 }] }],
];
for (const [name, changes] of harmless) {
  test(`a checksum with ${name} is verified`, async () => {
    assert.equal((await withChecksum(richTable(), changes)).source.checksum, 'verified');
  });
}

test('transactions that the table forgets after a time are not compared', async () => {
  const configuration = { 'delta.setTransactionRetentionDuration': 'interval 1 day' };
  const log = new CheckpointedTable().create({ configuration }, txn('app', 7n));
  assert.equal((await withChecksum(log, { setTransactions: [] })).source.checksum, 'verified');
});

const unreadable: readonly (readonly [name: string, text: string])[] = [
  ['empty', ''],
  ['cut off', '{"tableSizeBytes":12,"numFi'],
  ['no object', '[1]'],
  ['of wrong types', '{"tableSizeBytes":"12","numFiles":9}'],
  ['without its required members', '{"numFiles":9}'],
  ['negative', '{"tableSizeBytes":-1,"numFiles":9}'],
  ['of a broken path', '{"tableSizeBytes":12,"numFiles":9,"allFiles":[{"path":"%zz","size":1}]}'],
  ['of a transaction that is none', '{"tableSizeBytes":12,"numFiles":2,"domainMetadata":[3]}'],
  ['not UTF-8', '\u0000\u0001'],
];
for (const [name, text] of unreadable) {
  test(`a checksum that is ${name} says nothing`, async () => {
    const log = richTable();
    log.store.set(log.name(1, 'crc'), text);
    const snapshot = await log.load();
    assert.equal(snapshot.source.checksum, 'unreadable');
    assert.equal(snapshot.files.count, 2);
  });
}

for (const [name, outcome, fail] of [
  ['vanishes', 'none', () => undefined],
  [
    'cannot be had',
    'unreadable',
    () => {
      throw new Error('the disk is gone');
    },
  ],
] as const) {
  test(`a checksum that ${name} says nothing`, async () => {
    const log = richTable();
    log.store.set(log.name(1, 'crc'), '{}');
    const read = log.counting.read.bind(log.counting);
    log.counting.read = async (location, options) =>
      location.endsWith('.crc') ? fail() : read(location, options);
    assert.equal((await log.load()).source.checksum, outcome);
  });
}

test('a checkpoint that the checksum contradicts is passed over while the commits are there', async () => {
  const log = new CheckpointedTable().create().append(3);
  await withChecksum(log);
  // A checkpoint that lost a file.
  log.checkpoint(2, rows(...base, add('part-1')));
  const snapshot = await log.load();
  assert.deepEqual(paths(snapshot), ['part-1', 'part-2', 'part-3']);
  assert.equal(snapshot.source.checkpointVersion, undefined);
  assert.equal(snapshot.source.checksum, 'verified');
  log.forget(0);
  await assert.rejects(log.load(), (error) =>
    assertCoded(error, 'DELTA_TXN_LOG_FAILED_INTEGRITY', /numFiles is 3 there and 2 by the log/),
  );
});

test('an advance reads the checksum of the newest version with the new commits', async () => {
  const log = richTable();
  const before = await withChecksum(log);
  log.append(2);
  const newest = await log.load();
  log.store.set(log.name(2, 'crc'), checksumText(newest, { numFiles: 99 }));
  log.store.set(log.name(3, 'crc'), checksumText(newest));
  log.counting.takeRequests();
  const after = await log.advance(before);
  assert.equal(after.source.checksum, 'verified');
  assert.deepEqual(log.counting.takeRequests(), [
    'list _delta_log',
    `read ${paddedVersion(3)}.crc`,
    `read ${paddedVersion(2)}.json`,
    `read ${paddedVersion(3)}.json`,
  ]);
  assert.equal(await log.advance(after), after);
  assert.deepEqual(log.counting.takeRequests(), ['list _delta_log'], 'nothing new, nothing read');
});

test('an advance that the checksum contradicts begins again from the log', async () => {
  const log = new CheckpointedTable().create().append(1);
  const before = await log.load();
  // Somebody changed the past, and left the commit that the snapshot stands on as it was.
  log.store.set(log.name(0, 'json'), serializeCommit([...base, add('early')]));
  log.append(1);
  log.store.set(log.name(2, 'crc'), checksumText(await log.load()));
  assert.deepEqual(paths(await log.advance(before)), ['early', 'part-1', 'part-2']);
  log.store.set(log.name(2, 'crc'), checksumText(before));
  await assert.rejects(log.advance(before), (error) =>
    assertCoded(error, 'DELTA_TXN_LOG_FAILED_INTEGRITY', /numFiles is 1 there and 3 by the log/),
  );
});

test('another commit time in the checksum is told, and is no reason to refuse the table', async () => {
  const log = new CheckpointedTable();
  log.commitText(
    serializeCommit([
      { kind: 'commitInfo', inCommitTimestamp: 1000, fields: { inCommitTimestamp: 1000 } },
      protocol({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] }),
      metaData({ configuration: { 'delta.enableInCommitTimestamps': 'true' } }),
    ]),
  );
  const same = await withChecksum(log, { inCommitTimestampOpt: 1000 });
  assert.equal(same.source.checksum, 'verified');
  const other = await withChecksum(log, { inCommitTimestampOpt: 2000 });
  assert.equal(other.source.checksum, 'otherTime');
  assert.equal(other.timestampMs, 1000, 'the log decides');
});

test('checksums that are to be ignored are not read', async () => {
  const log = richTable();
  const right = await log.load();
  log.store.set(log.name(1, 'crc'), checksumText(right, { numFiles: 9 }));
  log.counting.takeRequests();
  const readers = { store: log.counting, parquet: log.parquet, checksums: 'ignore' } as const;
  assert.equal((await loadSnapshot(readers, log.location)).source.checksum, 'none');
  assert.ok(!log.counting.takeRequests().some((request) => request.endsWith('.crc')));
});
