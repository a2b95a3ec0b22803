/** The SQL side put together: what the server holds and asks. */
import { CodedError } from '../catalog/coded-error.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createTransactions, type AfterCommit } from '../catalog/commit/transactions.ts';
import { filesOfDisk, type LocalFiles } from '../catalog/local-files.ts';
import type { FolderOperations } from '../catalog/folder-operations.ts';
import type { Clock, NewId, ObjectStore } from '../catalog/ports.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { SnapshotCache } from '../catalog/snapshot-cache.ts';
import { createDeletionVectorCache } from '../catalog/deletion-vector-cache.ts';
import { requestedFreshness } from './bind/freshness.ts';
import { SnapshotPins } from './bind/snapshot-pins.ts';
import { createFileShapes } from './duckdb/file-shapes.ts';
import { PlannerEngine } from './duckdb/planner-engine.ts';
import type { DuckdbEngine } from './duckdb/duckdb-engine.ts';
import { PushDownCache } from './push-down-cache.ts';
import { relationColumns } from './relation-columns.ts';
import { runStatement } from './run-statement.ts';
import { StageClock } from './stage-clock.ts';
import type { SqlEngine, StatementRequest, StatementResult } from './sql-engine.ts';
import type { EngineServices, StatementContext } from './statement-context.ts';
import { ConflictRetries } from './write/conflict-retries.ts';

export interface AfterCommits {
  readonly afterCommit: AfterCommit;
  /** Ends when none of the work is left. */
  readonly idle: () => Promise<void>;
}

export interface SqlEngineOptions {
  readonly catalog: Catalog;
  readonly snapshots: SnapshotCache;
  readonly store: ObjectStore;
  readonly folders: FolderOperations;
  /** Those of a disk if absent. */
  readonly files?: LocalFiles | undefined;
  /** Closed with the engine. */
  readonly duckdb: DuckdbEngine;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Without it every query reads all files of its tables; for tests. True if absent. */
  readonly dataSkipping?: boolean | undefined;
  /** Work after each commit, such as checkpoints; its failure fails nothing. Ended with the engine. */
  readonly afterCommits?: AfterCommits | undefined;
}

/** What is remembered of deletion vectors: about 30 million deleted rows. */
const deletionVectorBytesMax = 64 * 1024 * 1024;

export function createSqlEngine(options: SqlEngineOptions): SqlEngine {
  const { store, clock, newId, snapshots, afterCommits, files = filesOfDisk } = options;
  const afterCommit = afterCommits?.afterCommit;
  const latest = (location: string): Promise<Snapshot> => snapshots.latest(location);
  const transactions = createTransactions({ store, clock, newId, latest, afterCommit });
  const services: EngineServices = {
    ...options,
    files,
    transactions,
    conflictRetries: new ConflictRetries(),
    deletionVectors: createDeletionVectorCache(options.store, deletionVectorBytesMax, (location) =>
      options.catalog.checkLocation(location),
    ),
    fileShapes: createFileShapes(options.duckdb, files),
    planner: new PlannerEngine(),
    pushDowns: new PushDownCache(),
    dataSkipping: options.dataSkipping ?? true,
    globalTemporaryViews: new Map(),
  };
  return {
    run: (request) => run(request, services),
    close: async () => {
      await transactions.idle();
      await afterCommits?.idle();
      services.planner.close();
      options.duckdb.close();
    },
  };
}

async function run(request: StatementRequest, services: EngineServices): Promise<StatementResult> {
  const { sql, session, identity, parameters, rowLimit, signal } = request;
  throwIfAborted(signal);
  try {
    const freshness = await requestedFreshness(request, services);
    const context: StatementContext = {
      services,
      session,
      identity,
      parameters,
      rowLimit,
      readOnly: request.readOnly ?? false,
      knownCacheKeys: request.knownCacheKeys ?? [],
      signal,
      source: sql,
      pins: new SnapshotPins(services.snapshots, freshness, signal),
      stages: new StageClock(),
      maxStalenessMs: freshness.maxStalenessMs,
      relationColumns: (relation) => relationColumns(relation, context),
    };
    return await runStatement(context);
  } catch (error) {
    // Whatever an abort made fail, the reason of the abort is what the user is told.
    throwIfAborted(signal);
    throw error;
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  if (reason instanceof CodedError) throw reason;
  throw new CodedError('QUERY_CANCELED', 'The query was cancelled.', { cause: reason });
}
