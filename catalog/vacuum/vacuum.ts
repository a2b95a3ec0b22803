/**
 * VACUUM: removes files from a table's folder that its log no longer needs.
 *
 * What is never removed
 * 1. A file of the current version, and its deletion vector. What is committed while VACUUM runs is
 *    taken into account before each thousand files.
 * 2. A file that was removed from the table less than the retention ago: an older version has it.
 * 3. A file younger than the retention: a statement may be about to commit it.
 * 4. Anything outside the table's folder, behind a link, in another table, or hidden (`_`, `.`).
 * 5. Anything at all, when the log cannot be read, names something without sense, or the table uses
 *    a feature that Levee does not know (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#vacuum-protocol-check).
 *
 * Folders stay, also empty ones: a statement may be about to write into them.
 * Memory: eight bytes for each file that is spared, and the paths of those that go.
 */
import { gatherTombstones } from '../checkpoint/gather-tombstones.ts';
import { requireKnownFeatures } from '../checkpoint/known-features.ts';
import { CodedError } from '../coded-error.ts';
import { actionsOf } from '../log/commit-json.ts';
import { timedVersions } from '../log/history.ts';
import { commitLocation } from '../log/log-path.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { Clock, ParquetIo } from '../ports.ts';
import { readInOrder } from '../read-in-order.ts';
import { parallelReadsMax, readLogFile } from '../read-log-file.ts';
import { listLog } from '../snapshot-loader.ts';
import type { Snapshot } from '../snapshot.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';
import { FileList, type ListedFile } from './file-list.ts';
import { hiddenNames, type IsHidden } from './hidden-names.ts';
import { PathSet } from './path-set.ts';
import { ProtectedFiles } from './protected-files.ts';
import { commitsToSearch, lastExpired, rememberSeen, removedFiles } from './removed-files.ts';
import { walkTable, type WalkCounts, type WalkPorts } from './walk-table.ts';

export interface VacuumOptions {
  /** Default: the table's `delta.deletedFileRetentionDuration`. */
  readonly retentionMs?: number | undefined;
  /** Whether a retention shorter than the table's is refused. Default true. */
  readonly checkRetention?: boolean | undefined;
  /** Finds, and removes nothing. */
  readonly dryRun?: boolean | undefined;
  /** `full` looks at the folder, `lite` only at the log. Default `full`. */
  readonly mode?: 'full' | 'lite' | undefined;
  /** Paths in the report. Default 1000. */
  readonly pathsMax?: number | undefined;
}

export interface VacuumPorts extends WalkPorts {
  readonly parquet: ParquetIo;
  readonly clock: Clock;
  /** The newest snapshot of a table. */
  latest(location: string, signal?: AbortSignal): Promise<Snapshot>;
  /** Called once the files are known and before the first goes, to record the beginning. */
  beforeRemoval?(found: FoundFiles): Promise<void>;
}

export interface FoundFiles {
  readonly fileCount: number;
  readonly totalBytes: number;
}

export interface VacuumReport {
  /** The version whose files were spared to begin with. */
  readonly version: number;
  /** Files that are older were looked at. */
  readonly cutoffMs: number;
  readonly retentionMs: number;
  readonly found: FoundFiles;
  readonly removed: FoundFiles;
  /** 0 in `lite` mode, which visits none. */
  readonly folders: number;
  readonly foldersLeftOut: number;
  /** Locations of the first files found. */
  readonly paths: readonly string[];
}

/** Files removed at a time. */
const removalsAtOnceMax = 16;

/**
 * @param location the table's folder
 * @throws DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE, DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT,
 *   DELTA_UNSUPPORTED_FEATURES_FOR_WRITE, DELTA_CANNOT_VACUUM_LITE, DELTA_CONCURRENT_WRITE when the
 *   table was replaced meanwhile, and what reading the log and the store throw. What was removed
 *   until then stays removed
 */
export async function vacuum(
  location: string,
  options: VacuumOptions,
  ports: VacuumPorts,
  signal?: AbortSignal,
): Promise<VacuumReport> {
  const snapshot = await ports.latest(location, signal);
  requireKnownFeatures(location, snapshot.protocol);
  const retentionMs = retentionOf(snapshot, options);
  const cutoffMs = ports.clock.nowMs() - retentionMs;
  const spared = await protectedFiles(snapshot, cutoffMs, options, ports, signal);
  const counts: WalkCounts = { folders: 0, foldersLeftOut: 0 };
  const isHidden = hiddenNames(snapshot);
  const found =
    options.mode === 'lite'
      ? await findInLog({ snapshot, cutoffMs, spared, isHidden, ports, signal })
      : await findInFolder({ snapshot, cutoffMs, spared, isHidden, ports, signal }, counts);
  const report = {
    version: snapshot.version,
    cutoffMs,
    retentionMs,
    found: { fileCount: found.count, totalBytes: found.totalBytes },
    ...counts,
    paths: found.first(options.pathsMax ?? 1000).map(({ path }) => `${location}/${path}`),
  };
  if (options.dryRun === true) return { ...report, removed: { fileCount: 0, totalBytes: 0 } };
  await ports.beforeRemoval?.(report.found);
  const removed = await removeAll(snapshot, found, spared, ports, signal);
  await remember(location, cutoffMs, ports, signal);
  return { ...report, removed };
}

