/**
 * The ends of a range of changes that is given by time: it begins with the first commit at or after a
 * time and ends with the last at or before one. Times are in milliseconds since 1970; `latest` is the
 * table's newest snapshot.
 */
import { CodedError } from './coded-error.ts';
import { versionAt } from './commit-history.ts';
import { timedVersions } from './log/history.ts';
import type { CallOptions, ObjectStore } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import { listLog } from './snapshot-loader.ts';

/** Throws DELTA_TIMESTAMP_GREATER_THAN_COMMIT when no commit is so late. */
export async function versionAtOrAfter(
  store: ObjectStore,
  latest: Snapshot,
  timestampMs: number,
  options: CallOptions = {},
): Promise<number> {
  const at = await lastVersion(store, latest, timestampMs, options);
  if (at === undefined) {
    const [earliest] = timedVersions(await listLog(store, latest.location, options));
    return earliest?.version ?? latest.version;
  }
  // The commit is of that very time when it was not there a moment before.
  const before = await lastVersion(store, latest, timestampMs - 1, options);
  return before === at ? at + 1 : at;
}

/** Throws DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION when no commit is so early. */
export async function versionAtOrBefore(
  store: ObjectStore,
  latest: Snapshot,
  timestampMs: number,
  options: CallOptions = {},
): Promise<number> {
  try {
    return await versionAt(store, latest, timestampMs, options);
  } catch (error) {
    if (isCode(error, 'DELTA_TIMESTAMP_GREATER_THAN_COMMIT')) return latest.version;
    throw error;
  }
}

/** `undefined` before the first commit there is. */
async function lastVersion(
  store: ObjectStore,
  latest: Snapshot,
  timestampMs: number,
  options: CallOptions,
): Promise<number | undefined> {
  try {
    return await versionAt(store, latest, timestampMs, options);
  } catch (error) {
    if (isCode(error, 'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: CodedError['code']): boolean {
  return error instanceof CodedError && error.code === code;
}
