/**
 * Every table of a statement at one snapshot each: two references to the same table and version
 * read the same snapshot, even when another commit lands in between.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { ChangePart } from '../../catalog/change-part.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { SnapshotCache } from '../../catalog/snapshot-cache.ts';
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
  /** A part of a change feed: its snapshot is no version of the table. */
  readonly isChanges?: boolean | undefined;
  /** Only the rows of the change feed that the files' deletion vectors mark are meant. */
  readonly marked?: ChangePart['marked'];
  /** Columns that tell rows apart, for statements that change them. */
  readonly rowColumns?: RowColumns | undefined;
  /** The files to read, where that was decided before. */
  readonly only?: readonly FileHandle[] | undefined;
}

export class SnapshotPins {
  readonly #snapshots: SnapshotCache;
  readonly #signal: AbortSignal;
  readonly #pins = new Map<string, Promise<PinnedTable>>();
  readonly #pinned = new Map<string, PinnedTable>();

  constructor(snapshots: SnapshotCache, signal: AbortSignal) {
    this.#snapshots = snapshots;
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

  /** What the statement reads, each table and version once, in the order of first use. */
  get snapshots(): readonly PinnedSnapshot[] {
    return [...this.#pinned.values()].map(({ name, snapshot }) => ({
      table: name,
      version: snapshot.version,
      timestampMs: snapshot.timestampMs,
    }));
  }

  get tables(): readonly PinnedTable[] {
    return [...this.#pinned.values()];
  }

  async #load(name: string, location: string, version: TableVersion): Promise<PinnedTable> {
    return { name, snapshot: await this.#snapshot(location, version), requested: version };
  }

  async #snapshot(location: string, version: TableVersion): Promise<Snapshot> {
    const options = { signal: this.#signal };
    switch (version.kind) {
      case 'latest':
        return await this.#snapshots.latest(location, options);
      case 'version':
        return await this.#snapshots.atVersion(location, version.version, options);
      case 'timestamp':
        return await this.#snapshots.atTimestamp(location, version.timestampMs, options);
    }
  }
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
