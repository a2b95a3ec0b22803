/** What leaves the log, and what never does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectStore } from '../../../catalog/ports.ts';
import { cleanUpLog } from '../../../catalog/checkpoint/log-cleanup.ts';
import { writeCheckpoint } from '../../../catalog/checkpoint/write-checkpoint.ts';
import { writeVersionChecksum } from '../../../catalog/checkpoint/write-version-checksum.ts';
import { compactLog } from '../../../catalog/checkpoint/compact-log.ts';
import { dayMs, MaintainedTable, now } from '../../support/maintained-table.ts';
import { snapshotFacts } from '../../support/snapshot-facts.ts';
import { add, metaData, protocol } from '../../support/table-builder.ts';

const midnight = Math.floor(now / dayMs) * dayMs;

/** One commit a day, the last one now; versions 0 to `days`. Checkpoints at some of them. */
async function daily(
  days: number,
  checkpoints: readonly number[],
  configuration: Record<string, string> = {},
  features: readonly string[] = [],
): Promise<MaintainedTable> {
  const table = new MaintainedTable();
  for (let version = 0; version <= days; version++) {
    table.at(now - (days - version) * dayMs);
    if (version === 0) {
      table.commit(
        protocol({
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: features.filter((name) => name === 'v2Checkpoint'),
          writerFeatures: features,
        }),
        metaData({ configuration }),
        add('f0'),
      );
    } else table.commit(add(`f${version}`));
    const snapshot = await table.load();
    await writeVersionChecksum(snapshot, undefined, table);
    if (checkpoints.includes(version)) await writeCheckpoint(snapshot, table.ports);
  }
  return table;
}

