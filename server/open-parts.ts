/**
 * The only place that chooses implementations: DuckDB as the engine and as `ParquetIo`, disk or S3 as
 * `ObjectStore`. Apart from `build-server.ts`, so that tests of HTTP load no engine.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createCatalog } from '../catalog/catalog.ts';
import { createBackgroundPostCommit } from '../catalog/checkpoint/background-post-commit.ts';
import { normaliseLocation } from '../catalog/location.ts';
import type { ObjectStore } from '../catalog/ports.ts';
import { createSnapshotCache } from '../catalog/snapshot-cache.ts';
import { createFileCatalogStore } from '../catalog/store/file-catalog-store.ts';
import { openStores } from '../catalog/store/open-stores.ts';
import { createSqlEngine, type SqlEngineOptions } from '../sql/create-sql-engine.ts';
import { DuckdbEngine } from '../sql/duckdb/duckdb-engine.ts';
import { createParquetIo, createParquetWriter } from '../sql/duckdb/parquet-io.ts';
import { systemClock, type ServerParts } from './build-server.ts';
import type { Config } from './config.ts';
import { s3Settings } from './s3-config.ts';

export interface PartOptions extends Pick<SqlEngineOptions, 'dataSkipping'> {
  /** In place of the local disk; a test may look on. */
  readonly store?: ObjectStore | undefined;
  /** Whether checkpoints and checksums follow commits, and old log files go. True if absent. */
  readonly maintainsLog?: boolean | undefined;
}

/** The real parts: tables on disk or S3, DuckDB. The options of the engine are for tests. */
export async function openParts(
  config: Config,
  { store: localStore, maintainsLog = true, ...options }: PartOptions = {},
): Promise<ServerParts> {
  const { limits } = config;
  const warehouse = rootLocation(config.warehouse);
  const allowPath = config.allowPath.map(rootLocation);
  const clock = systemClock;
  const newId = randomUUID;
  const stores = await openStores([warehouse, ...allowPath], {
    s3: s3Settings(config),
    cacheFolder: config.cacheDirectory ?? join(tmpdir(), 'levee-cache'),
    cacheBytesMax: limits.fetchCacheBytesMax,
    localStore,
  });
  const { store, folders, files } = stores;
  const roots = [warehouse, ...allowPath].filter((root) => root.startsWith('/'));
  const duckdb = await DuckdbEngine.open({
    roots: [...roots, ...stores.engineFolders],
    nameLocations: (text) => files.nameLocations(text),
    spillFolder: config.tempDirectory ?? join(tmpdir(), `levee-spill-${process.pid}`),
    spillBytesMax: limits.tempBytesMax,
    memoryBytesMax: limits.engineMemoryBytesMax || Math.floor(machineMemoryBytes() / 2),
    threads: limits.engineThreads || availableParallelism(),
  });
  const parquet = createParquetIo(duckdb, files);
  const bytesMax = limits.snapshotCacheBytesMax;
  const snapshots = createSnapshotCache({
    store,
    parquet,
    clock,
    bytesMax,
    checksums: config.versionChecksums,
  });
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
    parquetWriter: createParquetWriter(duckdb, files),
    clock,
    newId,
    snapshots,
  });
  const engine = createSqlEngine({
    catalog,
    snapshots,
    store,
    folders,
    files,
    duckdb,
    clock,
    newId,
    ...(maintainsLog ? { afterCommits: logMaintenance } : {}),
    ...options,
  });
  const close = async (): Promise<void> => {
    await engine.close();
    await stores.close();
  };
  return { engine: { ...engine, close }, catalog, snapshots, clock, newId, logMaintenance };
}

/** `s3a://` is `s3://`; a path of the disk is normalised already. */
function rootLocation(root: string): string {
  return root.startsWith('/') ? root : normaliseLocation(root, '/');
}

/** Of the container, where there is one. */
function machineMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
