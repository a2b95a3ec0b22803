/** The hidden column `_metadata`: what it says. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter, tableActions } from '../support/delta-folder.ts';
import { rangeSql, writeMetadataTable } from '../support/metadata-table.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { requireShared, skipWithoutShared } from '../support/shared-folder.ts';
import { engineClient, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let unskipping: SqlEngine;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;

const rowTracking = {
  'delta.enableRowTracking': 'true',
  'delta.rowTracking.materializedRowIdColumnName': '_row-id',
  'delta.rowTracking.materializedRowCommitVersionColumnName': '_row-version',
};

before(async () => {
  const scratch = await makeScratch();
  ({ folder: warehouse, remove } = scratch);
  writer = await openParquetWriter();
  await writeMetadataTable(table('t'));
  await trackedTable();
  await tableById();
  engine = await openEngine({ warehouse });
  unskipping = await openEngine({ warehouse, dataSkipping: false });
  client = engineClient(engine);
});
after(async () => {
  await engine.close();
  await unskipping.close();
  writer.closeSync();
  await remove();
});

function table(name: string): DeltaFolder {
  return new DeltaFolder(join(warehouse, 'default', name), writer);
}

/** `tracked`: one file without the materialized columns, one where they are partly NULL. */
async function trackedTable(): Promise<void> {
  const t = table('tracked');
  const ids = `, CASE WHEN i % 2 = 0 THEN 1000 + i END AS "_row-id", CASE WHEN i > 4 THEN 7 END::BIGINT AS "_row-version"`;
  t.create(
    {
      columns: { id: 'long', name: 'string' },
      configuration: rowTracking,
      writerFeatures: ['rowTracking', 'domainMetadata'],
    },
    await t.parquet('plain.parquet', rangeSql(0, 3), {
      add: { baseRowId: 10, defaultRowCommitVersion: 1 },
    }),
    await t.parquet('moved.parquet', rangeSql(3, 7, ids), {
      add: { baseRowId: 50, defaultRowCommitVersion: 2 },
    }),
    await t.parquet('unnumbered.parquet', rangeSql(7, 8)),
  );
}

/** `by_id`: columns are found by Parquet field ids, which row ids have none of. */
async function tableById(): Promise<void> {
  const t = table('by_id');
  const [protocol, metaData] = tableActions({
    columns: {},
    configuration: { ...rowTracking, 'delta.columnMapping.mode': 'id' },
    readerFeatures: ['columnMapping'],
    writerFeatures: ['columnMapping', 'rowTracking', 'domainMetadata'],
  });
  const field = (name: string, type: string, id: number): object => ({
    name,
    type,
    nullable: true,
    metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': `c${id}` },
  });
  const fields = [field('id', 'long', 1), field('name', 'string', 2), field('new', 'long', 3)];
  const schemaString = JSON.stringify({ type: 'struct', fields });
  t.commit(
    protocol ?? {},
    { metaData: { ...metaData?.['metaData'], schemaString } },
    await t.parquet(
      'a.parquet',
      `SELECT i AS x, 'n' || i AS y, i + 70 AS "_row-id" FROM range(2) r(i)`,
      {
        copyOptions: 'FIELD_IDS {x: 1, y: 2}',
        add: { baseRowId: 0, defaultRowCommitVersion: 1 },
      },
    ),
    await t.parquet('b.parquet', `SELECT 'n' || i AS z, i AS x FROM range(2, 4) r(i)`, {
      copyOptions: 'FIELD_IDS {z: 2, x: 1}',
      add: { baseRowId: 20, defaultRowCommitVersion: 1 },
    }),
  );
}

async function rows(sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await client.run({ sql })).rows;
}

async function names(sql: string): Promise<readonly string[]> {
  return (await client.run({ sql })).columns.map(({ name }) => name);
}

test('says of each row which file it lies in, and where', async () => {
  const path = `file:${warehouse.replaceAll(' ', '%20')}/default/t/`;
  const found = await rows(
    'SELECT id, _metadata.file_path, _metadata.file_name, _metadata.file_block_start, ' +
      '_metadata.file_size = _metadata.file_block_length, _metadata.file_modification_time, ' +
      '_metadata.row_index FROM t ORDER BY id',
  );
  const odd = 'ü%20%2541%23%5B1%5D.parquet';
  const time = '2009-02-13T23:31:30.123000Z';
  const plain = [`${path}p=x/plain.parquet`, 'plain.parquet', 0, true];
  const late = [`${path}p=x/late.parquet`, 'late.parquet', 0, true];
  assert.deepEqual(found, [
    [1, ...plain, '2023-11-14T22:13:20.000000Z', 1],
    [3, ...plain, '2023-11-14T22:13:20.000000Z', 3],
    [4, `${path}p=a%20b/${odd}`, odd, 0, true, time, 0],
    [5, `${path}p=a%20b/${odd}`, odd, 0, true, time, 1],
    [6, `${path}p=a%20b/${odd}`, odd, 0, true, time, 2],
    [7, ...late, '2023-11-14T22:13:20.000000Z', 0],
  ]);
});

