/**
 * Columns that a table finds by Parquet field id, found by their names instead. `read_parquet` does
 * the one or the other for all columns of a list of files, and those in which Delta keeps row ids
 * have a name and no id. Pure.
 */
import { columnMappingMode } from '../../catalog/log/column-mapping.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { requireClearName } from './clear-names.ts';
import type { FileShape } from './file-shape.ts';
import type { HiddenColumn } from './metadata-column-sql.ts';
import type { RelationColumn } from './relation-sql.ts';

/** Whether the files of the table have to be read by names, which their footers tell. */
export function needsNames(snapshot: Snapshot, { sources }: HiddenColumn): boolean {
  return sources.length > 0 && columnMappingMode(snapshot) === 'id';
}

/** What the file calls each of the columns. Throws UNSUPPORTED_FEATURE as `requireClearName`. */
export function namesInFile(
  shape: FileShape,
  columns: readonly RelationColumn[],
): readonly string[] {
  return columns.map((column, index) => {
    if (column.kind === 'partition') return '';
    const { identifier } = column;
    const name = typeof identifier === 'number' ? shape.namesById.get(identifier) : identifier;
    if (name !== undefined) requireClearName(shape, name);
    // A name that no file has: the column is all NULL in it.
    return name ?? `__levee_missing_${index}`;
  });
}

export function byName(
  columns: readonly RelationColumn[],
  names: readonly string[],
): readonly RelationColumn[] {
  return columns.map((column, index) =>
    column.kind === 'partition' ? column : { ...column, identifier: names[index] ?? '' },
  );
}
