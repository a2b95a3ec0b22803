import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter } from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;

before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  writer = await openParquetWriter();
  engine = await openEngine({ warehouse });
  client = engineClient(engine);
  // Every version replaces the file of the one before it; version 0 has two.
  const t = new DeltaFolder(join(warehouse, 'default', 't'), writer);
  t.create(
    { columns: { id: 'long' } },
    await t.parquet('0.parquet', 'SELECT 0::BIGINT AS id'),
    await t.parquet('0b.parquet', 'SELECT 0::BIGINT AS id'),
  );
  for (let version = 1; version <= 6; version++) {
    const removed = [version - 1, ...(version === 1 ? ['0b'] : [])].map((name) => ({
      remove: { path: `${name}.parquet`, deletionTimestamp: 1, dataChange: true },
    }));
    t.commit(...removed, await t.parquet(`${version}.parquet`, `SELECT ${version}::BIGINT AS id`));
  }
  for (const name of ['0', '0b', '1', '2', '3']) rmSync(join(t.location, `${name}.parquet`));
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

async function failure(sql: string): Promise<SqlFailure> {
  return await client.run({ sql }).then(
    () => assert.fail(`${sql} was answered`),
    (error: unknown) => {
      assert.ok(error instanceof SqlFailure, String(error));
      assert.equal(error.code, 'DELTA_FILE_NOT_FOUND', error.message);
      assert.equal(error.sqlState, '42K03');
      return error;
    },
  );
}

test('an old version whose files are gone is refused with their number, VACUUM and what is left', async () => {
  const error = await failure('SELECT * FROM t VERSION AS OF 0');
  assert.match(error.message, /^Version 0 of main\.default\.t .* 2 of 2 files are missing/);
  assert.match(error.message, /0b?\.parquet.*VACUUM/);
  assert.match(error.hint ?? '', / is 4\.$/);
});

test('one that needs no row of the missing file is refused as well', async () => {
  const error = await failure('SELECT count(*) FROM t@v2 LIMIT 0');
  assert.match(error.message, /1 of 1 files is missing/);
});

test('whole versions are read, old and latest', async () => {
  assert.deepEqual((await client.run({ sql: 'SELECT id FROM t VERSION AS OF 4' })).rows, [[4]]);
  assert.deepEqual((await client.run({ sql: 'SELECT id FROM t' })).rows, [[6]]);
});

test('no later version is promised where none is whole', async () => {
  const u = new DeltaFolder(join(warehouse, 'default', 'u'), writer);
  u.create({ columns: { id: 'long' } }, await u.parquet('0.parquet', 'SELECT 0::BIGINT AS id'));
  u.commit(await u.parquet('1.parquet', 'SELECT 1::BIGINT AS id'));
  rmSync(join(u.location, '0.parquet'));
  const error = await failure('SELECT * FROM u VERSION AS OF 0');
  assert.match(error.hint ?? '', /DESCRIBE HISTORY/);
  await failure('SELECT * FROM u');
});
