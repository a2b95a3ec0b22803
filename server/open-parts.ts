/**
 * The only place that chooses implementations: DuckDB as the engine and as `ParquetIo`, the local
 * disk as `ObjectStore`. Apart from `build-server.ts`, so that tests of HTTP load no engine.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createCatalog } from '../catalog/catalog.ts';
import { createBackgroundPostCommit } from '../catalog/checkpoint/background-post-commit.ts';
import type { ObjectStore } from '../catalog/ports.ts';
import { createSnapshotCache } from '../catalog/snapshot-cache.ts';
import { createFileCatalogStore } from '../catalog/store/file-catalog-store.ts';
import { createLocalFolders } from '../catalog/store/local-folders.ts';
import { createLocalStore } from '../catalog/store/local-store.ts';
import { createSqlEngine, type SqlEngineOptions } from '../sql/create-sql-engine.ts';
import { DuckdbEngine } from '../sql/duckdb/duckdb-engine.ts';
import { createParquetIo, createParquetWriter } from '../sql/duckdb/parquet-io.ts';
import { systemClock, type ServerParts } from './build-server.ts';
import type { Config } from './config.ts';

export interface PartOptions extends Pick<SqlEngineOptions, 'dataSkipping'> {
  /** The local disk if absent; a test may look on. */
  readonly store?: ObjectStore | undefined;
  /** Whether checkpoints and checksums follow commits, and old log files go. True if absent. */
  readonly maintainsLog?: boolean | undefined;
}

/** The real parts: tables on the local disk, DuckDB. The options of the engine are for tests. */
export async function openParts(
  config: Config,
  { store = createLocalStore(), maintainsLog = true, ...options }: PartOptions = {},
): Promise<ServerParts> {
  const { warehouse, allowPath, limits } = config;
  const clock = systemClock;
  const newId = randomUUID;
  const duckdb = await DuckdbEngine.open({
    roots: [warehouse, ...allowPath],
    spillFolder: config.tempDirectory ?? join(tmpdir(), `levee-spill-${process.pid}`),
    spillBytesMax: limits.tempBytesMax,
    memoryBytesMax: limits.engineMemoryBytesMax || Math.floor(machineMemoryBytes() / 2),
    threads: limits.engineThreads || availableParallelism(),
  });
  const parquet = createParquetIo(duckdb);
  const bytesMax = limits.snapshotCacheBytesMax;
  const snapshots = createSnapshotCache({
    store,
    parquet,
    clock,
    bytesMax,
    checksums: config.versionChecksums,
  });
  const folders = createLocalFolders();
  const catalog = createCatalog({
    store,
    catalogStore: createFileCatalogStore({ store, warehouse, newId }),
    folders,
    warehouse,
    allowedPaths: allowPath,
    clock,
    newId,
  });
  const logMaintenance = createBackgroundPostCommit({
    store,
    parquet,
    parquetWriter: createParquetWriter(duckdb),
    clock,
    newId,
    snapshots,
  });
  const engine = createSqlEngine({
    catalog,
    snapshots,
    store,
    folders,
    duckdb,
    clock,
    newId,
    ...(maintainsLog ? { afterCommits: logMaintenance } : {}),
    ...options,
  });
  return { engine, catalog, snapshots, clock, newId, logMaintenance };
}

/** Of the container, where there is one. */
function machineMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
