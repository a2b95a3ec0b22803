/**
 * The snapshots that an open transaction reads: the newest of each table at the moment it was first
 * asked for, then always that one; of the table it writes, that with its own writes. Versions and
 * times that a statement names are what the log has of them.
 */
import { versionNotYet } from '../../catalog/log/log-segment.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { SnapshotCache } from '../../catalog/snapshot-cache.ts';

/** @param written the table with the transaction's writes, of the table that it writes */
export function transactionSnapshots(
  cache: SnapshotCache,
  written: (location: string) => Snapshot | undefined,
): SnapshotCache {
  const pinned = new Map<string, Snapshot>();
  const latest: SnapshotCache['latest'] = async (location, request = {}) => {
    let snapshot = written(location) ?? pinned.get(location);
    if (snapshot === undefined) {
      const loaded = await cache.latest(location, request);
      // Two parts of a statement may have asked at once: the first answer counts.
      snapshot = pinned.get(location) ?? loaded;
      pinned.set(location, snapshot);
    }
    const { minVersion = 0 } = request;
    if (snapshot.version < minVersion) {
      throw versionNotYet(location, minVersion, snapshot.version);
    }
    return snapshot;
  };
  return {
    latest,
    atVersion: (...version) => cache.atVersion(...version),
    atTimestamp: (...time) => cache.atTimestamp(...time),
    timeTravel: (...time) => cache.timeTravel(...time),
    history: (...request) => cache.history(...request),
    // Nobody else sees what a statement has done.
    expire: () => undefined,
  };
}
