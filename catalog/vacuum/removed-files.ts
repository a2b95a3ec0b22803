/**
 * The files that commits of a range removed, for VACUUM LITE: it goes by the log and does not look at
 * the folder.
 */
import { CodedError } from '../coded-error.ts';
import type { Action, DeletionVectorDescriptor } from '../log/actions.ts';
import { actionsOf } from '../log/commit-json.ts';
import { deletionVectorSource } from '../log/deletion-vector.ts';
import { fileLocation } from '../log/file-path.ts';
import { isObject } from '../log/field-reader.ts';
import { timedVersions } from '../log/history.ts';
import { commitLocation, logFolder } from '../log/log-path.ts';
import { requireCanonical } from '../path-index.ts';
import type { ObjectStore } from '../ports.ts';
import { readInOrder } from '../read-in-order.ts';
import { parallelReadsMax, readLogFile } from '../read-log-file.ts';
import { listLog } from '../snapshot-loader.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';

export interface CommitsToSearch {
  readonly first: number;
  /** Inclusive; the newest commit that is not younger than the cutoff. */
  readonly last: number;
}

/**
 * The commits whose removals have expired and that no VACUUM saw; `undefined` when there are none.
 * Throws DELTA_CANNOT_VACUUM_LITE when commits that no VACUUM saw are gone from the log.
 */
export async function commitsToSearch(
  table: string,
  cutoffMs: number,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<CommitsToSearch | undefined> {
  const listing = await listLog(store, table, { signal });
  const earliest = listing.commits[0]?.version;
  const last = lastExpired(timedVersions(listing), cutoffMs);
  if (last === undefined || earliest === undefined) return undefined;
  const seen = await lastSeen(table, store, signal);
  if (earliest > 0 && (seen === undefined || seen < earliest - 1)) {
    throw new CodedError(
      'DELTA_CANNOT_VACUUM_LITE',
      `VACUUM LITE goes by the commits of ${table}, of which those before version ${earliest} are ` +
        'gone without that a VACUUM saw them.',
    );
  }
  const first = seen === undefined ? earliest : Math.max(seen + 1, earliest);
  return first <= last ? { first, last } : undefined;
}

export function lastExpired(
  versions: readonly { readonly version: number; readonly timestampMs: number }[],
  cutoffMs: number,
): number | undefined {
  return versions.findLast(({ timestampMs }) => timestampMs <= cutoffMs)?.version;
}

function seenLocation(table: string): string {
  return `${logFolder(table)}/_last_vacuum_info`;
}

async function lastSeen(
  table: string,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const bytes = await store.read(seenLocation(table), { signal });
  if (bytes === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const version = isObject(json)
      ? json['latestCommitVersionOutsideOfRetentionWindow']
      : undefined;
    return Number.isSafeInteger(version) ? (version as number) : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers, under the name that Delta has for it, up to which version removals were seen. */
export async function rememberSeen(
  table: string,
  version: number,
  store: ObjectStore,
): Promise<void> {
  const json = JSON.stringify({ latestCommitVersionOutsideOfRetentionWindow: version });
  await store.put(seenLocation(table), Buffer.from(json, 'utf8'));
}

/** Where the files lie that the commits removed before the cutoff, those outside the table included. */
export async function* removedFiles(
  table: string,
  { first, last }: CommitsToSearch,
  cutoffMs: number,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const versions = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const contents = readInOrder(versions, parallelReadsMax, async (version) => {
    const location = commitLocation(table, version);
    return { location, bytes: await readLogFile(store, location, signal) };
  });
  for await (const { location, bytes } of contents) {
    throwIfAborted(signal);
    for (const action of actionsOf(bytes, location)) yield* filesOf(table, action, cutoffMs);
  }
}

function* filesOf(table: string, action: Action, cutoffMs: number): Generator<string> {
  if (action.kind === 'cdc') yield fileLocation(table, requireCanonical(action.path));
  if (action.kind !== 'remove' || (action.deletionTimestamp ?? 0) >= cutoffMs) return;
  yield fileLocation(table, requireCanonical(action.path));
  const vector = vectorLocation(table, action.deletionVector);
  if (vector !== undefined) yield vector;
}

function vectorLocation(
  table: string,
  descriptor: DeletionVectorDescriptor | undefined,
): string | undefined {
  if (descriptor?.storageType !== 'u') return undefined;
  const source = deletionVectorSource(descriptor, table);
  return source.kind === 'file' ? source.location : undefined;
}
