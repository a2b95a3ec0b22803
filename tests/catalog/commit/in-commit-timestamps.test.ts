import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metadata } from '../../../catalog/log/actions.ts';
import { commitLocation } from '../../../catalog/log/log-path.ts';
import { add, metaData } from '../../support/table-builder.ts';
import { describe, noSignal, TransactionalTable } from '../../support/transactional-table.ts';

const inCommitTimestamps: Metadata = metaData({
  configuration: { 'delta.enableInCommitTimestamps': 'true' },
});

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
