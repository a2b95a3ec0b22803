/**
 * Writes the checkpoint of a version: one Parquet file under the classic name, or, where the table
 * wants V2 checkpoints, sidecars and a JSON file with a name of its own.
 *
 * Guarantees
 * 1. Until the last step nobody sees anything: the file is written under a name without a meaning (the
 *    sidecars under names that nothing mentions) and then appears whole and durable, or not at all.
 * 2. It never replaces a checkpoint. Of two writers of the same one, one gives up its own.
 * 3. `_last_checkpoint` comes afterwards, and never points to an older version than before.
 * 4. Memory does not grow with the files: rows are made as they are written.
 * 5. The snapshot is still what the table's log says when the checkpoint appears.
 *
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints
 */
import { CodedError } from '../coded-error.ts';
import type { Action, CheckpointMetadata, Sidecar } from '../log/actions.ts';
import { serializeCommit } from '../log/commit-json.ts';
import {
  parseLastCheckpoint,
  serializeLastCheckpoint,
  type LastCheckpoint,
} from '../log/last-checkpoint.ts';
import {
  classicCheckpointLocation,
  commitLocation,
  lastCheckpointLocation,
  logFolder,
  nameOf,
  paddedVersion,
  parseLogName,
} from '../log/log-path.ts';
import { supportsFeature } from '../log/protocol.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { Clock, NewId, ObjectStore, ParquetIo, ParquetWriter } from '../ports.ts';
import { isCurrent } from '../snapshot-loader.ts';
import type { Snapshot } from '../snapshot.ts';
import {
  checkpointContent,
  classicRows,
  fileActionCount,
  sidecarRows,
  type CheckpointContent,
} from './checkpoint-content.ts';
import { gatherTombstones } from './gather-tombstones.ts';
import { requireKnownFeatures } from './known-features.ts';

export interface CheckpointPorts {
  readonly store: ObjectStore;
  readonly parquet: ParquetIo;
  readonly parquetWriter: ParquetWriter;
  readonly clock: Clock;
  readonly newId: NewId;
}

export type CheckpointOutcome =
  | { readonly kind: 'written'; readonly checkpoint: LastCheckpoint }
  /** There is one of this version already. */
  | { readonly kind: 'exists' };

/** Files and tombstones in one sidecar: as many as Delta puts there. */
const sidecarRowsMax = 50_000;

/**
 * Throws DELTA_UNSUPPORTED_FEATURES_FOR_WRITE when the table may have actions that Levee does not
 * know, INVALID_PARAMETER_VALUE for table properties without sense, what reading the log and
 * writing throw, and DELTA_CONCURRENT_WRITE when the table was replaced by another.
 */
export async function writeCheckpoint(
  snapshot: Snapshot,
  ports: CheckpointPorts,
  signal?: AbortSignal,
): Promise<CheckpointOutcome> {
  const { location, version, metadata, protocol } = snapshot;
  requireKnownFeatures(location, protocol);
  const { checkpointPolicy, deletedFileRetentionMs } = tableProperties;
  const isV2 =
    readProperty(metadata.configuration, checkpointPolicy) === 'v2' &&
    supportsFeature(protocol, 'v2Checkpoint');
  if (await hasCheckpoint(snapshot, ports, isV2, signal)) return { kind: 'exists' };
  const nowMs = ports.clock.nowMs();
  const sinceMs = nowMs - readProperty(metadata.configuration, deletedFileRetentionMs);
  const tombstones = await gatherTombstones(ports, { location, version, sinceMs }, signal);
  const content = checkpointContent(snapshot, tombstones, nowMs);
  const checkpoint = isV2
    ? await writeV2(content, ports, signal)
    : await writeClassic(content, ports, signal);
  if (checkpoint === undefined) return { kind: 'exists' };
  await pointToCheckpoint(location, checkpoint, ports, signal);
  return { kind: 'written', checkpoint };
}

async function hasCheckpoint(
  { location, version }: Snapshot,
  { store }: CheckpointPorts,
  isV2: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!isV2) {
    const found = await store.stat(classicCheckpointLocation(location, version), { signal });
    return found !== undefined;
  }
  const startAfter = `${paddedVersion(version)}.checkpoint`;
  for await (const file of store.list(logFolder(location), { startAfter, signal })) {
    const name = parseLogName(nameOf(file.location));
    if (name === undefined) continue;
    if (name.version > version) break;
    if (name.kind === 'uuid' && file.sizeBytes > 0) return true;
  }
  return false;
}

