/** Which files of the log a snapshot cost, by kind. Pure. */
import { nameOf, parseLogName } from './log/log-path.ts';
import type { Snapshot } from './snapshot.ts';

export interface LogReads {
  /** Files of checkpoints: parts and sidecars included. */
  readonly checkpointFiles: number;
  readonly commits: number;
  readonly bytes: number;
  /** The version it was advanced from; `undefined` where nothing older was known. */
  readonly advancedFrom: number | undefined;
}

/** What was read to make `snapshot`, or to advance to it. */
export function logReads({ version, source }: Snapshot): LogReads {
  const { filesRead, bytesRead, checkpointVersion } = source;
  const kinds = filesRead.map((location) => parseLogName(nameOf(location))?.kind);
  const commits = kinds.filter((kind) => kind === 'commit').length;
  const checkpointFiles = kinds.filter(
    // The name of a sidecar says nothing.
    (kind) => kind === undefined || kind === 'classic' || kind === 'uuid' || kind === 'part',
  ).length;
  const isWhole = checkpointFiles > 0 || (checkpointVersion === undefined && commits > version);
  return {
    checkpointFiles,
    commits,
    bytes: bytesRead,
    advancedFrom: isWhole ? undefined : version - commits,
  };
}
