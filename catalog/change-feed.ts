/**
 * Versions a to b -> the rows that changed, as lists of files to read. A commit's `cdc` files say
 * what changed; where a commit has none, the rows of its added files were inserted and those of its
 * removed files deleted. Opens no data file.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#reader-requirements-for-addcdcfile
 *
 * 1. A file that a commit removes and adds again with another deletion vector changed by the rows
 *    in which the vectors differ: those rows are `marked`.
 * 2. Actions with `dataChange` false, and merges that changed no row, are no changes.
 */
import { changeColumns, ChangePartBuilder, type ChangePart } from './change-part.ts';
import { schemaDifference, type MappedSchema } from './change-schema.ts';
import { CodedError } from './coded-error.ts';
import type { JsonValue, StructType } from './data-type.ts';
import {
  deletionVectorId,
  type Action,
  type AddCdcFile,
  type AddFile,
  type CommitInfo,
  type DeletionVectorDescriptor,
  type Metadata,
  type Protocol,
  type RemoveFile,
} from './log/actions.ts';
import { columnMappingMode } from './log/column-mapping.ts';
import { parseCommit } from './log/commit-json.ts';
import { canonicalPath } from './log/file-path.ts';
import { timedVersions } from './log/history.ts';
import { commitLocation } from './log/log-path.ts';
import { checkReadable, hasInCommitTimestamps, supportsFeature } from './log/protocol.ts';
import { formatTimestamp } from './log/scalar-value.ts';
import { parseSchema } from './log/schema.ts';
import { readProperty, tableProperties } from './log/table-properties.ts';
import type { CallOptions, ObjectStore } from './ports.ts';
import { readInOrder } from './read-in-order.ts';
import { parallelReadsMax } from './read-log-file.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotCache } from './snapshot-cache.ts';
import { listLog } from './snapshot-loader.ts';

export interface ChangeFeed {
  readonly from: number;
  readonly to: number;
  /** At least one, all with the same columns. */
  readonly parts: readonly ChangePart[];
}

export interface ChangeRange {
  readonly from: number;
  /** Included; the latest version if absent, or if there is no such version yet. */
  readonly to?: number | undefined;
}

export interface ChangeSources {
  readonly store: ObjectStore;
  readonly snapshots: SnapshotCache;
}

/**
 * The changes of a range; `latest` is the table's newest snapshot. One listing and one read for each
 * commit of the range. Throws DELTA_CDC_START_VERSION_AFTER_LATEST, DELTA_INVALID_CDC_RANGE,
 * DELTA_MISSING_CHANGE_DATA, DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE or ..._DATA_SCHEMA,
 * DELTA_REMOVE_FILE_CDC_MISSING_EXTENDED_METADATA, DELTA_VERSION_NOT_FOUND and what reading
 * commits throws.
 */
export async function readChangeFeed(
  { store, snapshots }: ChangeSources,
  latest: Snapshot,
  range: ChangeRange,
  options: CallOptions = {},
): Promise<ChangeFeed> {
  const { location } = latest;
  const { from } = range;
  if (from > latest.version) {
    throw new CodedError(
      'DELTA_CDC_START_VERSION_AFTER_LATEST',
      `The changes of ${location} are asked for from version ${from} on; its latest is ${latest.version}.`,
    );
  }
  if (range.to !== undefined && range.to < from) {
    throw new CodedError(
      'DELTA_INVALID_CDC_RANGE',
      `The changes of ${location} are asked for from version ${from} to ${range.to}.`,
    );
  }
  const to = Math.min(range.to ?? latest.version, latest.version);
  const first = await snapshots.atVersion(location, from, options);
  // As Spark does it: names and columns of mapped tables are those of the range's own end.
  const isMapped = columnMappingMode(latest) !== 'none';
  const read =
    isMapped && to < latest.version ? await snapshots.atVersion(location, to, options) : latest;
  const collector = new ChangeCollector(read, { from, to });
  collector.check(from, first.metadata, first.protocol);

  const times = new Map(
    timedVersions(await listLog(store, location, options)).map(
      ({ version, timestampMs }) => [version, timestampMs] as const,
    ),
  );
  const versions = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const commits = readInOrder(versions, parallelReadsMax, async (version) => {
    const file = commitLocation(location, version);
    const bytes = await store.read(file, options);
    if (bytes === undefined) throw commitGone(location, version);
    return { version, actions: parseCommit(bytes, file) };
  });
  for await (const { version, actions } of commits) {
    collector.add(version, actions, times.get(version) ?? 0);
  }
  return { from, to, parts: collector.finish() };
}

