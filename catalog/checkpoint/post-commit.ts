/**
 * What a writer does after a commit, beside it: the version's checksum, every so many versions a
 * checkpoint, and then a look whether part of the log has expired.
 *
 * The commit is made and stays made: nothing here fails it. Each step that fails is told to
 * `onFailure` and leaves the table as it was; the next commit that is due tries again. It is all right
 * to kill the process at any point.
 */
import type { CodedError } from '../coded-error.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { Snapshot } from '../snapshot.ts';
import { compactLog } from './compact-log.ts';
import { cleanUpLog } from './log-cleanup.ts';
import { writeCheckpoint, type CheckpointPorts } from './write-checkpoint.ts';
import { writeVersionChecksum } from './write-version-checksum.ts';

export type PostCommitStep = 'snapshot' | 'checksum' | 'checkpoint' | 'cleanup' | 'compaction';

export interface PostCommitPorts extends CheckpointPorts {
  /** The table at the version that was committed, usually from a cache. */
  snapshotAt(location: string, version: number, signal?: AbortSignal): Promise<Snapshot>;
  /** The table at its newest version. */
  latest(location: string, signal?: AbortSignal): Promise<Snapshot>;
  /** `error` is a `CodedError` unless there is a mistake in this program. Must not throw. */
  onFailure(failure: {
    readonly step: PostCommitStep;
    readonly location: string;
    readonly version: number;
    readonly error: CodedError | Error;
  }): void;
}

export interface PostCommitSettings {
  /** Write a compaction of every so many commits; none if absent. See `compact-log.ts`. */
  readonly compactCommits?: number | undefined;
}

/** What was committed. */
export interface CommittedVersion {
  readonly location: string;
  readonly version: number;
  /** The snapshot of this version, if the writer has it. */
  readonly snapshot?: Snapshot | undefined;
  /** `commitInfo.txnId`. */
  readonly txnId?: string | undefined;
}

/** The steps that were carried out; one that found its work done counts. */
export type PostCommitReport = ReadonlySet<PostCommitStep>;

/** Never rejects. Some 3 requests after most commits; a checkpoint reads and writes more. */
export async function postCommit(
  committed: CommittedVersion,
  ports: PostCommitPorts,
  settings: PostCommitSettings = {},
  signal?: AbortSignal,
): Promise<PostCommitReport> {
  const { location, version, txnId } = committed;
  const done = new Set<PostCommitStep>();
  const attempt = async <T>(
    step: PostCommitStep,
    run: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      const result = await run();
      done.add(step);
      return result;
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      ports.onFailure({ step, location, version, error: cause });
      return undefined;
    }
  };
  const snapshot = await attempt('snapshot', async () => {
    if (committed.snapshot?.version === version) return committed.snapshot;
    return await ports.snapshotAt(location, version, signal);
  });
  if (snapshot === undefined) return done;
  await attempt('checksum', () => writeVersionChecksum(snapshot, txnId, ports, signal));
  const { compactCommits } = settings;
  if (compactCommits !== undefined && compactCommits > 1 && (version + 1) % compactCommits === 0) {
    const range = { first: version + 1 - compactCommits, last: version };
    await attempt('compaction', () => compactLog(location, range, ports, signal));
  }
  if (
    !isCheckpointDue(snapshot, (error) => {
      ports.onFailure({ step: 'checkpoint', location, version, error });
    })
  ) {
    return done;
  }
  const checkpoint = await attempt('checkpoint', () => writeCheckpoint(snapshot, ports, signal));
  // Whoever wrote the checkpoint looks after the log, so that one process does it and not all.
  if (checkpoint?.kind === 'written') {
    // By the properties of now: they may have been changed since the version that was due.
    await attempt('cleanup', async () =>
      cleanUpLog(await ports.latest(location, signal), ports, signal),
    );
  }
  return done;
}

/** Every `delta.checkpointInterval` versions. A property without sense counts as its default. */
function isCheckpointDue(
  { version, metadata }: Snapshot,
  onFailure: (error: Error) => void,
): boolean {
  const { checkpointIntervalCommits } = tableProperties;
  let interval = checkpointIntervalCommits.fallback;
  try {
    interval = readProperty(metadata.configuration, checkpointIntervalCommits);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    onFailure(error);
  }
  return version > 0 && version % interval === 0;
}
