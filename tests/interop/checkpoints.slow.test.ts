/**
 * Checkpoints and checksums of Levee, read by delta-rs and by DuckDB's delta extension: the commits
 * before the checkpoint are gone, so that they have nothing else to read.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { writeCheckpoint } from '../../catalog/checkpoint/write-checkpoint.ts';
import { writeVersionChecksum } from '../../catalog/checkpoint/write-version-checksum.ts';
import { loadSnapshot } from '../../catalog/snapshot-loader.ts';
import { createLocalStore } from '../../catalog/store/local-store.ts';
import { DuckdbEngine } from '../../sql/duckdb/duckdb-engine.ts';
import { createParquetIo, createParquetWriter } from '../../sql/duckdb/parquet-io.ts';
import { DeltaFolder, openParquetWriter } from '../support/delta-folder.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { OtherEngine, skipWithout, type EngineName } from './other-engine.ts';

const columns = {
  id: 'long',
  name: 'string',
  amount: 'decimal(20,2)',
  moment: 'timestamp',
  inside: {
    type: 'struct',
    fields: [{ name: 'x', type: 'integer', nullable: true, metadata: {} }],
  },
  p: 'date',
};

/** Four files of ten rows, one a day and one without; the first is removed again. */
async function makeTable(
  location: string,
  configuration: { readonly [key: string]: string },
  writer: Awaited<ReturnType<typeof openParquetWriter>>,
): Promise<void> {
  const features = ['v2Checkpoint', 'deletionVectors'];
  const folder = new DeltaFolder(location, writer);
  const bounds = (id: number, i: number) => ({
    id,
    name: `name ${i}`,
    amount: i + 0.5,
    moment: `2024-01-01T0${i}:00:00.000Z`,
    inside: { x: i },
  });
  for (let v = 0; v < 4; v++) {
    const select = `SELECT (${v * 10} + i)::BIGINT AS id, 'name ' || i AS name,
      (i + 0.5)::DECIMAL(20,2) AS amount, TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) HOUR AS moment,
      {x: i::INTEGER} AS inside FROM range(10) AS t(i)`;
    const stats = JSON.stringify({
      numRecords: 10,
      minValues: bounds(v * 10, 0),
      maxValues: bounds(v * 10 + 9, 9),
      nullCount: { id: 0, name: 0, amount: 0, moment: 0, inside: { x: 0 } },
    });
    const partitionValues = { p: v === 3 ? null : `2024-01-0${v + 1}` };
    const tags = v === 1 ? { tags: { some: 'tag' } } : {};
    const file = await folder.parquet(`part-${v}.parquet`, select, {
      add: { partitionValues, stats, ...tags },
    });
    if (v === 0) {
      folder.create(
        {
          columns,
          partitionColumns: ['p'],
          configuration,
          readerFeatures: features,
          writerFeatures: [...features, 'domainMetadata'],
        },
        file,
      );
    } else if (v === 3) {
      const remove = { path: 'part-0.parquet', deletionTimestamp: Date.now(), dataChange: true };
      folder.commit(file, { remove });
    } else {
      folder.commit(
        file,
        { txn: { appId: 'app', version: 40 + v, lastUpdated: 7 } },
        { domainMetadata: { domain: 'd', configuration: '{}', removed: false } },
      );
    }
  }
}

const asStruct = { 'delta.checkpoint.writeStatsAsStruct': 'true' };
const layouts: { readonly [name: string]: { readonly [key: string]: string } } = {
  default: {},
  'stats twice': asStruct,
  'stats as struct': { ...asStruct, 'delta.checkpoint.writeStatsAsJson': 'false' },
};

/** Tables of every layout, with nothing but their checkpoint and its commit. */
async function makeTables(root: string): Promise<readonly string[]> {
  const writer = await openParquetWriter();
  const engine = await DuckdbEngine.open({
    roots: [root],
    spillFolder: `${root}/spill`,
    spillBytesMax: 1e9,
    memoryBytesMax: 1e9,
    threads: 1,
  });
  const ports = {
    store: createLocalStore(),
    parquet: createParquetIo(engine),
    parquetWriter: createParquetWriter(engine),
    clock: { nowMs: () => Date.now() },
    newId: () => crypto.randomUUID(),
  };
  const locations: string[] = [];
  try {
    for (const policy of ['classic', 'v2']) {
      for (const [layout, configuration] of Object.entries(layouts)) {
        const location = `${root}/${policy} ${layout}`;
        await makeTable(location, { ...configuration, 'delta.checkpointPolicy': policy }, writer);
        const snapshot = await loadSnapshot(ports, location);
        assert.equal((await writeCheckpoint(snapshot, ports)).kind, 'written');
        assert.equal(await writeVersionChecksum(snapshot, 'txn', ports), 'written');
        for (let v = 0; v < 3; v++) rmSync(`${location}/_delta_log/0000000000000000000${v}.json`);
        locations.push(location);
      }
    }
  } finally {
    engine.close();
    writer.closeSync();
  }
  return locations;
}

function open(t: TestContext, name: EngineName): OtherEngine {
  const engine = new OtherEngine(name);
  t.after(() => engine.close());
  return engine;
}

test('delta-rs reads our checkpoints', { skip: skipWithout('delta-rs') }, async (t) => {
  const engine = open(t, 'delta-rs');
  for (const path of await makeTables(scratchFolder(t))) {
    assert.deepEqual(
      await engine.call('log', { path }),
      {
        version: 3,
        files: ['part-1.parquet', 'part-2.parquet', 'part-3.parquet'],
        transaction: 42,
        records: [10, 10, 10],
      },
      path,
    );
    const rows = async (query: string): Promise<unknown> => engine.call('sql', { path, query });
    assert.deepEqual(await rows('SELECT count(*), sum(id), count(p) FROM t'), {
      rows: ['["30","735","20"]'],
    });
    assert.deepEqual(await rows(`SELECT id FROM t WHERE p = DATE '2024-01-03' AND id = 25`), {
      rows: ['["25"]'],
    });
    assert.deepEqual(
      await rows(`SELECT id FROM t WHERE moment > TIMESTAMP '2024-01-01T08:30:00Z' ORDER BY id`),
      { rows: ['["19"]', '["29"]', '["39"]'] },
    );
  }
});

test('the delta kernel reads our checkpoints', { skip: skipWithout('duckdb') }, async (t) => {
  const engine = open(t, 'duckdb');
  for (const path of await makeTables(scratchFolder(t))) {
    const rows = async (query: string): Promise<unknown> => engine.call('sql', { path, query });
    assert.deepEqual(
      await rows('SELECT count(*), sum(id), count(p), max(moment)::VARCHAR FROM t'),
      [['30', '735', '20', '2024-01-01 09:00:00+00']],
      path,
    );
    assert.deepEqual(await rows(`SELECT count(*), min(id) FROM t WHERE p = DATE '2024-01-03'`), [
      ['10', '20'],
    ]);
    const late = `moment > TIMESTAMPTZ '2024-01-01 08:30:00+00'`;
    assert.deepEqual(await rows(`SELECT count(*), min(id) FROM t WHERE ${late}`), [['3', '19']]);
    assert.deepEqual(await rows('SELECT name, amount, inside.x FROM t WHERE id = 25'), [
      ['name 5', '5.50', '5'],
    ]);
  }
});
