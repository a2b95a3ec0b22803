/** The first rows of a stream of batches. */
import type { ColumnBatch } from '../catalog/column-batch.ts';
import { takeRows } from '../catalog/take-rows.ts';

/** Ends after `rowsMax` rows and then asks for no more; `undefined` = all. */
export async function* limitRows(
  batches: AsyncGenerator<ColumnBatch, void, undefined>,
  rowsMax: number | undefined,
): AsyncGenerator<ColumnBatch, void, undefined> {
  if (rowsMax === undefined) {
    yield* batches;
    return;
  }
  let left = rowsMax;
  try {
    while (left > 0) {
      const next = await batches.next();
      if (next.done === true) return;
      const batch = next.value.rowCount <= left ? next.value : firstRows(next.value, left);
      left -= batch.rowCount;
      yield batch;
    }
  } finally {
    await batches.return();
  }
}

function firstRows(batch: ColumnBatch, rowCount: number): ColumnBatch {
  const rows = Int32Array.from({ length: rowCount }, (_, row) => row);
  return { rowCount, columns: batch.columns.map((column) => takeRows(column, rows)) };
}
