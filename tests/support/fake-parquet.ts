/**
 * A `ParquetIo` for tests without checkpoints, and one that gives hand-made batches.
 */
import type { ColumnBatch } from '../../catalog/column-batch.ts';
import type { ParquetColumn, ParquetIo } from '../../catalog/ports.ts';

export const noParquet: ParquetIo = {
  readColumns(locations) {
    throw new Error(`no Parquet file is expected here: ${locations.join(', ')}`);
  },
};

/** Gives what `batchesOf` makes of each file and the wanted columns. */
export function fakeParquet(
  batchesOf: (location: string, columns: readonly ParquetColumn[]) => readonly ColumnBatch[],
): ParquetIo {
  return {
    async *readColumns(locations, columns, options) {
      for (const location of locations) {
        options?.signal?.throwIfAborted();
        yield* batchesOf(location, columns);
      }
    },
  };
}
