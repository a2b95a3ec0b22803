/**
 * From a listing of `_delta_log` to the files that make a version. Pure: it looks at names, sizes
 * and times only.
 *
 * Guarantees of a segment
 * 1. `checkpoint`, if there is one, is complete by its names, is not newer than `version`, and is
 *    the newest such of the listing (without those the caller excludes).
 * 2. `commits` are those after the checkpoint (from 0 without one) up to `version`: contiguous,
 *    ascending, each exactly once.
 * 3. There is a checkpoint, or `commits` starts at 0.
 * 4. `version` is what was asked for; without a wish, the newest of the listing.
 * 5. `ranges` are the same versions as `commits`, in fewer files where there are log compactions.
 * 6. `checksum` is that of `version`, if the listing has it; it is no part of what makes the version.
 * 7. Staged commits and names without a meaning are no part of it.
 *
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#file-types
 */
import { CodedError } from '../coded-error.ts';
import type { StoredObject } from '../ports.ts';
import { fewestFiles, type LogRange } from './log-compaction.ts';
import { nameOf, parseLogName } from './log-path.ts';

export interface CommitFile {
  readonly version: number;
  readonly file: StoredObject;
}

export interface CheckpointFiles {
  readonly version: number;
  /** One, or all the parts in order. */
  readonly files: readonly StoredObject[];
  /** Only a UUID-named (V2) checkpoint is ever JSON. */
  readonly format: 'parquet' | 'json';
}

export interface LogSegment {
  readonly version: number;
  readonly checkpoint: CheckpointFiles | undefined;
  readonly commits: readonly CommitFile[];
  /** What to read in their place. */
  readonly ranges: readonly LogRange[];
  /** The file whose time is the version's: its commit, or the checkpoint if that is gone. */
  readonly anchor: StoredObject;
  readonly checksum: StoredObject | undefined;
}

/** A listing, sorted out by kind. */
export interface LogListing {
  /** Ascending. */
  readonly commits: readonly CommitFile[];
  /** The complete ones; ascending, the preferred of a version last. */
  readonly checkpoints: readonly CheckpointFiles[];
  /** Unordered, and as their names say: they may overlap, or reach beyond the commits. */
  readonly compactions: readonly LogRange[];
  /** By version. */
  readonly checksums: ReadonlyMap<number, StoredObject>;
}

export function sortLogListing(files: Iterable<StoredObject>): LogListing {
  const commits: CommitFile[] = [];
  const checkpoints: CheckpointFiles[] = [];
  const checksums = new Map<number, StoredObject>();
  const compactions: LogRange[] = [];
  const parts = new Map<string, StoredObject[]>();
  for (const file of files) {
    const name = parseLogName(nameOf(file.location));
    if (name === undefined) continue;
    const { version } = name;
    switch (name.kind) {
      case 'commit':
        commits.push({ version, file });
        break;
      case 'classic':
        if (file.sizeBytes > 0) checkpoints.push({ version, files: [file], format: 'parquet' });
        break;
      case 'uuid':
        if (file.sizeBytes > 0) checkpoints.push({ version, files: [file], format: name.format });
        break;
      case 'part': {
        const key = `${version}/${name.parts}`;
        const found = parts.get(key) ?? [];
        parts.set(key, found);
        if (name.part >= 1 && name.part <= name.parts && file.sizeBytes > 0) found.push(file);
        if (found.length === name.parts) {
          const ordered = found.toSorted((a, b) => (a.location < b.location ? -1 : 1));
          checkpoints.push({ version, files: ordered, format: 'parquet' });
        }
        break;
      }
      case 'checksum':
        checksums.set(version, file);
        break;
      case 'compacted':
        compactions.push({ first: version, last: name.lastVersion, file });
        break;
    }
  }
  commits.sort((a, b) => a.version - b.version);
  checkpoints.sort((a, b) => a.version - b.version || preference(a) - preference(b));
  return { commits, checkpoints, compactions, checksums };
}

/** Of one version's checkpoints the UUID-named ones may hold more; they are read first. */
function preference({ files, format }: CheckpointFiles): number {
  if (files.length > 1) return 0;
  if (format === 'json') return 2;
  return nameOf(files[0]?.location ?? '').endsWith('.checkpoint.parquet') ? 1 : 2;
}

/** The earliest and the latest version that the files of the listing can make. */
export function versionRange(
  listing: LogListing,
): { readonly earliest: number; readonly latest: number } | undefined {
  const { commits, checkpoints } = listing;
  const latest = Math.max(commits.at(-1)?.version ?? -1, checkpoints.at(-1)?.version ?? -1);
  if (latest < 0) return undefined;
  if (commits[0]?.version === 0) return { earliest: 0, latest };
  return { earliest: checkpoints[0]?.version ?? latest, latest };
}