function versions(table: MaintainedTable, suffix: string): readonly number[] {
  return table
    .log()
    .filter((name) => name.endsWith(suffix) && !name.includes('/') && !name.startsWith('_'))
    .filter((name) => name.length === 20 + suffix.length)
    .map((name) => Number(name.slice(0, 20)));
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

test('commits before the newest expired checkpoint go, with their checksums', async () => {
  const table = await daily(50, [5, 10, 20, 40]);
  const before = await table.load();
  const outcome = await cleanUpLog(before, table.ports);
  // Version 20 is exactly 30 days old: not expired at the midnight before, so that 19 is the cutoff.
  assert.deepEqual(outcome, { kind: 'cleaned', firstVersion: 10, filesRemoved: 10 + 10 + 1 });
  assert.deepEqual(versions(table, '.json'), range(10, 50));
  assert.deepEqual(versions(table, '.crc'), range(10, 50));
  assert.deepEqual(versions(table, '.checkpoint.parquet'), [10, 20, 40]);
  assert.deepEqual(snapshotFacts(await table.load()), snapshotFacts(before));
  assert.equal((await table.load(10)).files.count, 11);
  assert.deepEqual(await cleanUpLog(before, table.ports), {
    kind: 'nothing',
    reason: 'nothing expired',
  });
});

test('the cutoff is the midnight before, in UTC', async () => {
  const configuration = { 'delta.logRetentionDuration': 'interval 1 day' };
  const cases: readonly [modifiedMs: number, firstVersion: number | undefined][] = [
    [midnight - dayMs, 1],
    [midnight - dayMs + 1, undefined],
  ];
  for (const [modifiedMs, firstVersion] of cases) {
    const table = new MaintainedTable();
    table.at(modifiedMs - 1000).create({ configuration }, add('a'));
    table.at(modifiedMs).commit(add('b'));
    await writeCheckpoint(await table.load(), table.ports);
    table.at(now).commit(add('c'));
    const outcome = await cleanUpLog(await table.load(), table.ports);
    assert.equal(outcome.kind === 'cleaned' ? outcome.firstVersion : undefined, firstVersion);
  }
});

test('nothing goes without a checkpoint, with cleanup off, or from a young log', async () => {
  const none = await daily(50, []);
  const off = await daily(50, [10], { 'delta.enableExpiredLogCleanup': 'false' });
  const young = await daily(20, [10]);
  for (const table of [none, off, young]) {
    const log = table.log();
    assert.equal((await cleanUpLog(await table.load(), table.ports)).kind, 'nothing');
    assert.deepEqual(table.log(), log);
  }
});

test('a checkpoint that does not read right keeps the commits before it', async () => {
  const damages: Record<string, (table: MaintainedTable, name: string) => Promise<void>> = {
    'no Parquet': async (table, name) => table.store.set(name, 'rot'),
    'a file is missing': async (table, name) => {
      const rows = await table.rows(name.slice(name.lastIndexOf('/') + 1));
      const kept = rows.filter((row) => (row['add'] as { path: string } | null)?.path !== 'f3');
      table.store.set(name, JSON.stringify(kept));
    },
    'no protocol': async (table, name) => {
      const rows = await table.rows(name.slice(name.lastIndexOf('/') + 1));
      table.store.set(name, JSON.stringify(rows.filter((row) => row['protocol'] === null)));
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    const table = await daily(50, [10]);
    const snapshot = await table.load();
    await damage(table, `${table.location}/_delta_log/00000000000000000010.checkpoint.parquet`);
    const log = table.log();
    await assert.rejects(cleanUpLog(snapshot, table.ports), /checkpoint|magic/i, what);
    assert.deepEqual(table.log(), log, what);
  }
});

test('a checkpoint whose commit is gone, or with a gap after it, does not begin the log', async () => {
  for (const gone of [10, 30]) {
    const table = await daily(50, [5, 10, 40]);
    const snapshot = await table.load();
    table.store.delete(`${table.location}/_delta_log/${String(gone).padStart(20, '0')}.json`);
    const outcome = await cleanUpLog(snapshot, table.ports);
    assert.deepEqual(outcome, { kind: 'nothing', reason: 'nothing expired' }, `${gone}`);
  }
});

test('protected versions stay until all of them have expired', async () => {
  const cases: readonly [protectedBefore: number, kind: string][] = [
    [11, 'nothing'],
    [10, 'cleaned'],
    [0, 'cleaned'],
  ];
  for (const [version, kind] of cases) {
    const key = 'delta.requireCheckpointProtectionBeforeVersion';
    const table = await daily(50, [10], { [key]: String(version) }, ['checkpointProtection']);
    assert.equal((await cleanUpLog(await table.load(), table.ports)).kind, kind, `${version}`);
  }
});

test('compactions go with their first commit', async () => {
  const table = await daily(50, [10]);
  for (const [first, last] of [
    [0, 4],
    [8, 12],
    [10, 14],
  ] as const) {
    assert.equal(await compactLog(table.location, { first, last }, table), 'written');
  }
  await cleanUpLog(await table.load(), table.ports);
  const compacted = table.log().filter((name) => name.endsWith('.compacted.json'));
  assert.deepEqual(compacted, ['00000000000000000010.00000000000000000014.compacted.json']);
});

test('V2: sidecars without a checkpoint go, a classic name stays for old readers', async () => {
  const configuration = { 'delta.checkpointPolicy': 'v2' };
  const table = await daily(50, [5, 10, 40], configuration, ['v2Checkpoint']);
  const sidecars = () => table.log().filter((name) => name.startsWith('_sidecars/'));
  assert.equal(sidecars().length, 3);
  const folder = `${table.location}/_delta_log/_sidecars`;
  table.store.set(`${folder}/orphan.parquet`, '[]', now - 3 * dayMs);
  table.store.set(`${folder}/under-way.parquet`, '[]', midnight - dayMs);
  const before = await table.load();
  const outcome = await cleanUpLog(before, table.ports);
  assert.equal(outcome.kind, 'cleaned');
  assert.deepEqual(
    sidecars().map((name) => name.replace(/^_sidecars\/0*(\d+\.checkpoint|)/, '$1').slice(0, 13)),
    ['10.checkpoint', '40.checkpoint', 'under-way.par'],
  );
  const [classic] = table.log().filter((name) => name.endsWith('.checkpoint.parquet'));
  assert.equal(classic, '00000000000000000010.checkpoint.parquet');
  const rows = await table.rows(classic);
  const kinds = rows.flatMap((row) => Object.keys(row).filter((kind) => row[kind] !== null));
  assert.deepEqual(kinds.sort(), ['checkpointMetadata', 'metaData', 'protocol', 'sidecar']);
  assert.deepEqual(snapshotFacts(await table.load()), snapshotFacts(before));
  // Read alone it is a checkpoint like any other.
  for (const name of table.log()) {
    if (/checkpoint\..{36}\.json$/.test(name)) {
      table.store.delete(`${table.location}/_delta_log/${name}`);
    }
  }
  assert.equal((await table.load(12)).source.checkpointVersion, 10);
  assert.equal((await table.load(12)).files.count, 13);
});

test('what a dead writer left goes after a day', async () => {
  const table = await daily(3, []);
  const name = (id: string) => `${table.location}/_delta_log/.staged-checkpoint-${id}.parquet`;
  table.store.set(name('old'), 'x', midnight - dayMs - 1);
  table.store.set(name('young'), 'x', midnight - dayMs);
  await cleanUpLog(await table.load(), table.ports);
  const left = table.log().filter((file) => file.startsWith('.'));
  assert.deepEqual(left, ['.staged-checkpoint-young.parquet']);
});

test('what a dead writer has begun to write into the log goes after a day, too', async () => {
  const table = await daily(3, []);
  const begun = ['old', 'young'].map((name, n) => ({
    location: `${table.location}/_delta_log/.${name}.tmp`,
    sizeBytes: 1,
    modifiedMs: midnight - dayMs - 1 + n,
  }));
  const removed: string[] = [];
  const store: ObjectStore = Object.assign(table.store, {
    async *listUnfinished() {
      yield* begun;
    },
    remove: (location: string) => Promise.resolve(void removed.push(location)),
  });
  await cleanUpLog(await table.load(), { ...table.ports, store });
  assert.deepEqual(removed, [begun[0]?.location]);
});
