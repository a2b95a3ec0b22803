/**
 * A V2 checkpoint under the classic name, for readers that know no others: they find the protocol in
 * it and refuse the table by name, where otherwise they would find no table at all. Written before a
 * cleanup takes away the commits in which they would have found it.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#handling-backward-compatibility-while-moving-to-uuid-named-v2-checkpoints
 */
import type { Action } from '../log/actions.ts';
import { actionsOf } from '../log/commit-json.ts';
import { classicCheckpointLocation, nameOf } from '../log/log-path.ts';
import type { CheckpointFiles, LogListing } from '../log/log-segment.ts';
import { supportsFeature } from '../log/protocol.ts';
import { readLogFile } from '../read-log-file.ts';
import type { Snapshot } from '../snapshot.ts';
import { actionRows } from './checkpoint-content.ts';
import { topSchema } from './checkpoint-schema.ts';
import { parquetActions } from './gather-tombstones.ts';
import { stagedLocation, type CheckpointPorts } from './write-checkpoint.ts';

/**
 * Does nothing for tables without the feature, and where one of the checkpoints from `first` on has
 * the classic name already. A checkpoint that holds its files itself, without sidecars, is left
 * alone: it may be large, and Delta does not write such ones.
 */
export async function writeCompatibilityCheckpoint(
  snapshot: Snapshot,
  first: CheckpointFiles,
  listing: LogListing,
  ports: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { location, protocol } = snapshot;
  if (!supportsFeature(protocol, 'v2Checkpoint')) return;
  const kept = listing.checkpoints.filter(({ version }) => version >= first.version);
  if (kept.some(isClassic)) return;
  const actions = await topActions(first, ports, signal);
  if (actions === undefined) return;
  const staged = stagedLocation(location, ports.newId());
  try {
    await ports.parquetWriter.writeRows(staged, actionRows(topSchema, actions), { signal });
    const to = classicCheckpointLocation(location, first.version);
    await ports.store.publish({ from: staged, to }, { signal });
  } catch (error) {
    await ports.store.remove(staged).catch(() => undefined);
    throw error;
  }
}

function isClassic({ files }: CheckpointFiles): boolean {
  return files.every(({ location }) => nameOf(location).endsWith('.checkpoint.parquet'));
}

const topKinds = [
  'checkpointMetadata',
  'protocol',
  'metaData',
  'txn',
  'domainMetadata',
  'sidecar',
] as const;

async function topActions(
  { files, format }: CheckpointFiles,
  ports: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<readonly Action[] | undefined> {
  const actions: Action[] = [];
  const locations = files.map(({ location }) => location);
  if (format === 'json') {
    for (const location of locations) {
      actions.push(...actionsOf(await readLogFile(ports.store, location, signal), location));
    }
  } else {
    for await (const action of parquetActions(ports, locations, topKinds, signal)) {
      actions.push(action);
    }
  }
  const kinds: ReadonlySet<string> = new Set(topKinds);
  // Of a Parquet file other kinds were not read: only sidecars tell that there are none.
  const isTop =
    format === 'json'
      ? actions.every(({ kind }) => kinds.has(kind))
      : actions.some(({ kind }) => kind === 'sidecar');
  return isTop ? actions : undefined;
}
