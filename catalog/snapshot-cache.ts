/**
 * Snapshots kept between queries: the newest of each table and those that time travel asked for.
 *
 * 1. What `latest` gives contains every commit that was made before it was called (unless
 *    `maxStalenessMs` allows less): a request only ever joins a load that begins after it.
 * 2. Requests for the same thing share one load; 64 at once cost two.
 * 3. One request that is aborted does not disturb the others; a load ends when nobody waits.
 * 4. A snapshot of an older version is used again only while its commit file is the one it was made
 *    of, so that a table that was made again never answers with its past.
 * 5. `minVersion` is met or refused, whatever staleness is allowed.
 * 6. Memory, shared chunks counted once, stays under `bytesMax`; the snapshot used last stays, even
 *    alone above it. Snapshots in use elsewhere are not counted.
 */
import { CodedError } from './coded-error.ts';
import { commitAt, readHistory, type CommitRecord, type CommitTime } from './commit-history.ts';
import type { Clock, ObjectStore, ParquetIo } from './ports.ts';
import { CoalescedTask } from './coalesced-task.ts';
import type { Snapshot } from './snapshot.ts';
import { throwIfAborted } from './throw-if-aborted.ts';
import { versionNotYet } from './log/log-segment.ts';
import { advanceSnapshot, isCurrent, loadSnapshot } from './snapshot-loader.ts';

