/**
 * The columns of a checkpoint that Levee writes: the actions and their fields in the order in which
 * Delta's own writer has them.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoint-schema
 */
import type { DataType, MapType, StructField, StructType } from '../data-type.ts';
import { columnMappingMode, physicalName } from '../log/column-mapping.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { Snapshot } from '../snapshot.ts';
import { canBeStruct, field, structType } from './build-vector.ts';
import { parsedStatsLayout, type ParsedStatsLayout } from './parsed-stats.ts';

const long: DataType = { kind: 'long' };
const integer: DataType = { kind: 'integer' };
const boolean: DataType = { kind: 'boolean' };
const string: DataType = { kind: 'string' };
const stringMap: MapType = {
  kind: 'map',
  keyType: string,
  valueType: string,
  valueContainsNull: true,
};
const strings: DataType = { kind: 'array', elementType: string, containsNull: true };

const deletionVector = structType({
  storageType: string,
  pathOrInlineDv: string,
  offset: integer,
  sizeInBytes: integer,
  cardinality: long,
});

const txn = structType({ appId: string, version: long, lastUpdated: long });
const remove = structType({
  path: string,
  deletionTimestamp: long,
  dataChange: boolean,
  extendedFileMetadata: boolean,
  partitionValues: stringMap,
  size: long,
  deletionVector,
  baseRowId: long,
  defaultRowCommitVersion: long,
});
const metaData = structType({
  id: string,
  name: string,
  description: string,
  format: structType({ provider: string, options: stringMap }),
  schemaString: string,
  partitionColumns: strings,
  configuration: stringMap,
  createdTime: long,
});
const protocol = structType({
  minReaderVersion: integer,
  minWriterVersion: integer,
  readerFeatures: strings,
  writerFeatures: strings,
});
const domainMetadata = structType({ domain: string, configuration: string, removed: boolean });
const checkpointMetadata = structType({ version: long, tags: stringMap });
const sidecar = structType({
  path: string,
  sizeInBytes: long,
  modificationTime: long,
  tags: stringMap,
});

/** The optional columns of `add`, and how their values are made. */
export interface AddLayout {
  readonly type: StructType;
  readonly statsAsJson: boolean;
  /** By physical name; empty = no `partitionValues_parsed`. */
  readonly parsedPartitions: readonly StructField[];
  /** `undefined` = no `stats_parsed`. */
  readonly parsedStats: ParsedStatsLayout | undefined;
}

/**
 * What the table's properties ask for. `partitionValues_parsed` is there unless
 * `delta.checkpoint.writeStatsAsStruct` is off, as Delta has it; `stats_parsed` only where the
 * property is set to true, which the protocol calls the exception: it repeats what `stats` says.
 *
 * Throws INVALID_PARAMETER_VALUE for properties without sense.
 */
export function addLayout(snapshot: Snapshot): AddLayout {
  const { configuration } = snapshot.metadata;
  const statsAsJson = readProperty(configuration, tableProperties.checkpointStatsAsJson);
  const { checkpointStatsAsStruct } = tableProperties;
  const asStruct = readProperty(configuration, checkpointStatsAsStruct);
  const parsedPartitions = asStruct ? partitionFields(snapshot) : [];
  const parsedStats =
    asStruct && Object.hasOwn(configuration, checkpointStatsAsStruct.key)
      ? parsedStatsLayout(snapshot)
      : undefined;
  const fields: { [name: string]: DataType } = {
    path: string,
    partitionValues: stringMap,
    size: long,
    modificationTime: long,
    dataChange: boolean,
    tags: stringMap,
    deletionVector,
    baseRowId: long,
    defaultRowCommitVersion: long,
    clusteringProvider: string,
  };
  if (statsAsJson) fields['stats'] = string;
  if (parsedPartitions.length > 0) {
    fields['partitionValues_parsed'] = { kind: 'struct', fields: parsedPartitions };
  }
  if (parsedStats !== undefined) fields['stats_parsed'] = parsedStats.type;
  return { type: structType(fields), statsAsJson, parsedPartitions, parsedStats };
}

function partitionFields(snapshot: Snapshot): readonly StructField[] {
  const mode = columnMappingMode(snapshot);
  const fields = snapshot.metadata.partitionColumns.flatMap((name) => {
    const found = snapshot.schema.fields.find(
      (candidate) => candidate.name.toLowerCase() === name.toLowerCase(),
    );
    return found === undefined ? [] : [field(physicalName(found, mode), found.type)];
  });
  return canBeStruct(fields) ? fields : [];
}

/** A classic checkpoint: all actions in one file. */
export function classicSchema({ type: add }: AddLayout): StructType {
  return structType({ txn, add, remove, metaData, protocol, domainMetadata });
}

/** A sidecar: files only. */
export function sidecarSchema({ type: add }: AddLayout): StructType {
  return structType({ add, remove });
}

/** The top of a V2 checkpoint whose files are in sidecars. */
export const topSchema: StructType = structType({
  txn,
  metaData,
  protocol,
  domainMetadata,
  checkpointMetadata,
  sidecar,
});
