/** What `EXPLAIN` says in brackets about the snapshot a table is read at. */
import { isoTime } from '../../catalog/log/history.ts';
import type { ChecksumOutcome, TimestampSource } from '../../catalog/snapshot.ts';
import { pinnedSnapshot, type PinnedTable } from '../bind/snapshot-pins.ts';

const checksumNotes: { readonly [outcome in ChecksumOutcome]: string } = {
  none: 'no checksum',
  unreadable: 'checksum not readable',
  verified: 'checksum verified',
  otherTime: 'checksum verified, though it states another commit time',
};

const clockNotes: { readonly [source in TimestampSource]: string } = {
  inCommitTimestamp: 'by its in-commit timestamp',
  fileModificationTime: "by its file's time",
};

/** Its time and the clock that is from, its checkpoint and its checksum. */
export function snapshotNote(table: PinnedTable): string {
  const { checkpointVersion, checksum } = table.snapshot.source;
  const {
    timestampMs,
    timestampSource = 'fileModificationTime',
    requestedMs,
  } = pinnedSnapshot(table);
  const time = `committed ${isoTime(timestampMs)} ${clockNotes[timestampSource]}`;
  const asked = requestedMs === undefined ? '' : `, the last not after ${isoTime(requestedMs)}`;
  const base =
    checkpointVersion === undefined ? 'no checkpoint' : `checkpoint ${checkpointVersion}`;
  return `${time}${asked}; ${base}, ${checksumNotes[checksum]}`;
}