function retentionOf({ metadata, location }: Snapshot, options: VacuumOptions): number {
  const own = readProperty(metadata.configuration, tableProperties.deletedFileRetentionMs);
  const { retentionMs = own, checkRetention = true } = options;
  if (!(retentionMs >= 0)) {
    throw new CodedError(
      'DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE',
      'The retention of VACUUM cannot be negative.',
    );
  }
  if (!checkRetention || retentionMs >= own) return retentionMs;
  const hours = Math.ceil(own / 3_600_000);
  throw new CodedError(
    'DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT',
    `A retention of ${Math.floor(retentionMs / 3_600_000)} hours could remove files of ${location} ` +
      'that older versions or statements under way still need.',
    { hint: `Retain at least ${hours} hours, as the table has it.` },
  );
}

async function protectedFiles(
  snapshot: Snapshot,
  cutoffMs: number,
  options: VacuumOptions,
  ports: VacuumPorts,
  signal: AbortSignal | undefined,
): Promise<ProtectedFiles> {
  const { location, version, files, metadata } = snapshot;
  const own = readProperty(metadata.configuration, tableProperties.deletedFileRetentionMs);
  const isLonger = options.retentionMs !== undefined && options.retentionMs > own;
  const tombstones = await gatherTombstones(
    ports,
    {
      location,
      version,
      sinceMs: cutoffMs,
      // Newer checkpoints have forgotten what is older than the table's own retention.
      checkpointBeforeMs: isLonger ? cutoffMs : undefined,
    },
    signal,
  );
  const spared = new ProtectedFiles(location);
  await spared.addAll(files, signal);
  for (const tombstone of tombstones) spared.add(tombstone);
  return spared;
}

interface Search {
  readonly snapshot: Snapshot;
  readonly cutoffMs: number;
  readonly spared: ProtectedFiles;
  readonly isHidden: IsHidden;
  readonly ports: VacuumPorts;
  readonly signal: AbortSignal | undefined;
}

async function findInFolder(search: Search, counts: WalkCounts): Promise<FileList> {
  const { snapshot, cutoffMs, spared, isHidden, ports, signal } = search;
  const { location: table } = snapshot;
  const found = new FileList();
  for await (const file of walkTable(table, isHidden, ports, counts, signal)) {
    if (file.modifiedMs >= cutoffMs || spared.has(file.location)) continue;
    found.add({ path: file.location.slice(table.length + 1), sizeBytes: file.sizeBytes });
  }
  return found;
}

async function findInLog(search: Search): Promise<FileList> {
  const { snapshot, cutoffMs, spared, isHidden, ports, signal } = search;
  const { location: table } = snapshot;
  const found = new FileList();
  const range = await commitsToSearch(table, cutoffMs, ports.store, signal);
  if (range === undefined) return found;
  const seen = new PathSet();
  const realTable = await ports.folders.realLocation(table);
  for await (const location of removedFiles(table, range, cutoffMs, ports.store, signal)) {
    if (!location.startsWith(`${table}/`) || seen.has(location) || spared.has(location)) continue;
    seen.add(location);
    const path = location.slice(table.length + 1);
    if (path.split('/').some((name, depth) => isHidden(name, depth))) continue;
    const file = await ports.store.stat(location, { signal });
    if (file === undefined || file.modifiedMs >= cutoffMs) continue;
    const folder = location.slice(0, location.lastIndexOf('/'));
    const real = await ports.folders.realLocation(folder);
    if (real !== realTable + folder.slice(table.length)) continue;
    found.add({ path, sizeBytes: file.sizeBytes });
  }
  return found;
}

async function removeAll(
  snapshot: Snapshot,
  found: FileList,
  spared: ProtectedFiles,
  ports: VacuumPorts,
  signal: AbortSignal | undefined,
): Promise<FoundFiles> {
  const { location } = snapshot;
  let version = snapshot.version;
  let fileCount = 0;
  let totalBytes = 0;
  for (const batch of found.batches()) {
    version = await spareNewFiles(snapshot, version, spared, ports, signal);
    const files = batch.filter(({ path }) => !spared.has(`${location}/${path}`));
    for (let start = 0; start < files.length; start += removalsAtOnceMax) {
      throwIfAborted(signal);
      const some = files.slice(start, start + removalsAtOnceMax);
      await Promise.all(some.map((file) => removeFile(location, file, ports)));
      fileCount += some.length;
      totalBytes += some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    }
  }
  return { fileCount, totalBytes };
}

async function removeFile(
  table: string,
  { path }: ListedFile,
  { store }: VacuumPorts,
): Promise<void> {
  await store.remove(`${table}/${path}`);
}

/** Spares what was committed after `version`: RESTORE, for one, brings old files back. */
async function spareNewFiles(
  snapshot: Snapshot,
  version: number,
  spared: ProtectedFiles,
  ports: VacuumPorts,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { location, metadata } = snapshot;
  const newest = await ports.latest(location, signal);
  if (newest.metadata.id !== metadata.id || newest.version < version) {
    throw new CodedError(
      'DELTA_CONCURRENT_WRITE',
      `The table at ${location} was replaced by another while VACUUM ran.`,
    );
  }
  requireKnownFeatures(location, newest.protocol);
  const versions = Array.from({ length: newest.version - version }, (_, i) => version + 1 + i);
  const contents = readInOrder(versions, parallelReadsMax, async (commit) => {
    const file = commitLocation(location, commit);
    return { file, bytes: await readLogFile(ports.store, file, signal) };
  });
  for await (const { file, bytes } of contents) {
    for (const action of actionsOf(bytes, file)) {
      if (action.kind === 'add' || action.kind === 'remove') spared.add(action);
    }
  }
  return newest.version;
}

/** For VACUUM LITE the next time; a failure costs it nothing but time. */
async function remember(
  location: string,
  cutoffMs: number,
  { store }: VacuumPorts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const listing = await listLog(store, location, { signal });
  const version = lastExpired(timedVersions(listing), cutoffMs);
  if (version === undefined) return;
  await rememberSeen(location, version, store).catch(() => undefined);
}
