/**
 * Reads the files of a log segment, reconciles their actions and compares the result with the
 * version's checksum, which is read beside them. Which segment it is, and what else to try when one
 * cannot be read, is `snapshot-loader.ts`'s part.
 */
import { setImmediate } from 'node:timers/promises';
import { ActiveFiles } from './active-files.ts';
import { CodedError } from './coded-error.ts';
import { Reconciliation, type TableState } from './log/action-reconciliation.ts';
import { actionsOf, findCommitInfo } from './log/commit-json.ts';
import type { Action } from './log/actions.ts';
import { subjectOf, type LogRange } from './log/log-compaction.ts';
import type { CheckpointFiles, CommitFile, LogSegment } from './log/log-segment.ts';
import { hasInCommitTimestamps } from './log/protocol.ts';
import {
  checksumBytesMax,
  checksumDifferences,
  failedIntegrity,
  parseVersionChecksum,
  type VersionChecksum,
} from './log/version-checksum.ts';
import type { ObjectStore, StoredObject } from './ports.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { readInOrder } from './read-in-order.ts';
import { inSlices, parallelReadsMax, readLogFile, type LogReaders } from './read-log-file.ts';
import { buildSnapshot, stateOf, type ChecksumOutcome, type Snapshot } from './snapshot.ts';
import { throwIfAborted } from './throw-if-aborted.ts';

/** Says that it is the checkpoint that failed; its cause is what it failed with. */
export class UnreadableCheckpoint extends Error {}

/**
 * The snapshot of a segment. Throws UnreadableCheckpoint, DELTA_TXN_LOG_FAILED_INTEGRITY when the
 * checksum says otherwise, and what `actionsOf` and `buildSnapshot` throw.
 */
export async function readSegment(
  readers: LogReaders,
  location: string,
  segment: LogSegment,
  signal: AbortSignal | undefined,
): Promise<Snapshot> {
  const { checkpoint, ranges } = segment;
  const checksum = readChecksum(readers, segment.checksum, signal);
  const reconciliation = new Reconciliation(emptyState(location));
  const filesRead: StoredObject[] = [];
  const contents = readAhead(readers.store, checkpoint === undefined ? [] : ranges, signal);
  if (checkpoint !== undefined) {
    try {
      filesRead.push(
        ...(await readCheckpoint(readers, location, checkpoint, reconciliation, signal)),
      );
    } catch (cause) {
      throw checkpointFailure(cause, checkpoint);
    }
  }
  filesRead.push(
    ...(await applyRanges(readers.store, ranges, reconciliation, signal, await contents)),
  );
  return makeSnapshot(readers.store, {
    location,
    version: segment.version,
    anchor: segment.anchor,
    checkpointVersion: checkpoint?.version,
    reconciliation,
    filesRead,
    checksum: await checksum,
    signal,
  });
}

/** What comes after a snapshot: the way to its next version, and that version's checksum. */
export interface Continuation {
  readonly ranges: readonly LogRange[];
  readonly newest: CommitFile;
  readonly checksum: StoredObject | undefined;
}

/** The snapshot after those commits. Throws what `readSegment` throws for ranges. */
export async function continueSnapshot(
  readers: LogReaders,
  previous: Snapshot,
  { ranges, newest, checksum: checksumFile }: Continuation,
  signal: AbortSignal | undefined,
): Promise<Snapshot> {
  const { store } = readers;
  const checksum = readChecksum(readers, checksumFile, signal);
  const reconciliation = new Reconciliation(stateOf(previous));
  const filesRead = await applyRanges(store, ranges, reconciliation, signal);
  return makeSnapshot(store, {
    location: previous.location,
    version: newest.version,
    anchor: newest.file,
    checkpointVersion: previous.source.checkpointVersion,
    reconciliation,
    filesRead,
    checksum: await checksum,
    previous,
    signal,
  });
}

