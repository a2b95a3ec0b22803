/**
 * Every table of a statement at one snapshot each: two references to the same table and version
 * read the same snapshot, even when another commit lands in between.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { CommitTime } from '../../catalog/commit-history.ts';
import type { ChangePart } from '../../catalog/change-part.ts';
import { logReads, type LogReads } from '../../catalog/log-reads.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { SnapshotCache } from '../../catalog/snapshot-cache.ts';
import type { MetadataField } from '../file-metadata.ts';
import type { Freshness } from './freshness.ts';
import type { PinnedSnapshot } from '../sql-engine.ts';

export type TableVersion =
  | { readonly kind: 'latest' }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'timestamp'; readonly timestampMs: number };

/**
 * Columns that a table has besides its own: `address`, `(file << 40) | row`, with the handle of the
 * file in the snapshot; and where rows are tracked, their ids and the versions they are of.
 */
export interface RowColumns {
  readonly address: string;
  readonly tracking: RowTrackingColumns | undefined;
}

export interface RowTrackingColumns {
  readonly rowId: string;
  readonly rowCommitVersion: string;
  /** What the files call them, where they have them. */
  readonly physicalRowId: string;
  readonly physicalRowCommitVersion: string;
}

export interface PinnedTable {
  /** `main.schema.table`, or ``delta.`path` ``. */
  readonly name: string;
  readonly snapshot: Snapshot;
  /** What the statement asked for. */
  readonly requested: TableVersion;
  /** What of the log was read to find the snapshot; nothing if it was known. */
  readonly logReads?: readonly LogReads[] | undefined;
  /** The commit that a requested timestamp stands for. */
  readonly commit?: CommitTime | undefined;
  /** A part of a change feed: its snapshot is no version of the table. */
  readonly isChanges?: boolean | undefined;
  /** Only the rows of the change feed that the files' deletion vectors mark are meant. */
  readonly marked?: ChangePart['marked'];
  /** The fields of the hidden column `_metadata` that a reference has to give: none if absent. */
  readonly metadataFields?: readonly MetadataField[] | undefined;
  /** Columns that tell rows apart, for statements that change them. */
  readonly rowColumns?: RowColumns | undefined;
  /** The files to read, where that was decided before. */
  readonly only?: readonly FileHandle[] | undefined;
}

export class SnapshotPins {
  readonly #snapshots: SnapshotCache;
  readonly #freshness: Freshness;
  readonly #signal: AbortSignal;
  readonly #pins = new Map<string, Promise<PinnedTable>>();
  readonly #pinned = new Map<string, PinnedTable>();

  constructor(snapshots: SnapshotCache, freshness: Freshness, signal: AbortSignal) {
    this.#snapshots = snapshots;
    this.#freshness = freshness;
    this.#signal = signal;
  }

  /** The snapshot of the table at `location`; the same one each time it is asked for. */
  async pin(name: string, location: string, version: TableVersion): Promise<PinnedTable> {
    const key = `${location}\0${versionKey(version)}`;
    let pin = this.#pins.get(key);
    if (pin === undefined) {
      pin = this.#load(name, location, version);
      this.#pins.set(key, pin);
    }
    const pinned = await pin;
    this.#pinned.set(key, pinned);
    return pinned;
  }

  /** Pins of the newest versions, for a statement that is run once more. */
  anew(): SnapshotPins {
    const { minVersions } = this.#freshness;
    return new SnapshotPins(this.#snapshots, { maxStalenessMs: 0, minVersions }, this.#signal);
  }

  /** Pins of what other snapshots there are, as those of an open transaction. */
  over(snapshots: SnapshotCache): SnapshotPins {
    return new SnapshotPins(snapshots, this.#freshness, this.#signal);
  }

  /** What the statement reads, each table and version once, in the order of first use. */
  get snapshots(): readonly PinnedSnapshot[] {
    return [...this.#pinned.values()].map(pinnedSnapshot);
  }

  get tables(): readonly PinnedTable[] {
    return [...this.#pinned.values()];
  }

  async #load(name: string, location: string, requested: TableVersion): Promise<PinnedTable> {
    const reads: LogReads[] = [];
    const onRead = (read: Snapshot): void => void reads.push(logReads(read));
    const found = await this.#find(location, requested, onRead);
    return { name, requested, logReads: reads, ...found };
  }

  async #find(
    location: string,
    requested: TableVersion,
    onRead: (snapshot: Snapshot) => void,
  ): Promise<Pick<PinnedTable, 'snapshot' | 'commit'>> {
    const { maxStalenessMs, minVersions } = this.#freshness;
    const options = {
      maxStalenessMs,
      minVersion: minVersions.get(location),
      onRead,
      signal: this.#signal,
    };
    switch (requested.kind) {
      case 'latest':
        return { snapshot: await this.#snapshots.latest(location, options) };
      case 'version':
        return { snapshot: await this.#snapshots.atVersion(location, requested.version, options) };
      case 'timestamp':
        return await this.#snapshots.timeTravel(location, requested.timestampMs, options);
    }
  }
}

/** What an answer says of a table. A requested time is told by the clock that decided. */
export function pinnedSnapshot(table: PinnedTable): PinnedSnapshot {
  const { name, snapshot, requested, commit } = table;
  return {
    table: name,
    version: snapshot.version,
    timestampMs: commit?.timestampMs ?? snapshot.timestampMs,
    timestampSource: commit?.source ?? snapshot.timestampSource,
    requestedMs: requested.kind === 'timestamp' ? requested.timestampMs : undefined,
  };
}

function versionKey(version: TableVersion): string {
  switch (version.kind) {
    case 'latest':
      return 'latest';
    case 'version':
      return `v${version.version}`;
    case 'timestamp':
      return `t${version.timestampMs}`;
  }
}
