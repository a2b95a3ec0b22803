/** The table that the tests of `_metadata` look at. */
import type { DeltaFolder } from './delta-folder.ts';
import { inlineDeletionVector } from './inline-deletion-vector.ts';

export const rangeSql = (from: number, to: number, more = ''): string =>
  `SELECT i AS id, 'n' || i AS name${more} FROM range(${from}, ${to}) r(i)`;

/** Ids 0 to 3 in one file, 2 and 3 deleted; 4 to 6 in a file with an odd name and partition. */
export async function writeMetadataTable(t: DeltaFolder): Promise<void> {
  const odd = await t.parquet('p=a b/ü %41#[1].parquet', rangeSql(4, 7), {
    add: {
      path: 'p=a%20b/%C3%BC%20%2541%23%5B1%5D.parquet',
      partitionValues: { p: 'a b' },
      modificationTime: 1_234_567_890_123,
    },
  });
  t.create(
    {
      columns: { id: 'long', name: 'string', p: 'string' },
      partitionColumns: ['p'],
      readerFeatures: ['deletionVectors'],
    },
    await t.parquet('p=x/plain.parquet', rangeSql(0, 4), {
      add: { partitionValues: { p: 'x' }, deletionVector: inlineDeletionVector([0, 2]) },
    }),
    odd,
  );
  t.commit(
    await t.parquet('p=x/late.parquet', rangeSql(7, 8), { add: { partitionValues: { p: 'x' } } }),
  );
}
