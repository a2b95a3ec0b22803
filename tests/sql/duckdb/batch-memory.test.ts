import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ColumnBatch } from '../../../catalog/column-batch.ts';
import { BatchMemories } from '../../../sql/duckdb/batch-memory.ts';
import { DuckdbEngine } from '../../../sql/duckdb/duckdb-engine.ts';
import { makeScratch } from '../../support/open-engine.ts';
import { cellOf } from '../../support/vector-cell.ts';

let engine: DuckdbEngine;
let remove: () => Promise<void>;
before(async () => {
  const scratch = await makeScratch();
  remove = scratch.remove;
  engine = await DuckdbEngine.open({
    roots: [scratch.folder],
    spillFolder: `${scratch.folder}/spill`,
    spillBytesMax: 2 ** 30,
    memoryBytesMax: 2 ** 30,
    threads: 2,
  });
});
after(async () => {
  engine.close();
  await remove();
});

function cells(batch: ColumnBatch): unknown[][] {
  const rows = Array.from({ length: batch.rowCount }, (_, row) => row);
  return batch.columns.map((column) => rows.map((row) => cellOf(column, row)));
}

const seed = Math.floor(Math.random() * 1e6);

/** Rows of every layout; whole batches of NULL, and texts whose size differs from batch to batch. */
const manyTypes = `
  WITH r AS (
    SELECT i, (hash(i + ${seed}) % 1000)::BIGINT AS h, (i // 2048) % 3 = 1 OR hash(i + ${seed}) % 5 = 0 AS n
    FROM range(15000) t(i)
  )
  SELECT CASE WHEN NOT n THEN h % 2 = 0 END, CASE WHEN NOT n THEN (h % 100)::TINYINT END,
    h::SMALLINT, CASE WHEN NOT n THEN h::INTEGER END, i, h::FLOAT, h::DOUBLE, h::UBIGINT,
    CASE WHEN NOT n THEN ((h - 500) / 10)::DECIMAL(4, 1) END, ((h - 500) / 10)::DECIMAL(9, 2),
    ((h - 500) * 1000000007)::DECIMAL(18, 2), ((h - 500) * 1000000007)::DECIMAL(38, 4),
    CASE WHEN NOT n THEN repeat('é', h % 40) END, repeat('x', (i // 2048) * 7),
    CASE WHEN NOT n THEN range(h % 4) END, CASE WHEN NOT n THEN {'a': h, 'b': 'b' || h} END,
    MAP {'k' || h: [h]}, [h, NULL]::INTEGER[2]
  FROM r`;

test(`batches given back and batches kept hold the same values (seed ${seed})`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const connection = await engine.connect();
  try {
    const kept: ColumnBatch[] = [];
    for await (const batch of (await connection.stream(manyTypes, undefined)).batches) {
      kept.push(batch);
    }
    const given: unknown[][][] = [];
    for await (const batch of (await connection.stream(manyTypes, undefined)).batches) {
      given.push(cells(batch));
      for (const column of batch.columns) {
        // Whoever reads it later, or trusts memory to be zero, finds this.
        if (column.kind === 'bytes') column.offsets.fill(-1);
        if (column.kind === 'decimal') column.words.fill(-1n);
      }
      batch.release?.();
      batch.release?.();
    }
    assert.ok(kept.length > 5);
    assert.deepEqual(given, kept.map(cells));
  } finally {
    connection.close();
  }
});

test('a batch that was not given back keeps its memory', () => {
  const memories = new BatchMemories();
  const first = memories.next();
  first.memory.take(100);
  first.release();
  const second = memories.next();
  const third = memories.next();
  const bytes = second.memory.take(100);
  bytes.fill(7);
  third.memory.take(100).fill(8);
  third.release();
  memories.next().memory.take(100).fill(9);
  assert.ok(bytes.every((byte) => byte === 7));
});

test('memory given back twice goes to one batch', () => {
  const memories = new BatchMemories();
  const { memory, release } = memories.next();
  memory.take(64);
  release();
  release();
  const next = memories.next().memory.take(64);
  const other = memories.next().memory.take(64);
  assert.notEqual(next.buffer, other.buffer);
});

test('a stream left after one batch lets its connection run the next statement', async () => {
  const connection = await engine.connect();
  try {
    for (let round = 0; round < 5; round++) {
      const { batches } = await connection.stream('FROM range(100000)', undefined);
      const first = await batches.next();
      assert.ok(first.done !== true);
      first.value.release?.();
      await batches.return();
      assert.deepEqual(await connection.rows('SELECT 1'), [[1]]);
    }
  } finally {
    connection.close();
  }
});

test('an abort between two batches fails with its reason, although the next one is there', async () => {
  const connection = await engine.connect();
  try {
    const abort = new AbortController();
    const { batches } = await connection.stream('FROM range(100000)', undefined, abort.signal);
    await batches.next();
    abort.abort();
    await assert.rejects(batches.next(), { code: 'QUERY_CANCELED' });
    assert.deepEqual(await connection.rows('SELECT 1'), [[1]]);
  } finally {
    connection.close();
  }
});
