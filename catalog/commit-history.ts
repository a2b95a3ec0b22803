/**
 * What the commits of a table say about themselves: DESCRIBE HISTORY, and the version that was
 * there at a time.
 */
import type { JsonValue } from './data-type.ts';
import { findCommitInfo } from './log/commit-json.ts';
import {
  inCommitRange,
  lastAtOrBefore,
  timedVersions,
  tooEarly,
  tooLate,
  type TimedVersion,
} from './log/history.ts';
import { commitLocation } from './log/log-path.ts';
import { tableNotFound, versionRange } from './log/log-segment.ts';
import type { CallOptions, ObjectStore } from './ports.ts';
import { readInOrder } from './read-in-order.ts';
import { parallelReadsMax, readLogFile } from './read-log-file.ts';
import type { Snapshot, TimestampSource } from './snapshot.ts';
import { listLog } from './snapshot-loader.ts';

export interface CommitRecord {
  readonly version: number;
  /** In-commit timestamp where the commit has one, else its adjusted file time. */
  readonly timestampMs: number;
  readonly timestampSource: TimestampSource;
  /** The `commitInfo` action as written: operation, operationParameters, userName, engineInfo,
   * isBlindAppend, operationMetrics, ...; empty where the commit has none. */
  readonly commitInfo: { readonly [field: string]: JsonValue };
}

/**
 * The newest `limit` commits, newest first. One listing, and one read a commit. Commits whose files
 * are gone are left out. Throws DELTA_TABLE_NOT_FOUND and DELTA_LOG_CORRUPT.
 */
export async function readHistory(
  store: ObjectStore,
  location: string,
  options: CallOptions & { readonly limit?: number | undefined } = {},
): Promise<readonly CommitRecord[]> {
  const { limit = Infinity, signal } = options;
  const listing = await listLog(store, location, { signal });
  if (listing.commits.length === 0 && listing.checkpoints.length === 0) {
    throw tableNotFound(location);
  }
  const times = new Map(
    timedVersions(listing).map(({ version, timestampMs }) => [version, timestampMs]),
  );
  const newest = listing.commits.toReversed().slice(0, limit);
  const infos = readInOrder(newest, parallelReadsMax, async ({ version, file }) => {
    const bytes = await readLogFile(store, file.location, signal);
    return { version, file, info: findCommitInfo(bytes, file.location) };
  });
  const records: CommitRecord[] = [];
  for await (const { version, file, info } of infos) {
    const ownMs = info?.inCommitTimestamp;
    records.push({
      version,
      timestampMs: ownMs ?? times.get(version) ?? file.modifiedMs,
      timestampSource: ownMs === undefined ? 'fileModificationTime' : 'inCommitTimestamp',
      commitInfo: info?.fields ?? {},
    });
  }
  return records;
}

/** The commit that a timestamp stands for, with its own time by the clock that decided. */
export interface CommitTime extends TimedVersion {
  readonly source: TimestampSource;
}

/**
 * The commit of the table at a time: the last one that is not after it. `latest` is the table's
 * newest snapshot. One listing, and about log2(commits) reads where timestamps lie in the commits.
 * Throws DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION and DELTA_TIMESTAMP_GREATER_THAN_COMMIT.
 */
export async function commitAt(
  store: ObjectStore,
  latest: Snapshot,
  timestampMs: number,
  options: CallOptions = {},
): Promise<CommitTime> {
  const { location, protocol, metadata } = latest;
  const all = timedVersions(await listLog(store, location, options));
  const last: TimedVersion = { version: latest.version, timestampMs: latest.timestampMs };
  const range = inCommitRange(protocol, metadata);
  if (range === undefined) {
    const newest = all.at(-1) ?? last;
    if (timestampMs > newest.timestampMs) throw tooLate(location, timestampMs, newest);
    const found = lastAtOrBefore(all, timestampMs);
    if (found === undefined) throw tooEarly(location, timestampMs, all[0] ?? last);
    return { ...found, source: 'fileModificationTime' };
  }
  if (timestampMs > last.timestampMs) throw tooLate(location, timestampMs, last);
  const before = all.filter(({ version }) => version < range.firstVersion);
  const within = all.filter(
    ({ version }) => version >= range.firstVersion && version <= latest.version,
  );
  if (range.sinceMs !== undefined && timestampMs < range.sinceMs) {
    const found = lastAtOrBefore(before, timestampMs);
    if (found !== undefined) return { ...found, source: 'fileModificationTime' };
    const earliest = before[0];
    if (earliest !== undefined) throw tooEarly(location, timestampMs, earliest);
  }
  return searchInCommitTimes(store, location, within, timestampMs, options);
}

/** The version of that commit. */
export async function versionAt(
  store: ObjectStore,
  latest: Snapshot,
  timestampMs: number,
  options: CallOptions = {},
): Promise<number> {
  return (await commitAt(store, latest, timestampMs, options)).version;
}

async function searchInCommitTimes(
  store: ObjectStore,
  location: string,
  versions: readonly TimedVersion[],
  timestampMs: number,
  options: CallOptions,
): Promise<CommitTime> {
  const timeOf = async ({ version, timestampMs: fileMs }: TimedVersion): Promise<CommitTime> => {
    const file = commitLocation(location, version);
    const bytes = await store.read(file, options);
    const ownMs = bytes && findCommitInfo(bytes, file)?.inCommitTimestamp;
    return ownMs === undefined
      ? { version, timestampMs: fileMs, source: 'fileModificationTime' }
      : { version, timestampMs: ownMs, source: 'inCommitTimestamp' };
  };
  let low = 0;
  let high = versions.length;
  let found: CommitTime | undefined;
  // Versions before `low` are not after the time, `found` being the last of them; those from `high`
  // on are.
  while (low < high) {
    const middle = (low + high) >>> 1;
    const version = versions[middle];
    if (version === undefined) break;
    const time = await timeOf(version);
    if (time.timestampMs <= timestampMs) {
      low = middle + 1;
      found = time;
    } else high = middle;
  }
  if (found !== undefined) return found;
  const [earliest] = versions;
  if (earliest === undefined) throw tableNotFound(location);
  throw tooEarly(location, timestampMs, await timeOf(earliest));
}

/** The earliest version that the log can make. One listing. Throws DELTA_TABLE_NOT_FOUND. */
export async function earliestVersion(
  store: ObjectStore,
  location: string,
  options: CallOptions = {},
): Promise<number> {
  const range = versionRange(await listLog(store, location, options));
  if (range === undefined) throw tableNotFound(location);
  return range.earliest;
}
