/**
 * The tombstones of a version. Snapshots do not keep them: they are gathered from the newest
 * checkpoint that can be read and the commits after it, when a checkpoint is written or VACUUM runs.
 * What is held at a time is the tombstones themselves and the actions of a few commits.
 */
import { CodedError } from '../coded-error.ts';
import { isPresent } from '../column-batch.ts';
import { parseActionBody, type Action, type ActionKind, type Sidecar } from '../log/actions.ts';
import { actionsOf } from '../log/commit-json.ts';
import { isObject, placeInFile } from '../log/field-reader.ts';
import { parseLastCheckpoint } from '../log/last-checkpoint.ts';
import { lastCheckpointLocation, paddedVersion, sidecarLocation } from '../log/log-path.ts';
import type { CheckpointFiles, CommitFile, LogListing } from '../log/log-segment.ts';
import { requireCanonical } from '../path-index.ts';
import { readInOrder } from '../read-in-order.ts';
import { inSlices, parallelReadsMax, readLogFile, type LogReaders } from '../read-log-file.ts';
import { listLog } from '../snapshot-loader.ts';
import { Tombstones } from './tombstones.ts';

export interface TombstoneWish {
  /** The table's location. */
  readonly location: string;
  readonly version: number;
  /** Files removed before this time have no tombstone any more. */
  readonly sinceMs: number;
  /**
   * Begin with a checkpoint that is no newer than this time, if there is one: later ones forgot what
   * had expired by the table's own retention. The newest if absent.
   */
  readonly checkpointBeforeMs?: number | undefined;
}

/**
 * Throws DELTA_VERSIONS_NOT_CONTIGUOUS when the log no longer has what makes the version, and what
 * reading it throws.
 */
export async function gatherTombstones(
  readers: LogReaders,
  wish: TombstoneWish,
  signal?: AbortSignal,
): Promise<Tombstones> {
  const recent = await listRecent(readers, wish, signal);
  if (recent !== undefined) {
    const found = await gatherFrom(readers, recent, wish, signal);
    if (found instanceof Tombstones) return found;
  }
  // An older checkpoint, or the commits from 0 on, may still say the same.
  const whole = await listLog(readers.store, wish.location, { signal });
  const found = await gatherFrom(readers, whole, wish, signal);
  if (found instanceof Tombstones) return found;
  throw found;
}

/** The tombstones, or why there are none to be had from this listing. */
async function gatherFrom(
  readers: LogReaders,
  listing: LogListing,
  wish: TombstoneWish,
  signal: AbortSignal | undefined,
): Promise<Tombstones | Error> {
  const candidates: (CheckpointFiles | undefined)[] = checkpointsFor(listing, wish);
  if (listing.commits[0]?.version === 0) candidates.push(undefined);
  let failure: Error | undefined;
  for (const checkpoint of candidates) {
    const commits = commitsAfter(listing, checkpoint?.version ?? -1, wish.version);
    if (commits === undefined) continue;
    const tombstones = new Tombstones();
    if (checkpoint !== undefined) {
      try {
        await takeCheckpoint(readers, wish, checkpoint, tombstones, signal);
      } catch (error) {
        if (signal?.aborted === true || !(error instanceof Error)) throw error;
        failure ??= error;
        continue;
      }
    }
    await takeCommits(readers, commits, wish, tombstones, signal);
    return tombstones;
  }
  return failure ?? incompleteLog(wish);
}

function incompleteLog({ location, version }: TombstoneWish): CodedError {
  return new CodedError(
    'DELTA_VERSIONS_NOT_CONTIGUOUS',
    `The log of ${location} no longer has all that makes version ${version}.`,
  );
}

/** The log from where `_last_checkpoint` points, if that is enough. */
async function listRecent(
  { store }: LogReaders,
  { location, version, checkpointBeforeMs }: TombstoneWish,
  signal: AbortSignal | undefined,
): Promise<LogListing | undefined> {
  if (checkpointBeforeMs !== undefined) return undefined;
  const hint = parseLastCheckpoint(await store.read(lastCheckpointLocation(location), { signal }));
  if (hint === undefined || hint > version) return undefined;
  return listLog(store, location, { startAfter: `${paddedVersion(hint)}.`, signal });
}