function commitGone(location: string, version: number): CodedError {
  return new CodedError(
    'DELTA_VERSION_NOT_FOUND',
    `The changes of version ${version} of ${location} are gone: its commit was cleaned up.`,
  );
}

class ChangeCollector {
  readonly #read: Snapshot;
  readonly #readSchema: MappedSchema;
  readonly #range: { readonly from: number; readonly to: number };
  readonly #whole: ChangePartBuilder;
  readonly #marked: ChangePartBuilder;
  readonly #cdc: ChangePartBuilder;
  #metadata: Metadata;
  #protocol: Protocol;

  constructor(read: Snapshot, range: { readonly from: number; readonly to: number }) {
    const names = changeColumns.map(({ name }) => name);
    this.#read = read;
    this.#readSchema = mappedSchema(read.metadata, read.protocol, read.schema);
    this.#range = range;
    this.#whole = new ChangePartBuilder(read.location, names);
    this.#marked = new ChangePartBuilder(read.location, names);
    // Its files have `_change_type` in them.
    this.#cdc = new ChangePartBuilder(read.location, names.slice(1));
    this.#metadata = read.metadata;
    this.#protocol = read.protocol;
  }

  /** What holds from `version` on must record changes, and have a schema that can be read. */
  check(version: number, metadata: Metadata, protocol: Protocol): void {
    this.#metadata = metadata;
    this.#protocol = protocol;
    const { location } = this.#read;
    const { from, to } = this.#range;
    checkReadable(location, protocol, metadata);
    if (!recordsChanges(metadata, protocol)) {
      throw new CodedError(
        'DELTA_MISSING_CHANGE_DATA',
        `The changes of ${location} from version ${from} to ${to} are not all known: version ` +
          `${version} recorded none (delta.enableChangeDataFeed is not true there).`,
      );
    }
    const schema = parseSchema(metadata.schemaString, location);
    const difference = schemaDifference(mappedSchema(metadata, protocol, schema), this.#readSchema);
    if (difference === undefined) return;
    const isMapped = this.#readSchema.mode !== 'none';
    throw new CodedError(
      isMapped
        ? 'DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE'
        : 'DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA',
      `The changes of ${location} from version ${from} to ${to} cannot be read in the schema of ` +
        `version ${this.#read.version}: after version ${version}, ${difference}.`,
    );
  }

  add(version: number, actions: readonly Action[], fileTimeMs: number): void {
    const { from } = this.#range;
    const metadata = actions.find((action) => action.kind === 'metaData') ?? this.#metadata;
    const protocol = actions.find((action) => action.kind === 'protocol') ?? this.#protocol;
    // The first version was checked as a snapshot.
    if (version > from && (metadata !== this.#metadata || protocol !== this.#protocol)) {
      this.check(version, metadata, protocol);
    }
    const info = actions.find((action) => action.kind === 'commitInfo');
    const timestampMs = hasInCommitTimestamps(this.#protocol, this.#metadata)
      ? (info?.inCommitTimestamp ?? fileTimeMs)
      : fileTimeMs;
    const values = {
      _commit_version: String(version),
      // Safe integers of milliseconds all lie within TIMESTAMP, but not within Date.
      _commit_timestamp: formatTimestamp(BigInt(timestampMs) * 1000n),
    };
    const cdc = actions.filter((action) => action.kind === 'cdc');
    if (cdc.length > 0) {
      for (const file of cdc) this.#cdc.add(addOfCdc(file), values);
    } else if (info === undefined || !isEmptyMerge(info)) {
      this.#addFiles(actions, values);
    }
  }

  #addFiles(
    actions: readonly Action[],
    values: { readonly _commit_version: string; readonly _commit_timestamp: string },
  ): void {
    const removed = new Map<string, RemoveFile>();
    for (const action of actions) {
      if (action.kind === 'remove' && action.dataChange) removed.set(pathOf(action), action);
    }
    const inserted = { ...values, _change_type: 'insert' };
    const deleted = { ...values, _change_type: 'delete' };
    for (const action of actions) {
      if (action.kind !== 'add' || !action.dataChange) continue;
      const before = removed.get(pathOf(action));
      if (before === undefined) {
        this.#whole.add(action, inserted);
        continue;
      }
      removed.delete(pathOf(action));
      if (deletionVectorId(before.deletionVector) === deletionVectorId(action.deletionVector)) {
        continue;
      }
      this.#addMarked(action, action.deletionVector, before.deletionVector, deleted);
      this.#addMarked(action, before.deletionVector, action.deletionVector, inserted);
    }
    for (const file of removed.values()) this.#whole.add(this.#addOfRemove(file), deleted);
  }

  #addMarked(
    file: AddFile,
    deletionVector: DeletionVectorDescriptor | undefined,
    except: DeletionVectorDescriptor | undefined,
    values: { readonly [column: string]: string },
  ): void {
    if (deletionVector === undefined) return;
    // Without statistics: they are about all rows of the file, and these are few.
    const handle = this.#marked.add({ ...file, deletionVector, stats: undefined }, values);
    this.#marked.marked.set(handle, { except });
  }

  #addOfRemove(file: RemoveFile): AddFile {
    const { partitionValues, path, size = 0, stats, deletionVector } = file;
    if (partitionValues === undefined && this.#readSchema.partitionColumns.length > 0) {
      throw new CodedError(
        'DELTA_REMOVE_FILE_CDC_MISSING_EXTENDED_METADATA',
        `The changes of ${this.#read.location} cannot be read: ${path} was removed by a writer that ` +
          'left no partition values.',
      );
    }
    return {
      kind: 'add',
      path,
      partitionValues: partitionValues ?? {},
      size,
      modificationTime: 0,
      dataChange: true,
      stats,
      deletionVector,
    };
  }

