/**
 * Tables of the shared corpus, made by many writers, get a checkpoint from Levee; without the log
 * before it they must be what they were.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gatherTombstones } from '../../../catalog/checkpoint/gather-tombstones.ts';
import { writeCheckpoint } from '../../../catalog/checkpoint/write-checkpoint.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import { loadSnapshot } from '../../../catalog/snapshot-loader.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import { DuckdbEngine } from '../../../sql/duckdb/duckdb-engine.ts';
import { createParquetIo, createParquetWriter } from '../../../sql/duckdb/parquet-io.ts';
import { prepareCorpus, readCorpusCases } from '../../support/corpus.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';
import { snapshotFacts, tombstoneFacts } from '../../support/snapshot-facts.ts';

const skip = skipWithoutShared('corpus');
const nowMs = Date.UTC(2026, 5, 1);
const store = createLocalStore();
let scratch = '';
let engine: DuckdbEngine;

before(async () => {
  if (skip !== false) return;
  scratch = await mkdtemp(join(tmpdir(), 'corpus-'));
  await prepareCorpus(requireShared('corpus'), scratch);
  engine = await DuckdbEngine.open({
    roots: [scratch],
    spillFolder: join(scratch, 'spill'),
    spillBytesMax: 1e9,
    memoryBytesMax: 1e9,
    threads: 2,
  });
});

after(async () => {
  if (skip !== false) return;
  engine.close();
  await rm(scratch, { recursive: true, force: true });
});

async function check(location: string): Promise<'done' | 'unreadable' | 'refused'> {
  const parquet = createParquetIo(engine);
  const parquetWriter = createParquetWriter(engine);
  const clock = { nowMs: () => nowMs };
  const ports = { store, parquet, parquetWriter, clock, newId: () => crypto.randomUUID() };
  let first;
  try {
    first = await loadSnapshot(ports, location);
  } catch (error) {
    assert.ok(error instanceof CodedError);
    return 'unreadable';
  }
  const wish = { location, version: first.version, sinceMs: 0 };
  const removed = await gatherTombstones(ports, wish);
  const log = `${location}/_delta_log`;
  for (const name of await readdir(log)) {
    // Even where the table has a checkpoint of this version, it is to be Levee's.
    if (name.startsWith(`${String(first.version).padStart(20, '0')}.checkpoint`)) {
      await rm(`${log}/${name}`);
    }
  }
  let outcome;
  try {
    outcome = await writeCheckpoint(first, {
      ...ports,
      // Nothing has expired: every tombstone must come through.
      clock: { nowMs: () => 1 },
    });
  } catch (error) {
    assert.ok(error instanceof CodedError);
    if (error.code === 'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE') return 'refused';
    // The checkpoint of this version was all there was of the older ones.
    if (error.code === 'DELTA_VERSIONS_NOT_CONTIGUOUS') return 'unreadable';
    throw error;
  }
  assert.equal(outcome.kind, 'written');
  for (const name of await readdir(log)) {
    const isOwn = name.startsWith(String(first.version).padStart(20, '0'));
    if (!/^[._]/.test(name) && !isOwn) await rm(`${log}/${name}`);
  }
  const second = await loadSnapshot(ports, location);
  assert.equal(second.source.checkpointVersion, first.version);
  const statsAsText = first.metadata.configuration['delta.checkpoint.writeStatsAsJson'] !== 'false';
  assert.deepEqual(snapshotFacts(second, { statsAsText }), snapshotFacts(first, { statsAsText }));
  assert.deepEqual(tombstoneFacts(await gatherTombstones(ports, wish)), tombstoneFacts(removed));
  return 'done';
}

const tables = skip === false ? readCorpusCases(requireShared('corpus')) : [];
test('corpus: a checkpoint alone makes the same snapshot', { skip }, async (t) => {
  const outcomes = new Map<string, number>();
  for (const name of new Set(tables.map(({ source, table }) => `${source}/${table}`))) {
    await t.test(name, async () => {
      const outcome = await check(join(scratch, name));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    });
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  assert.ok((outcomes.get('done') ?? 0) > 150, JSON.stringify([...outcomes]));
});
