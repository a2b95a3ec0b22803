/** Statements that keep tables in shape, and transactions. A target may be a path. */
import type { ColumnName, ObjectName } from './object-name.ts';
import type { SourceSlice } from './source-slice.ts';
import type { ColumnDefinition } from './table-statement.ts';
import type { TableVersion } from './table-version.ts';

export interface RestoreTable {
  readonly kind: 'restoreTable';
  readonly target: ObjectName;
  readonly version: TableVersion;
}

export interface Optimize {
  readonly kind: 'optimize';
  readonly target: ObjectName;
  /** Clusters anew what is clustered already. */
  readonly full: boolean;
  readonly condition: SourceSlice | undefined;
  readonly zOrderBy: readonly ColumnName[];
}

export interface Vacuum {
  readonly kind: 'vacuum';
  readonly target: ObjectName;
  readonly mode: 'lite' | 'full' | undefined;
  /** May be a fraction, and, as far as the grammar goes, negative. */
  readonly retainHours: number | undefined;
  readonly dryRun: boolean;
}

/** `REORG TABLE ... APPLY (PURGE)`. */
export interface ReorgTable {
  readonly kind: 'reorgTable';
  readonly target: ObjectName;
  readonly condition: SourceSlice | undefined;
}

export interface ConvertToDelta {
  readonly kind: 'convertToDelta';
  /** ``parquet.`/path` `` or the name of a table. */
  readonly source: ObjectName;
  readonly noStatistics: boolean;
  /** Names and types alone. */
  readonly partitionedBy: readonly ColumnDefinition[];
}

export interface AnalyzeTable {
  readonly kind: 'analyzeTable';
  readonly target: ObjectName;
  /** COMPUTE DELTA STATISTICS: those in the log, for skipping files. */
  readonly delta: boolean;
  readonly scope:
    | { readonly kind: 'table' }
    /** NOSCAN: sizes alone. */
    | { readonly kind: 'sizes' }
    | { readonly kind: 'allColumns' }
    | { readonly kind: 'columns'; readonly columns: readonly ColumnName[] };
}

export interface FsckRepairTable {
  readonly kind: 'fsckRepairTable';
  readonly target: ObjectName;
  readonly dryRun: boolean;
}

/** `GENERATE symlink_format_manifest FOR TABLE t`. */
export interface Generate {
  readonly kind: 'generate';
  readonly mode: string;
  readonly target: ObjectName;
}

export interface BeginTransaction {
  readonly kind: 'beginTransaction';
}

export interface CommitTransaction {
  readonly kind: 'commitTransaction';
}

export interface RollbackTransaction {
  readonly kind: 'rollbackTransaction';
}
