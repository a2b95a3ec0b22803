/**
 * One list of data files -> one DuckDB relation with exactly the table's columns, in order, typed as
 * the schema says. Pure text; no file is opened.
 *
 * How each thing the protocol asks for is met
 * 1. Files that have exactly the table's columns are read as they are. In all others, columns are
 *    found by their physical name (or field id), with `read_parquet`'s `schema` argument: a column or
 *    nested field that a file lacks is NULL, a narrower one is widened. That needs no footer, but
 *    DuckDB then knows no statistics to order joins by.
 * 2. Partition values come from the log, never from the path: a constant list indexed by the
 *    number of the file in the list. DuckDB opens every file all the same: those that a predicate
 *    rules out are left out of the list beforehand.
 * 3. Nested fields whose physical names differ from the logical ones are rebuilt, and so are values
 *    that lie in the files in another form: see `stored-type.ts`.
 * 4. Rows that a deletion vector marks are removed by their position in the file: `deletedRows` names
 *    a table of packed positions, `(file number << 40) | row number`, for the files that have one. A
 *    relation of one file looks them up in its own part of the table, which is quicker.
 */
import type { StructField } from '../../catalog/data-type.ts';
import { quoteFileName, quoteIdentifier, quoteString } from '../quote.ts';
import { duckdbType } from '../types.ts';
import {
  emptyRowColumnsSql,
  rowColumnsSql,
  rowNumberBits,
  type RelationRows,
} from './row-columns.ts';
import { logicalValueSql } from './logical-value-sql.ts';
import { emptyHiddenColumnSql, hiddenColumnSql, type HiddenColumn } from './metadata-column-sql.ts';
import { partitionListSql } from './partition-list-sql.ts';
import { same, storedDuckdbType, type StoredType } from './stored-type.ts';

/** A column of the table and where its values are. */
export type RelationColumn =
  | {
      readonly kind: 'data';
      readonly field: StructField;
      /** How the file names it: by name, or by Parquet field id. */
      readonly identifier: string | number;
      /** The field with the names that the files use, at every depth. */
      readonly physical: StructField;
    }
  | {
      readonly kind: 'partition';
      readonly field: StructField;
      /** By file, in the order of `files`; as the log has them. */
      readonly values: readonly (string | null)[];
    };

export interface Relation {
  /** In the order of the table's schema. */
  readonly columns: readonly RelationColumn[];
  /** Paths that the engine opens. */
  readonly files: readonly string[];
  /**
   * Every data column lies in every file under its physical name and with its type, and the files
   * have no column named like those `read_parquet` adds: they are read as they are, which lets
   * DuckDB know their statistics.
   */
  readonly isPlain: boolean;
  /** How the files store the columns, in their order; all the `same` if absent. */
  readonly stored?: readonly StoredType[] | undefined;
  /** Nothing is known of the files but that the table has texts and no binaries: bytes are texts. */
  readonly bytesAreText?: boolean | undefined;
  /** Where the positions are that deletion vectors mark, if all files have one. */
  readonly deletedRows: DeletedRowsTable | undefined;
  /** `_metadata`, behind the columns, for a query that uses it. */
  readonly hidden?: HiddenColumn | undefined;
  /** The relation has these columns besides. */
  readonly rows?: RelationRows | undefined;
}

export interface DeletedRowsTable {
  /** A table with one BIGINT column, `position`. */
  readonly name: string;
  /** The number in the table of the relation's only file; else files have those of the list. */
  readonly file: number | undefined;
  /** Whether only the rows at those positions are read, and not all others. */
  readonly isMarked: boolean;
}

const noColumn = '__levee_none';

/** A SELECT, without parentheses. */
export function relationSql(relation: Relation): string {
  if (relation.files.length === 0) return emptyRelationSql(relation);
  const sources = sourceNames(relation);
  const values = relation.columns.map((column, index) =>
    columnSql(column, sources[index] ?? '', storedAs(relation, index)),
  );
  if (relation.hidden !== undefined) values.push(hiddenColumnSql(relation.hidden));
  if (relation.rows !== undefined) values.push(...rowColumnsSql(relation.rows));
  const list = values.join(', ');
  const files = relation.files.map(quoteFileName).join(', ');
  const schema = relation.isPlain ? '' : ` ${schemaArgument(relation, sources)},`;
  const bytes = relation.bytesAreText === true ? ' binary_as_string = true,' : '';
  const source = `read_parquet([${files}],${schema}${bytes} hive_partitioning = false)`;
  const select = `SELECT ${list === '' ? 'NULL' : list} FROM ${source}`;
  const { deletedRows } = relation;
  return deletedRows === undefined ? select : `${select} ${deletedRowsJoinSql(deletedRows)}`;
}

