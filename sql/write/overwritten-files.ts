/** Which files an INSERT OVERWRITE takes out of the table: all, or those of some partitions. */
import { removeFile } from '../../catalog/commit/remove-file.ts';
import type { Transaction } from '../../catalog/commit/transaction.ts';
import type { AddFile, PartitionValues } from '../../catalog/log/actions.ts';
import { columnMappingMode, physicalName } from '../../catalog/log/column-mapping.ts';
import { formatPartitionValue, parsePartitionValue } from '../../catalog/log/partition-values.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { partitionFields } from './write-target.ts';

/** Removes every file. Returns how many. */
export function overwriteAll(
  transaction: Transaction,
  snapshot: Snapshot,
  deletionTimestamp: number,
): number {
  transaction.readWholeTable();
  const removes = [...snapshot.files].map((file) =>
    removeFile(snapshot.files.addFile(file), { deletionTimestamp }),
  );
  transaction.remove(removes);
  return removes.length;
}

/**
 * Removes the files of the partitions that `files` lie in.
 *
 * @param columns the partition columns that tell partitions apart, by their names in the schema
 */
export function overwritePartitions(
  transaction: Transaction,
  snapshot: Snapshot,
  files: readonly AddFile[],
  columns: ReadonlySet<string>,
  deletionTimestamp: number,
): number {
  const keyOf = partitionKey(snapshot, columns);
  const keys = new Set(files.map(({ partitionValues }) => keyOf(partitionValues)));
  return removeMatching(
    transaction,
    snapshot,
    (values) => keys.has(keyOf(values)),
    deletionTimestamp,
  );
}

function removeMatching(
  transaction: Transaction,
  snapshot: Snapshot,
  matches: (values: PartitionValues) => boolean,
  deletionTimestamp: number,
): number {
  const removed = [...snapshot.files]
    .map((file) => snapshot.files.addFile(file))
    .filter(({ partitionValues }) => matches(partitionValues));
  transaction.readMatching(
    ({ partitionValues }) => matches(partitionValues),
    removed.map(({ path }) => path),
  );
  transaction.remove(removed.map((file) => removeFile(file, { deletionTimestamp })));
  return removed.length;
}

/** Values that are equal have one key, however a writer spelled them. */
export function partitionKey(
  snapshot: Snapshot,
  columns: ReadonlySet<string>,
): (values: PartitionValues) => string {
  const mode = columnMappingMode(snapshot);
  const fields = partitionFields(snapshot).filter(({ name }) => columns.has(name));
  return (values) =>
    JSON.stringify(
      fields.map((field) =>
        formatPartitionValue(field, parsePartitionValue(field, values[physicalName(field, mode)])),
      ),
    );
}
