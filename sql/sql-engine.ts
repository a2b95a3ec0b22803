/**
 * What the server sees of SQL: one statement in, batches of columns out.
 */
import type { ColumnBatch } from '../catalog/column-batch.ts';
import type { DataType } from '../catalog/data-type.ts';
import type { PrunedFiles } from '../catalog/pruning-steps.ts';
import type { TimestampSource } from '../catalog/snapshot.ts';
import type { Identity, Session } from './session.ts';

/** A bound value. Integers beyond 2^53 come as bigint or string. */
export type ParameterValue = null | boolean | number | bigint | string;
/** By position (`?`, `$1`) or by name (`:name`, `$name`). */
export type Parameters = readonly ParameterValue[] | { readonly [name: string]: ParameterValue };

export interface StatementRequest {
  readonly sql: string;
  readonly parameters?: Parameters | undefined;
  readonly session: Session;
  readonly identity: Identity;
  /** Tables as they were so long ago are new enough; the session's setting if absent. */
  readonly maxStalenessMs?: number | undefined;
  /** By table, named as in SQL: versions it must have reached (DELTA_VERSION_NOT_FOUND if not). */
  readonly minVersions?: { readonly [table: string]: number } | undefined;
  /** The result ends after this many rows. */
  readonly rowLimit?: number | undefined;
  /** Whether a statement that changes something is refused (READ_ONLY_SQL_TRANSACTION). */
  readonly readOnly?: boolean | undefined;
  /** `cacheKey`s of answers the client still holds: a statement with one of them need not run. */
  readonly knownCacheKeys?: readonly string[] | undefined;
  /** Aborting interrupts the statement in DuckDB; its reason is the error if it is a CodedError. */
  readonly signal: AbortSignal;
}

export interface ResultColumn {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

export interface PinnedSnapshot {
  /** `catalog.schema.table`, or ``delta.`path` ``. */
  readonly table: string;
  readonly version: number;
  /** Of the commit; milliseconds since 1970-01-01. */
  readonly timestampMs: number;
  /** The clock that time is from. */
  readonly timestampSource?: TimestampSource | undefined;
  /** The time the statement asked for, where it did: this is the last commit not after it. */
  readonly requestedMs?: number | undefined;
}

export interface StageTiming {
  readonly stage: 'parse' | 'bind' | 'plan' | 'fetch' | 'execute';
  readonly ms: number;
}

export interface StatementStatistics {
  /** Active files of all tables at their versions; a table counts each time the statement reads it. */
  readonly filesTotal: number;
  readonly filesScanned: number;
  /** Sizes of those files; of a file that is opened not all is read. */
  readonly bytesScanned: number;
  /** Why the other files are not scanned, unless the log has the answer. */
  readonly filesPruned: readonly PrunedTableFiles[];
  /** Rows of the scanned files that deletion vectors remove. */
  readonly rowsDeleted: number;
  /** Whether the log alone has the answer, so that no file is needed. */
  readonly answeredFromLog: boolean;
  /** Tables whose newest (or wanted) version was in memory: no file of the log was read. */
  readonly snapshotsCached: number;
  readonly checkpointFilesRead: number;
  readonly commitsRead: number;
  readonly logBytesRead: number;
  readonly cached: boolean;
}

export interface PrunedTableFiles extends PrunedFiles {
  readonly table: string;
}

/** A running statement. The consumer must iterate `batches` to its end or call `close`. */
export interface StatementResult {
  /** Empty for a statement without a result (DDL), which then has no batches either. */
  readonly columns: readonly ResultColumn[];
  readonly batches: AsyncIterable<ColumnBatch>;
  readonly snapshots: readonly PinnedSnapshot[];
  /**
   * The same text for two statements exactly when their rows are the same: a digest of statement,
   * parameters, dialect, time zone, identity with its rights, view versions and, for each table,
   * its `metaData.id` and version. `undefined` when the result is volatile. Safe in a header.
   */
  readonly cacheKey?: string | undefined;
  readonly statistics: StatementStatistics;
  readonly timings: readonly StageTiming[];
  /** Frees the connection, interrupting what still runs. May be called again. */
  close(): Promise<void>;
}

/** A statement whose first step has been taken: names resolved, snapshots pinned, nothing run. */
export interface SqlEngine {
  /** Throws `CodedError` for everything a user can cause. */
  run(request: StatementRequest): Promise<StatementResult>;
  close(): Promise<void>;
}
