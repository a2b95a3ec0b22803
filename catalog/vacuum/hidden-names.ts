/**
 * Names in a table's folder that do not belong to its data: those that begin with `_` or `.`, as every
 * Delta engine has it. The log is one of them.
 *
 * Exceptions, which are data: change files, indexes, and folders of a partition column whose name
 * begins so.
 */
import { columnMappingMode, physicalName } from '../log/column-mapping.ts';
import { requiredWriterFeatures } from '../log/protocol.ts';
import type { Snapshot } from '../snapshot.ts';

const dataFolders: readonly string[] = ['_change_data', '_delta_index'];

/** Whether one part of a path hides what is below it. `depth` is 0 in the table's own folder. */
export type IsHidden = (name: string, depth: number) => boolean;

export function hiddenNames(snapshot: Snapshot): IsHidden {
  const mode = columnMappingMode(snapshot);
  const partitions = snapshot.metadata.partitionColumns.flatMap((column) => {
    const field = snapshot.schema.fields.find(
      ({ name }) => name.toLowerCase() === column.toLowerCase(),
    );
    return field === undefined ? [column] : [column, physicalName(field, mode)];
  });
  const hasIceberg =
    Object.hasOwn(snapshot.metadata.configuration, 'delta.universalFormat.enabledFormats') ||
    requiredWriterFeatures(snapshot.protocol).some((name) => name.startsWith('icebergCompat'));
  return (name, depth) => {
    // Iceberg's own metadata, in tables that have both.
    if (hasIceberg && depth === 0 && name === 'metadata') return true;
    if (!name.startsWith('_') && !name.startsWith('.')) return false;
    if (depth === 0 && name === '_delta_log') return true;
    if (dataFolders.some((folder) => name.startsWith(folder))) return false;
    return !partitions.some((column) => name.startsWith(`${column}=`));
  };
}
