/**
 * Makes one version of a table: puts its commit file where no other writer can have put one.
 *
 * It does not decide what a conflict means. The writer that sits on it re-reads the log, checks
 * whether the other commits matter, and comes back with a higher version.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries
 */
import assert from 'node:assert/strict';
import { commitLocation } from '../log/log-path.ts';
import type { ObjectStore } from '../ports.ts';
import { putOwn } from '../store/put-own.ts';

export type CommitOutcome =
  /** The version is this writer's: every reader sees it, and it survives a crash. */
  | { readonly kind: 'committed' }
  /** Somebody else made the version. Nothing of this writer's is visible. */
  | { readonly kind: 'conflict' };

/**
 * @param store where the table lies; `putIfAbsent` is what makes the commit atomic
 * @param tableLocation the table's folder
 * @param version the version to make: one more than the newest the writer has seen
 * @param actions the commit file's bytes, one JSON action a line. Their `commitInfo` must hold a
 *   `txnId` of this commit alone: bytes found in the log are taken for one's own when they
 *   are equal, so that an ambiguous failure is neither reported nor repeated
 * @returns also after a put that failed but was done, or whose version another writer took
 * @throws DISK_FULL, IO_ERROR, DELTA_STORE_UNSUITABLE and what else the store throws, when the version
 *   was not made; IO_ERROR with a hint of its own when that cannot be known
 */
export async function commitVersion(
  store: ObjectStore,
  tableLocation: string,
  version: number,
  actions: Uint8Array,
  signal?: AbortSignal,
): Promise<CommitOutcome> {
  assert(Number.isSafeInteger(version) && version >= 0, `version ${version}`);
  const location = commitLocation(tableLocation, version);
  const outcome = await putOwn(store, location, actions, { signal });
  return { kind: outcome === 'created' ? 'committed' : 'conflict' };
}
