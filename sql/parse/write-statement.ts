/** Statements that change rows. Conditions, values and queries stay text. */
import type { ColumnName, ObjectName } from './object-name.ts';
import type { SourceSlice } from './source-slice.ts';
import type { Property } from './table-statement.ts';
import type { TableVersion } from './table-version.ts';

export interface Insert {
  readonly kind: 'insert';
  readonly target: ObjectName;
  /** Columns that the table lacks are added to it. */
  readonly schemaEvolution: boolean;
  /** `PARTITION (a = 1, b)`; the query gives no values for the columns that have one here. */
  readonly partition: readonly PartitionColumn[];
  readonly columns: readonly string[] | undefined;
  /** Columns are matched by name and not by position. */
  readonly byName: boolean;
  readonly mode:
    | { readonly kind: 'append' }
    | { readonly kind: 'overwrite' }
    | { readonly kind: 'replaceWhere'; readonly condition: SourceSlice }
    /** The rows with the same values in these columns as a new row are replaced. */
    | { readonly kind: 'replaceUsing'; readonly columns: readonly ColumnName[] };
  readonly query: SourceSlice;
  /** The items of a VALUES list that are DEFAULT, in the order of the text. */
  readonly defaults: readonly DefaultItem[];
}

export interface PartitionColumn {
  readonly name: string;
  readonly value: SourceSlice | undefined;
  readonly start: number;
}

/** Row and column count from 0. */
export interface DefaultItem {
  readonly row: number;
  readonly column: number;
  /** Of the word DEFAULT; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface CopyInto {
  readonly kind: 'copyInto';
  readonly target: ObjectName;
  readonly columns: readonly ColumnName[] | undefined;
  readonly byPosition: boolean;
  readonly path: string;
  /** Of the path's string. */
  readonly pathStart: number;
  /** What stands between SELECT and FROM; `undefined` for all columns of the files. */
  readonly select: SourceSlice | undefined;
  /** In lower case: `parquet`, `csv`, `json`, ... */
  readonly format: string;
  readonly files: readonly string[] | undefined;
  readonly pattern: string | undefined;
  readonly formatOptions: readonly Property[];
  readonly copyOptions: readonly Property[];
  /** Only checked, nothing written: all rows, or so many. */
  readonly validate: number | 'all' | undefined;
}

export interface Update {
  readonly kind: 'update';
  readonly target: ObjectName;
  readonly alias: string | undefined;
  readonly assignments: readonly Assignment[];
  readonly condition: SourceSlice | undefined;
}

/** `a.b = expression`. */
export interface Assignment {
  /** May begin with the table or its alias. */
  readonly column: ColumnName;
  readonly value: AssignedValue;
}

export type AssignedValue =
  | { readonly kind: 'expression'; readonly expression: SourceSlice }
  | { readonly kind: 'default'; readonly start: number };

export interface Delete {
  readonly kind: 'delete';
  readonly target: ObjectName;
  readonly alias: string | undefined;
  readonly condition: SourceSlice | undefined;
}

/**
 * The clauses of a kind are in the order of the text; the first one whose condition holds is taken.
 * Only the last of a kind may lack a condition. A row meets clauses of one kind alone, so the order
 * among kinds means nothing.
 */
export interface Merge {
  readonly kind: 'merge';
  readonly schemaEvolution: boolean;
  readonly target: ObjectName;
  readonly targetAlias: string | undefined;
  readonly source: MergeSource;
  readonly sourceAlias: string | undefined;
  /** `AS s(a, b)`. */
  readonly sourceColumns: readonly string[] | undefined;
  readonly condition: SourceSlice;
  readonly matched: readonly MergeClause<MatchedAction>[];
  readonly notMatched: readonly MergeClause<NotMatchedAction>[];
  readonly notMatchedBySource: readonly MergeClause<NotMatchedBySourceAction>[];
}

export type MergeSource =
  | {
      readonly kind: 'table';
      readonly name: ObjectName;
      readonly version: TableVersion | undefined;
      /** Name and time travel as written, which FROM takes too. */
      readonly reference: SourceSlice;
    }
  /** A query, VALUES among them, without its brackets. */
  | { readonly kind: 'query'; readonly query: SourceSlice }
  /** `table_changes('t', 3)`, which FROM takes too. */
  | { readonly kind: 'function'; readonly call: SourceSlice };

export interface MergeClause<Action> {
  readonly condition: SourceSlice | undefined;
  readonly action: Action;
  /** Of WHEN. */
  readonly start: number;
}

export type MatchedAction =
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly assignments: readonly Assignment[] }
  /** `UPDATE SET * [EXCEPT (a, b)]`. */
  | { readonly kind: 'updateAll'; readonly except: readonly ColumnName[] };

export type NotMatchedAction =
  /** As many values as columns. */
  | {
      readonly kind: 'insert';
      readonly columns: readonly ColumnName[];
      readonly values: readonly AssignedValue[];
    }
  /** `INSERT * [EXCEPT (a, b)]`. */
  | { readonly kind: 'insertAll'; readonly except: readonly ColumnName[] };

export type NotMatchedBySourceAction =
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly assignments: readonly Assignment[] };