export interface SnapshotRequest {
  /** An answer this old is new enough: saves the listing. Default 0. */
  readonly maxStalenessMs?: number | undefined;
  /** The newest version must be this one or later (DELTA_VERSION_NOT_FOUND): reads a client's own
   * writes. Not looked at for `atVersion`. */
  readonly minVersion?: number | undefined;
  /** Told of each snapshot whose log was read for the request; of none that was known already. */
  readonly onRead?: ((snapshot: Snapshot) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HistoryRequest {
  /** Newest commits first; all if absent. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** All locations are absolute and without a trailing `/`. */
export interface SnapshotCache {
  /** The newest snapshot. Throws DELTA_TABLE_NOT_FOUND and what `loadSnapshot` throws. */
  latest(location: string, request?: SnapshotRequest): Promise<Snapshot>;
  /** Throws DELTA_VERSION_NOT_FOUND besides. */
  atVersion(location: string, version: number, request?: SnapshotRequest): Promise<Snapshot>;
  /** Throws DELTA_TIMESTAMP_GREATER_THAN_COMMIT and ..._EARLIER_THAN_COMMIT_RETENTION besides. */
  atTimestamp(location: string, timestampMs: number, request?: SnapshotRequest): Promise<Snapshot>;
  /** The same with the commit the timestamp stands for. */
  timeTravel(
    location: string,
    timestampMs: number,
    request?: SnapshotRequest,
  ): Promise<{ readonly snapshot: Snapshot; readonly commit: CommitTime }>;
  /** From now on no staleness is allowed for what was looked up before: somebody here has written. */
  expire(): void;
  history(location: string, request?: HistoryRequest): Promise<readonly CommitRecord[]>;
}

export interface SnapshotCacheOptions {
  readonly store: ObjectStore;
  readonly parquet: ParquetIo;
  readonly clock: Clock;
  readonly bytesMax: number;
  /** Whether version checksums are compared; they are if absent. */
  readonly checksums?: 'verify' | 'ignore' | undefined;
}

/** What one key of the cache knows. */
interface Entry {
  readonly task: CoalescedTask<Refreshed>;
  snapshot: Snapshot | undefined;
  /** When the load that confirmed the snapshot began. */
  checkedMs: number;
}

interface Refreshed {
  readonly snapshot: Snapshot;
  /** Whether it is another than the one that was known. */
  readonly isNew: boolean;
}

export function createSnapshotCache(options: SnapshotCacheOptions): SnapshotCache {
  const { store, parquet, clock, bytesMax, checksums } = options;
  const readers = { store, parquet, checksums };
  /** In the order of use, the oldest first. */
  const entries = new Map<string, Entry>();
  let expirations = 0;

  async function get(
    key: string,
    refresh: (known: Snapshot | undefined, signal: AbortSignal) => Promise<Snapshot>,
    { maxStalenessMs = 0, minVersion = 0, onRead, signal }: SnapshotRequest,
  ): Promise<Snapshot> {
    throwIfAborted(signal);
    const entry = entries.get(key) ?? newEntry(key, refresh);
    entries.delete(key);
    entries.set(key, entry);
    const { snapshot } = entry;
    const isFresh = clock.nowMs() - entry.checkedMs < maxStalenessMs;
    if (snapshot !== undefined && isFresh && snapshot.version >= minVersion) return snapshot;
    const refreshed = await entry.task.run(signal);
    if (refreshed.isNew) onRead?.(refreshed.snapshot);
    return refreshed.snapshot;
  }

  function newEntry(
    key: string,
    refresh: (known: Snapshot | undefined, signal: AbortSignal) => Promise<Snapshot>,
  ): Entry {
    const entry: Entry = {
      snapshot: undefined,
      checkedMs: -Infinity,
      task: new CoalescedTask(async (signal) => {
        const startedMs = clock.nowMs();
        const expirationsBefore = expirations;
        try {
          const known = entry.snapshot;
          const snapshot = await refresh(known, signal);
          entry.snapshot = snapshot;
          entry.checkedMs = expirations === expirationsBefore ? startedMs : -Infinity;
          if (!entries.has(key)) entries.set(key, entry);
          evict();
          return { snapshot, isNew: snapshot !== known };
        } catch (error) {
          if (isGone(error)) entry.snapshot = undefined;
          if (entry.snapshot === undefined && entries.get(key) === entry) entries.delete(key);
          throw error;
        }
      }),
    };
    return entry;
  }

  /** Forgets what was not used for longest until the rest fits. */
  function evict(): void {
    const sizes = [...entries].map(([key, { snapshot }]) => ({ key, snapshot })).toReversed();
    const counted = new Set<unknown>();
    let bytes = 0;
    let kept = 0;
    for (const { key, snapshot } of sizes) {
      if (snapshot === undefined) continue;
      bytes += sizeBeyond(snapshot, counted);
      if (bytes > bytesMax && kept > 0) entries.delete(key);
      else kept++;
    }
  }

  const latest = async (location: string, request: SnapshotRequest = {}): Promise<Snapshot> => {
    const snapshot = await get(
      location,
      (known, signal) =>
        known === undefined
          ? loadSnapshot(readers, location, { signal })
          : advanceSnapshot(readers, known, signal),
      request,
    );
    const { minVersion = 0 } = request;
    if (snapshot.version >= minVersion) return snapshot;
    throw versionNotYet(location, minVersion, snapshot.version);
  };

  const atVersion = async (
    location: string,
    version: number,
    request: SnapshotRequest = {},
  ): Promise<Snapshot> => {
    const { maxStalenessMs = 0, onRead, signal: callSignal } = request;
    const newest = entries.get(location);
    // Taken once: while the store is asked, the entry may move on to a later version.
    const snapshot = newest?.snapshot;
    if (newest !== undefined && snapshot?.version === version) {
      const isFresh = clock.nowMs() - newest.checkedMs < maxStalenessMs;
      if (isFresh || (await isCurrent(store, snapshot, callSignal))) return snapshot;
    }
    return get(
      `${location}@${version}`,
      async (known, signal) =>
        known !== undefined && (await isCurrent(store, known, signal))
          ? known
          : loadSnapshot(readers, location, { version, signal }),
      { maxStalenessMs, onRead, signal: callSignal },
    );
  };

  const timeTravel: SnapshotCache['timeTravel'] = async (location, timestampMs, request = {}) => {
    const newest = await latest(location, request);
    const { signal } = request;
    const commit = await commitAt(store, newest, timestampMs, { signal });
    const { version } = commit;
    const snapshot =
      version === newest.version ? newest : await atVersion(location, version, request);
    return { snapshot, commit };
  };

  return {
    latest,
    atVersion,
    timeTravel,
    atTimestamp: async (...time) => (await timeTravel(...time)).snapshot,
    expire() {
      for (const entry of entries.values()) entry.checkedMs = -Infinity;
      expirations++;
    },
    history: (location, request) => readHistory(store, location, request),
  };
}

/** Bytes of a snapshot that are not counted yet; counts them. */
function sizeBeyond(snapshot: Snapshot, counted: Set<unknown>): number {
  let bytes = 2048 + 4 * snapshot.metadata.schemaString.length;
  bytes += 200 * (snapshot.txns.size + snapshot.domainMetadata.size);
  for (const { indexed, live } of snapshot.files.chunks) {
    for (const [part, size] of [
      [indexed, indexed.sizeInMemoryBytes],
      [live, live?.byteLength ?? 0],
    ] as const) {
      if (part === undefined || counted.has(part)) continue;
      counted.add(part);
      bytes += size;
    }
  }
  return bytes;
}

function isGone(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'DELTA_TABLE_NOT_FOUND';
}
