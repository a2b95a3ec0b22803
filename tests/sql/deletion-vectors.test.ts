/** Rows that deletion vectors mark are gone, however they are removed and whatever else is asked. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter, type LogAction } from '../support/delta-folder.ts';
import { inlineDeletionVector } from '../support/inline-deletion-vector.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;
const rowsPerFile = 10_000;

const deletions: { readonly [name: string]: (row: number) => boolean } = {
  none: () => false,
  first: (row) => row === 0,
  last: (row) => row === rowsPerFile - 1,
  'a run over row groups': (row) => row >= 2000 && row < 4200,
  'every third of the end': (row) => row > 5000 && row % 3 === 0,
  'a whole row group': (row) => row >= 2048 && row < 4096,
  scattered: (row) => (row * 7919) % 101 === 5,
};
const kinds = Object.values(deletions);

before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  writer = await openParquetWriter();
  await make('few', kinds.length);
  await make('many', 40);
  engine = await openEngine({ warehouse });
  client = engineClient(engine);
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

/** Row `r` of file `k` has the id 10,000 k + r, the group `r % 7` and, every fourth, no name. */
async function make(name: string, files: number): Promise<void> {
  const table = new DeltaFolder(join(warehouse, 'default', name), writer);
  const adds: LogAction[] = [];
  for (let k = 0; k < files; k++) {
    const gone = deletedRows(k);
    const vector = gone.length === 0 ? {} : { deletionVector: inlineDeletionVector(gone) };
    const add = await table.parquet(
      `${k}.parquet`,
      `SELECT ${k * rowsPerFile} + r AS id, (r % 7)::INTEGER AS "group",
         CASE WHEN r % 4 > 0 THEN 'name ' || r END AS name FROM range(${rowsPerFile}) t(r)`,
      { copyOptions: 'ROW_GROUP_SIZE 2048', add: { stats: statsOf(k), ...vector } },
    );
    adds.push(add);
  }
  table.create(
    {
      columns: { id: 'long', group: 'integer', name: 'string' },
      readerFeatures: ['deletionVectors'],
    },
    ...adds,
  );
}

function statsOf(k: number): string {
  const from = k * rowsPerFile;
  return JSON.stringify({
    numRecords: rowsPerFile,
    tightBounds: false,
    minValues: { id: from },
    maxValues: { id: from + rowsPerFile - 1 },
    nullCount: { id: 0 },
  });
}

function deletedRows(k: number): readonly number[] {
  const isDeleted = kinds[k % kinds.length] ?? (() => false);
  return Array.from({ length: rowsPerFile }, (_, row) => row).filter(isDeleted);
}

interface Row {
  readonly id: number;
  readonly row: number;
}

const conditions: { readonly [sql: string]: (row: Row) => boolean } = {
  true: () => true,
  'id % 1000 = 0': ({ id }) => id % 1000 === 0,
  '"group" = 3': ({ row }) => row % 7 === 3,
  '"group" IN (1, 5) AND name IS NULL': ({ row }) => [1, 5].includes(row % 7) && row % 4 === 0,
  'id BETWEEN 32000 AND 34100': ({ id }) => id >= 32_000 && id <= 34_100,
  "name = 'name 4097'": ({ row }) => row === 4097,
};

for (const table of ['few', 'many']) {
  for (const [sql, holds] of Object.entries(conditions)) {
    test(`the rows that are left of ${table} files where ${sql}`, async () => {
      const left: Row[] = [];
      for (let k = 0; k < (table === 'few' ? kinds.length : 40); k++) {
        const gone = new Set(deletedRows(k));
        for (let row = 0; row < rowsPerFile; row++) {
          const found = { id: k * rowsPerFile + row, row };
          if (!gone.has(row) && holds(found)) left.push(found);
        }
      }
      const { rows } = await client.run({
        sql: `SELECT count(id), coalesce(sum(id), 0)::BIGINT, count(name) FROM ${table} WHERE ${sql}`,
      });
      const sum = left.reduce((total, { id }) => total + id, 0);
      const named = left.filter(({ row }) => row % 4 > 0).length;
      assert.deepEqual(rows, [[left.length, sum, named]]);
    });
  }
}

test('few files are read each by itself, many at once', async () => {
  const joins = async (table: string) => {
    const { rows } = await client.run({ sql: `EXPLAIN SELECT sum(id) FROM ${table}` });
    return rows.filter(([line]) => typeof line === 'string' && line.includes('ANTI')).length;
  };
  assert.ok((await joins('few')) > 0);
  assert.equal(await joins('many'), 1);
});

test('tables with deletion vectors are joined with themselves and each other', async () => {
  const { rows } = await client.run({
    sql: `SELECT count(*) FROM few a JOIN few b USING (id) JOIN many c USING (id)`,
  });
  const expected = kinds.reduce((sum, _, k) => sum + rowsPerFile - deletedRows(k).length, 0);
  assert.deepEqual(rows, [[expected]]);
});

test('a vector that does not hold as many rows as the log says is damage', async () => {
  const table = new DeltaFolder(join(warehouse, 'default', 'wrong'), writer);
  const deletionVector = { ...inlineDeletionVector([1, 2]), cardinality: 3 };
  const add = { stats: '{"numRecords":9}', deletionVector };
  table.create(
    { columns: { id: 'long' }, readerFeatures: ['deletionVectors'] },
    await table.parquet('0.parquet', 'SELECT i AS id FROM range(9) t(i)', { add }),
  );
  await assert.rejects(
    client.run({ sql: 'SELECT sum(id) FROM wrong' }),
    (error) => error instanceof SqlFailure && error.code === 'DELTA_LOG_CORRUPT',
  );
});
