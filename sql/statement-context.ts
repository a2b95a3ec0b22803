/** What every stage of one statement shares. */
import type { Catalog } from '../catalog/catalog.ts';
import type { ViewDefinition } from '../catalog/catalog-store.ts';
import type { FolderOperations } from '../catalog/folder-operations.ts';
import type { LocalFiles } from '../catalog/local-files.ts';
import type { DeletionVectorCache } from '../catalog/deletion-vector-cache.ts';
import type { Transactions } from '../catalog/commit/transactions.ts';
import type { Clock, NewId, ObjectStore } from '../catalog/ports.ts';
import type { SnapshotCache } from '../catalog/snapshot-cache.ts';
import type { FileShapes } from './duckdb/file-shapes.ts';
import type { DuckdbEngine } from './duckdb/duckdb-engine.ts';
import type { EngineConnection } from './duckdb/engine-connection.ts';
import type { PlannerEngine } from './duckdb/planner-engine.ts';
import type { SnapshotPins } from './bind/snapshot-pins.ts';
import type { PushDownCache } from './push-down-cache.ts';
import type { Identity, Session } from './session.ts';
import type { StageClock } from './stage-clock.ts';
import type { OpenTransaction } from './transaction/open-transaction.ts';
import type { Relation } from '../catalog/relation.ts';
import type { Parameters, ResultColumn } from './sql-engine.ts';
import type { ConflictRetries } from './write/conflict-retries.ts';

/** What outlives the statement. */
export interface EngineServices {
  readonly catalog: Catalog;
  readonly snapshots: SnapshotCache;
  readonly store: ObjectStore;
  readonly folders: FolderOperations;
  /** Where the engine finds the files of the store. */
  readonly files: LocalFiles;
  readonly transactions: Transactions;
  /** Runs statements again that lost against another commit. */
  readonly conflictRetries: ConflictRetries;
  readonly deletionVectors: DeletionVectorCache;
  readonly duckdb: DuckdbEngine;
  readonly fileShapes: FileShapes;
  readonly planner: PlannerEngine;
  readonly pushDowns: PushDownCache;
  /** Whether files that a query does not need are left out. */
  readonly dataSkipping: boolean;
  /** Views of `global_temp`, shared by all sessions until the server stops; by lower-case name. */
  readonly globalTemporaryViews: Map<string, ViewDefinition>;
  readonly clock: Clock;
  readonly newId: NewId;
}

export interface StatementContext {
  readonly services: EngineServices;
  readonly session: Session;
  readonly identity: Identity;
  readonly parameters: Parameters | undefined;
  readonly rowLimit: number | undefined;
  /** Whether statements that change something are refused. */
  readonly readOnly: boolean;
  /** `cacheKey`s of answers that the client has: with one of them, nothing is run. */
  readonly knownCacheKeys: readonly string[];
  readonly signal: AbortSignal;
  /** The whole text of the statement, for positions. */
  readonly source: string;
  readonly pins: SnapshotPins;
  readonly stages: StageClock;
  /** What a query's names were found to mean so long ago is good enough. */
  readonly maxStalenessMs: number;
  /** The one that the statement is part of. */
  readonly transaction?: OpenTransaction | undefined;
  /** Holds the temporary tables of the statement; what the statement runs, runs there. */
  readonly connection?: EngineConnection | undefined;
  /** The columns of a table or view; a view is bound and described, not run. */
  relationColumns(relation: Relation): Promise<readonly DescribedColumn[]>;
}

export interface DescribedColumn extends ResultColumn {
  readonly comment: string | undefined;
  readonly isPartition: boolean;
}
