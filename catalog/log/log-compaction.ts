/**
 * Log compaction files (`x.y.compacted.json`): the reconciled actions of the commits x to y in one
 * file, to be read in their place. The commits stay the truth: a compaction is used only where its
 * commits are there, and given up for them when it is not what it should be.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#log-compaction-files
 */
import { requireCanonical } from '../path-index.ts';
import type { StoredObject } from '../ports.ts';
import { deletionVectorId, type Action } from './actions.ts';

/** A file that holds the actions of the versions from `first` to `last`: a commit if they are one. */
export interface LogRange {
  readonly first: number;
  readonly last: number;
  readonly file: StoredObject;
}

interface Way {
  readonly reads: number;
  readonly bytes: number;
  readonly next: LogRange | undefined;
}

/**
 * The ranges that hold exactly the versions of `commits`, in as few files as can be, and of those ways
 * the one with the fewest bytes. `commits` is contiguous and ascending. A compaction that reaches
 * beyond them on either side, an empty one, and one whose ends are the wrong way round are not used.
 */
export function fewestFiles(
  commits: readonly LogRange[],
  compactions: readonly LogRange[],
): readonly LogRange[] {
  const first = commits[0]?.first ?? 0;
  const end = first + commits.length;
  const usable = compactions.filter(
    (range) =>
      range.first >= first && range.last < end && range.last > range.first && isNotEmpty(range),
  );
  if (usable.length === 0) return commits;
  const from = new Map<number, LogRange[]>();
  for (const range of usable) {
    const beginning = from.get(range.first) ?? [];
    beginning.push(range);
    from.set(range.first, beginning);
  }
  const ways: Way[] = [];
  ways[commits.length] = { reads: 0, bytes: 0, next: undefined };
  for (let i = commits.length - 1; i >= 0; i--) {
    const candidates = [commits[i], ...(from.get(first + i) ?? [])];
    for (const range of candidates) {
      const rest = range && ways[range.last + 1 - first];
      if (rest === undefined || range === undefined) continue;
      const way = { reads: rest.reads + 1, bytes: rest.bytes + range.file.sizeBytes, next: range };
      const best = ways[i];
      const isBetter =
        best === undefined ||
        way.reads < best.reads ||
        (way.reads === best.reads && way.bytes < best.bytes);
      if (isBetter) ways[i] = way;
    }
  }
  const chosen: LogRange[] = [];
  for (let next = ways[0]?.next; next !== undefined; next = ways[next.last + 1 - first]?.next) {
    chosen.push(next);
  }
  return chosen;
}

function isNotEmpty({ file }: LogRange): boolean {
  return file.sizeBytes > 0;
}

/** What an action speaks of: of two actions with the same subject only one is left by reconciling. */
export function subjectOf(action: Action): string | undefined {
  switch (action.kind) {
    case 'add':
    case 'remove': {
      const id = deletionVectorId(action.deletionVector);
      return `file\0${requireCanonical(action.path)}\0${id}`;
    }
    case 'txn':
      return `txn\0${action.appId}`;
    case 'domainMetadata':
      return `domain\0${action.domain}`;
    case 'metaData':
    case 'protocol':
      return action.kind;
    case 'commitInfo':
    case 'cdc':
    case 'sidecar':
    case 'checkpointMetadata':
      return undefined;
  }
}
