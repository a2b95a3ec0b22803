import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import type { Action } from '../../catalog/log/actions.ts';
import { serializeCommit } from '../../catalog/log/commit-json.ts';
import { paddedVersion } from '../../catalog/log/log-path.ts';
import { base, CheckpointedTable, paths, rows, uuid } from '../support/checkpointed-table.ts';
import { assertCoded } from '../support/coded.ts';
import { add, metaData, protocol, remove, txn } from '../support/table-builder.ts';

test('reads only the commits after the checkpoint', async () => {
  const log = new CheckpointedTable().create().append(4);
  log.checkpoint(2, rows(...base, add('part-1'), add('part-2'), txn('app', 7n)));
  const snapshot = await log.load();
  assert.deepEqual(paths(snapshot), ['part-1', 'part-2', 'part-3', 'part-4']);
  assert.equal(snapshot.txns.get('app')?.version, 7n);
  assert.deepEqual(log.counting.takeRequests(), [
    'read _last_checkpoint',
    'list _delta_log',
    `read ${paddedVersion(3)}.json`,
    `read ${paddedVersion(4)}.json`,
  ]);
  assert.deepEqual(snapshot.source.filesRead, [
    log.name(2, 'checkpoint.parquet'),
    log.name(3, 'json'),
    log.name(4, 'json'),
  ]);
  assert.equal(snapshot.source.checkpointVersion, 2);
  assert.equal((await log.load(1)).source.checkpointVersion, undefined);
});

test('a commit after the checkpoint kills and replaces files of it', async () => {
  const log = new CheckpointedTable().create();
  log.checkpoint(0, rows(...base, add('a%20b'), add('b', { stats: '{"old":1}' }), add('c')));
  log.commit(remove('a b'), add('b', { stats: '{"new":1}' }));
  const snapshot = await log.load();
  assert.deepEqual(paths(snapshot), ['c', 'b']);
  const [, file = -1] = snapshot.files;
  assert.equal(snapshot.files.stats(file), '{"new":1}');
});

test('a checkpoint gives every field of a file', async () => {
  const file = add('p=1/x', {
    partitionValues: { p: '1', q: null },
    size: 5,
    modificationTime: 6,
    dataChange: false,
    stats: '{"numRecords":1}',
    tags: { a: 'b' },
    deletionVector: {
      storageType: 'u',
      pathOrInlineDv: 'v',
      offset: 1,
      sizeInBytes: 2,
      cardinality: 3,
    },
    baseRowId: 0,
    defaultRowCommitVersion: 9,
    clusteringProvider: 'liquid',
  });
  const nulls = {
    storageType: null,
    pathOrInlineDv: null,
    offset: null,
    sizeInBytes: null,
    cardinality: null,
  };
  const log = new CheckpointedTable().create();
  log.checkpoint(0, [
    ...rows(...base, file),
    {
      add: {
        path: 'plain',
        partitionValues: null,
        size: 1,
        modificationTime: 1,
        deletionVector: nulls,
      },
    },
    { txn: { appId: null, version: null }, domainMetadata: null },
  ]);
  const { files } = await log.load();
  const [first = -1, second = -1] = files;
  assert.deepEqual(files.addFile(first), file);
  assert.equal(files.rawPath(second), 'plain');
  assert.equal(files.deletionVector(second), undefined);
  assert.equal(files.stats(second), undefined);
});

test('statistics come from their Parquet form where the checkpoint has no other', async () => {
  const log = new CheckpointedTable().create();
  log.checkpoint(0, [
    ...rows(...base),
    { txn: { appId: 'a', version: 1 } },
    { add: { path: 'x', size: 1, stats_parsed: { numRecords: 3 } } },
    { add: { path: 'y', size: 1, stats_parsed: { numRecords: 4 } } },
    { add: { path: 'z', size: 1, stats_parsed: null } },
  ]);
  for (log.parquet.rowsPerBatch = 1; log.parquet.rowsPerBatch < 7; log.parquet.rowsPerBatch++) {
    const { files, txns } = await log.load();
    assert.deepEqual(
      [...files].map((file) => [files.rawPath(file), files.stats(file)]),
      [
        ['x', '{"numRecords":3}'],
        ['y', '{"numRecords":4}'],
        ['z', undefined],
      ],
    );
    assert.equal(txns.size, 1);
  }
});