export interface SegmentWish {
  /** The table's location, for messages. */
  readonly table: string;
  /** The newest if absent. */
  readonly version?: number | undefined;
  /** Checkpoints not to use, because they could not be read. */
  readonly excluded?: ReadonlySet<CheckpointFiles> | undefined;
  /** Whether log compactions are left aside, because one could not be read. */
  readonly plainCommits?: boolean | undefined;
}

/**
 * The segment for a version. Throws DELTA_TABLE_NOT_FOUND (no log), DELTA_VERSION_NOT_FOUND (before
 * the earliest or after the latest), DELTA_VERSIONS_NOT_CONTIGUOUS (a commit is missing) and
 * DELTA_STATE_RECOVER_ERROR (neither version 0 nor a checkpoint).
 */
export function buildLogSegment(listing: LogListing, wish: SegmentWish): LogSegment {
  const { table, excluded } = wish;
  const range = versionRange(listing);
  if (range === undefined) throw tableNotFound(table);
  const version = wish.version ?? range.latest;
  if (version < range.earliest || version > range.latest) {
    throw versionNotFound(table, version, range);
  }
  const checkpoint = listing.checkpoints.findLast(
    (candidate) => candidate.version <= version && excluded?.has(candidate) !== true,
  );
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const commits = listing.commits.filter(
    (commit) => commit.version >= first && commit.version <= version,
  );
  checkContiguous(table, commits, { first, version, hasCheckpoint: checkpoint !== undefined });
  const own = listing.commits.find((commit) => commit.version === version)?.file;
  const anchor = own ?? checkpoint?.files[0];
  if (anchor === undefined) throw tableNotFound(table);
  const ranges = rangesOf(commits, listing, wish);
  const checksum = listing.checksums.get(version);
  return { version, checkpoint, commits, ranges, anchor, checksum };
}

/** `commits`, contiguous, by the fewest files. */
export function rangesOf(
  commits: readonly CommitFile[],
  { compactions }: LogListing,
  { plainCommits = false }: Pick<SegmentWish, 'plainCommits'> = {},
): readonly LogRange[] {
  const ranges = commits.map(({ version, file }) => ({ first: version, last: version, file }));
  return plainCommits ? ranges : fewestFiles(ranges, compactions);
}

function checkContiguous(
  table: string,
  commits: readonly CommitFile[],
  wish: { readonly first: number; readonly version: number; readonly hasCheckpoint: boolean },
): void {
  const { first, version, hasCheckpoint } = wish;
  let expected = first;
  for (const commit of commits) {
    if (commit.version !== expected) break;
    expected++;
  }
  if (expected > version) return;
  const next = commits.find((commit) => commit.version > expected)?.version;
  if (expected === 0 && !hasCheckpoint) {
    throw new CodedError(
      'DELTA_STATE_RECOVER_ERROR',
      `Version ${version} of ${table} cannot be made: its log has neither version 0 nor a ` +
        `complete checkpoint${next === undefined ? '' : `; it starts at version ${next}`}.`,
    );
  }
  throw new CodedError(
    'DELTA_VERSIONS_NOT_CONTIGUOUS',
    `Version ${version} of ${table} cannot be made: the commit of version ${expected} is missing` +
      `${next === undefined ? '' : ` although version ${next} is there`}.`,
  );
}

export function tableNotFound(table: string): CodedError {
  return new CodedError('DELTA_TABLE_NOT_FOUND', `There is no Delta table at ${table}.`);
}

export function versionNotFound(
  table: string,
  version: number,
  range: { readonly earliest: number; readonly latest: number },
): CodedError {
  const { earliest, latest } = range;
  const nearest = version < earliest ? earliest : latest;
  return new CodedError(
    'DELTA_VERSION_NOT_FOUND',
    `${table} has no version ${version}: its versions are ${earliest} to ${latest}.`,
    { hint: `The nearest version is ${nearest}.` },
  );
}

/** For a version that a client knows of and the table has not reached. */
export function versionNotYet(table: string, version: number, latest: number): CodedError {
  return new CodedError(
    'DELTA_VERSION_NOT_FOUND',
    `${table} has not reached version ${version}, which the request asks for as its minVersion: ` +
      `its newest is version ${latest}.`,
    { hint: 'Check that the version was committed to this table, or ask again later.' },
  );
}
