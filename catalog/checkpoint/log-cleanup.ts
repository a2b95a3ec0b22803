/**
 * Removes what has expired from a table's log: commits, checkpoints, checksums and compacted commits
 * from before the oldest version that must stay readable, sidecars that no checkpoint names, and what
 * writers that died left behind.
 *
 * 1. Versions of the last `delta.logRetentionDuration` stay, counted back from the midnight (UTC)
 *    before, so that the log is touched once a day; and all from the newest checkpoint before them on.
 * 2. That checkpoint is read, whole, and compared with its checksum, before anything is removed. Without
 *    one that reads right nothing is.
 * 3. The oldest files go first: whatever stays is contiguous up to the newest version, even when a
 *    removal fails half-way.
 * 4. A table with checkpoint protection loses nothing before all of the protected versions have expired.
 * 5. Time is what the store says of the files, which a copy of the table makes younger, never older.
 *
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#metadata-cleanup
 */
import { ActiveFiles } from '../active-files.ts';
import { CodedError } from '../coded-error.ts';
import { Reconciliation } from '../log/action-reconciliation.ts';
import type { Sidecar } from '../log/actions.ts';
import { actionsOf } from '../log/commit-json.ts';
import { timedVersions } from '../log/history.ts';
import { isObject } from '../log/field-reader.ts';
import {
  logFolder,
  nameOf,
  paddedVersion,
  parseLogName,
  sidecarLocation,
} from '../log/log-path.ts';
import { sortLogListing, type CheckpointFiles, type LogListing } from '../log/log-segment.ts';
import { supportsFeature } from '../log/protocol.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import { requireCanonical } from '../path-index.ts';
import type { StoredObject } from '../ports.ts';
import { readCheckpoint } from '../read-checkpoint.ts';
import { readLogFile } from '../read-log-file.ts';
import type { Snapshot } from '../snapshot.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';
import { parquetActions } from './gather-tombstones.ts';
import { requireKnownFeatures } from './known-features.ts';
import { writeCompatibilityCheckpoint } from './compatibility-checkpoint.ts';
import { isStagedName, type CheckpointPorts } from './write-checkpoint.ts';

const dayMs = 86_400_000;

export type CleanupOutcome =
  | { readonly kind: 'cleaned'; readonly firstVersion: number; readonly filesRemoved: number }
  | {
      readonly kind: 'nothing';
      readonly reason: 'disabled' | 'nothing expired' | 'checkpoint protection';
    };

/** What is to expire earlier than the table says, for dropping a feature. */
export interface EarlierExpiry {
  readonly retentionMs: number;
  /** Times are cut down to a multiple of this. */
  readonly granularityMs: number;
}

/**
 * @param snapshot the table's newest
 * @throws DELTA_LOG_CORRUPT and others when the checkpoint that is to begin the log cannot be read or
 *   is not what its checksum says; DELTA_UNSUPPORTED_FEATURES_FOR_WRITE; what the store throws
 */
export async function cleanUpLog(
  snapshot: Snapshot,
  ports: CheckpointPorts,
  signal?: AbortSignal,
  earlier?: EarlierExpiry,
): Promise<CleanupOutcome> {
  const { location, protocol, metadata } = snapshot;
  requireKnownFeatures(location, protocol);
  const { enableExpiredLogCleanup, logRetentionMs } = tableProperties;
  if (earlier === undefined && !readProperty(metadata.configuration, enableExpiredLogCleanup)) {
    return { kind: 'nothing', reason: 'disabled' };
  }
  const nowMs = ports.clock.nowMs();
  const cutoffMs =
    earlier === undefined
      ? midnightBefore(nowMs - readProperty(metadata.configuration, logRetentionMs))
      : Math.floor((nowMs - earlier.retentionMs) / earlier.granularityMs) * earlier.granularityMs;
  const files = await listFiles(logFolder(location), ports, signal);
  const staged = files.filter(({ location: file }) => isStagedName(nameOf(file)));
  for await (const file of ports.store.listUnfinished?.(logFolder(location), { signal }) ?? []) {
    staged.push(file);
  }
  const leftovers = staged.filter(({ modifiedMs }) => modifiedMs < midnightBefore(nowMs - dayMs));
  for (const file of leftovers) await ports.store.remove(file.location, { signal });

  const listing = sortLogListing(files);
  const first = firstToKeep(listing, cutoffMs);
  const expired = first === undefined ? [] : expiredFiles(files, first.version);
  if (first === undefined || expired.length === 0) {
    return { kind: 'nothing', reason: 'nothing expired' };
  }
  if (first.version < protectedBefore(snapshot)) {
    return { kind: 'nothing', reason: 'checkpoint protection' };
  }
  await requireRight(location, first, ports, signal);
  await writeCompatibilityCheckpoint(snapshot, first, listing, ports, signal);
  for (const file of expired) {
    throwIfAborted(signal);
    await ports.store.remove(file.location, { signal });
  }
  const sidecars = await removeSidecars(snapshot, nowMs, ports, signal);
  const filesRemoved = expired.length + leftovers.length + sidecars;
  return { kind: 'cleaned', firstVersion: first.version, filesRemoved };
}

