/**
 * The columns that tell the rows of a table apart, for statements that change some of them: where a
 * row lies, and its id where rows are tracked. They stand behind the table's own columns. Pure text.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#row-tracking
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { ActiveFiles, FileHandle } from '../../catalog/active-files.ts';
import type { PinnedTable, RowColumns } from '../bind/snapshot-pins.ts';
import { quoteIdentifier } from '../quote.ts';

/** Bits of an address that hold the row number: files of up to 2^40 rows. */
export const rowNumberBits = 40;
/** Handles that fit above them, in a number that is not negative. */
const fileHandleMax = 2 ** (63 - rowNumberBits);

/** What a relation needs to give the columns; lists are in the order of its files. */
export interface RelationRows {
  readonly columns: RowColumns;
  readonly handles: readonly FileHandle[];
  readonly baseRowIds: readonly (number | undefined)[];
  readonly defaultRowCommitVersions: readonly (number | undefined)[];
}

export function rowColumnNames({ rowColumns }: Pick<PinnedTable, 'rowColumns'>): readonly string[] {
  if (rowColumns === undefined) return [];
  const { address, tracking } = rowColumns;
  return tracking === undefined ? [address] : [address, tracking.rowId, tracking.rowCommitVersion];
}

/** Throws UNSUPPORTED_FEATURE for a table with more files than addresses can tell apart. */
export function relationRows(
  columns: RowColumns,
  active: ActiveFiles,
  files: readonly FileHandle[],
): RelationRows {
  if (files.some((file) => file >= fileHandleMax)) {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `Rows are changed in tables of up to ${fileHandleMax} files only.`,
      { hint: 'Run OPTIMIZE first.' },
    );
  }
  return {
    columns,
    handles: files,
    baseRowIds: files.map((file) => active.baseRowId(file)),
    defaultRowCommitVersions: files.map((file) => active.defaultRowCommitVersion(file)),
  };
}

/** The items of a SELECT over `read_parquet`. The tracking columns are read under their own names. */
export function rowColumnsSql({ columns, ...lists }: RelationRows): readonly string[] {
  const { address, tracking } = columns;
  const file = numberOfFileSql(lists.handles);
  const items = [
    `((${file} << ${rowNumberBits}) | file_row_number) AS ${quoteIdentifier(address)}`,
  ];
  if (tracking === undefined) return items;
  const { rowId, rowCommitVersion } = tracking;
  const [id, version] = [quoteIdentifier(rowId), quoteIdentifier(rowCommitVersion)];
  const base = numberOfFileSql(lists.baseRowIds);
  return [
    ...items,
    `coalesce(${id}, ${base} + file_row_number) AS ${id}`,
    `coalesce(${version}, ${numberOfFileSql(lists.defaultRowCommitVersions)}) AS ${version}`,
  ];
}

/** The same items for a relation without files. */
export function emptyRowColumnsSql({ columns }: RelationRows): readonly string[] {
  return rowColumnNames({ rowColumns: columns }).map(
    (name) => `CAST(NULL AS BIGINT) AS ${quoteIdentifier(name)}`,
  );
}

/** A number for each file, as an expression over the file's number in the list. */
function numberOfFileSql(numbers: readonly (number | undefined)[]): string {
  const [first] = numbers;
  if (numbers.every((value) => value === undefined)) return 'CAST(NULL AS BIGINT)';
  if (first !== undefined && numbers.every((value, index) => value === first + index)) {
    return `(file_index::BIGINT + ${first})`;
  }
  const list = numbers.map((value) => value ?? 'NULL').join(', ');
  return `CAST([${list}] AS BIGINT[])[file_index::BIGINT + 1]`;
}
