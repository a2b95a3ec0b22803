/**
 * Which table features the metadata of a table uses: its schema and properties ask for them.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#active-features
 */
import type { DataType, StructField, StructType } from '../data-type.ts';
import type { Metadata, StringMap } from './actions.ts';

/** A table's metadata with its schema parsed. */
export interface FeatureUse {
  readonly configuration: StringMap;
  readonly schema: StructType;
}

/** Features that metadata alone can use, and how that is seen. */
const uses: { readonly [feature: string]: (use: FeatureUse) => boolean } = {
  appendOnly: flag('delta.appendOnly'),
  invariants: ({ schema }) => hasFieldMetadata(schema, (key) => key === 'delta.invariants'),
  checkConstraints: ({ configuration }) =>
    Object.keys(configuration).some((key) => key.startsWith('delta.constraints.')),
  changeDataFeed: flag('delta.enableChangeDataFeed'),
  generatedColumns: ({ schema }) =>
    hasFieldMetadata(schema, (key) => key === 'delta.generationExpression'),
  columnMapping: ({ configuration }) =>
    (configuration['delta.columnMapping.mode'] ?? 'none') !== 'none',
  identityColumns: ({ schema }) =>
    hasFieldMetadata(schema, (key) => key.startsWith('delta.identity.')),
  allowColumnDefaults: ({ schema }) => hasFieldMetadata(schema, (key) => key === 'CURRENT_DEFAULT'),
  deletionVectors: flag('delta.enableDeletionVectors'),
  rowTracking: flag('delta.enableRowTracking'),
  timestampNtz: ({ schema }) => hasType(schema, 'timestamp_ntz'),
  variantType: ({ schema }) => hasType(schema, 'variant'),
  variantShredding: flag('delta.enableVariantShredding'),
  typeWidening: flag('delta.enableTypeWidening'),
  v2Checkpoint: ({ configuration }) =>
    configuration['delta.checkpointPolicy']?.trim().toLowerCase() === 'v2',
  icebergCompatV1: flag('delta.enableIcebergCompatV1'),
  icebergCompatV2: flag('delta.enableIcebergCompatV2'),
  icebergCompatV3: flag('delta.enableIcebergCompatV3'),
  inCommitTimestamp: flag('delta.enableInCommitTimestamps'),
};

/** `undefined` for a feature whose use metadata does not show. */
export function usesFeature(
  name: string,
  metadata: Metadata,
  schema: StructType,
): boolean | undefined {
  if (!Object.hasOwn(uses, name)) return undefined;
  return uses[name]?.({ configuration: metadata.configuration, schema });
}

/** The features that the metadata uses, by name. */
export function usedFeatures(metadata: Metadata, schema: StructType): readonly string[] {
  return Object.keys(uses).filter((name) => usesFeature(name, metadata, schema) === true);
}

function flag(key: string): (use: FeatureUse) => boolean {
  return ({ configuration }) => configuration[key]?.trim().toLowerCase() === 'true';
}

function hasFieldMetadata(schema: StructType, isIt: (key: string) => boolean): boolean {
  return hasField(schema, (field) => Object.keys(field.metadata).some(isIt));
}

function hasField(type: DataType, isIt: (field: StructField) => boolean): boolean {
  switch (type.kind) {
    case 'struct':
      return type.fields.some((field) => isIt(field) || hasField(field.type, isIt));
    case 'array':
      return hasField(type.elementType, isIt);
    case 'map':
      return hasField(type.keyType, isIt) || hasField(type.valueType, isIt);
    default:
      return false;
  }
}

function hasType(type: DataType, kind: DataType['kind']): boolean {
  switch (type.kind) {
    case 'struct':
      return type.fields.some((field) => hasType(field.type, kind));
    case 'array':
      return hasType(type.elementType, kind);
    case 'map':
      return hasType(type.keyType, kind) || hasType(type.valueType, kind);
    default:
      return type.kind === kind;
  }
}