function midnightBefore(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

async function listFiles(
  folder: string,
  { store }: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<readonly StoredObject[]> {
  const files: StoredObject[] = [];
  for await (const file of store.list(folder, { signal })) files.push(file);
  return files;
}

/**
 * The newest checkpoint that is no newer than the newest commit that is no newer than the cutoff; it
 * must have its commit still, which alone says how the version came to be, and every commit after it.
 */
function firstToKeep(listing: LogListing, cutoffMs: number): CheckpointFiles | undefined {
  const cutoffCommit = timedVersions(listing).findLast(
    ({ timestampMs }) => timestampMs <= cutoffMs,
  );
  if (cutoffCommit === undefined) return undefined;
  const versions = new Set(listing.commits.map(({ version }) => version));
  const last = listing.commits.at(-1)?.version ?? -1;
  return listing.checkpoints.findLast(({ version }) => {
    if (version > cutoffCommit.version) return false;
    for (let v = version; v <= last; v++) if (!versions.has(v)) return false;
    return last >= version;
  });
}

/** In the order in which they are to go. */
function expiredFiles(files: readonly StoredObject[], first: number): readonly StoredObject[] {
  return files.filter(({ location }) => {
    const name = parseLogName(nameOf(location));
    if (name === undefined) return false;
    // A compaction that begins at the first version stands for commits that stay; it may stay, too.
    return name.version < first;
  });
}

function protectedBefore({ protocol, metadata }: Snapshot): number {
  if (!supportsFeature(protocol, 'checkpointProtection')) return 0;
  return readProperty(
    metadata.configuration,
    tableProperties.requireCheckpointProtectionBeforeVersion,
  );
}

/** Reads the checkpoint as a reader would. */
async function requireRight(
  table: string,
  checkpoint: CheckpointFiles,
  ports: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const reconciliation = new Reconciliation({
    protocol: undefined,
    metadata: undefined,
    txns: new Map(),
    domainMetadata: new Map(),
    files: ActiveFiles.empty(table),
  });
  await readCheckpoint(ports, table, checkpoint, reconciliation, signal);
  const { protocol, metadata, files } = reconciliation.finish();
  const wrong = (what: string): CodedError =>
    new CodedError(
      'DELTA_LOG_CORRUPT',
      `The checkpoint of version ${checkpoint.version} of ${table} ${what}; nothing was removed.`,
    );
  if (protocol === undefined) throw wrong('has no protocol action');
  if (metadata === undefined) throw wrong('has no metaData action');
  const crc = `${logFolder(table)}/${paddedVersion(checkpoint.version)}.crc`;
  const bytes = await ports.store.read(crc, { signal });
  const expected = bytes === undefined ? undefined : statedFiles(bytes);
  if (expected === undefined) return;
  if (expected.count !== files.count || expected.bytes !== files.totalBytes) {
    throw wrong(
      `has ${files.count} files of ${files.totalBytes} bytes; its checksum says ` +
        `${expected.count} of ${expected.bytes}`,
    );
  }
}

function statedFiles(bytes: Uint8Array): { count: number; bytes: number } | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isObject(json)) return undefined;
    const { numFiles, tableSizeBytes } = json;
    return typeof numFiles === 'number' && typeof tableSizeBytes === 'number'
      ? { count: numFiles, bytes: tableSizeBytes }
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sidecars that no checkpoint names. Those of the last day stay, whoever they belong to: their
 * checkpoint may be under way. When one checkpoint cannot be read, all stay.
 */
async function removeSidecars(
  { location, protocol }: Snapshot,
  nowMs: number,
  ports: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (!supportsFeature(protocol, 'v2Checkpoint')) return 0;
  const beforeMs = midnightBefore(nowMs - dayMs);
  const sidecars = await listFiles(`${logFolder(location)}/_sidecars`, ports, signal);
  const old = sidecars.filter(({ modifiedMs }) => modifiedMs < beforeMs);
  if (old.length === 0) return 0;
  const named = new Set<string>();
  const { checkpoints } = sortLogListing(await listFiles(logFolder(location), ports, signal));
  for (const checkpoint of checkpoints) {
    for (const { path } of await sidecarsOf(checkpoint, ports, signal)) {
      named.add(sidecarLocation(location, requireCanonical(path)));
    }
  }
  const unused = old.filter((file) => !named.has(file.location));
  for (const file of unused) await ports.store.remove(file.location, { signal });
  return unused.length;
}

async function sidecarsOf(
  { files, format }: CheckpointFiles,
  ports: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<readonly Sidecar[]> {
  const found: Sidecar[] = [];
  if (format === 'json') {
    for (const { location } of files) {
      const bytes = await readLogFile(ports.store, location, signal);
      for (const action of actionsOf(bytes, location)) {
        if (action.kind === 'sidecar') found.push(action);
      }
    }
    return found;
  }
  const locations = files.map(({ location }) => location);
  for await (const action of parquetActions(ports, locations, ['sidecar'], signal)) {
    if (action.kind === 'sidecar') found.push(action);
  }
  return found;
}