/** Failures that say nothing about the log. */
const otherFailures: ReadonlySet<string> = new Set([
  'QUERY_CANCELED',
  'QUERY_TIMEOUT',
  'SERVER_SHUTTING_DOWN',
  'OUT_OF_MEMORY',
  'DISK_FULL',
  'PATH_NOT_ALLOWED',
]);

/** Whether an error may come of what a log file holds. */
export function isLogFailure(error: unknown): boolean {
  return error instanceof CodedError && !otherFailures.has(error.code);
}

function checkpointFailure(cause: unknown, checkpoint: CheckpointFiles): unknown {
  if (!(cause instanceof CodedError) || !isLogFailure(cause)) return cause;
  if (cause.code.startsWith('DELTA_LOG_')) return new UnreadableCheckpoint('', { cause });
  const error = new CodedError(
    cause.code === 'DELTA_FILE_NOT_FOUND' ? 'DELTA_LOG_FILE_NOT_FOUND' : 'DELTA_LOG_CORRUPT',
    `The checkpoint ${checkpoint.files[0]?.location} cannot be read: ${cause.message}`,
    { cause },
  );
  return new UnreadableCheckpoint('', { cause: error });
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

interface FoundChecksum {
  readonly file: StoredObject;
  /** `undefined` for a file that is no checksum. */
  readonly content: VersionChecksum | undefined;
}

/**
 * Never fails: a checksum that cannot be had says nothing about the log. It is begun before the
 * other files and awaited after them.
 */
async function readChecksum(
  { store, checksums }: LogReaders,
  file: StoredObject | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundChecksum | undefined> {
  if (file === undefined || checksums === 'ignore') return undefined;
  if (file.sizeBytes > checksumBytesMax) return { file, content: undefined };
  try {
    const bytes = await store.read(file.location, { signal });
    // Cleaned up since the listing.
    if (bytes === undefined) return undefined;
    return { file, content: parseVersionChecksum(bytes, file.location) };
  } catch {
    return { file, content: undefined };
  }
}

interface SnapshotMaking {
  readonly location: string;
  readonly version: number;
  readonly anchor: StoredObject;
  readonly checkpointVersion: number | undefined;
  readonly reconciliation: Reconciliation;
  readonly filesRead: readonly StoredObject[];
  readonly checksum: FoundChecksum | undefined;
  readonly previous?: Snapshot | undefined;
  readonly signal: AbortSignal | undefined;
}

async function makeSnapshot(store: ObjectStore, making: SnapshotMaking): Promise<Snapshot> {
  const { location, version, anchor, reconciliation, checksum, previous, signal } = making;
  const { inCommitTimestamp } = reconciliation;
  const state = reconciliation.finish();
  const ownMs = await inCommitTime(store, state, anchor, inCommitTimestamp, signal);
  throwIfAborted(signal);
  const filesRead =
    checksum === undefined ? making.filesRead : [...making.filesRead, checksum.file];
  const snapshot = buildSnapshot({
    location,
    version,
    timestampMs: ownMs ?? anchor.modifiedMs,
    timestampSource: ownMs === undefined ? 'fileModificationTime' : 'inCommitTimestamp',
    state,
    previous,
    source: {
      anchor,
      checkpointVersion: making.checkpointVersion,
      checksum: checksumOutcome(checksum, ownMs),
      filesRead: filesRead.map((file) => file.location),
      bytesRead: filesRead.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
  });
  if (checksum?.content !== undefined) {
    const differences = checksumDifferences(checksum.content, state);
    if (differences.length > 0) {
      throw failedIntegrity(version, checksum.file.location, differences);
    }
  }
  return snapshot;
}

function checksumOutcome(
  checksum: FoundChecksum | undefined,
  inCommitTimestamp: number | undefined,
): ChecksumOutcome {
  if (checksum === undefined) return 'none';
  if (checksum.content === undefined) return 'unreadable';
  const stated = checksum.content.inCommitTimestamp;
  const isOther = stated !== undefined && (inCommitTimestamp ?? stated) !== stated;
  return isOther ? 'otherTime' : 'verified';
}

async function applyRanges(
  store: ObjectStore,
  ranges: readonly LogRange[],
  reconciliation: Reconciliation,
  signal: AbortSignal | undefined,
  ahead: ReadonlyMap<LogRange, Ahead> = new Map(),
): Promise<readonly StoredObject[]> {
  const contents = readInOrder(ranges, parallelReadsMax, async (range) => ({
    range,
    ...(ahead.get(range) ?? { bytes: await readLogFile(store, range.file.location, signal) }),
  }));
  if (ranges.length > 0) for (const _ of reconciliation.files.indexing()) await setImmediate();
  for await (const { range, bytes, parsed } of contents) {
    throwIfAborted(signal);
    const { location } = range.file;
    const isCompaction = range.last > range.first;
    const actions = parsed ?? actionsOf(bytes, location);
    reconciliation.beginCommit();
    await inSlices(isCompaction ? reconciled(actions, location) : actions, signal, (action) => {
      reconciliation.apply(action);
    });
    // A compaction may keep a commitInfo of any of its versions: its time is not the last one's.
    if (isCompaction) reconciliation.beginCommit();
  }
  return ranges.map(({ file }) => file);
}

interface Ahead {
  readonly bytes: Uint8Array;
  readonly parsed?: readonly Action[] | undefined;
}

/** What is parsed ahead at most: some ten thousand actions. */
const aheadBytesMax = 4 * 1024 * 1024;

/**
 * Reads and parses the first of the ranges while the engine reads the checkpoint before them. Never
 * fails: what could not be read or parsed is read again when its turn comes, and fails then.
 */
async function readAhead(
  store: ObjectStore,
  ranges: readonly LogRange[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<LogRange, Ahead>> {
  const found = new Map<LogRange, Ahead>();
  let total = 0;
  const first = ranges.filter(({ file }) => (total += file.sizeBytes) <= aheadBytesMax);
  try {
    const contents = readInOrder(first, parallelReadsMax, async (range) => ({
      range,
      bytes: await readLogFile(store, range.file.location, signal),
    }));
    for await (const { range, bytes } of contents) {
      throwIfAborted(signal);
      const parsed: Action[] = [];
      await inSlices(actionsOf(bytes, range.file.location), signal, (action) => {
        parsed.push(action);
      });
      found.set(range, { bytes, parsed });
    }
  } catch {
    // Told when the range's turn comes.
  }
  return found;
}

/** The actions of a compaction. Throws DELTA_LOG_CORRUPT if two of them contradict each other. */
function* reconciled(actions: Iterable<Action>, location: string): Generator<Action> {
  const subjects = new Set<string>();
  for (const action of actions) {
    const subject = subjectOf(action);
    if (subject !== undefined && subjects.size === subjects.add(subject).size) {
      throw new CodedError(
        'DELTA_LOG_CORRUPT',
        `The log compaction ${location} has more than one action for the same thing.`,
      );
    }
    yield action;
  }
}

/** `undefined` where the version has none, or its commit is gone: then its file's time counts. */
async function inCommitTime(
  store: ObjectStore,
  state: TableState,
  anchor: StoredObject,
  inCommitTimestamp: number | undefined,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const { protocol, metadata } = state;
  if (protocol === undefined || metadata === undefined) return undefined;
  if (!hasInCommitTimestamps(protocol, metadata)) return undefined;
  if (inCommitTimestamp !== undefined) return inCommitTimestamp;
  if (!/\/\d{20}\.json$/.test(anchor.location)) return undefined;
  const bytes = await store.read(anchor.location, { signal });
  if (bytes === undefined) return undefined;
  return findCommitInfo(bytes, anchor.location)?.inCommitTimestamp;
}