test('each file has the statistics of the form it has them in', async () => {
  const log = new CheckpointedTable().create();
  log.checkpoint(0, [
    ...rows(...base),
    { add: { path: 'a', size: 1, stats: '{"numRecords":1}' } },
    { add: { path: 'b', size: 1, stats: '{"numRecords":2}', stats_parsed: { numRecords: 9 } } },
    { add: { path: 'c', size: 1 } },
    { add: { path: 'd', size: 1, stats_parsed: { numRecords: 4 } } },
    { add: { path: 'e', size: 1, stats: '{"numRecords":5}' } },
  ]);
  for (log.parquet.rowsPerBatch = 1; log.parquet.rowsPerBatch < 8; log.parquet.rowsPerBatch++) {
    const { files } = await log.load();
    assert.deepEqual(
      [...files].map((file) => [files.rawPath(file), files.stats(file)]),
      [1, 2, undefined, 4, 5].map((numRecords, i) => [
        'abcde'[i],
        numRecords && `{"numRecords":${numRecords}}`,
      ]),
    );
  }
});

test('files without statistics in any form do not make a checkpoint be read again', async () => {
  const log = new CheckpointedTable().create();
  log.checkpoint(0, rows(...base, add('a'), add('b'), add('c')));
  await log.load();
  const reads = log.parquet.reads.filter((name) => name.includes('checkpoint')).length;
  assert.equal(reads, 2, 'once for all columns, once for one number a file');
});

test('all parts of a multi-part checkpoint are read', async () => {
  const log = new CheckpointedTable().create().append(2);
  log.checkpoint(1, rows(...base), 'checkpoint.0000000001.0000000002.parquet');
  log.checkpoint(1, rows(add('part-1')), 'checkpoint.0000000002.0000000002.parquet');
  assert.deepEqual(paths(await log.load()), ['part-1', 'part-2']);
});

for (const format of ['json', 'parquet'] as const) {
  test(`a V2 checkpoint in ${format} names its sidecars`, async () => {
    const log = new CheckpointedTable().create().append(2).forget(0).forget(1);
    const suffix = `checkpoint.${uuid}.${format}`;
    const sidecar = (path: string): Action => ({
      kind: 'sidecar',
      path,
      sizeInBytes: 9,
      modificationTime: 1,
    });
    const actions: readonly Action[] = [
      { kind: 'checkpointMetadata', version: 1 },
      ...base,
      sidecar('one%20x.parquet'),
      sidecar('/elsewhere/two.parquet'),
    ];
    if (format === 'json') log.store.set(log.name(1, suffix), serializeCommit(actions));
    else log.checkpoint(1, rows(...actions), suffix);
    const folder = `${log.location}/_delta_log/_sidecars`;
    log.parquet.files.set(`${folder}/one x.parquet`, rows(add('part-0')));
    log.parquet.files.set(`${folder}/two.parquet`, rows(add('part-1'), remove('gone')));
    const snapshot = await log.load();
    assert.deepEqual(paths(snapshot), ['part-0', 'part-1', 'part-2']);
    assert.deepEqual(snapshot.source.filesRead.slice(1, 3), [
      `${folder}/one x.parquet`,
      `${folder}/two.parquet`,
    ]);
  });
}

