/** What happens after a commit, and that it may end at any point. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherTombstones } from '../../../catalog/checkpoint/gather-tombstones.ts';
import {
  postCommit,
  type PostCommitPorts,
  type PostCommitSettings,
} from '../../../catalog/checkpoint/post-commit.ts';
import type { ObjectStore } from '../../../catalog/ports.ts';
import { loadSnapshot } from '../../../catalog/snapshot-loader.ts';
import { DyingStore } from '../../support/dying-store.ts';
import { dayMs, MaintainedTable, now } from '../../support/maintained-table.ts';
import { snapshotFacts, tombstoneFacts } from '../../support/snapshot-facts.ts';
import { add, metaData, protocol, remove } from '../../support/table-builder.ts';

function portsOf(
  table: MaintainedTable,
  failures: string[] = [],
  store: ObjectStore = table.store,
): PostCommitPorts {
  const ports = table.portsOver(store);
  return {
    ...ports,
    snapshotAt: (location, version) => loadSnapshot(ports, location, { version }),
    latest: (location) => loadSnapshot(ports, location),
    onFailure: ({ step, error }) => failures.push(`${step}: ${error.message}`),
  };
}

async function afterCommit(
  table: MaintainedTable,
  settings: PostCommitSettings = {},
): Promise<readonly string[]> {
  const failures: string[] = [];
  const { location, version } = table;
  const done = await postCommit({ location, version }, portsOf(table, failures), settings);
  assert.deepEqual(failures, []);
  return [...done];
}

test('every commit gets a checksum, every tenth a checkpoint and a cleanup', async () => {
  const table = new MaintainedTable().at(now).create({}, add('a'));
  const steps = [await afterCommit(table)];
  for (let version = 1; version <= 20; version++) {
    table.append(1);
    steps.push(await afterCommit(table));
  }
  for (const [version, done] of steps.entries()) {
    const isDue = version === 10 || version === 20;
    const expected = ['snapshot', 'checksum', ...(isDue ? ['checkpoint', 'cleanup'] : [])];
    assert.deepEqual(done, expected, `version ${version}`);
  }
  const of = (suffix: string) => table.log().filter((name) => name.endsWith(suffix)).length;
  assert.equal(of('.crc'), 21);
  assert.equal(of('.checkpoint.parquet'), 2);
  assert.equal(of('.compacted.json'), 0);
});

test('the interval is the table’s; a broken one is told and counts as ten', async () => {
  const configuration = { 'delta.checkpointInterval': '3' };
  const table = new MaintainedTable().create({ configuration }, add('a')).append(3);
  assert.ok((await afterCommit(table)).includes('checkpoint'));

  const broken = new MaintainedTable()
    .create({ configuration: { 'delta.checkpointInterval': 'often' } }, add('a'))
    .append(10);
  const failures: string[] = [];
  const { location, version } = broken;
  const done = await postCommit({ location, version }, portsOf(broken, failures));
  assert.ok(done.has('checkpoint'));
  assert.match(failures.join(), /^checkpoint: .*delta\.checkpointInterval/);
});

test('a cleanup goes by the newest properties, not by those of the version it came after', async () => {
  for (const [days, isCleaned] of [
    [400, false],
    [1, true],
  ] as const) {
    const kept = (days: number) =>
      metaData({ configuration: { 'delta.logRetentionDuration': `interval ${days} days` } });
    const table = new MaintainedTable()
      .at(now - 20 * dayMs)
      .create(kept(400), add('a'))
      .append(10);
    await afterCommit(table);
    table.at(now - 10 * dayMs).commit(kept(5));
    table.append(9);
    const { location, version } = table;
    table.at(now).commit(kept(days));
    const done = await postCommit({ location, version }, portsOf(table));
    assert.ok(done.has('cleanup'));
    assert.equal(!table.log().includes('00000000000000000000.json'), isCleaned, `${days} days`);
  }
});

test('compactions are written where they are asked for, and say what their commits said', async () => {
  const table = new MaintainedTable().create({}, add('a'));
  for (let version = 1; version <= 7; version++) {
    table.commit(add(`f${version}`), remove(version === 1 ? 'a' : `f${version - 1}`));
    const done = await afterCommit(table, { compactCommits: 4 });
    assert.equal(done.includes('compaction'), (version + 1) % 4 === 0, `version ${version}`);
  }
  const { filesRead } = (await table.load()).source;
  assert.equal(filesRead.filter((file) => file.endsWith('.compacted.json')).length, 2);
  const compacted = new MaintainedTable();
  for (const name of table.log().filter((file) => file.endsWith('.compacted.json'))) {
    const bytes = await table.store.read(`${table.location}/_delta_log/${name}`);
    compacted.commitText(bytes ?? '');
  }
  assert.equal(compacted.version, 1);
  const facts = (snapshot: unknown) => ({ ...(snapshot as object), version: 0 });
  assert.deepEqual(
    facts(snapshotFacts(await compacted.load())),
    facts(snapshotFacts(await table.load())),
  );
  const lines = await table.store.read(
    `${table.location}/_delta_log/00000000000000000004.00000000000000000007.compacted.json`,
  );
  assert.deepEqual(
    Buffer.from(lines ?? [])
      .toString()
      .trim()
      .split('\n')
      .map((line) => Object.entries(JSON.parse(line) as Record<string, { path: string }>))
      .map(([[kind, { path }] = ['', { path: '' }]]) => `${kind} ${path}`),
    ['remove f3', 'remove f4', 'remove f5', 'add f7', 'remove f6'],
  );
});

test('a failure is told, fails nothing, and the other steps are tried', async () => {
  const table = new MaintainedTable()
    .create({ configuration: { 'delta.deletedFileRetentionDuration': 'soon' } }, add('a'))
    .append(10);
  const failures: string[] = [];
  const { location, version } = table;
  const done = await postCommit({ location, version }, portsOf(table, failures));
  assert.deepEqual([...done], ['snapshot', 'checksum']);
  assert.match(failures.join(), /^checkpoint: .*deletedFileRetentionDuration/);
  const gone = await postCommit({ location, version: 99 }, portsOf(table, failures));
  assert.deepEqual([...gone], []);
  assert.match(failures.at(-1) ?? '', /^snapshot: .*no version 99/);
});

/** Version 10 of a table whose first versions expired long ago, with tombstones and checkpoints. */
async function dueTable(policy: 'classic' | 'v2'): Promise<MaintainedTable> {
  const features = ['v2Checkpoint'];
  const table = new MaintainedTable();
  for (let version = 0; version <= 10; version++) {
    table.at(now - (100 - 9 * version) * dayMs);
    if (version === 0) {
      table.commit(
        protocol({
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: features,
          writerFeatures: features,
        }),
        metaData({
          configuration: { 'delta.checkpointPolicy': policy, 'delta.checkpointInterval': '5' },
        }),
        add('f0'),
      );
    } else {
      table.commit(
        add(`f${version}`),
        ...(version % 3 === 0
          ? [remove(`f${version - 1}`, { deletionTimestamp: now - version })]
          : []),
      );
    }
    if (version < 10) await afterCommit(table);
  }
  table.at(now);
  return table;
}