async function writeClassic(
  content: CheckpointContent,
  ports: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<LastCheckpoint | undefined> {
  const { store, parquetWriter } = ports;
  const { snapshot, others } = content;
  const { location, version, files } = snapshot;
  const staged = stagedLocation(location, ports.newId());
  try {
    const size = others.length + fileActionCount(content);
    const written = await parquetWriter.writeRows(staged, classicRows(content), { signal });
    requireRows(written.rowCount, size, location, version);
    await requireCurrent(snapshot, ports, signal);
    const to = classicCheckpointLocation(location, version);
    const outcome = await store.publish({ from: staged, to }, { signal });
    if (outcome === 'exists') return undefined;
    return { version, size, sizeInBytes: written.sizeBytes, numOfAddFiles: files.count };
  } catch (error) {
    await store.remove(staged).catch(() => undefined);
    throw error;
  }
}

/**
 * Where a checkpoint is written before it has its name. Cleaning up the log removes what a crash
 * leaves (`log-cleanup.ts`).
 */
export function stagedLocation(table: string, id: string): string {
  return `${logFolder(table)}/${stagedPrefix}${id}.parquet`;
}

const stagedPrefix = '.staged-checkpoint-';

export function isStagedName(name: string): boolean {
  return name.startsWith(stagedPrefix);
}

async function writeV2(
  content: CheckpointContent,
  ports: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<LastCheckpoint | undefined> {
  const { store, newId } = ports;
  const { snapshot, others } = content;
  const { location, version, files } = snapshot;
  const sidecars: Sidecar[] = [];
  try {
    await writeSidecars(content, ports, sidecars, signal);
    const sidecarBytes = sidecars.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
    const top: CheckpointMetadata = {
      kind: 'checkpointMetadata',
      version,
      tags: {
        sidecarNumActions: String(fileActionCount(content)),
        sidecarSizeInBytes: String(sidecarBytes),
        numOfAddFiles: String(files.count),
      },
    };
    const actions: Action[] = [top, ...sidecars, ...others];
    const bytes = serializeCommit(actions);
    const name = `${paddedVersion(version)}.checkpoint.${newId()}.json`;
    await requireCurrent(snapshot, ports, signal);
    const path = `${logFolder(location)}/${name}`;
    if ((await store.putIfAbsent(path, bytes, { signal })) === 'exists') {
      throw new CodedError('INTERNAL_ERROR', `There is a ${path} already, by another writer.`);
    }
    const modificationTime = (await store.stat(path, { signal }))?.modifiedMs ?? 0;
    return {
      version,
      size: actions.length + fileActionCount(content),
      sizeInBytes: bytes.length + sidecarBytes,
      numOfAddFiles: files.count,
      v2Checkpoint: { path: name, sizeInBytes: bytes.length, modificationTime },
    };
  } catch (error) {
    await removeUnused(location, version, sidecars, ports);
    throw error;
  }
}

async function writeSidecars(
  content: CheckpointContent,
  { store, parquetWriter, newId, clock }: CheckpointPorts,
  sidecars: Sidecar[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { location, version } = content.snapshot;
  const folder = `${logFolder(location)}/_sidecars`;
  const parts = Math.ceil(fileActionCount(content) / sidecarRowsMax);
  if (parts > 0) await store.prepareFolder(folder, { signal });
  let rowCount = 0;
  for (const rows of sidecarRows(content, sidecarRowsMax)) {
    const part = `${tenDigits(sidecars.length + 1)}.${tenDigits(parts)}`;
    const path = `${paddedVersion(version)}.checkpoint.${part}.${newId()}.parquet`;
    // Named before it is written, so that a failure half-way removes it, too.
    sidecars.push({ kind: 'sidecar', path, sizeInBytes: 0, modificationTime: 0 });
    const written = await parquetWriter.writeRows(`${folder}/${path}`, rows, { signal });
    sidecars[sidecars.length - 1] = {
      kind: 'sidecar',
      path,
      sizeInBytes: written.sizeBytes,
      modificationTime: clock.nowMs(),
    };
    rowCount += written.rowCount;
  }
  requireRows(rowCount, fileActionCount(content), location, version);
  await store.sync(
    sidecars.map(({ path }) => `${folder}/${path}`),
    { signal },
  );
}

function tenDigits(count: number): string {
  return String(count).padStart(10, '0');
}

/** Sidecars that no checkpoint names, after a failure. In doubt they stay, and are cleaned up later. */
async function removeUnused(
  table: string,
  version: number,
  sidecars: readonly Sidecar[],
  { store }: CheckpointPorts,
): Promise<void> {
  const startAfter = `${paddedVersion(version)}.checkpoint.`;
  try {
    for await (const { location } of store.list(logFolder(table), { startAfter })) {
      const name = parseLogName(nameOf(location));
      if (name !== undefined && name.version > version) break;
      // It may be this writer's own, whose put failed although it was done.
      if (name?.kind === 'uuid') return;
    }
    for (const { path } of sidecars) await store.remove(`${logFolder(table)}/_sidecars/${path}`);
  } catch {
    return;
  }
}

function requireRows(found: number, expected: number, table: string, version: number): void {
  if (found === expected) return;
  throw new CodedError(
    'INTERNAL_ERROR',
    `The checkpoint of version ${version} of ${table} got ${found} rows instead of ${expected}.`,
  );
}

async function requireCurrent(
  snapshot: Snapshot,
  { store }: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await isCurrent(store, snapshot, signal)) return;
  throw new CodedError(
    'DELTA_CONCURRENT_WRITE',
    `Version ${snapshot.version} of ${snapshot.location} is no longer the one that was read.`,
  );
}

async function pointToCheckpoint(
  table: string,
  checkpoint: LastCheckpoint,
  { store }: CheckpointPorts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const location = lastCheckpointLocation(table);
  const hint = parseLastCheckpoint(await store.read(location, { signal }));
  if (hint !== undefined && hint > checkpoint.version) {
    // A newer one, unless the version it names does not exist: then the file is from another time.
    if ((await store.stat(commitLocation(table, hint), { signal })) !== undefined) return;
  }
  await store.put(location, serializeLastCheckpoint(checkpoint), { signal });
}
