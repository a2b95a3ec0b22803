/**
 * Log compaction: one file with what a range of commits says in the end, to be read instead of them.
 *
 * Not written unless a deployment asks for it (`PostCommitSettings.compactCommits`): with a checkpoint
 * every ten commits a reader saves at most nine small reads, which it makes at the same time, and a
 * writer pays for every range whether anybody reads it or not. It pays where `checkpointInterval` is
 * large.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#log-compaction-files
 */
import assert from 'node:assert/strict';
import {
  deletionVectorId,
  type Action,
  type AddFile,
  type DomainMetadata,
  type Metadata,
  type Protocol,
  type RemoveFile,
  type Txn,
} from '../log/actions.ts';
import { actionsOf, serializeAction } from '../log/commit-json.ts';
import { commitLocation, logFolder, paddedVersion } from '../log/log-path.ts';
import { requireCanonical } from '../path-index.ts';
import type { ObjectStore } from '../ports.ts';
import { readInOrder } from '../read-in-order.ts';
import { inSlices, parallelReadsMax, readLogFile } from '../read-log-file.ts';

/** File actions that are held at most; a range with more is not compacted: a checkpoint serves it. */
export const compactedActionsMax = 100_000;

export interface CommitRange {
  readonly first: number;
  /** Inclusive, and after `first`. */
  readonly last: number;
}

/**
 * Throws DELTA_LOG_FILE_NOT_FOUND when a commit of the range is gone, DELTA_LOG_CORRUPT, and what the
 * store throws. The commits are final, so that two writers write the same.
 */
export async function compactLog(
  table: string,
  { first, last }: CommitRange,
  { store }: { readonly store: ObjectStore },
  signal?: AbortSignal,
): Promise<'written' | 'exists' | 'too large' | 'empty'> {
  assert(first >= 0 && last > first, `versions ${first} to ${last}`);
  const state = new RangeState();
  const versions = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const contents = readInOrder(versions, parallelReadsMax, async (version) => {
    const location = commitLocation(table, version);
    return { location, bytes: await readLogFile(store, location, signal) };
  });
  for await (const { location, bytes } of contents) {
    await inSlices(actionsOf(bytes, location), signal, (action) => {
      state.apply(action);
    });
    if (state.fileCount > compactedActionsMax) return 'too large';
  }
  const lines = state.actions().map((action) => `${serializeAction(action)}\n`);
  // A file without actions would look as if it had been cut off.
  if (lines.length === 0) return 'empty';
  const name = `${paddedVersion(first)}.${paddedVersion(last)}.compacted.json`;
  const bytes = Buffer.from(lines.join(''), 'utf8');
  const outcome = await store.putIfAbsent(`${logFolder(table)}/${name}`, bytes, { signal });
  return outcome === 'created' ? 'written' : 'exists';
}

/**
 * The last word on everything the range speaks of. Removals stay, as they may mean files from before
 * the range; so do removed domains. What a commit says about itself, and change files, are left out.
 */
class RangeState {
  readonly #files = new Map<string, AddFile | RemoveFile>();
  readonly #txns = new Map<string, Txn>();
  readonly #domains = new Map<string, DomainMetadata>();
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;

  get fileCount(): number {
    return this.#files.size;
  }

  apply(action: Action): void {
    switch (action.kind) {
      case 'add':
      case 'remove': {
        const key = `${requireCanonical(action.path)}\0${deletionVectorId(action.deletionVector)}`;
        // The last word goes last, so that the order of the file is that of the commits.
        this.#files.delete(key);
        this.#files.set(key, action);
        break;
      }
      case 'txn':
        this.#txns.set(action.appId, action);
        break;
      case 'domainMetadata':
        this.#domains.set(action.domain, action);
        break;
      case 'protocol':
        this.#protocol = action;
        break;
      case 'metaData':
        this.#metadata = action;
        break;
      case 'commitInfo':
      case 'cdc':
      case 'sidecar':
      case 'checkpointMetadata':
        break;
    }
  }

  actions(): readonly Action[] {
    return [
      ...(this.#protocol === undefined ? [] : [this.#protocol]),
      ...(this.#metadata === undefined ? [] : [this.#metadata]),
      ...this.#txns.values(),
      ...this.#domains.values(),
      ...this.#files.values(),
    ];
  }
}
