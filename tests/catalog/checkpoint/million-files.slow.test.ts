/** A checkpoint of a million files: written by column, in bounded memory, and read back. */
import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { ActiveFiles } from '../../../catalog/active-files.ts';
import { ActiveFilesEditor } from '../../../catalog/active-files-editor.ts';
import { writeCheckpoint } from '../../../catalog/checkpoint/write-checkpoint.ts';
import { loadSnapshot } from '../../../catalog/snapshot-loader.ts';
import { buildSnapshot } from '../../../catalog/snapshot.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import { DuckdbEngine } from '../../../sql/duckdb/duckdb-engine.ts';
import { createParquetIo, createParquetWriter } from '../../../sql/duckdb/parquet-io.ts';
import { serializeCommit } from '../../../catalog/log/commit-json.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { add, metaData, protocol } from '../../support/table-builder.ts';

const count = 1_000_000;

function file(i: number): ReturnType<typeof add> {
  const name = `d=${i % 1000}/part-${i}-c52c7d6a-0b0f-4a5e-9c0e-${String(i).padStart(12, '0')}.parquet`;
  return add(name, {
    partitionValues: { d: String(i % 1000) },
    size: i,
    stats:
      `{"numRecords":1000,"minValues":{"id":${i},"name":"a name that is of some length ${i}"},` +
      `"maxValues":{"id":${i + 1000},"name":"a name that is of some length ${i}"},"nullCount":{"id":0}}`,
  });
}

test('a checkpoint of a million files takes bounded memory', async (t) => {
  const folder = scratchFolder(t);
  const engine = await DuckdbEngine.open({
    roots: [folder],
    spillFolder: `${folder}/spill`,
    spillBytesMax: 1e9,
    memoryBytesMax: 1e9,
    threads: 2,
  });
  t.after(() => engine.close());
  const location = `${folder}/t`;
  const log = `${location}/_delta_log`;
  await mkdir(log, { recursive: true });
  // The log of the commit says nothing of the files: it is only there to be current.
  const first = [protocol(), metaData({ partitionColumns: [] })];
  const commit = `${log}/00000000000000000000.json`;
  writeFileSync(commit, serializeCommit(first));
  const store = createLocalStore();
  const ports = {
    store,
    parquet: createParquetIo(engine),
    parquetWriter: createParquetWriter(engine),
    clock: { nowMs: () => Date.now() },
    newId: () => crypto.randomUUID(),
  };
  const base = await loadSnapshot(ports, location);
  const editor = new ActiveFilesEditor(ActiveFiles.empty(location));
  for (let i = 0; i < count; i++) editor.add(file(i));
  const snapshot = buildSnapshot({
    location,
    version: 0,
    timestampMs: base.timestampMs,
    timestampSource: base.timestampSource,
    state: { ...base, files: editor.finish() },
    source: base.source,
  });

  let rssMax = 0;
  const rssBefore = process.memoryUsage().rss;
  let longestWaitMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    rssMax = Math.max(rssMax, process.memoryUsage().rss);
    longestWaitMs = Math.max(longestWaitMs, performance.now() - lastMs);
    lastMs = performance.now();
  }, 10);
  const startMs = performance.now();
  const outcome = await writeCheckpoint(snapshot, ports);
  const elapsedMs = performance.now() - startMs;
  clearInterval(timer);
  assert.equal(outcome.kind, 'written');
  const { size } = statSync(`${log}/00000000000000000000.checkpoint.parquet`);
  t.diagnostic(
    `${Math.round(elapsedMs)} ms, ${Math.round(size / 1e6)} MB, ` +
      `${Math.round((rssMax - rssBefore) / 1e6)} MB more memory, ` +
      `the thread was kept for ${Math.round(longestWaitMs)} ms at most`,
  );
  assert.ok(rssMax - rssBefore < 600e6, `${rssMax - rssBefore} bytes`);
  rmSync(commit);
  const loaded = await loadSnapshot(ports, location);
  assert.equal(loaded.files.count, count);
  assert.equal(loaded.files.totalBytes, (count * (count - 1)) / 2);
  const handle = loaded.files.find(file(765_432).path);
  assert.ok(handle !== undefined);
  const { path, stats, partitionValues } = file(765_432);
  const found = loaded.files.addFile(handle);
  assert.deepEqual(
    [found.path, found.stats, found.partitionValues],
    [path, stats, partitionValues],
  );
});
