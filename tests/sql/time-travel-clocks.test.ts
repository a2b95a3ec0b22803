/** What is told of a version's time: by answers, EXPLAIN and DESCRIBE, all by the same clock. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { anonymous } from '../../sql/session.ts';
import type { PinnedSnapshot, SqlEngine } from '../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter, tableActions } from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, newSession, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;

const day = Date.UTC(2026, 0, 1);
/** File times of `skewed`: those of versions 2 and 4 run backwards. */
const skewedMs = [0, 5000, 3000, 9000, 9000].map((ms) => day + ms);

before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  writer = await openParquetWriter();
  engine = await openEngine({ warehouse });
  client = engineClient(engine);

  const skewed = new DeltaFolder(join(warehouse, 'default', 'skewed'), writer);
  for (const [version, ms] of skewedMs.entries()) {
    const file = await skewed.parquet(`${version}.parquet`, `SELECT ${version}::BIGINT AS id`);
    const created = version === 0 ? tableActions({ columns: { id: 'long' } }) : [];
    skewed.commitAt(ms, ...created, file);
  }

  // Files of today; commits from version 2 on with times of their own, a minute apart.
  const own = new DeltaFolder(join(warehouse, 'default', 'own'), writer);
  const definition = { columns: { id: 'long' }, writerFeatures: ['inCommitTimestamp'] };
  own.commitAt(day, ...tableActions(definition));
  own.commitAt(day + 1000, await own.parquet('1.parquet', 'SELECT 1::BIGINT AS id'));
  const enabledMs = day + 60_000;
  const info = (ms: number) => ({ commitInfo: { inCommitTimestamp: ms, operation: 'WRITE' } });
  const configuration = {
    'delta.enableInCommitTimestamps': 'true',
    'delta.inCommitTimestampEnablementVersion': '2',
    'delta.inCommitTimestampEnablementTimestamp': String(enabledMs),
  };
  own.commitAt(day + 900_000, info(enabledMs), ...tableActions({ ...definition, configuration }));
  own.commitAt(
    day + 900_000,
    info(enabledMs + 60_000),
    await own.parquet('3.parquet', 'SELECT 3::BIGINT AS id'),
  );
  own.commitAt(
    day + 800_000,
    info(enabledMs + 120_000),
    await own.parquet('4.parquet', 'SELECT 4::BIGINT AS id'),
  );
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

async function pinned(sql: string): Promise<PinnedSnapshot> {
  const signal = AbortSignal.timeout(60_000);
  const result = await engine.run({ sql, session: newSession(), identity: anonymous, signal });
  await result.close();
  const [first] = result.snapshots;
  assert.ok(first);
  return first;
}

async function history(table: string): Promise<readonly (readonly [number, string])[]> {
  const sql = `DESCRIBE HISTORY ${table}`;
  const { columns, rows } = await client.run({ sql });
  assert.deepEqual(
    columns.slice(0, 2).map(({ name }) => name),
    ['version', 'timestamp'],
  );
  return rows.map(([version, timestamp]) => {
    assert.ok(typeof version === 'number' && typeof timestamp === 'string');
    return [version, timestamp] as const;
  });
}

for (const table of ['skewed', 'own']) {
  test(`each time that DESCRIBE HISTORY tells of ${table} stands for its version`, async () => {
    const records = await history(table);
    assert.equal(records.length, 5);
    for (const [version, timestamp] of records) {
      const { requestedMs, ...found } = await pinned(
        `SELECT * FROM ${table} TIMESTAMP AS OF '${timestamp}'`,
      );
      const ownTime = table === 'own' && version >= 2;
      assert.deepEqual(found, {
        table: `main.default.${table}`,
        version,
        timestampMs: Date.parse(timestamp),
        timestampSource: ownTime ? 'inCommitTimestamp' : 'fileModificationTime',
      });
      assert.equal(requestedMs, Date.parse(timestamp));
    }
    assert.deepEqual(
      records.map(([, timestamp]) => timestamp),
      records
        .map(([, timestamp]) => timestamp)
        .toSorted()
        .toReversed(),
      'times rise with the versions',
    );
  });
}

test('a time between two commits is told beside that of the commit it stands for', async () => {
  const asked = day + 150_000;
  const sql = `SELECT * FROM own TIMESTAMP AS OF '${new Date(asked).toISOString()}'`;
  assert.deepEqual(await pinned(sql), {
    table: 'main.default.own',
    version: 3,
    timestampMs: day + 120_000,
    timestampSource: 'inCommitTimestamp',
    requestedMs: asked,
  });
  const { rows } = await client.run({ sql: `EXPLAIN ${sql}` });
  assert.match(
    JSON.stringify(rows),
    /main\.default\.own version 3 \(committed 2026-01-01T00:02:00\.000Z by its in-commit timestamp, the last not after 2026-01-01T00:02:30\.000Z; no checkpoint, no checksum\)/,
  );
});

test('versions and the latest have the time of their clock, and no requested one', async () => {
  assert.deepEqual(await pinned('SELECT * FROM own'), {
    table: 'main.default.own',
    version: 4,
    timestampMs: day + 180_000,
    timestampSource: 'inCommitTimestamp',
    requestedMs: undefined,
  });
  assert.deepEqual(await pinned('SELECT * FROM own VERSION AS OF 1'), {
    table: 'main.default.own',
    version: 1,
    timestampMs: day + 1000,
    timestampSource: 'fileModificationTime',
    requestedMs: undefined,
  });
  const { rows } = await client.run({ sql: 'EXPLAIN SELECT * FROM skewed VERSION AS OF 1' });
  assert.match(
    JSON.stringify(rows),
    /version 1 \(committed 2026-01-01T00:00:05\.000Z by its file's time; no checkpoint/,
  );
});

test('DESCRIBE DETAIL tells the earliest version that the log can make', async () => {
  const detail = async (): Promise<unknown> => {
    const { columns, rows } = await client.run({ sql: 'DESCRIBE DETAIL skewed' });
    return rows[0]?.[columns.findIndex(({ name }) => name === 'earliestVersion')];
  };
  assert.equal(await detail(), 0);
  // Without a checkpoint nothing before the last version is left when version 0 is gone.
  const log = join(warehouse, 'default', 'skewed', '_delta_log');
  await writer.run(
    `COPY (SELECT NULL::STRUCT(path VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), size BIGINT,
       "modificationTime" BIGINT, "dataChange" BOOLEAN) AS add,
       {'minReaderVersion': 1, 'minWriterVersion': 4} AS protocol, NULL AS "metaData"
     UNION ALL SELECT NULL, NULL, {'id': 'table-1', 'format': {'provider': 'parquet'},
       'schemaString': '{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}',
       'partitionColumns': []::VARCHAR[]})
     TO '${join(log, '00000000000000000002.checkpoint.parquet')}' (FORMAT parquet)`,
  );
  for (const version of [0, 1]) rmSync(join(log, `${String(version).padStart(20, '0')}.json`));
  assert.equal(await detail(), 2);
  assert.equal((await pinned('SELECT * FROM skewed VERSION AS OF 2')).version, 2);
  await assert.rejects(pinned('SELECT * FROM skewed VERSION AS OF 1'), {
    code: 'DELTA_VERSION_NOT_FOUND',
    message: /its versions are 2 to 4/,
  });
});