for (const policy of ['classic', 'v2'] as const) {
  test(`${policy}: whenever the process dies, the table is right and the next writer goes on`, async () => {
    const expected = await dueTable(policy);
    const wish = { location: expected.location, version: 10, sinceMs: 0 };
    const facts = snapshotFacts(await expected.load());
    const removed = tombstoneFacts(await gatherTombstones(expected.ports, wish));
    assert.equal(removed.length, 3);
    let deaths = 0;
    for (const when of ['before', 'after'] as const) {
      for (let at = 0; ; at++) {
        const table = await dueTable(policy);
        const store = new DyingStore(table.store, { at, when });
        const { location, version } = table;
        await postCommit({ location, version }, portsOf(table, [], store));
        if (!store.isDead) {
          assert.ok(at > 10, `${at} operations`);
          break;
        }
        deaths++;
        const what = `${when} operation ${at}`;
        assert.deepEqual(snapshotFacts(await table.load()), facts, what);
        const found = tombstoneFacts(await gatherTombstones(table.ports, wish));
        assert.deepEqual(found, removed, what);
        // Another writer does the same work again, and then its own.
        await afterCommit(table);
        assert.deepEqual(snapshotFacts(await table.load()), facts, what);
        table.append(5);
        assert.ok((await afterCommit(table)).includes('checkpoint'), what);
        const loaded = await table.load();
        assert.equal(loaded.source.checkpointVersion, 15, what);
        assert.equal(loaded.files.count, (await expected.load()).files.count + 5, what);
      }
    }
    assert.ok(deaths > 30, `${deaths} deaths`);
  });
}
