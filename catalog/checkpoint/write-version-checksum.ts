/**
 * Puts the version checksum (`NNN.crc`) beside a commit. One that exists stays: another writer's says
 * the same, or shows that something is wrong.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#writer-requirements
 */
import { logFolder, paddedVersion } from '../log/log-path.ts';
import type { ObjectStore } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';
import { isCurrent } from '../snapshot-loader.ts';
import { requireKnownFeatures } from './known-features.ts';
import { versionChecksumJson } from './version-checksum-json.ts';

export type ChecksumOutcome = 'written' | 'exists' | 'not current';

/**
 * @param txnId of the commit that made the version
 * @returns `not current` when the table at that place is no longer the one of the snapshot
 */
export async function writeVersionChecksum(
  snapshot: Snapshot,
  txnId: string | undefined,
  { store }: { readonly store: ObjectStore },
  signal?: AbortSignal,
): Promise<ChecksumOutcome> {
  const { location, version, protocol } = snapshot;
  requireKnownFeatures(location, protocol);
  if (!(await isCurrent(store, snapshot, signal))) return 'not current';
  const path = `${logFolder(location)}/${paddedVersion(version)}.crc`;
  const bytes = Buffer.from(versionChecksumJson(snapshot, txnId), 'utf8');
  const outcome = await store.putIfAbsent(path, bytes, { signal });
  return outcome === 'created' ? 'written' : 'exists';
}
