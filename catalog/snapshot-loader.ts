/**
 * The input and output of snapshots: list the log, pick a segment, read it, reconcile. What it
 * costs, in requests: a load reads `_last_checkpoint`, lists once, and reads the segment; an
 * advance lists once, from the snapshot's own version on, and reads the new commits.
 */
import { setImmediate } from 'node:timers/promises';
import { ActiveFiles } from './active-files.ts';
import { CodedError } from './coded-error.ts';
import { Reconciliation, type TableState } from './log/action-reconciliation.ts';
import { actionsOf, findCommitInfo } from './log/commit-json.ts';
import { parseLastCheckpoint } from './log/last-checkpoint.ts';
import { lastCheckpointLocation, logFolder, paddedVersion } from './log/log-path.ts';
import {
  buildLogSegment,
  sortLogListing,
  type CheckpointFiles,
  type CommitFile,
  type LogListing,
  type LogSegment,
} from './log/log-segment.ts';
import { hasInCommitTimestamps } from './log/protocol.ts';
import type { CallOptions, ObjectStore, StoredObject } from './ports.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { readInOrder } from './read-in-order.ts';
import { inSlices, parallelReadsMax, readLogFile, type LogReaders } from './read-log-file.ts';
import { throwIfAborted } from './throw-if-aborted.ts';
import { buildSnapshot, stateOf, type Snapshot, type SnapshotSource } from './snapshot.ts';

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
    // Between listing and reading, a cleanup or a new table at this place may have removed files.
    if (!isCode(error, 'DELTA_LOG_FILE_NOT_FOUND')) throw error;
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
  let wish = { table: location, version: options.version, excluded };
  let segment = buildLogSegment(listing, wish);
  let whole = partial ? undefined : listing;
  for (;;) {
    try {
      return await readSegment(readers, location, segment, options.signal);
    } catch (error) {
      const { checkpoint } = segment;
      if (checkpoint === undefined || !(error instanceof UnreadableCheckpoint)) throw error;
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
        throw error.cause;
      }
    }
  }
}

/** Says that it is the checkpoint that failed; never leaves this module. */
class UnreadableCheckpoint extends Error {}

/** Failures that say nothing about the checkpoint. */
const otherFailures: ReadonlySet<string> = new Set([
  'QUERY_CANCELED',
  'QUERY_TIMEOUT',
  'SERVER_SHUTTING_DOWN',
  'OUT_OF_MEMORY',
  'DISK_FULL',
  'PATH_NOT_ALLOWED',
]);

function checkpointFailure(cause: unknown, checkpoint: CheckpointFiles): unknown {
  if (!(cause instanceof CodedError) || otherFailures.has(cause.code)) return cause;
  if (cause.code.startsWith('DELTA_LOG_')) return new UnreadableCheckpoint('', { cause });
  const error = new CodedError(
    cause.code === 'DELTA_FILE_NOT_FOUND' ? 'DELTA_LOG_FILE_NOT_FOUND' : 'DELTA_LOG_CORRUPT',
    `The checkpoint ${checkpoint.files[0]?.location} cannot be read: ${cause.message}`,
    { cause },
  );
  return new UnreadableCheckpoint('', { cause: error });
}

async function readSegment(
  readers: LogReaders,
  location: string,
  segment: LogSegment,
  signal: AbortSignal | undefined,
): Promise<Snapshot> {
  const { checkpoint, commits, version, anchor } = segment;
  const reconciliation = new Reconciliation(emptyState(location));
  const filesRead: StoredObject[] = [];
  if (checkpoint !== undefined) {
    try {
      filesRead.push(
        ...(await readCheckpoint(readers, location, checkpoint, reconciliation, signal)),
      );
    } catch (cause) {
      throw checkpointFailure(cause, checkpoint);
    }
  }
  filesRead.push(...(await applyCommits(readers.store, commits, reconciliation, signal)));
  const { inCommitTimestamp } = reconciliation;
  const state = reconciliation.finish();
  const source = sourceOf(anchor, checkpoint?.version, filesRead);
  const timestampMs = await versionTime(readers.store, state, anchor, inCommitTimestamp, signal);
  return buildSnapshot({ location, version, timestampMs, state, source });
}

function emptyState(location: string): TableState {
  return {
    protocol: undefined,
    metadata: undefined,
    txns: new Map(),
    domainMetadata: new Map(),
    files: ActiveFiles.empty(location),
  };
}

function sourceOf(
  anchor: StoredObject,
  checkpointVersion: number | undefined,
  files: readonly StoredObject[],
): SnapshotSource {
  return {
    anchor,
    checkpointVersion,
    filesRead: files.map((file) => file.location),
    bytesRead: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

async function applyCommits(
  store: ObjectStore,
  commits: readonly CommitFile[],
  reconciliation: Reconciliation,
  signal: AbortSignal | undefined,
): Promise<readonly StoredObject[]> {
  const contents = readInOrder(commits, parallelReadsMax, async ({ file }) => ({
    file,
    bytes: await readLogFile(store, file.location, signal),
  }));
  if (commits.length > 0) for (const _ of reconciliation.files.indexing()) await setImmediate();
  for await (const { file, bytes } of contents) {
    throwIfAborted(signal);
    reconciliation.beginCommit();
    await inSlices(actionsOf(bytes, file.location), signal, (action) => {
      reconciliation.apply(action);
    });
  }
  return commits.map(({ file }) => file);
}

/** In-commit timestamp where the version has one, else the time of its file. */
async function versionTime(
  store: ObjectStore,
  state: TableState,
  anchor: StoredObject,
  inCommitTimestamp: number | undefined,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { protocol, metadata } = state;
  if (protocol === undefined || metadata === undefined) return anchor.modifiedMs;
  if (!hasInCommitTimestamps(protocol, metadata)) return anchor.modifiedMs;
  if (inCommitTimestamp !== undefined) return inCommitTimestamp;
  if (!/\/\d{20}\.json$/.test(anchor.location)) return anchor.modifiedMs;
  const bytes = await store.read(anchor.location, { signal });
  if (bytes === undefined) return anchor.modifiedMs;
  return findCommitInfo(bytes, anchor.location)?.inCommitTimestamp ?? anchor.modifiedMs;
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
  const reconciliation = new Reconciliation(stateOf(snapshot));
  const filesRead = await applyCommits(store, commits, reconciliation, signal);
  const { inCommitTimestamp } = reconciliation;
  const state = reconciliation.finish();
  return buildSnapshot({
    location,
    version: newest.version,
    timestampMs: await versionTime(store, state, newest.file, inCommitTimestamp, signal),
    state,
    source: sourceOf(newest.file, snapshot.source.checkpointVersion, filesRead),
    previous: snapshot,
  });
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

function isCode(error: unknown, code: CodedError['code']): boolean {
  return error instanceof CodedError && error.code === code;
}
