/**
 * What follows commits (`post-commit.ts`), in the background: one table's versions one after the other,
 * tables beside each other. Whoever committed does not wait for it.
 *
 * 1. A version that is due for a checkpoint is never left out. Of the others that wait, only the newest
 *    gets a checksum: where commits come faster than the work is done, it does not pile up.
 * 2. `idle` ends when nothing waits or runs: then the store may be closed.
 * 3. Failures go to the listener, and nowhere else.
 */
import type { CommittedVersion as Committed } from '../commit/transactions.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { SnapshotCache } from '../snapshot-cache.ts';
import type { Snapshot } from '../snapshot.ts';
import { postCommit, type PostCommitPorts } from './post-commit.ts';
import type { CheckpointPorts } from './write-checkpoint.ts';

export type PostCommitFailure = Parameters<PostCommitPorts['onFailure']>[0];

export interface BackgroundPostCommit {
  /** Takes a version in, and returns at once. */
  readonly afterCommit: (committed: Committed) => Promise<void>;
  readonly idle: () => Promise<void>;
  /** From now on failures are told to `listener` instead. Nobody is told before. */
  readonly listen: (listener: (failure: PostCommitFailure) => void) => void;
}

export function createBackgroundPostCommit(
  ports: CheckpointPorts & { readonly snapshots: Pick<SnapshotCache, 'latest' | 'atVersion'> },
): BackgroundPostCommit {
  const { snapshots } = ports;
  /** By location: the versions that wait, oldest first. */
  const waiting = new Map<string, Committed[]>();
  const running = new Set<Promise<void>>();
  let listener: (failure: PostCommitFailure) => void = () => undefined;

  async function snapshotAt(location: string, version: number): Promise<Snapshot> {
    const latest = await snapshots.latest(location);
    return latest.version === version ? latest : await snapshots.atVersion(location, version);
  }

  const latest = (table: string): Promise<Snapshot> => snapshots.latest(table);

  async function work(location: string, queue: Committed[]): Promise<void> {
    // What comes in the same turn of the event loop is looked at together.
    await Promise.resolve();
    for (let next = take(queue); next !== undefined; next = take(queue)) {
      const { version } = next;
      await postCommit(
        { location, version },
        { ...ports, snapshotAt, latest, onFailure: (failure) => listener(failure) },
      );
    }
    waiting.delete(location);
  }

  return {
    afterCommit: (committed) => {
      const { location } = committed;
      const queue = waiting.get(location);
      if (queue !== undefined) {
        queue.push(committed);
        return Promise.resolve();
      }
      const begun = [committed];
      waiting.set(location, begun);
      const run = work(location, begun);
      running.add(run);
      void run.finally(() => running.delete(run));
      return Promise.resolve();
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    listen: (told) => {
      listener = told;
    },
  };
}

/** The next version that has to be looked at, those before it that need not be being forgotten. */
function take(queue: Committed[]): Committed | undefined {
  for (let first = queue.shift(); first !== undefined; first = queue.shift()) {
    if (queue.length === 0 || isCheckpointVersion(first)) return first;
  }
  return undefined;
}

function isCheckpointVersion({ version, definition }: Committed): boolean {
  const { checkpointIntervalCommits } = tableProperties;
  try {
    const configuration = definition?.metadata.configuration ?? {};
    return version % readProperty(configuration, checkpointIntervalCommits) === 0;
  } catch {
    // `postCommit` takes the default for a property without sense, and says so.
    return version % checkpointIntervalCommits.fallback === 0;
  }
}
