/**
 * The table features that can be dropped: how each is seen in a table and in the actions of its
 * history, and what its metadata is once it is turned off. Pure.
 *
 * Source: Delta's TableFeature.scala (`RemovableFeature`).
 */
import type { DataType, JsonValue, StructField, StructType } from '../../../catalog/data-type.ts';
import type { Action, Metadata, StringMap } from '../../../catalog/log/actions.ts';
import { columnMappingMode } from '../../../catalog/log/column-mapping.ts';
import { supportsFeature } from '../../../catalog/log/protocol.ts';
import { parseSchema } from '../../../catalog/log/schema.ts';
import { readProperty, tableProperties } from '../../../catalog/log/table-properties.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { constraintsOf } from './column-uses.ts';

export type RemovableFeature =
  | 'checkConstraints'
  | 'checkpointProtection'
  | 'columnMapping'
  | 'deletionVectors'
  | 'inCommitTimestamp'
  | 'typeWidening'
  | 'typeWidening-preview'
  | 'v2Checkpoint'
  | 'vacuumProtocolCheck';

export interface Traces {
  /** Whether old versions of the table are not to be read by who does not know the feature. */
  readonly inHistory: boolean;
  /** Whether the newest version uses it. */
  readonly isUsed: (snapshot: Snapshot) => boolean;
  /** Whether an action of the history does. */
  readonly usedBy: (action: Action) => boolean;
}

const never = (): boolean => false;

export const removableFeatures: { readonly [K in RemovableFeature]: Traces } = {
  checkConstraints: {
    inHistory: false,
    isUsed: ({ metadata }) => constraintsOf(metadata).size > 0,
    usedBy: never,
  },
  checkpointProtection: {
    inHistory: false,
    isUsed: ({ metadata }) =>
      Object.hasOwn(
        metadata.configuration,
        tableProperties.requireCheckpointProtectionBeforeVersion.key,
      ),
    usedBy: never,
  },
  columnMapping: {
    inHistory: true,
    isUsed: (snapshot) =>
      columnMappingMode(snapshot) !== 'none' || hasFieldKey(snapshot.schema, isMappingKey),
    usedBy: (action) =>
      action.kind === 'metaData' &&
      (action.configuration[tableProperties.columnMappingMode.key] ?? 'none') !== 'none',
  },
  deletionVectors: {
    inHistory: true,
    isUsed: ({ metadata, files }) =>
      readProperty(metadata.configuration, tableProperties.enableDeletionVectors) ||
      [...files].some((file) => files.deletionVector(file) !== undefined),
    usedBy: (action) =>
      action.kind === 'metaData'
        ? isOn(action.configuration, tableProperties.enableDeletionVectors.key)
        : (action.kind === 'add' || action.kind === 'remove') &&
          action.deletionVector !== undefined,
  },
  inCommitTimestamp: {
    inHistory: false,
    isUsed: ({ metadata: { configuration } }) =>
      readProperty(configuration, tableProperties.enableInCommitTimestamps) ||
      enablement.some((key) => Object.hasOwn(configuration, key)),
    usedBy: never,
  },
  typeWidening: typeWidening(),
  'typeWidening-preview': typeWidening(),
  v2Checkpoint: {
    inHistory: true,
    isUsed: ({ metadata }) =>
      readProperty(metadata.configuration, tableProperties.checkpointPolicy) === 'v2',
    usedBy: (action) =>
      action.kind === 'metaData'
        ? action.configuration[tableProperties.checkpointPolicy.key]?.trim().toLowerCase() === 'v2'
        : action.kind === 'checkpointMetadata' || action.kind === 'sidecar',
  },
  vacuumProtocolCheck: { inHistory: true, isUsed: never, usedBy: never },
};

export function removableFeature(name: string): RemovableFeature | undefined {
  return Object.hasOwn(removableFeatures, name) ? (name as RemovableFeature) : undefined;
}

function typeWidening(): Traces {
  return {
    inHistory: true,
    isUsed: ({ metadata, schema }) =>
      readProperty(metadata.configuration, tableProperties.enableTypeWidening) ||
      hasTypeChanges(schema),
    usedBy: (action) =>
      action.kind === 'metaData' && hasTypeChanges(parseSchema(action.schemaString, 'the history')),
  };
}

const enablement: readonly string[] = [
  tableProperties.inCommitTimestampEnablementVersion.key,
  tableProperties.inCommitTimestampEnablementTimestampMs.key,
];

/** The version before which the table's checkpoints are protected; 0 for none. */
export function protectedBefore({ protocol, metadata }: Snapshot): number {
  if (!supportsFeature(protocol, 'checkpointProtection')) return 0;
  return readProperty(
    metadata.configuration,
    tableProperties.requireCheckpointProtectionBeforeVersion,
  );
}

/** In-commit timestamps turned off. */
export function withoutTimestamps(metadata: Metadata): Metadata {
  const { key } = tableProperties.enableInCommitTimestamps;
  const left = without(metadata, enablement);
  if (!isOn(left.configuration, key)) return left;
  return { ...left, configuration: { ...left.configuration, [key]: 'false' } };
}

export function without(metadata: Metadata, keys: readonly string[]): Metadata {
  const left = Object.entries(metadata.configuration).filter(([key]) => !keys.includes(key));
  return { ...metadata, configuration: Object.fromEntries(left) };
}

export function hasTypeChanges(schema: StructType): boolean {
  return hasFieldKey(schema, (key) => key === 'delta.typeChanges');
}

/** The schema without what type widening left in its fields. */
export function withoutTypeChanges(schema: StructType): StructType {
  return withoutFieldKeys(schema, (key) => key === 'delta.typeChanges');
}

/** The schema without physical names and ids. */
export function withoutMapping(schema: StructType): StructType {
  return withoutFieldKeys(schema, isMappingKey);
}

function isMappingKey(key: string): boolean {
  return key.startsWith('delta.columnMapping.');
}

function isOn(configuration: StringMap, key: string): boolean {
  return configuration[key]?.trim().toLowerCase() === 'true';
}

function hasFieldKey(type: DataType, isIt: (key: string) => boolean): boolean {
  switch (type.kind) {
    case 'struct':
      return type.fields.some(
        (field) => Object.keys(field.metadata).some(isIt) || hasFieldKey(field.type, isIt),
      );
    case 'array':
      return hasFieldKey(type.elementType, isIt);
    case 'map':
      return hasFieldKey(type.keyType, isIt) || hasFieldKey(type.valueType, isIt);
    default:
      return false;
  }
}

function withoutFieldKeys(schema: StructType, isGone: (key: string) => boolean): StructType {
  const strip = (field: StructField): StructField => {
    const kept = Object.entries(field.metadata).filter(([key]) => !isGone(key));
    const metadata: { readonly [key: string]: JsonValue } = Object.fromEntries(kept);
    return { ...field, type: stripType(field.type), metadata };
  };
  const stripType = (type: DataType): DataType => {
    switch (type.kind) {
      case 'struct':
        return { kind: 'struct', fields: type.fields.map(strip) };
      case 'array':
        return { ...type, elementType: stripType(type.elementType) };
      case 'map':
        return { ...type, keyType: stripType(type.keyType), valueType: stripType(type.valueType) };
      default:
        return type;
    }
  };
  return { kind: 'struct', fields: schema.fields.map(strip) };
}
