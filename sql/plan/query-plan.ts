/** What is to be run, as plain data: which files of which tables, and the SQL over them. */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { DataType } from '../../catalog/data-type.ts';
import type { DeletionVectorDescriptor } from '../../catalog/log/actions.ts';
import type { Predicate } from '../../catalog/predicate.ts';
import type { PrunedFiles } from '../../catalog/pruning-steps.ts';
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
  /** Whether the rows of the query are those for which it holds, each of them and no others. */
  readonly isExact: boolean;
  readonly pruned: readonly PrunedFiles[];
}

/** A relation of row positions that the SQL names and that must be there before it runs. */
export interface DeletedRows {
  readonly name: string;
  readonly snapshot: Snapshot;
  /** All with a deletion vector, in the order of the list that the SQL reads. */
  readonly files: readonly FileHandle[];
  /** By file: rows that its deletion vector marks and that are not meant. */
  readonly except: readonly (DeletionVectorDescriptor | undefined)[] | undefined;
  /** The scan that they are removed from, or, with `except`, that is nothing but they. */
  readonly scan: TableScan;
}

/** Rows that deletion vectors remove from a scan. */
export function deletedRowsOf(scan: TableScan, plan: Pick<QueryPlan, 'deletedRows'>): number {
  return plan.deletedRows
    .filter((deleted) => deleted.scan === scan && deleted.except === undefined)
    .flatMap(({ snapshot, files }) => files.map((file) => snapshot.files.deletionVector(file)))
    .reduce((sum, vector) => sum + (vector?.cardinality ?? 0), 0);
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
