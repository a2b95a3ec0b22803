/**
 * Whether the log, as far back as it reaches, still has versions that used a table feature: for dropping
 * features whose traces readers of old versions would have to understand. In doubt it has.
 *
 * Source: `historyContainsFeature` in Delta's TableFeature.scala.
 */
import type { Action } from '../log/actions.ts';
import { actionsOf } from '../log/commit-json.ts';
import { nameOf } from '../log/log-path.ts';
import type { CheckpointFiles } from '../log/log-segment.ts';
import { readLogFile, type LogReaders } from '../read-log-file.ts';
import { listLog, loadSnapshot } from '../snapshot-loader.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';
import { gatherTombstones } from './gather-tombstones.ts';

export interface FeatureTrace {
  readonly usedBy: (action: Action) => boolean;
  /** Whether V2 checkpoints are such a trace. */
  readonly inV2Checkpoints: boolean;
}

/** Reads every commit of the log, and the version that it begins with. */
export async function historyUses(
  { usedBy, inV2Checkpoints }: FeatureTrace,
  location: string,
  readers: LogReaders,
  signal?: AbortSignal,
): Promise<boolean> {
  const { commits, checkpoints } = await listLog(readers.store, location, { signal });
  if (inV2Checkpoints && checkpoints.some(isV2)) return true;
  for (const { file } of commits) {
    throwIfAborted(signal);
    const bytes = await readLogFile(readers.store, file.location, signal);
    for (const action of actionsOf(bytes, file.location)) if (usedBy(action)) return true;
  }
  const first = commits[0]?.version ?? 0;
  if (first === 0) return false;
  // What came before is known by the checkpoint that the log begins with.
  const { metadata, files } = await loadSnapshot(readers, location, { version: first, signal });
  if (usedBy(metadata)) return true;
  for (const file of files) if (usedBy(files.addFile(file))) return true;
  const tombstones = await gatherTombstones(
    readers,
    { location, version: first, sinceMs: 0 },
    signal,
  );
  for (const remove of tombstones) if (usedBy(remove)) return true;
  return false;
}

/** The first version of the log that has its commit. */
export async function firstCommit(
  location: string,
  { store }: Pick<LogReaders, 'store'>,
  signal?: AbortSignal,
): Promise<number> {
  const { commits } = await listLog(store, location, { signal });
  return commits[0]?.version ?? 0;
}

/** V2 checkpoints have names with a UUID; classic ones may hold V2 content only under such names here. */
function isV2({ files }: CheckpointFiles): boolean {
  return files.some(({ location }) =>
    /\.checkpoint\.[0-9a-f-]{36}\.(?:json|parquet)$/.test(nameOf(location)),
  );
}