/** Those that can be begun with, the best first. */
function checkpointsFor(
  { checkpoints }: LogListing,
  { version, checkpointBeforeMs }: Pick<TombstoneWish, 'version' | 'checkpointBeforeMs'>,
): CheckpointFiles[] {
  const usable = checkpoints.filter((checkpoint) => checkpoint.version <= version).reverse();
  if (checkpointBeforeMs === undefined) return usable;
  const isOld = ({ files }: CheckpointFiles): boolean =>
    files.every(({ modifiedMs }) => modifiedMs <= checkpointBeforeMs);
  return [...usable.filter(isOld), ...usable.filter((checkpoint) => !isOld(checkpoint)).reverse()];
}

function commitsAfter(
  { commits }: LogListing,
  from: number,
  version: number,
): readonly CommitFile[] | undefined {
  const found = commits.filter((commit) => commit.version > from && commit.version <= version);
  return found.length === version - from ? found : undefined;
}

async function takeCommits(
  { store }: LogReaders,
  commits: readonly CommitFile[],
  wish: TombstoneWish,
  tombstones: Tombstones,
  signal: AbortSignal | undefined,
): Promise<void> {
  const contents = readInOrder(commits, parallelReadsMax, async ({ file }) => ({
    file,
    bytes: await readLogFile(store, file.location, signal),
  }));
  for await (const { file, bytes } of contents) {
    await inSlices(actionsOf(bytes, file.location), signal, (action) => {
      take(action, wish, tombstones);
    });
  }
}

function take(action: Action, { sinceMs }: TombstoneWish, tombstones: Tombstones): void {
  if (action.kind === 'add') tombstones.forget(action.path, action.deletionVector);
  else if (action.kind === 'remove') {
    if ((action.deletionTimestamp ?? 0) >= sinceMs) tombstones.add(action);
    else tombstones.forget(action.path, action.deletionVector);
  }
}

async function takeCheckpoint(
  readers: LogReaders,
  wish: TombstoneWish,
  { files, format }: CheckpointFiles,
  tombstones: Tombstones,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sidecars: Sidecar[] = [];
  const takeOne = (action: Action): void => {
    if (action.kind === 'sidecar') sidecars.push(action);
    else take(action, wish, tombstones);
  };
  if (format === 'json') {
    for (const { location } of files) {
      const bytes = await readLogFile(readers.store, location, signal);
      await inSlices(actionsOf(bytes, location), signal, takeOne);
    }
  } else {
    const locations = files.map(({ location }) => location);
    for await (const action of parquetActions(readers, locations, ['remove', 'sidecar'], signal)) {
      takeOne(action);
    }
  }
  if (sidecars.length === 0) return;
  const locations = sidecars.map(({ path }) =>
    sidecarLocation(wish.location, requireCanonical(path)),
  );
  for await (const action of parquetActions(readers, locations, ['remove'], signal)) {
    takeOne(action);
  }
}

/** The actions of some kinds in Parquet files of the log; of a checkpoint with few, few are read. */
export async function* parquetActions(
  { parquet }: LogReaders,
  locations: readonly string[],
  kinds: readonly Exclude<ActionKind, 'add' | 'cdc' | 'commitInfo'>[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Action, void, undefined> {
  const where = placeInFile(locations.join(', '), () => 'an action');
  const columns = kinds.map((kind) => ({ path: [kind], as: 'text' }) as const);
  for await (const batch of parquet.readColumns(locations, columns, { signal })) {
    for (const [i, kind] of kinds.entries()) {
      const column = batch.columns[i];
      if (column?.kind !== 'bytes') throw where.corrupt(`"${kind}" is no text`);
      for (let row = 0; row < batch.rowCount; row++) {
        if (!isPresent(column, row)) continue;
        const bytes = column.bytes.subarray(column.offsets[row], column.offsets[row + 1]);
        const text = Buffer.from(bytes).toString('utf8');
        let body: unknown;
        try {
          body = JSON.parse(text);
        } catch (cause) {
          throw where.corrupt(`"${kind}" is not JSON`, cause);
        }
        // A struct of nothing but NULLs is how some writers leave out an action.
        if (isObject(body) && Object.values(body).every((value) => value === null)) continue;
        yield parseActionBody(kind, body, text, where);
      }
    }
  }
}
