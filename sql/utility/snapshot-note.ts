/** What `EXPLAIN` says in brackets about the snapshot a table is read at. */
import type { ChecksumOutcome } from '../../catalog/snapshot.ts';
import type { PinnedTable } from '../bind/snapshot-pins.ts';

const checksumNotes: { readonly [outcome in ChecksumOutcome]: string } = {
  none: 'no checksum',
  unreadable: 'checksum not readable',
  verified: 'checksum verified',
  otherTime: 'checksum verified, though it states another commit time',
};

/** Its checkpoint and its checksum. */
export function snapshotNote({ snapshot }: PinnedTable): string {
  const { checkpointVersion, checksum } = snapshot.source;
  const base =
    checkpointVersion === undefined ? 'no checkpoint' : `checkpoint ${checkpointVersion}`;
  return `${base}, ${checksumNotes[checksum]}`;
}
