/** The columns of a data file, and whether a table's columns can be taken from it as they are. Pure. */
import { duckdbType } from '../types.ts';
import type { RelationColumn } from './relation-sql.ts';

export interface FileShape {
  /** Top-level columns by name, with DuckDB's types as text. */
  readonly columns: ReadonlyMap<string, string>;
}

/**
 * Whether every data column lies in the file under its physical name with exactly its type. A file
 * that has columns named like those `read_parquet` adds is never plain.
 */
export function isPlainFile(
  shape: FileShape,
  columns: readonly RelationColumn[],
  virtualColumns: readonly string[],
): boolean {
  for (const name of shape.columns.keys()) {
    if (virtualColumns.includes(name.toLowerCase())) return false;
  }
  return columns.every(
    (column) =>
      column.kind === 'partition' ||
      shape.columns.get(column.physical.name) === duckdbType(column.physical.type),
  );
}
