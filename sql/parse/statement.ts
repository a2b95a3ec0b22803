/**
 * What a statement is, once parsed. Queries and expressions inside it stay text (`SourceSlice`);
 * names are not resolved. Offsets are UTF-16 units of the statement's text.
 */
import type { DataType } from '../../catalog/data-type.ts';
import type { SourceSlice } from './source-slice.ts';

/**
 * The name of a table, view or schema: one to three parts, unquoted. A path is `['delta', path]`,
 * whether it was written ``delta.`/path` `` or, where that is allowed, `'/path'`.
 */
export interface ObjectName {
  readonly parts: readonly string[];
  readonly start: number;
}

export type Statement =
  | Query
  | Explain
  | CreateView
  | DropView
  | CreateSchema
  | DropSchema
  | CreateTable
  | DropTable
  | Insert
  | RefreshTable
  | Use
  | UseCatalog
  | SetSetting
  | ShowSettings
  | ResetSetting
  | ShowSchemas
  | ShowTables
  | ShowViews
  | ShowColumns
  | ShowCreateTable
  | ShowCatalogs
  | DescribeTable
  | DescribeQuery
  | DescribeSchema
  | DescribeHistory
  | DescribeDetail
  | Unsupported;

export interface Query {
  readonly kind: 'query';
  readonly query: SourceSlice;
}

export interface Explain {
  readonly kind: 'explain';
  /** Whether the query is to be run and measured. */
  readonly analyze: boolean;
  /** EXTENDED, FORMATTED, COST or CODEGEN, in upper case. */
  readonly mode: string | undefined;
  readonly query: SourceSlice;
}

export interface CreateView {
  readonly kind: 'createView';
  readonly name: ObjectName;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly scope: 'persistent' | 'temporary' | 'globalTemporary';
  readonly columnNames: readonly string[] | undefined;
  /** In the order of `columnNames`. */
  readonly columnComments: readonly (string | undefined)[] | undefined;
  readonly comment: string | undefined;
  readonly properties: readonly Property[];
  readonly query: SourceSlice;
}

export interface DropView {
  readonly kind: 'dropView';
  readonly name: ObjectName;
  readonly ifExists: boolean;
}

export interface CreateSchema {
  readonly kind: 'createSchema';
  readonly name: ObjectName;
  readonly ifNotExists: boolean;
  readonly comment: string | undefined;
  readonly location: string | undefined;
  readonly properties: readonly Property[];
}

export interface DropSchema {
  readonly kind: 'dropSchema';
  readonly name: ObjectName;
  readonly ifExists: boolean;
  readonly cascade: boolean;
}

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

export interface CreateTable {
  readonly kind: 'createTable';
  readonly name: ObjectName;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  /** `undefined` when the statement lists none: from `asQuery`, or from the table at `location`. */
  readonly columns: readonly ColumnDefinition[] | undefined;
  /** The format, in lower case: `delta`, `parquet`, ... */
  readonly using: string | undefined;
  readonly partitionedBy: readonly string[];
  readonly clusterBy: readonly string[];
  readonly location: string | undefined;
  readonly comment: string | undefined;
  readonly properties: readonly Property[];
  readonly asQuery: SourceSlice | undefined;
}

export interface DropTable {
  readonly kind: 'dropTable';
  readonly name: ObjectName;
  readonly ifExists: boolean;
}

export interface Insert {
  readonly kind: 'insert';
  readonly target: ObjectName;
  readonly columns: readonly string[] | undefined;
  /** Columns are matched by name and not by position. */
  readonly byName: boolean;
  readonly mode:
    | { readonly kind: 'append' }
    | { readonly kind: 'overwrite' }
    | { readonly kind: 'replaceWhere'; readonly condition: SourceSlice };
  readonly query: SourceSlice;
}

/** Snapshots are always fresh: nothing to do. */
export interface RefreshTable {
  readonly kind: 'refreshTable';
  readonly name: ObjectName;
}

export interface Use {
  readonly kind: 'use';
  readonly schema: ObjectName;
}

export interface UseCatalog {
  readonly kind: 'useCatalog';
  readonly catalog: ObjectName;
}

export interface SetSetting {
  readonly kind: 'set';
  /** As written; `SET TIME ZONE` is `TimeZone`. */
  readonly key: string;
  readonly value: string;
  readonly start: number;
}

/** `SET` alone, or `SET key` without a value. */
export interface ShowSettings {
  readonly kind: 'showSettings';
  readonly key: string | undefined;
}

export interface ResetSetting {
  readonly kind: 'reset';
  readonly key: string | undefined;
}

export interface ShowSchemas {
  readonly kind: 'showSchemas';
  readonly catalog: ObjectName | undefined;
  readonly like: string | undefined;
}

export interface ShowTables {
  readonly kind: 'showTables';
  readonly schema: ObjectName | undefined;
  /** The pattern of SHOW: `*` for any characters, `|` between alternatives. */
  readonly like: string | undefined;
}

export interface ShowViews {
  readonly kind: 'showViews';
  readonly schema: ObjectName | undefined;
  readonly like: string | undefined;
}

export interface ShowColumns {
  readonly kind: 'showColumns';
  readonly table: ObjectName;
}

export interface ShowCreateTable {
  readonly kind: 'showCreateTable';
  readonly table: ObjectName;
}

export interface ShowCatalogs {
  readonly kind: 'showCatalogs';
  readonly like: string | undefined;
}

export interface DescribeTable {
  readonly kind: 'describeTable';
  readonly table: ObjectName;
  readonly extended: boolean;
  /** One column, or a field inside it. */
  readonly column: readonly string[] | undefined;
}

export interface DescribeQuery {
  readonly kind: 'describeQuery';
  readonly query: SourceSlice;
}

export interface DescribeSchema {
  readonly kind: 'describeSchema';
  readonly schema: ObjectName;
  readonly extended: boolean;
}

export interface DescribeHistory {
  readonly kind: 'describeHistory';
  readonly target: ObjectName;
  readonly limit: number | undefined;
}

export interface DescribeDetail {
  readonly kind: 'describeDetail';
  readonly target: ObjectName;
}

/** A statement that Levee knows and does not run. */
export interface Unsupported {
  readonly kind: 'unsupported';
  /** Its name for people, in upper case: `OPTIMIZE`, `ALTER TABLE`, `CREATE MACRO`. */
  readonly name: string;
  readonly hint: string | undefined;
}
