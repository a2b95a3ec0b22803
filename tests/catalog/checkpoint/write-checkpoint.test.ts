/** Checkpoints say what the commits said, tombstones included. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gatherTombstones } from '../../../catalog/checkpoint/gather-tombstones.ts';
import { writeCheckpoint } from '../../../catalog/checkpoint/write-checkpoint.ts';
import type { JsonValue } from '../../../catalog/data-type.ts';
import { jsonChecksum } from '../../../catalog/log/json-checksum.ts';
import { dayMs, MaintainedTable, now } from '../../support/maintained-table.ts';
import { snapshotFacts, tombstoneFacts } from '../../support/snapshot-facts.ts';
import { add, metaData, protocol, remove, txn } from '../../support/table-builder.ts';
import { fileKey, historySteps, tableHistory } from '../../support/table-history.ts';

const property = (policy: 'classic' | 'v2') =>
  fc.asyncProperty(
    historySteps,
    fc.array(fc.integer({ min: 0, max: 24 }), { maxLength: 4 }),
    fc.integer({ min: 1, max: 4 }),
    async (steps, checkpointAt, rowsPerBatch) => {
      const start = now - dayMs;
      const { commits, tombstones } = tableHistory(steps, start);
      const plain = new MaintainedTable();
      const table = new MaintainedTable();
      table.parquet.rowsPerBatch = rowsPerBatch;
      for (const [version, actions] of commits.entries()) {
        const changed = actions.map((action) =>
          action.kind === 'metaData'
            ? { ...action, configuration: { 'delta.checkpointPolicy': policy } }
            : action,
        );
        plain.commit(...changed);
        table.commit(...changed);
        if (!checkpointAt.includes(version)) continue;
        const outcome = await writeCheckpoint(await table.load(), table.ports);
        assert.equal(outcome.kind, 'written');
        assert.equal((await table.load()).source.checkpointVersion, version);
        table.forgetBefore(version);
      }
      assert.deepEqual(snapshotFacts(await table.load()), snapshotFacts(await plain.load()));
      const wish = {
        location: table.location,
        version: table.version,
        sinceMs: now - 7 * dayMs,
      };
      const expected = tombstoneFacts(tombstones.values());
      assert.deepEqual(tombstoneFacts(await gatherTombstones(table.ports, wish)), expected);
      assert.deepEqual(tombstoneFacts(await gatherTombstones(plain.ports, wish)), expected);
    },
  );

test('random histories: a classic checkpoint tells what the commits told', async () => {
  await fc.assert(property('classic'), { numRuns: 150 });
});

test('random histories: V2 checkpoints tell what the commits told', async () => {
  await fc.assert(property('v2'), { numRuns: 150 });
});

test('a classic checkpoint has a row for each action, and the file that points to it', async () => {
  const table = new MaintainedTable()
    .create({ configuration: { x: 'y' } }, add('a', { size: 7 }))
    .commit(add('b'), remove('a', { deletionTimestamp: now - dayMs }), txn('app', 3n));
  const outcome = await writeCheckpoint(await table.load(), table.ports);
  assert.equal(outcome.kind, 'written');
  const name = '00000000000000000001.checkpoint.parquet';
  assert.deepEqual(table.log(), [
    '00000000000000000000.json',
    '00000000000000000001.checkpoint.parquet',
    '00000000000000000001.json',
    '_last_checkpoint',
  ]);
  const rows = await table.rows(name);
  const kinds = rows.map((row) => Object.keys(row).filter((kind) => row[kind] !== null));
  assert.deepEqual(kinds, [['protocol'], ['metaData'], ['txn'], ['remove'], ['add']]);
  assert.deepEqual(Object.keys(rows[0] ?? {}), [
    'txn',
    'add',
    'remove',
    'metaData',
    'protocol',
    'domainMetadata',
  ]);
  const { sizeInBytes, checksum, ...hint } = (await table.json('_last_checkpoint')) as unknown as {
    sizeInBytes: number;
    checksum: string;
  };
  assert.deepEqual(hint, { version: 1, size: 5, numOfAddFiles: 1 });
  const stat = await table.store.stat(`${table.location}/_delta_log/${name}`);
  assert.equal(sizeInBytes, stat?.sizeBytes);
  assert.equal(checksum, jsonChecksum({ ...hint, sizeInBytes }));
});

test('a V2 checkpoint has its files in sidecars of at most 50,000 rows', async () => {
  const features = { readerFeatures: ['v2Checkpoint'], writerFeatures: ['v2Checkpoint'] };
  const table = new MaintainedTable().commit(
    protocol({ minReaderVersion: 3, minWriterVersion: 7, ...features }),
    metaData({ configuration: { 'delta.checkpointPolicy': 'v2' } }),
    ...Array.from({ length: 120_001 }, (_, i) => add(`f${i}`)),
  );
  table.parquet.rowsPerBatch = 2048;
  const outcome = await writeCheckpoint(await table.load(), table.ports);
  assert.equal(outcome.kind, 'written');
  const sidecars = table.log().filter((name) => name.startsWith('_sidecars/'));
  const counts = await Promise.all(sidecars.map(async (name) => (await table.rows(name)).length));
  assert.deepEqual(counts, [50_000, 50_000, 20_001]);
  assert.ok(sidecars.every((name, i) => name.includes(`.000000000${i + 1}.0000000003.`)));
  const top = table.log().find((name) => /checkpoint\..*\.json$/.test(name)) ?? '';
  const hint = (await table.json('_last_checkpoint')) as unknown as {
    v2Checkpoint: { path: string };
    size: number;
  };
  assert.equal(hint.v2Checkpoint.path, top);
  assert.equal(hint.size, 120_001 + 3 + 3);
  const loaded = await table.load();
  assert.equal(loaded.source.checkpointVersion, 0);
  assert.equal(loaded.files.count, 120_001);
});

test('V2 needs the table feature: the policy alone makes a classic one', async () => {
  const table = new MaintainedTable().create({ configuration: { 'delta.checkpointPolicy': 'v2' } });
  await writeCheckpoint(await table.load(), table.ports);
  assert.ok(table.log().includes('00000000000000000000.checkpoint.parquet'));
});

test('tombstones are kept for deletedFileRetentionDuration and no longer', async () => {
  const table = new MaintainedTable().create(
    { configuration: { 'delta.deletedFileRetentionDuration': 'interval 2 days' } },
    ...['old', 'young', 'untimed'].map((path) => add(path)),
  );
  table.commit(
    remove('old', { deletionTimestamp: now - 2 * dayMs - 1 }),
    remove('young', { deletionTimestamp: now - 2 * dayMs }),
    remove('untimed', { deletionTimestamp: undefined }),
  );
  await writeCheckpoint(await table.load(), table.ports);
  const removed = async (name: string) =>
    (await table.rows(name)).flatMap(({ remove: body }) =>
      body === null ? [] : [(body as { path: string }).path],
    );
  assert.deepEqual(await removed('00000000000000000001.checkpoint.parquet'), ['young']);
  table.commit().nowMs += 1;
  await writeCheckpoint(await table.load(), table.ports);
  assert.deepEqual(await removed('00000000000000000002.checkpoint.parquet'), []);
});

test('transactions are kept for setTransactionRetentionDuration, those without a time for ever', async () => {
  const configuration = { 'delta.setTransactionRetentionDuration': 'interval 1 day' };
  const table = new MaintainedTable().create(
    { configuration },
    { ...txn('old', 1n), lastUpdated: now - dayMs },
    { ...txn('young', 1n), lastUpdated: now - dayMs + 1 },
    txn('untimed', 1n),
  );
  const before = await table.load();
  await writeCheckpoint(before, table.ports);
  const { txns } = await table.load();
  assert.deepEqual([...txns.keys()].sort(), ['untimed', 'young']);
});

test('statistics are written as the table wants them', async () => {
  const stats = '{"numRecords":2,"minValues":{"id":1},"maxValues":{"id":9},"nullCount":{"id":0}}';
  const parsed = {
    numRecords: 2,
    minValues: { id: 1 },
    maxValues: { id: 9 },
    nullCount: { id: 0 },
  };
  const cases: readonly [configuration: Record<string, string>, json: boolean, struct: boolean][] =
    [
      [{}, true, false],
      [{ 'delta.checkpoint.writeStatsAsJson': 'false' }, false, false],
      [{ 'delta.checkpoint.writeStatsAsStruct': 'true' }, true, true],
      [{ 'delta.checkpoint.writeStatsAsStruct': 'false' }, true, false],
      [
        {
          'delta.checkpoint.writeStatsAsStruct': 'true',
          'delta.checkpoint.writeStatsAsJson': 'false',
        },
        false,
        true,
      ],
    ];
  for (const [configuration, json, struct] of cases) {
    const table = new MaintainedTable().create({ configuration }, add('a', { stats }), add('b'));
    await writeCheckpoint(await table.load(), table.ports);
    const rows = await table.rows('00000000000000000000.checkpoint.parquet');
    const adds = rows.flatMap((row) => (row['add'] === null ? [] : [row['add']])) as Record<
      string,
      JsonValue
    >[];
    assert.deepEqual(
      adds.map(({ stats: text, stats_parsed: values }) => [text, values]),
      [
        [json ? stats : undefined, struct ? parsed : undefined],
        [json ? null : undefined, struct ? null : undefined],
      ],
      JSON.stringify(configuration),
    );
  }
});

test('a checkpoint that exists is left as it is', async () => {
  for (const policy of ['classic', 'v2']) {
    const steps = [{ changes: [], txn: undefined, domain: undefined, rename: false }];
    const table = new MaintainedTable();
    for (const actions of tableHistory(steps, 0).commits) {
      table.commit(
        ...actions.map((action) =>
          action.kind === 'metaData'
            ? { ...action, configuration: { 'delta.checkpointPolicy': policy } }
            : action,
        ),
      );
    }
    const snapshot = await table.load();
    assert.equal((await writeCheckpoint(snapshot, table.ports)).kind, 'written');
    const log = table.log();
    assert.deepEqual(await writeCheckpoint(snapshot, table.ports), { kind: 'exists' });
    assert.deepEqual(table.log(), log);
  }
});

test('two writers of the same checkpoint leave one, and nothing else', async () => {
  const table = new MaintainedTable().create({}, add('a')).append(3);
  const snapshot = await table.load();
  const outcomes = await Promise.all([1, 2, 3].map(() => writeCheckpoint(snapshot, table.ports)));
  assert.equal(outcomes.filter(({ kind }) => kind === 'written').length, 1);
  assert.deepEqual(
    table.log().filter((name) => !name.endsWith('.json')),
    ['00000000000000000003.checkpoint.parquet', '_last_checkpoint'],
  );
});

test('_last_checkpoint never goes back, unless it names a version that does not exist', async () => {
  const table = new MaintainedTable().create({}, add('a')).append(5);
  const [third, fifth] = [await table.load(3), await table.load(5)];
  await writeCheckpoint(fifth, table.ports);
  await writeCheckpoint(third, table.ports);
  const version = async () =>
    ((await table.json('_last_checkpoint')) as unknown as { version: number }).version;
  assert.equal(await version(), 5);
  table.store.set(`${table.location}/_delta_log/_last_checkpoint`, '{"version":99,"size":1}');
  await writeCheckpoint(await table.load(4), table.ports);
  assert.equal(await version(), 4);
});

test('a damaged older checkpoint is passed over when tombstones are gathered', async () => {
  const table = new MaintainedTable().create({}, add('a'), add('b'));
  table.commit(remove('a', { deletionTimestamp: now }));
  await writeCheckpoint(await table.load(), table.ports);
  table.store.set(`${table.location}/_delta_log/00000000000000000001.checkpoint.parquet`, 'rot');
  table.commit(remove('b', { deletionTimestamp: now }));
  const wish = { location: table.location, version: 2, sinceMs: 0 };
  const found = await gatherTombstones(table.ports, wish);
  assert.deepEqual([...found].map(({ path }) => path).sort(), ['a', 'b']);
  table.forgetBefore(1);
  await assert.rejects(gatherTombstones(table.ports, wish), { code: 'DELTA_FAILED_TO_READ_FILE' });
});

test('a table that was made anew meanwhile gets no checkpoint of the old one', async () => {
  const table = new MaintainedTable().create({}, add('a'));
  const snapshot = await table.load();
  table.store.deleteFolder(table.location);
  table.version = -1;
  table.create({}, add('other'));
  await assert.rejects(writeCheckpoint(snapshot, table.ports), { code: 'DELTA_CONCURRENT_WRITE' });
  assert.deepEqual(table.log(), ['00000000000000000000.json']);
});

test('a table with a feature that is not known is left alone', async () => {
  const writerFeatures = ['appendOnly', 'futureFeature'];
  const table = new MaintainedTable().commit(
    protocol({ minReaderVersion: 1, minWriterVersion: 7, writerFeatures }),
    metaData(),
  );
  await assert.rejects(writeCheckpoint(await table.load(), table.ports), {
    code: 'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE',
    message: /futureFeature/,
  });
});

test('a file that comes back has no tombstone, another deletion vector of it keeps its own', async () => {
  const vector = {
    storageType: 'u',
    pathOrInlineDv: 'x'.repeat(20),
    sizeInBytes: 1,
    cardinality: 1,
  };
  const deletionVector = vector as typeof vector & { storageType: 'u' };
  const table = new MaintainedTable().create({}, add('a'));
  table.commit(remove('a', { deletionTimestamp: now }));
  table.commit(add('a', { deletionVector }));
  table.commit(remove('a', { deletionVector, deletionTimestamp: now }));
  table.commit(add('%61'));
  const wish = { location: table.location, version: 4, sinceMs: 0 };
  const found = await gatherTombstones(table.ports, wish);
  assert.deepEqual(
    [...found].map(({ path, deletionVector: dv }) => fileKey(path, dv)),
    [fileKey('a', deletionVector)],
  );
});