const hints: readonly (readonly [name: string, hint: string])[] = [
  ['right', '{"version":3}'],
  ['older than the newest checkpoint', '{"version":1}'],
  ['of a version without a checkpoint', '{"version":2}'],
  ['ahead of the log', '{"version":99}'],
  ['empty', ''],
  ['cut', '{"version":'],
  ['of another type', '{"version":"3"}'],
];
for (const [name, hint] of hints) {
  test(`a hint that is ${name} changes nothing but the way`, async () => {
    const log = new CheckpointedTable().create().append(4).hint(hint);
    log.checkpoint(1, rows(...base, add('part-1')));
    log.checkpoint(3, rows(...base, add('part-1'), add('part-2'), add('part-3')));
    for (const version of [undefined, 0, 2, 3, 4]) {
      const snapshot = await log.load(version);
      assert.equal(snapshot.version, version ?? 4);
      assert.equal(snapshot.files.count, version ?? 4);
    }
    await assert.rejects(log.load(5), (error) =>
      assertCoded(error, 'DELTA_VERSION_NOT_FOUND', /its versions are 0 to 4/),
    );
  });
}

test('a checkpoint that cannot be read is passed over while the version can be made without', async () => {
  const log = new CheckpointedTable().create().append(4);
  log
    .checkpoint(1, rows(...base, add('part-1')))
    .checkpoint(3, 'damaged')
    .hint('{"version":3}');
  const snapshot = await log.load();
  assert.equal(snapshot.source.checkpointVersion, 1);
  assert.equal(snapshot.files.count, 4);
  log.checkpoint(1, 'damaged');
  assert.equal((await log.load()).source.checkpointVersion, undefined);
});

test('a checkpoint that cannot be read is an error where the log needs it', async () => {
  const log = new CheckpointedTable().create().append(2).forget(0).checkpoint(1, 'damaged');
  await assert.rejects(log.load(), (error) =>
    assertCoded(
      error,
      'DELTA_LOG_CORRUPT',
      /checkpoint .*1\.checkpoint\.parquet cannot be read: No magic bytes/,
    ),
  );
});

test('a missing sidecar is an error where the log needs it', async () => {
  const log = new CheckpointedTable().create().append(2).forget(0).forget(1);
  log.checkpoint(
    1,
    rows(...base, { kind: 'sidecar', path: 'x.parquet', sizeInBytes: 1, modificationTime: 1 }),
    `checkpoint.${uuid}.parquet`,
  );
  await assert.rejects(log.load(), (error) =>
    assertCoded(error, 'DELTA_LOG_FILE_NOT_FOUND', /No files found/),
  );
});

test('a checkpoint without metadata is an error, not a reason to look elsewhere', async () => {
  const log = new CheckpointedTable()
    .create()
    .append(2)
    .checkpoint(1, rows(protocol(), add('part-1')));
  await assert.rejects(log.load(), (error) =>
    assertCoded(error, 'DELTA_STATE_RECOVER_ERROR', /Version 2 .* no metaData action/),
  );
});

test('an out-of-memory failure is not taken for a damaged checkpoint', async () => {
  const log = new CheckpointedTable()
    .create()
    .append(1)
    .checkpoint(1, rows(...base));
  const error = new CodedError('OUT_OF_MEMORY', 'full');
  log.parquet.readColumns = () => {
    throw error;
  };
  await assert.rejects(log.load(), error);
});

test('the latest metadata, protocol, transactions and domains win; removed domains are gone', async () => {
  const domain = (name: string, configuration: string, removed = false): Action => ({
    kind: 'domainMetadata',
    domain: name,
    configuration,
    removed,
  });
  const log = new CheckpointedTable().create(
    {},
    txn('a', 1n),
    txn('b', 1n),
    domain('d', '1'),
    domain('e', '1'),
  );
  log.commit(metaData({ name: 'renamed' }), txn('a', 0n), domain('d', '2'), domain('e', '1', true));
  log.commit(protocol({ minWriterVersion: 4 }));
  const snapshot = await log.load();
  assert.equal(snapshot.metadata.name, 'renamed');
  assert.equal(snapshot.protocol.minWriterVersion, 4);
  assert.deepEqual(
    [...snapshot.txns].map(([id, { version }]) => [id, version]),
    [
      ['a', 0n],
      ['b', 1n],
    ],
  );
  assert.deepEqual(
    [...snapshot.domainMetadata].map(([id, { configuration }]) => [id, configuration]),
    [['d', '2']],
  );
});
