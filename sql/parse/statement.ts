/**
 * What a statement is, once parsed. Queries and expressions inside it stay text (`SourceSlice`);
 * names are not resolved. Offsets are UTF-16 units of the statement's text.
 */
import type { AlterTable, AlterView, CommentOn } from './alter-statement.ts';
import type {
  AnalyzeTable,
  BeginTransaction,
  CommitTransaction,
  ConvertToDelta,
  FsckRepairTable,
  Generate,
  Optimize,
  ReorgTable,
  RestoreTable,
  RollbackTransaction,
  Vacuum,
} from './maintenance-statement.ts';
import type { ObjectName } from './object-name.ts';
import type { SourceSlice } from './source-slice.ts';
import type {
  CloneTable,
  CreateTable,
  CreateTableLike,
  DropTable,
  Property,
  TruncateTable,
  UndropTable,
} from './table-statement.ts';
import type { CopyInto, Delete, Insert, Merge, Update } from './write-statement.ts';

export type * from './alter-statement.ts';
export type * from './maintenance-statement.ts';
export type * from './object-name.ts';
export type * from './table-statement.ts';
export type * from './table-version.ts';
export type * from './write-statement.ts';

export type Statement =
  | Query
  | Explain
  | CreateView
  | DropView
  | CreateSchema
  | DropSchema
  | CreateTable
  | CreateTableLike
  | CloneTable
  | DropTable
  | UndropTable
  | TruncateTable
  | AlterTable
  | AlterView
  | CommentOn
  | Insert
  | CopyInto
  | Update
  | Delete
  | Merge
  | RestoreTable
  | Optimize
  | Vacuum
  | ReorgTable
  | ConvertToDelta
  | AnalyzeTable
  | FsckRepairTable
  | Generate
  | BeginTransaction
  | CommitTransaction
  | RollbackTransaction
  | RefreshTable
  | Use
  | UseCatalog
  | SetSetting
  | ShowSettings
  | ResetSetting
  | ShowSchemas
  | ShowTables
  | ShowDroppedTables
  | ShowViews
  | ShowColumns
  | ShowCreateTable
  | ShowProperties
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

/** `SHOW TABLES DROPPED`: what `UNDROP TABLE` can bring back. */
export interface ShowDroppedTables {
  readonly kind: 'showDroppedTables';
  readonly schema: ObjectName | undefined;
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

/** `SHOW TBLPROPERTIES t [('key')]`, of tables and views. */
export interface ShowProperties {
  readonly kind: 'showProperties';
  readonly table: ObjectName;
  readonly key: string | undefined;
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
