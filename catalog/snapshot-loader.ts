/**
 * The input and output of snapshots: list the log, pick a segment, read it, reconcile. What it
 * costs, in requests: a load reads `_last_checkpoint`, lists once, and reads the segment; an
 * advance lists once, from the snapshot's own version on, and reads the new commits.
 */
import { CodedError } from './coded-error.ts';
import { parseLastCheckpoint } from './log/last-checkpoint.ts';
import { lastCheckpointLocation, logFolder, paddedVersion } from './log/log-path.ts';
import {
  buildLogSegment,
  rangesOf,
  sortLogListing,
  type CheckpointFiles,
  type LogListing,
  type SegmentWish,
} from './log/log-segment.ts';
import type { CallOptions, ObjectStore, StoredObject } from './ports.ts';
import type { LogReaders } from './read-log-file.ts';
import {
  continueSnapshot,
  isLogFailure,
  readSegment,
  UnreadableCheckpoint,
  type Continuation,
} from './read-segment.ts';
import type { Snapshot } from './snapshot.ts';

export interface LoadOptions {
  /** The newest if absent. */
  readonly version?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The snapshot of a table, made from nothing but its log. Throws what `buildLogSegment`,
 * `actionsOf` and `buildSnapshot` throw, and DELTA_LOG_FILE_NOT_FOUND.
 */
export async function loadSnapshot(
  readers: LogReaders,
  location: string,
  options: LoadOptions = {},
): Promise<Snapshot> {
  try {
    return await loadOnce(readers, location, options);
  } catch (error) {
    // Between listing and reading, a cleanup or a new table at this place may have removed files,
    // or put others under their names.
    const mayPass = isCode(error, 'DELTA_LOG_FILE_NOT_FOUND') || isIntegrityFailure(error);
    if (!mayPass) throw error;
    return loadOnce(readers, location, options);
  }
}

async function loadOnce(
  readers: LogReaders,
  location: string,
  options: LoadOptions,
): Promise<Snapshot> {
  const { store } = readers;
  const { version, signal } = options;
  const hint = parseLastCheckpoint(await store.read(lastCheckpointLocation(location), { signal }));
  if (hint !== undefined && (version === undefined || version >= hint)) {
    const listing = await listLog(store, location, {
      startAfter: `${paddedVersion(hint)}.`,
      signal,
    });
    const found = listing.checkpoints.some(
      (checkpoint) => version === undefined || checkpoint.version <= version,
    );
    const { commits, checkpoints } = listing;
    const latest = Math.max(commits.at(-1)?.version ?? 0, checkpoints.at(-1)?.version ?? 0);
    if (found && (version ?? 0) <= latest) {
      return loadListed(readers, location, listing, options, true);
    }
  }
  return loadListed(readers, location, await listLog(store, location, { signal }), options, false);
}

async function loadListed(
  readers: LogReaders,
  location: string,
  listing: LogListing,
  options: LoadOptions,
  partial: boolean,
): Promise<Snapshot> {
  const excluded = new Set<CheckpointFiles>();
  let wish: SegmentWish = { table: location, version: options.version, excluded };
  let segment = buildLogSegment(listing, wish);
  let whole = partial ? undefined : listing;
  for (;;) {
    try {
      return await readSegment(readers, location, segment, options.signal);
    } catch (error) {
      const { checkpoint, commits, ranges } = segment;
      if (ranges.length < commits.length && isLogFailure(error)) {
        // The commits themselves may be better than their compaction.
        wish = { ...wish, version: segment.version, plainCommits: true };
        segment = { ...segment, ranges: rangesOf(commits, listing, wish) };
        continue;
      }
      const failure = error instanceof UnreadableCheckpoint ? error.cause : error;
      const isCheckpoints = error instanceof UnreadableCheckpoint || isIntegrityFailure(error);
      if (checkpoint === undefined || !isCheckpoints) throw failure;
      // An older checkpoint, or the commits from 0 on, may still give the same version.
      try {
        whole ??= await listLog(readers.store, location, { signal: options.signal });
        for (const candidate of whole.checkpoints) {
          if (candidate.files[0]?.location === checkpoint.files[0]?.location) {
            excluded.add(candidate);
          }
        }
        wish = { ...wish, version: segment.version };
        segment = buildLogSegment(whole, wish);
      } catch {
        throw failure;
      }
    }
  }
}

/** The log's files, sorted out; those whose names sort up to `startAfter` are left out. */
export async function listLog(
  store: ObjectStore,
  location: string,
  options: CallOptions & { readonly startAfter?: string | undefined } = {},
): Promise<LogListing> {
  const files: StoredObject[] = [];
  for await (const file of store.list(logFolder(location), options)) files.push(file);
  return sortLogListing(files);
}

/**
 * The newest snapshot, given an older one: the same object if nothing was committed. Only the log
 * from the snapshot's own version on is listed, and only new commits are read. A table that was
 * deleted and made again is noticed (its commit of this version is another file, or gone) and
 * loaded from scratch.
 */
export async function advanceSnapshot(
  readers: LogReaders,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const { store } = readers;
  const { location, version } = snapshot;
  // `N.jso` sorts after `N.checkpoint...` and right before `N.json`.
  const startAfter = `${paddedVersion(version)}.jso`;
  const listing = await listLog(store, location, { startAfter, signal });
  const own = listing.commits.find((commit) => commit.version === version)?.file;
  const commits = listing.commits.filter((commit) => commit.version > version);
  const { anchor } = snapshot.source;
  const same =
    own === undefined
      ? isSameObject(await store.stat(anchor.location, { signal }), anchor)
      : isSameObject(own, anchor);
  const contiguous = commits.every((commit, i) => commit.version === version + 1 + i);
  const newest = commits.at(-1);
  const checkpoint = listing.checkpoints.at(-1)?.version ?? -1;
  if (!same || !contiguous || checkpoint > (newest?.version ?? version)) {
    return loadSnapshot(readers, location, { signal });
  }
  if (newest === undefined) return snapshot;
  const way = {
    ranges: rangesOf(commits, listing),
    newest,
    checksum: listing.checksums.get(newest.version),
  };
  const plain = { ...way, ranges: rangesOf(commits, listing, { plainCommits: true }) };
  try {
    return await continueBy(way, plain);
  } catch (error) {
    if (!isIntegrityFailure(error)) throw error;
    // What the snapshot was made of may be at fault: the whole log decides.
    return loadSnapshot(readers, location, { signal });
  }

  async function continueBy(first: Continuation, second: Continuation): Promise<Snapshot> {
    try {
      return await continueSnapshot(readers, snapshot, first, signal);
    } catch (error) {
      const isSame = first.ranges.length === second.ranges.length;
      if (isSame || !isLogFailure(error)) throw error;
      return continueSnapshot(readers, snapshot, second, signal);
    }
  }
}

/** Whether a snapshot still is what its table has at that version: one request. */
export async function isCurrent(
  store: ObjectStore,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<boolean> {
  const { anchor } = snapshot.source;
  return isSameObject(await store.stat(anchor.location, { signal }), anchor);
}

function isSameObject(found: StoredObject | undefined, expected: StoredObject): boolean {
  return (
    found?.location === expected.location &&
    found.sizeBytes === expected.sizeBytes &&
    found.modifiedMs === expected.modifiedMs
  );
}

function isIntegrityFailure(error: unknown): boolean {
  return isCode(error, 'DELTA_TXN_LOG_FAILED_INTEGRITY');
}

function isCode(error: unknown, code: CodedError['code']): boolean {
  return error instanceof CodedError && error.code === code;
}
