/**
 * From timestamps to versions. File times may run backwards (a copied table, clocks that differ), so
 * they are adjusted to rise: each commit is at least one millisecond after the one before, as Spark
 * does it. In-commit timestamps rise by protocol.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#in-commit-timestamps
 */
import { CodedError } from '../coded-error.ts';
import type { Metadata, Protocol } from './actions.ts';
import { versionRange, type LogListing } from './log-segment.ts';
import { hasInCommitTimestamps } from './protocol.ts';

export interface TimedVersion {
  readonly version: number;
  readonly timestampMs: number;
}

/**
 * The versions that can be made, ascending, with their adjusted file times. A version whose commit
 * is gone has the time of its checkpoint.
 */
export function timedVersions(listing: LogListing): readonly TimedVersion[] {
  const range = versionRange(listing);
  if (range === undefined) return [];
  const times = new Map<number, number>();
  for (const { version, files } of listing.checkpoints) {
    times.set(version, files[0]?.modifiedMs ?? 0);
  }
  for (const { version, file } of listing.commits) times.set(version, file.modifiedMs);
  const versions = [...times].filter(([version]) => version >= range.earliest);
  versions.sort(([a], [b]) => a - b);
  let previousMs = -Infinity;
  return versions.map(([version, fileMs]) => {
    const timestampMs = Math.max(fileMs, previousMs + 1);
    previousMs = timestampMs;
    return { version, timestampMs };
  });
}

/** From which version on commits carry their own timestamps, and since when. */
export interface InCommitRange {
  readonly firstVersion: number;
  /** `undefined`: since the table was made. */
  readonly sinceMs: number | undefined;
}

export function inCommitRange(protocol: Protocol, metadata: Metadata): InCommitRange | undefined {
  if (!hasInCommitTimestamps(protocol, metadata)) return undefined;
  const version = Number(metadata.configuration['delta.inCommitTimestampEnablementVersion']);
  const sinceMs = Number(metadata.configuration['delta.inCommitTimestampEnablementTimestamp']);
  return Number.isSafeInteger(version) && Number.isSafeInteger(sinceMs)
    ? { firstVersion: version, sinceMs }
    : { firstVersion: 0, sinceMs: undefined };
}

/** The last of the versions, ascending in time, that is not after `timestampMs`. */
export function lastAtOrBefore(
  versions: readonly TimedVersion[],
  timestampMs: number,
): TimedVersion | undefined {
  return versions.findLast((version) => version.timestampMs <= timestampMs);
}

/** DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION. */
export function tooEarly(table: string, timestampMs: number, earliest: TimedVersion): CodedError {
  const time = isoTime(earliest.timestampMs);
  return new CodedError(
    'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION',
    `${isoTime(timestampMs)} is before the earliest version of ${table} that can be read: ` +
      `version ${earliest.version} of ${time}.`,
    { hint: `Use ${time} or later, or VERSION AS OF ${earliest.version}.` },
  );
}

/** DELTA_TIMESTAMP_GREATER_THAN_COMMIT. */
export function tooLate(table: string, timestampMs: number, latest: TimedVersion): CodedError {
  const time = isoTime(latest.timestampMs);
  return new CodedError(
    'DELTA_TIMESTAMP_GREATER_THAN_COMMIT',
    `${isoTime(timestampMs)} is after the latest version of ${table}: ` +
      `version ${latest.version} of ${time}.`,
    { hint: `Use ${time} or earlier, or leave out the time travel to read the latest version.` },
  );
}

/** ISO 8601 in UTC, or the number where a Date has no name for it. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms since 1970`;
}
