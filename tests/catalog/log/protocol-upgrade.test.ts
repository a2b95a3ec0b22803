import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StructField, StructType } from '../../../catalog/data-type.ts';
import type { Protocol } from '../../../catalog/log/actions.ts';
import {
  featuresOf,
  protocolFor,
  splitProtocolProperties,
} from '../../../catalog/log/protocol-upgrade.ts';
import { throwsCoded } from '../../support/coded.ts';
import { metaData, oneColumn, protocol } from '../../support/table-builder.ts';

/** `1,2` or `3,7 [reader features] [writer features]`, as Delta shows protocols. */
function shown({
  minReaderVersion,
  minWriterVersion,
  readerFeatures,
  writerFeatures,
}: Protocol): string {
  const list = (names: readonly string[] | undefined): string =>
    names === undefined ? '' : ` [${names.join(' ')}]`;
  return `${minReaderVersion},${minWriterVersion}${list(readerFeatures)}${list(writerFeatures)}`;
}

function schemaWith(field: Partial<StructField>): StructType {
  const added: StructField = {
    name: 'x',
    type: { kind: 'long' },
    nullable: true,
    metadata: {},
    ...field,
  };
  return { kind: 'struct', fields: [...oneColumn.fields, added] };
}

interface Case {
  readonly current?: Protocol;
  readonly properties?: { readonly [key: string]: string };
  readonly schema?: StructType;
  readonly wanted?: readonly string[];
  readonly protocol: string;
}

const named = (...writerFeatures: readonly string[]): Protocol => ({
  ...protocol({ minWriterVersion: 7 }),
  writerFeatures,
});

const cases: { readonly [name: string]: Case } = {
  'a plain new table': { protocol: '1,2' },
  'a new table with a CHECK constraint': {
    properties: { 'delta.constraints.c': 'id > 0' },
    protocol: '1,3',
  },
  'a new table with a change feed': {
    properties: { 'delta.enableChangeDataFeed': 'true' },
    protocol: '1,7 [appendOnly invariants changeDataFeed]',
  },
  'a new table with column mapping': {
    properties: { 'delta.columnMapping.mode': 'name' },
    protocol: '2,7 [appendOnly invariants columnMapping]',
  },
  'a new table with column mapping and deletion vectors': {
    properties: { 'delta.columnMapping.mode': 'name', 'delta.enableDeletionVectors': 'true' },
    protocol:
      '3,7 [columnMapping deletionVectors] [appendOnly invariants columnMapping deletionVectors]',
  },
  'a new table with a timestamp without time zone, deep inside': {
    schema: schemaWith({
      type: {
        kind: 'array',
        elementType: {
          kind: 'map',
          keyType: { kind: 'string' },
          valueType: { kind: 'timestamp_ntz' },
          valueContainsNull: true,
        },
        containsNull: true,
      },
    }),
    protocol: '3,7 [timestampNtz] [appendOnly invariants timestampNtz]',
  },
  'row tracking brings what it needs': {
    properties: { 'delta.enableRowTracking': 'true' },
    protocol: '1,7 [appendOnly invariants rowTracking domainMetadata]',
  },
  'an identity column': {
    schema: schemaWith({ metadata: { 'delta.identity.start': 1 } }),
    protocol: '1,7 [appendOnly invariants identityColumns]',
  },
  'a column default': {
    schema: schemaWith({ metadata: { CURRENT_DEFAULT: '1' } }),
    protocol: '1,7 [appendOnly invariants allowColumnDefaults]',
  },
  'an old table keeps what its version means': {
    current: protocol({ minWriterVersion: 4 }),
    properties: { 'delta.checkpointPolicy': 'v2' },
    protocol:
      '3,7 [v2Checkpoint] [appendOnly invariants checkConstraints changeDataFeed ' +
      'generatedColumns v2Checkpoint]',
  },
  'an old table that has what it needs stays as it is': {
    current: protocol({ minReaderVersion: 2, minWriterVersion: 6 }),
    properties: { 'delta.columnMapping.mode': 'id', 'delta.enableChangeDataFeed': 'true' },
    protocol: '2,6',
  },
  'a table of the very first version': {
    current: protocol({ minWriterVersion: 1 }),
    properties: { 'delta.appendOnly': 'true' },
    protocol: '1,7 [appendOnly]',
  },
  'an unknown feature is kept': {
    current: named('futureThing', 'appendOnly'),
    properties: { 'delta.enableInCommitTimestamps': 'true' },
    protocol: '1,7 [appendOnly inCommitTimestamp futureThing]',
  },
  'a preview is as good as the feature': {
    current: {
      ...protocol({ minReaderVersion: 3, minWriterVersion: 7 }),
      readerFeatures: ['typeWidening-preview'],
      writerFeatures: ['typeWidening-preview'],
    },
    properties: { 'delta.enableTypeWidening': 'true' },
    protocol: '3,7 [typeWidening-preview] [typeWidening-preview]',
  },
  'features that are only asked for': {
    wanted: ['clustering', 'vacuumProtocolCheck'],
    protocol:
      '3,7 [vacuumProtocolCheck] [appendOnly invariants domainMetadata clustering vacuumProtocolCheck]',
  },
};
for (const [
  name,
  { current, properties, schema = oneColumn, wanted, ...expected },
] of Object.entries(cases)) {
  test(`${name}: ${expected.protocol}`, () => {
    const metadata = metaData({ schema, configuration: properties ?? {} });
    const result = protocolFor(current, metadata, schema, wanted);
    assert.equal(shown(result), expected.protocol);
    if (current === undefined) return;
    // Nothing a table had is lost, and nothing is done twice.
    for (const feature of featuresOf(current)) assert.ok(featuresOf(result).includes(feature));
    assert.equal(protocolFor(result, metadata, schema, wanted), result);
  });
}

test('properties that speak of the protocol go there', () => {
  assert.deepEqual(
    splitProtocolProperties({
      mine: '1',
      'delta.feature.DELETIONVECTORS': 'supported',
      'delta.minReaderVersion': '2',
      'delta.minWriterVersion': '5',
      'delta.appendOnly': 'true',
    }),
    {
      configuration: { mine: '1', 'delta.appendOnly': 'true' },
      wanted: ['deletionVectors'],
      versionFeatures: [
        'appendOnly',
        'invariants',
        'checkConstraints',
        'changeDataFeed',
        'generatedColumns',
        'columnMapping',
      ],
    },
  );
  assert.deepEqual(splitProtocolProperties({}).versionFeatures, undefined);
});

for (const [key, value, code] of [
  ['delta.feature.nope', 'supported', 'DELTA_UNSUPPORTED_FEATURES_IN_CONFIG'],
  ['delta.feature.appendOnly', 'maybe', 'DELTA_UNSUPPORTED_FEATURE_STATUS'],
  ['delta.minReaderVersion', '4', 'INVALID_PARAMETER_VALUE'],
  ['delta.minWriterVersion', 'seven', 'INVALID_PARAMETER_VALUE'],
] as const) {
  test(`${key} = ${value} is refused`, () => {
    throwsCoded(code, /./, () => splitProtocolProperties({ [key]: value }));
  });
}