test('without row tracking it has the fields of files and rows alone', async () => {
  const [[whole] = []] = await rows('SELECT _metadata FROM t WHERE id = 4');
  assert.deepEqual(Object.keys(whole as object), [
    'file_path',
    'file_name',
    'file_size',
    'file_block_start',
    'file_block_length',
    'file_modification_time',
    'row_index',
  ]);
  assert.deepEqual(await names('SELECT _metadata.* FROM t'), Object.keys(whole as object));
});

test('row ids and versions come from the file where it has them, else from the log', async () => {
  const found = await rows(
    'SELECT id, _metadata.row_id, _metadata.base_row_id, _metadata.default_row_commit_version, ' +
      '_metadata.row_commit_version FROM tracked ORDER BY id',
  );
  assert.deepEqual(found, [
    [0, 10, 10, 1, 1],
    [1, 11, 10, 1, 1],
    [2, 12, 10, 1, 1],
    [3, 50, 50, 2, 2],
    [4, 1004, 50, 2, 2],
    [5, 52, 50, 2, 7],
    [6, 1006, 50, 2, 7],
    [7, null, null, null, null],
  ]);
});

test('row ids are found by name where the columns are found by field id', async () => {
  const found = await rows('SELECT *, _metadata.row_id AS r FROM by_id ORDER BY id');
  assert.deepEqual(found, [
    [0, 'n0', null, 70],
    [1, 'n1', null, 71],
    [2, 'n2', null, 20],
    [3, 'n3', null, 21],
  ]);
});

test(
  'rows that Spark has moved keep their ids',
  { skip: skipWithoutShared('corpus') },
  async () => {
    const from = requireShared('corpus/spark-made/row_tracking');
    cpSync(from, join(warehouse, 'default', 'moved_by_spark'), { recursive: true });
    // Its ids were written in order, from 0, and so were its row ids.
    for (const version of [1, 2, 3, 4, 5]) {
      const source = `moved_by_spark VERSION AS OF ${version}`;
      const wrong = await rows(
        `SELECT id FROM ${source} WHERE _metadata.row_id IS DISTINCT FROM id`,
      );
      assert.deepEqual(wrong, []);
    }
    const versions = await rows(
      'SELECT _metadata.row_commit_version AS cv, list(id ORDER BY id)[:3] FROM moved_by_spark GROUP BY cv ORDER BY cv',
    );
    assert.deepEqual(versions, [
      [1, [3, 5, 6]],
      [2, [0, 4, 8]],
      [5, [1, 2]],
    ]);
  },
);

// --- data skipping --------------------------------------------------------------------------------

const skipped: readonly string[] = [
  'SELECT count(*) FROM t WHERE _metadata.row_index = 1',
  `SELECT count(*) FROM t WHERE _metadata.file_name = 'late.parquet'`,
  'SELECT min(_metadata.row_index), max(_metadata.file_size), count(*) FROM t',
  `SELECT id FROM t WHERE p = 'x' AND _metadata.row_index > 0 ORDER BY id`,
  `SELECT id FROM t WHERE p = 'x' OR _metadata.row_index = 2 ORDER BY id`,
  'SELECT min(_metadata) IS NULL FROM t',
  'SELECT count(*) FROM (SELECT 1 FROM t WHERE _metadata.row_index = 1 LIMIT 2)',
];
for (const sql of skipped) {
  test(`gives the same rows with and without data skipping: ${sql}`, async () => {
    const all = await engineClient(unskipping).run({ sql });
    assert.deepEqual((await client.run({ sql })).rows, all.rows);
  });
}

test('files are left out by the other columns of a query that uses it', async () => {
  const plan = await rows(`EXPLAIN SELECT * FROM t WHERE p = 'x' AND _metadata.row_index = 0`);
  assert.match(plan.map(([line]) => line).join('\n'), /t version 1 .*: 2 of 3 files/);
});
