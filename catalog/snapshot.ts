/**
 * A table at a version: immutable, complete, and all that a query needs to know of the log.
 */
import type { ActiveFiles } from './active-files.ts';
import { CodedError } from './coded-error.ts';
import type { StructType } from './data-type.ts';
import type { TableState } from './log/action-reconciliation.ts';
import type { DomainMetadata, Metadata, Protocol, Txn } from './log/actions.ts';
import { checkReadable } from './log/protocol.ts';
import { parseSchema } from './log/schema.ts';
import type { StoredObject } from './ports.ts';

/**
 * What came of the version's checksum: there is none (or checksums are ignored), it is no checksum,
 * the log fits it, or it fits it but for the in-commit timestamp. Nothing else makes a snapshot.
 */
export type ChecksumOutcome = 'none' | 'unreadable' | 'verified' | 'otherTime';

/** The clock that a version's time comes from: its commit's own, or that of the store's files. */
export type TimestampSource = 'inCommitTimestamp' | 'fileModificationTime';

/** Where a snapshot came from. */
export interface SnapshotSource {
  /** The commit of this version, or the checkpoint where the commit is gone. While it stays as it
   * is, so does the version. */
  readonly anchor: StoredObject;
  readonly checkpointVersion: number | undefined;
  readonly checksum: ChecksumOutcome;
  /** Log files read to make this snapshot (to advance to it, if it was made from an older one). */
  readonly filesRead: readonly string[];
  readonly bytesRead: number;
}

export interface Snapshot {
  /** Absolute location of the table's folder, without a trailing `/`. */
  readonly location: string;
  readonly version: number;
  /** In-commit timestamp where enabled, else the commit file's time. */
  readonly timestampMs: number;
  readonly timestampSource: TimestampSource;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
  readonly files: ActiveFiles;
  /** By appId. */
  readonly txns: ReadonlyMap<string, Txn>;
  /** By domain. */
  readonly domainMetadata: ReadonlyMap<string, DomainMetadata>;
  readonly source: SnapshotSource;
}

export interface SnapshotParts {
  readonly location: string;
  readonly version: number;
  readonly timestampMs: number;
  readonly timestampSource: TimestampSource;
  readonly state: TableState;
  readonly source: SnapshotSource;
  /** The snapshot it was advanced from: an unchanged schema is not parsed again. */
  readonly previous?: Snapshot | undefined;
}

/**
 * Throws DELTA_STATE_RECOVER_ERROR when the log has no protocol or no metaData, and what
 * `checkReadable` and `parseSchema` throw (DELTA_LOG_CORRUPT for a partition column that is not in
 * the schema besides): no snapshot of a table that cannot be read exists.
 */
export function buildSnapshot(parts: SnapshotParts): Snapshot {
  const { location, version, timestampMs, timestampSource, state, source, previous } = parts;
  const { protocol, metadata, txns, domainMetadata, files } = state;
  if (protocol === undefined) throw missing(location, version, 'protocol');
  if (metadata === undefined) throw missing(location, version, 'metaData');
  checkReadable(location, protocol, metadata);
  const schema =
    previous?.metadata.schemaString === metadata.schemaString
      ? previous.schema
      : parseSchema(metadata.schemaString, location);
  checkPartitionColumns(location, metadata, schema);
  return Object.freeze({
    location,
    version,
    timestampMs,
    timestampSource,
    protocol,
    metadata,
    schema,
    files,
    txns,
    domainMetadata,
    source,
  });
}

function checkPartitionColumns(location: string, metadata: Metadata, schema: StructType): void {
  const names = new Set(schema.fields.map(({ name }) => name.toLowerCase()));
  const unknown = metadata.partitionColumns.find((name) => !names.has(name.toLowerCase()));
  if (unknown === undefined) return;
  throw new CodedError(
    'DELTA_LOG_CORRUPT',
    `The metadata of ${location} is damaged: its schema has no partition column "${unknown}".`,
  );
}

function missing(location: string, version: number, action: string): CodedError {
  return new CodedError(
    'DELTA_STATE_RECOVER_ERROR',
    `Version ${version} of ${location} cannot be made: its log has no ${action} action.`,
  );
}

/** The state a snapshot was made of, to go on from. */
export function stateOf(snapshot: Snapshot): TableState {
  const { protocol, metadata, txns, domainMetadata, files } = snapshot;
  return { protocol, metadata, txns, domainMetadata, files };
}
