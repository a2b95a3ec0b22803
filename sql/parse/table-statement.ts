/** Statements that make, copy, empty and drop tables. */
import type { DataType } from '../../catalog/data-type.ts';
import type { ColumnName, ObjectName } from './object-name.ts';
import type { SourceSlice } from './source-slice.ts';
import type { TableVersion } from './table-version.ts';

export interface Property {
  readonly key: string;
  readonly value: string;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: DataType;
  readonly notNull: boolean;
  readonly comment: string | undefined;
  readonly defaultValue: SourceSlice | undefined;
  readonly generated: ColumnGeneration | undefined;
  readonly start: number;
}

export type ColumnGeneration =
  /** `GENERATED ALWAYS AS (expression)`; the slice is without the brackets. */
  | { readonly kind: 'expression'; readonly expression: SourceSlice }
  | {
      readonly kind: 'identity';
      /** False for BY DEFAULT, which lets an INSERT give the value. */
      readonly always: boolean;
      readonly startWith: bigint;
      readonly incrementBy: bigint;
    };

/** `[CONSTRAINT name] CHECK (condition)`; the slice is without the brackets. */
export interface CheckConstraint {
  readonly name: string | undefined;
  readonly condition: SourceSlice;
  readonly start: number;
}

export interface CreateTable {
  readonly kind: 'createTable';
  readonly name: ObjectName;
  /** CREATE OR REPLACE TABLE, or REPLACE TABLE. */
  readonly orReplace: boolean;
  /** REPLACE TABLE: there must be a table to replace. */
  readonly mustExist: boolean;
  readonly ifNotExists: boolean;
  /** `undefined` when the statement lists none: from `asQuery`, or from the table at `location`. */
  readonly columns: readonly ColumnDefinition[] | undefined;
  /** Those of the table and those written beside a column, in the order of the text. */
  readonly constraints: readonly CheckConstraint[];
  /** The format, in lower case: `delta`, `parquet`, ... */
  readonly using: string | undefined;
  readonly partitionedBy: readonly string[];
  /** Empty for CLUSTER BY NONE as well. */
  readonly clusterBy: readonly ColumnName[];
  readonly location: string | undefined;
  readonly comment: string | undefined;
  readonly properties: readonly Property[];
  readonly asQuery: SourceSlice | undefined;
}

/** `CREATE TABLE t LIKE source`: its columns and partitioning, none of its rows. */
export interface CreateTableLike {
  readonly kind: 'createTableLike';
  readonly name: ObjectName;
  readonly ifNotExists: boolean;
  readonly source: ObjectName;
  readonly using: string | undefined;
  readonly location: string | undefined;
  readonly comment: string | undefined;
  readonly properties: readonly Property[];
}

export interface CloneTable {
  readonly kind: 'cloneTable';
  readonly name: ObjectName;
  readonly orReplace: boolean;
  /** REPLACE TABLE: there must be a table to replace. */
  readonly mustExist: boolean;
  readonly ifNotExists: boolean;
  /** CLONE alone is deep. */
  readonly depth: 'shallow' | 'deep';
  readonly source: ObjectName;
  readonly version: TableVersion | undefined;
  readonly properties: readonly Property[];
  readonly location: string | undefined;
}

export interface DropTable {
  readonly kind: 'dropTable';
  readonly name: ObjectName;
  readonly ifExists: boolean;
}

export interface UndropTable {
  readonly kind: 'undropTable';
  readonly name: ObjectName;
}

export interface TruncateTable {
  readonly kind: 'truncateTable';
  readonly target: ObjectName;
}
