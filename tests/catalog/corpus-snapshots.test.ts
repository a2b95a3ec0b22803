/**
 * Every table of the shared corpus at every version it is asked for: the log layer's part of the
 * answer, that is schema, version and files.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { createSnapshotCache, type SnapshotCache } from '../../catalog/snapshot-cache.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { createLocalStore } from '../../catalog/store/local-store.ts';
import { DuckdbEngine } from '../../sql/duckdb/duckdb-engine.ts';
import { createParquetIo } from '../../sql/duckdb/parquet-io.ts';
import { corpusType, prepareCorpus, readCorpusCases, type CorpusCase } from '../support/corpus.ts';
import { requireShared, skipWithoutShared } from '../support/shared-folder.ts';

const skip = skipWithoutShared('corpus');

/** Reasons that lie in data files, beyond the log: the snapshot is fine. */
const beyondTheLog = /data files? (missing|damaged)|deletion vector missing/;

/** Tables that are not for their data only: the checkpoint is no valid Parquet. */
const ownRefusals: { readonly [table: string]: readonly string[] } = {
  malformedMetadata: ['DELTA_LOG_CORRUPT'],
  multiPartCheckpoint: ['DELTA_LOG_CORRUPT'],
};

/** What must not be readable, and the code that says so. */
const refusals: { readonly [reason: string]: readonly string[] } = {
  'must_fail: no protocol or no metadata action': ['DELTA_STATE_RECOVER_ERROR'],
  'must_fail: protocol version not supported': ['DELTA_INVALID_PROTOCOL_VERSION'],
  'must_fail: a commit is missing': ['DELTA_VERSIONS_NOT_CONTIGUOUS'],
  'must_fail: catalog-managed table, not to be read by path alone': [
    'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
  ],
  'must_fail: not a Delta table': ['DELTA_TABLE_NOT_FOUND'],
  'must_fail: reader feature not supported': ['DELTA_UNSUPPORTED_FEATURES_FOR_READ'],
  'must_fail: commit file damaged': ['DELTA_LOG_CORRUPT'],
  'must_fail: timestamp before the first version': [
    'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION',
  ],
};

let scratch = '';
let engine: DuckdbEngine;
let cache: SnapshotCache;

before(async () => {
  if (skip !== false) return;
  scratch = await mkdtemp(join(tmpdir(), 'corpus-'));
  await prepareCorpus(requireShared('corpus'), scratch);
  engine = await DuckdbEngine.open({
    roots: [scratch],
    spillFolder: join(scratch, 'spill'),
    spillBytesMax: 1e9,
    memoryBytesMax: 1e9,
    threads: 1,
  });
  cache = createSnapshotCache({
    store: createLocalStore(),
    parquet: createParquetIo(engine),
    clock: { nowMs: () => 0 },
    bytesMax: 1e8,
  });
});

after(async () => {
  if (skip !== false) return;
  engine.close();
  await rm(scratch, { recursive: true, force: true });
});

function load(item: CorpusCase): Promise<Snapshot> {
  const location = join(scratch, item.source, item.table);
  if (item.timestamp !== null) return cache.atTimestamp(location, Date.parse(item.timestamp));
  if (item.time_travel && item.version !== null) return cache.atVersion(location, item.version);
  return cache.latest(location);
}

/** Rows by the statistics, less those deletion vectors remove; `undefined` without statistics. */
function rowsByStatistics({ files }: Snapshot): number | undefined {
  let rows = 0;
  for (const file of files) {
    const stats = files.stats(file);
    if (stats === undefined) return undefined;
    const { numRecords } = JSON.parse(stats) as { numRecords?: number };
    if (numRecords === undefined) return undefined;
    rows += numRecords - (files.deletionVector(file)?.cardinality ?? 0);
  }
  return rows;
}

async function check(item: CorpusCase): Promise<void> {
  const codes = ownRefusals[item.table] ?? refusals[item.error ?? ''];
  if (codes !== undefined) {
    await assert.rejects(load(item), (error) => {
      assert.ok(error instanceof CodedError, String(error));
      assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
      return true;
    });
    return;
  }
  const snapshot = await load(item);
  if (item.version !== null) assert.equal(snapshot.version, item.version);
  for (const file of snapshot.files) assert.ok(snapshot.files.location(file).startsWith('/'));
  if (item.error !== null && beyondTheLog.test(item.error)) return;
  assert.deepEqual(
    snapshot.schema.fields.map(({ name, type }) => ({ name, type: corpusType(type) })),
    item.schema,
  );
  const rows = rowsByStatistics(snapshot);
  if (rows !== undefined) assert.equal(rows, item.row_count);
}

const cases = skip === false ? readCorpusCases(requireShared('corpus')) : [];
test('every table of the corpus has the expected schema and files', { skip }, async (context) => {
  assert.ok(cases.length > 300);
  for (const item of cases) await context.test(item.name, () => check(item));
});
