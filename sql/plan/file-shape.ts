/** The columns of a data file, and whether a table's columns can be taken from it as they are. Pure. */
import { duckdbType } from '../types.ts';
import type { RelationColumn } from './relation-sql.ts';

/** The type of a column in a file. */
export type FileType =
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, FileType> }
  | { readonly kind: 'list'; readonly element: FileType }
  | { readonly kind: 'map'; readonly key: FileType; readonly value: FileType }
  /** `name` is DuckDB's: `BLOB`, `VARIANT`, `DECIMAL(10,2)`. */
  | { readonly kind: 'leaf'; readonly name: string };

export interface FileColumn {
  /** DuckDB's type as text. */
  readonly typeText: string;
  readonly type: FileType;
}

/** How a file counts days and instants; see `hybrid-calendar-sql.ts`. */
export interface FileCalendar {
  readonly dates: 'proleptic' | 'hybrid';
  readonly timestamps: 'proleptic' | 'hybrid';
  /** The time zone of a writer with the hybrid calendar, if it left one. */
  readonly zone: string | undefined;
}

/** What a NULL is that DuckDB reads from an annotated variant column: it drops the difference. */
export type VariantNulls =
  /** A NULL: the column has no variant `null`. */
  | 'sql'
  /** A variant `null`: the column has no NULL. */
  | 'variant'
  | 'unknown';

export interface FileShape {
  /** Top-level columns by name. */
  readonly columns: ReadonlyMap<string, FileColumn>;
  /** Names, in lower case, that more than one top-level column has but for case. */
  readonly ambiguousNames: ReadonlySet<string>;
  /** Names of top-level columns by Parquet field id. */
  readonly namesById: ReadonlyMap<number, string>;
  readonly calendar: FileCalendar;
  /** Of annotated variants, by their path joined by NUL. */
  readonly variantNulls: ReadonlyMap<string, VariantNulls>;
}

/** The file's column that a table's column is read from: as DuckDB does, by name but for case. */
export function columnInFile(
  shape: FileShape,
  { identifier }: Extract<RelationColumn, { kind: 'data' }>,
): FileColumn | undefined {
  const name = typeof identifier === 'number' ? shape.namesById.get(identifier) : identifier;
  return name === undefined ? undefined : getByName(shape.columns, name);
}

/** The value of exactly that name, else of the one that differs by case. */
export function getByName<T>(values: ReadonlyMap<string, T>, name: string): T | undefined {
  const exact = values.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  for (const [key, value] of values) if (key.toLowerCase() === lower) return value;
  return undefined;
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
  if (shape.ambiguousNames.size > 0) return false;
  for (const name of shape.columns.keys()) {
    if (virtualColumns.includes(name.toLowerCase())) return false;
  }
  return columns.every(
    (column) =>
      column.kind === 'partition' ||
      (columnInFile(shape, column) === shape.columns.get(column.physical.name) &&
        shape.columns.get(column.physical.name)?.typeText === duckdbType(column.physical.type)),
  );
}
