/** What is to be run, as plain data: which files of which tables, and the SQL over them. */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { DataType } from '../../catalog/data-type.ts';
import type { DeletionVectorDescriptor } from '../../catalog/log/actions.ts';
import type { Predicate } from '../../catalog/predicate.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { PinnedTable } from '../bind/snapshot-pins.ts';

/** The files that one reference to a table reads. */
export interface TableScan {
  readonly table: PinnedTable;
  readonly files: readonly FileHandle[];
  readonly bytes: number;
  /** What was left out of the table's files; `undefined` when nothing was looked at. */
  readonly skipped: SkippedFiles | undefined;
}

export interface SkippedFiles {
  /** Holds for every row that the reference has to give. */
  readonly predicate: Predicate;
  /** Files left out by their partition values, and by their statistics besides. */
  readonly byPartition: number;
  readonly byStatistics: number;
  /** Files left out because those before them have rows enough. */
  readonly byLimit: number;
}

/** A relation of row positions that the SQL names and that must be there before it runs. */
export interface DeletedRows {
  readonly name: string;
  readonly snapshot: Snapshot;
  /** All with a deletion vector, in the order of the list that the SQL reads. */
  readonly files: readonly FileHandle[];
  /** By file: rows that its deletion vector marks and that are not meant. */
  readonly except: readonly (DeletionVectorDescriptor | undefined)[] | undefined;
}

export interface QueryPlan {
  /** One SELECT that DuckDB runs. */
  readonly sql: string;
  /** The place in the user's text of a UTF-16 offset in `sql`. */
  toSource(offset: number): number;
  /** By column of the result its type where that has collations, which DuckDB's types do not tell. */
  readonly collations: readonly (DataType | undefined)[];
  /** Statements that the connection has to run before. */
  readonly setUp: readonly string[];
  /** One for each reference to a table. */
  readonly scans: readonly TableScan[];
  /** Whether `sql` has the answer in it, and no file is read. */
  readonly isAnsweredFromLog: boolean;
  /** Why no file was left out of tables with many. */
  readonly unskipped: string | undefined;
  readonly deletedRows: readonly DeletedRows[];
  readonly filesTotal: number;
  readonly filesScanned: number;
  readonly bytesScanned: number;
}