function deletedRowsJoinSql({ name, file, isMarked }: DeletedRowsTable): string {
  const join = isMarked ? 'SEMI JOIN' : 'ANTI JOIN';
  if (file === undefined) {
    const position = `((file_index::BIGINT << ${rowNumberBits}) | file_row_number)`;
    return `${join} ${quoteIdentifier(name)} AS __levee_deleted ON (__levee_deleted.position = ${position})`;
  }
  const first = BigInt(file) << BigInt(rowNumberBits);
  const last = first + (1n << BigInt(rowNumberBits)) - 1n;
  const rows = `SELECT position - ${first} AS row FROM ${quoteIdentifier(name)} WHERE position BETWEEN ${first} AND ${last}`;
  return `${join} (${rows}) AS __levee_deleted ON (__levee_deleted.row = file_row_number)`;
}

/** Several relations of the same columns as one. */
export function unionSql(selects: readonly string[]): string {
  return selects.length === 1
    ? (selects[0] ?? '')
    : selects.map((select) => `(${select})`).join(' UNION ALL ');
}

function emptyRelationSql({ columns, hidden, rows }: Relation): string {
  const list = columns.map(
    ({ field }) => `CAST(NULL AS ${duckdbType(field.type)}) AS ${quoteIdentifier(field.name)}`,
  );
  if (hidden !== undefined) list.push(emptyHiddenColumnSql(hidden));
  if (rows !== undefined) list.push(...emptyRowColumnsSql(rows));
  return `SELECT ${list.length === 0 ? 'NULL' : list.join(', ')} WHERE false`;
}

/** Columns that `read_parquet` adds; one of the table's own must not hide them. */
export const virtualColumns: readonly string[] = ['file_index', 'file_row_number', 'filename'];

/** What each column is called between `read_parquet` and the list of the SELECT. */
function sourceNames({ columns, isPlain }: Relation): readonly string[] {
  if (isPlain) {
    return columns.map((column) => (column.kind === 'data' ? column.physical.name : ''));
  }
  const isClear = columns.every(({ field }) => !virtualColumns.includes(field.name.toLowerCase()));
  return columns.map(({ field }, index) => (isClear ? field.name : `c${index}`));
}

function storedAs({ stored }: Relation, index: number): StoredType {
  return stored?.[index] ?? same;
}

function columnSql(column: RelationColumn, sourceName: string, stored: StoredType): string {
  const alias = quoteIdentifier(column.field.name);
  if (column.kind === 'partition') {
    return `${partitionListSql(column.field, column.values)} AS ${alias}`;
  }
  const source = quoteIdentifier(sourceName);
  const value = logicalValueSql(source, {
    physical: column.physical.type,
    logical: column.field.type,
    stored,
  });
  return value === alias ? alias : `${value} AS ${alias}`;
}

/** `schema = MAP {...}`: what each column is called in the files, and the type it must have. */
function schemaArgument(relation: Relation, sources: readonly string[]): string {
  const entries = relation.columns.flatMap((column, index) => {
    if (column.kind === 'partition') return [];
    const key =
      typeof column.identifier === 'number'
        ? String(column.identifier)
        : quoteString(column.identifier);
    const type = quoteString(storedDuckdbType(column.physical.type, storedAs(relation, index)));
    return [
      `${key}: {name: ${quoteString(sources[index] ?? '')}, type: ${type}, default_value: NULL}`,
    ];
  });
  for (const [identifier, name] of columnsBesides(relation)) {
    entries.push(
      `${quoteString(identifier)}: {name: ${quoteString(name)}, type: 'BIGINT', default_value: NULL}`,
    );
  }
  // A table whose columns are all partition columns still needs a schema of its own, or the first
  // file's columns would be demanded of all the others.
  if (entries.length === 0) {
    entries.push(
      `${quoteString(noColumn)}: {name: ${quoteString(noColumn)}, type: 'BOOLEAN', default_value: NULL}`,
    );
  }
  return `schema = MAP {${entries.join(', ')}}`;
}

/** Columns of the files, all of them BIGINT, that are none of the table's: name by identifier. */
function columnsBesides({ hidden, rows }: Relation): ReadonlyMap<string, string> {
  const besides = new Map(
    (hidden?.sources ?? []).map(({ identifier, name }) => [identifier, name]),
  );
  const tracking = rows?.columns.tracking;
  if (tracking === undefined) return besides;
  const { rowId, rowCommitVersion, physicalRowId, physicalRowCommitVersion } = tracking;
  return besides.set(physicalRowId, rowId).set(physicalRowCommitVersion, rowCommitVersion);
}
