/**
 * What a commit builds on: the state of a table at a version, as far as commits depend on it. It
 * comes from a snapshot and goes on from commit to commit; files are not part of it, so that
 * advancing costs no more than the commit is long. Pure.
 */
import type { StructType } from '../data-type.ts';
import type { Action, Metadata, Protocol } from '../log/actions.ts';
import { hasInCommitTimestamps } from '../log/protocol.ts';
import { noRowIds, rowIdHighWaterMark, rowTrackingDomain } from '../log/row-tracking.ts';
import { parseSchema } from '../log/schema.ts';
import type { Snapshot } from '../snapshot.ts';

export interface TableDefinition {
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  /** That of `metadata`. */
  readonly schema: StructType;
}

export interface CommitBase {
  readonly location: string;
  /** -1 where there is no table yet. */
  readonly version: number;
  /** Absent only where there is no table yet. */
  readonly definition: TableDefinition | undefined;
  readonly rowIdHighWaterMark: number;
  /** The in-commit timestamp of the version, else the time of its file; -1 where neither is known. */
  readonly timestampMs: number;
  /** What the last version of an application was, by appId. */
  readonly txns: TxnVersions;
}

/** Versions of applications: those of a snapshot, and the newer ones over them. */
export class TxnVersions {
  readonly #snapshot: Snapshot['txns'] | undefined;
  readonly #newer: ReadonlyMap<string, bigint>;

  constructor(
    snapshot: Snapshot['txns'] | undefined,
    newer: ReadonlyMap<string, bigint> = new Map(),
  ) {
    this.#snapshot = snapshot;
    this.#newer = newer;
  }

  get(appId: string): bigint | undefined {
    return this.#newer.get(appId) ?? this.#snapshot?.get(appId)?.version;
  }

  with(changes: readonly (readonly [appId: string, version: bigint])[]): TxnVersions {
    if (changes.length === 0) return this;
    return new TxnVersions(this.#snapshot, new Map([...this.#newer, ...changes]));
  }
}

export function baseOf(snapshot: Snapshot): CommitBase {
  const { location, version, protocol, metadata, schema, timestampMs, txns } = snapshot;
  return {
    location,
    version,
    definition: { protocol, metadata, schema },
    rowIdHighWaterMark: rowIdHighWaterMark(
      snapshot.domainMetadata.get(rowTrackingDomain),
      location,
    ),
    timestampMs,
    txns: new TxnVersions(txns),
  };
}

/** The base of a table's first commit. */
export function noTable(location: string): CommitBase {
  return {
    location,
    version: -1,
    definition: undefined,
    rowIdHighWaterMark: noRowIds,
    timestampMs: -1,
    txns: new TxnVersions(undefined),
  };
}

/**
 * The base after one more commit.
 *
 * @param actions all of the commit's except files, which do not matter here
 * @param fileTimeMs when its file was written, if that is known: for the tables whose commits
 *   carry no timestamps of their own
 * @throws DELTA_LOG_CORRUPT for a schema or a high-water mark that is damaged
 */
export function advanceBase(
  base: CommitBase,
  actions: Iterable<Action>,
  fileTimeMs: number | undefined,
): CommitBase {
  let protocol = base.definition?.protocol;
  let metadata = base.definition?.metadata;
  let mark = base.rowIdHighWaterMark;
  let inCommitTimestamp: number | undefined;
  const txns: (readonly [string, bigint])[] = [];
  for (const action of actions) {
    switch (action.kind) {
      case 'protocol':
        protocol = action;
        break;
      case 'metaData':
        metadata = action;
        break;
      case 'txn':
        txns.push([action.appId, action.version]);
        break;
      case 'domainMetadata':
        if (action.domain === rowTrackingDomain) mark = rowIdHighWaterMark(action, base.location);
        break;
      case 'commitInfo':
        inCommitTimestamp ??= action.inCommitTimestamp;
        break;
      case 'add':
      case 'remove':
      case 'cdc':
      case 'sidecar':
      case 'checkpointMetadata':
        break;
    }
  }
  const definition = definitionOf(base, protocol, metadata);
  const hasOwnTime =
    definition !== undefined && hasInCommitTimestamps(definition.protocol, definition.metadata);
  return {
    location: base.location,
    version: base.version + 1,
    definition,
    rowIdHighWaterMark: mark,
    timestampMs: (hasOwnTime ? inCommitTimestamp : undefined) ?? fileTimeMs ?? -1,
    txns: base.txns.with(txns),
  };
}

function definitionOf(
  { definition, location }: CommitBase,
  protocol: Protocol | undefined,
  metadata: Metadata | undefined,
): TableDefinition | undefined {
  if (protocol === undefined || metadata === undefined) return undefined;
  if (definition?.protocol === protocol && definition.metadata === metadata) return definition;
  const schema =
    definition?.metadata.schemaString === metadata.schemaString
      ? definition.schema
      : parseSchema(metadata.schemaString, location);
  return { protocol, metadata, schema };
}
