/** One table, read from its commits and from checkpoints of every layout, commits gone. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { decodeBase85 } from '../../catalog/log/base85.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import {
  DeltaFolder,
  openParquetWriter,
  tableActions,
  type LogAction,
} from '../support/delta-folder.ts';
import { inlineDeletionVector } from '../support/inline-deletion-vector.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { checkpointLayouts, writeCheckpoint } from '../support/parquet-checkpoint.ts';
import { engineClient, type CellValue } from '../support/sql-client.ts';

let engine: SqlEngine;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;

before(async () => {
  const scratch = await makeScratch();
  ({ folder: warehouse, remove } = scratch);
  writer = await openParquetWriter();
  engine = await openEngine({ warehouse });
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

/** A deletion vector in a file of its own, named by its absolute path. */
function absoluteDeletionVector(path: string, rows: readonly number[]): Record<string, unknown> {
  const { pathOrInlineDv, sizeInBytes, cardinality } = inlineDeletionVector(rows);
  // The text is padded to whole groups.
  const padded = decodeBase85(String(pathOrInlineDv)) ?? new Uint8Array();
  const bitmap = Buffer.from(padded.subarray(0, Number(sizeInBytes)));
  const file = Buffer.alloc(1 + 4 + bitmap.length + 4);
  file.writeUInt8(1, 0);
  file.writeUInt32BE(bitmap.length, 1);
  bitmap.copy(file, 5);
  file.writeUInt32BE(crc32(bitmap), 5 + bitmap.length);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file);
  const url = `file:${path.split('/').map(encodeURIComponent).join('/')}`;
  return {
    storageType: 'p',
    pathOrInlineDv: url,
    offset: 1,
    sizeInBytes,
    cardinality,
  };
}

async function makeTable(name: string): Promise<DeltaFolder & { actions: readonly LogAction[] }> {
  const t = new DeltaFolder(join(warehouse, 'default', name), writer);
  const part = async (path: string, from: number, add: object): Promise<LogAction> =>
    await t.parquet(path, `SELECT i::BIGINT AS id FROM range(${from}, ${from + 4}) r(i)`, {
      add: { partitionValues: { p: null }, ...add },
    });
  const elsewhere = join(warehouse, 'elsewhere', name, 'a b%20.bin');
  const actions = [
    ...tableActions({
      columns: { id: 'long', p: 'string' },
      partitionColumns: ['p'],
      readerFeatures: ['deletionVectors', 'v2Checkpoint'],
    }),
    await part('whole.parquet', 0, { partitionValues: { p: 'it’s 50%' } }),
    await part('inline.parquet', 10, { deletionVector: inlineDeletionVector([0, 3]) }),
    await part('absolute.parquet', 20, { deletionVector: absoluteDeletionVector(elsewhere, [1]) }),
  ];
  t.commit(...actions.slice(0, 3)).commit(...actions.slice(3));
  return Object.assign(t, { actions });
}

const expected: readonly (readonly CellValue[])[] = [
  [0, 'it’s 50%', 0],
  [1, 'it’s 50%', 1],
  [2, 'it’s 50%', 2],
  [3, 'it’s 50%', 3],
  [11, null, 1],
  [12, null, 2],
  [20, null, 0],
  [22, null, 2],
  [23, null, 3],
];

async function allRows(name: string): Promise<readonly (readonly CellValue[])[]> {
  const sql = `SELECT *, _metadata.row_index FROM ${name} ORDER BY id`;
  return (await engineClient(engine).run({ sql })).rows;
}

test('inline and absolute deletion vectors are read from commits', async () => {
  await makeTable('commits');
  assert.deepEqual(await allRows('commits'), expected);
});

for (const [index, layout] of checkpointLayouts.entries()) {
  test(`the same rows come from a checkpoint: ${layout}`, async () => {
    const name = `layout_${index}`;
    const t = await makeTable(name);
    await writeCheckpoint(writer, t.location, { version: 1, layout, actions: t.actions });
    for (const version of [0, 1]) {
      rmSync(join(t.location, '_delta_log', `${String(version).padStart(20, '0')}.json`));
    }
    assert.deepEqual(await allRows(name), expected);
    t.commit(await t.parquet('later.parquet', 'SELECT 99::BIGINT AS id'));
    assert.deepEqual((await allRows(name)).at(-1), [99, null, 0]);
  });
}