  finish(): readonly ChangePart[] {
    const { mode } = this.#readSchema;
    const whole = this.#whole.finish(this.#read, mode);
    // Change files are always written under physical names, and `_change_type` has no field id.
    const parts = [
      ...(this.#whole.isEmpty ? [] : [whole]),
      ...(this.#marked.isEmpty ? [] : [this.#marked.finish(this.#read, mode)]),
      ...(this.#cdc.isEmpty ? [] : [this.#cdc.finish(this.#read, mode === 'id' ? 'name' : mode)]),
    ];
    return parts.length === 0 ? [whole] : parts;
  }
}

function mappedSchema(metadata: Metadata, protocol: Protocol, schema: StructType): MappedSchema {
  const { partitionColumns } = metadata;
  return { schema, partitionColumns, mode: columnMappingMode({ metadata, protocol }) };
}

function recordsChanges(metadata: Metadata, protocol: Protocol): boolean {
  return (
    readProperty(metadata.configuration, tableProperties.enableChangeDataFeed) &&
    supportsFeature(protocol, 'changeDataFeed')
  );
}

function pathOf({ path }: AddFile | RemoveFile): string {
  return canonicalPath(path) ?? path;
}

function addOfCdc({ path, partitionValues, size }: AddCdcFile): AddFile {
  return { kind: 'add', path, partitionValues, size, modificationTime: 0, dataChange: false };
}

/** Spark's merges that only copy rows leave add and remove actions that change nothing. */
function isEmptyMerge({ fields }: CommitInfo): boolean {
  const metrics = fields['operationMetrics'];
  if (fields['operation'] !== 'MERGE' || !isRecord(metrics)) return false;
  return ['numTargetRowsInserted', 'numTargetRowsUpdated', 'numTargetRowsDeleted'].every(
    (name) => metrics[name] === '0' || metrics[name] === 0,
  );
}

function isRecord(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
