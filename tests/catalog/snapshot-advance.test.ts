import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../../catalog/log/actions.ts';
import { serializeCommit } from '../../catalog/log/commit-json.ts';
import { base, CheckpointedTable, rows } from '../support/checkpointed-table.ts';
import { assertCoded } from '../support/coded.ts';
import { add, metaData, protocol } from '../support/table-builder.ts';

test('a commit that vanishes between listing and reading makes the load begin again', async () => {
  const log = new CheckpointedTable().create().append(3);
  log.checkpoint(2, rows(...base, add('part-1'), add('part-2')));
  const read = log.counting.read.bind(log.counting);
  let once = true;
  log.counting.read = async (location, options) => {
    if (!once || !location.endsWith('3.json')) return read(location, options);
    once = false;
    return undefined;
  };
  assert.equal((await log.load()).version, 3);
});

test('advancing past cleaned commits goes through the new checkpoint', async () => {
  const log = new CheckpointedTable().create().append(1);
  const before = await log.load();
  log.append(3).checkpoint(3, rows(...base, add('part-1'), add('part-2'), add('part-3')));
  for (const version of [0, 1, 2]) log.forget(version);
  const after = await log.advance(before);
  assert.equal(after.version, 4);
  assert.equal(after.files.count, 4);
});

test('advancing stays on a version whose commit was cleaned, if its checkpoint is there', async () => {
  const log = new CheckpointedTable()
    .create()
    .append(1)
    .checkpoint(1, rows(...base, add('part-1')));
  log.forget(0).forget(1);
  const before = await log.load();
  assert.equal(await log.advance(before), before);
  log.append(1);
  assert.equal((await log.advance(before)).version, 2);
});

test('advancing over a gap is an error', async () => {
  const log = new CheckpointedTable().create();
  const before = await log.load();
  log.append(2).forget(1);
  await assert.rejects(log.advance(before), (error) =>
    assertCoded(error, 'DELTA_VERSIONS_NOT_CONTIGUOUS', /commit of version 1 is missing/),
  );
});

test('advancing into a protocol that cannot be read is an error', async () => {
  const log = new CheckpointedTable().create();
  const before = await log.load();
  log.commit(
    protocol({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['new'],
      writerFeatures: [],
    }),
  );
  await assert.rejects(log.advance(before), (error) =>
    assertCoded(error, 'DELTA_UNSUPPORTED_FEATURES_FOR_READ', /new/),
  );
  assert.equal((await log.load(0)).version, 0);
});

test('the time of a version is its commit file’s', async () => {
  const log = new CheckpointedTable().create().append(1);
  log.store.set(log.name(1, 'json'), serializeCommit([add('x')]), 12_345);
  assert.equal((await log.load()).timestampMs, 12_345);
});

const inCommit = {
  protocol: protocol({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] }),
  metaData: metaData({ configuration: { 'delta.enableInCommitTimestamps': 'true' } }),
};
test('with in-commit timestamps, the time of a version is in its commit', async () => {
  const log = new CheckpointedTable();
  const commit = (ms: number, ...actions: readonly Action[]): unknown =>
    log.commitText(
      serializeCommit([
        { kind: 'commitInfo', inCommitTimestamp: ms, fields: { inCommitTimestamp: ms } },
        ...actions,
      ]),
    );
  commit(1000, inCommit.protocol, inCommit.metaData);
  commit(2000, add('x'));
  const snapshot = await log.load();
  assert.equal(snapshot.timestampMs, 2000);
  assert.equal((await log.load(0)).timestampMs, 1000);
  commit(3000, add('y'));
  assert.equal((await log.advance(snapshot)).timestampMs, 3000);
  log.checkpoint(2, rows(inCommit.protocol, inCommit.metaData, add('x'), add('y')));
  assert.equal((await log.load()).timestampMs, 3000, 'read from the commit beside the checkpoint');
});

test('many commits are read in order, 16 at a time', async () => {
  const log = new CheckpointedTable().create();
  for (let i = 0; i < 100; i++) log.commit(add('same', { size: i }));
  let now = 0;
  let most = 0;
  const read = log.counting.read.bind(log.counting);
  log.counting.read = async (location, options) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, Number(location.at(-6)) % 3));
    now--;
    return read(location, options);
  };
  const { files } = await log.load();
  const [file = -1] = files;
  assert.equal(files.count, 1);
  assert.equal(files.sizeBytes(file), 99);
  assert.equal(most, 16);
});
