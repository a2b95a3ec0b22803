import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metadata, Protocol } from '../../../catalog/log/actions.ts';
import {
  checkReadable,
  checkWritable,
  hasInCommitTimestamps,
} from '../../../catalog/log/protocol.ts';
import { parseSchema } from '../../../catalog/log/schema.ts';
import { throwsCoded } from '../../support/coded.ts';
import { metaData, oneColumn, protocol } from '../../support/table-builder.ts';

function withFeatures(
  readerFeatures: readonly string[],
  writerFeatures: readonly string[],
): Protocol {
  return protocol({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures });
}
function reader(...features: readonly string[]): Protocol {
  return withFeatures(features, features);
}

const readable: readonly (readonly [name: string, protocol: Protocol])[] = [
  ['version 1', protocol()],
  ['version 2', protocol({ minReaderVersion: 2, minWriterVersion: 5 })],
  ['a newer writer version', protocol({ minWriterVersion: 8 })],
  ['no reader feature', reader()],
  ['deletionVectors', reader('deletionVectors')],
  ['several', reader('columnMapping', 'timestampNtz', 'typeWidening', 'v2Checkpoint')],
  ['the previews', reader('typeWidening-preview', 'vacuumProtocolCheck')],
  ['unknown writer features', withFeatures([], ['futureThing'])],
  [
    'in-commit timestamps',
    protocol({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] }),
  ],
];
for (const [name, wanted] of readable) {
  test(`reads a table with ${name}`, () => checkReadable('/t', wanted, metaData()));
}

const unreadable: readonly (readonly [
  protocol: Protocol,
  code: Parameters<typeof throwsCoded>[0],
  message: RegExp,
])[] = [
  [
    protocol({ minReaderVersion: 4 }),
    'DELTA_INVALID_PROTOCOL_VERSION',
    /reader version 4; Levee reads versions 1 to 3/,
  ],
  [protocol({ minReaderVersion: 0 }), 'DELTA_INVALID_PROTOCOL_VERSION', /reader version 0/],
  [
    protocol({ minReaderVersion: 3 }),
    'DELTA_LOG_CORRUPT',
    /without the list of its reader features/,
  ],
  [
    reader('futureThing'),
    'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
    /futureThing \(not known to Levee\)/,
  ],
  [
    reader('a', 'deletionVectors', 'b'),
    'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
    /: a \(.*\), b \(.*\)\.$/,
  ],
  [
    reader('catalogManaged'),
    'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
    /catalogManaged \(its latest commits/,
  ],
  [
    reader('redirectReaderWriter-preview'),
    'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
    /redirectReaderWriter-preview \(the table has moved/,
  ],
  [reader('constructor'), 'DELTA_UNSUPPORTED_FEATURES_FOR_READ', /constructor \(not known/],
];
for (const [wanted, code, message] of unreadable) {
  test(`refuses ${JSON.stringify(wanted)}`, () =>
    throwsCoded(code, message, () => checkReadable('/t', wanted, metaData())));
}

test('data that is not Parquet is refused', () => {
  const format = { provider: 'orc', options: {} };
  throwsCoded('UNSUPPORTED_FEATURE', /format orc/, () =>
    checkReadable('/t', protocol(), metaData({ format })),
  );
});

const columnWith = (key: string): Metadata =>
  metaData({
    schema: {
      kind: 'struct',
      fields: [
        {
          name: 'a',
          type: {
            kind: 'struct',
            fields: [
              { name: 'b', type: { kind: 'long' }, nullable: true, metadata: { [key]: '1' } },
            ],
          },
          nullable: true,
          metadata: {},
        },
      ],
    },
  });
const writes: readonly (readonly [
  name: string,
  protocol: Protocol,
  metadata: Metadata,
  refused: RegExp | undefined,
])[] = [
  ['an old protocol that asks nothing', protocol(), metaData(), undefined],
  [
    'everything old, unused',
    protocol({ minReaderVersion: 2, minWriterVersion: 6 }),
    metaData(),
    undefined,
  ],
  ['an invariant', protocol(), columnWith('delta.invariants'), /invariants \(/],
  [
    'a constraint',
    protocol({ minWriterVersion: 3 }),
    metaData({ configuration: { 'delta.constraints.c': 'a > 1' } }),
    /checkConstraints \(/,
  ],
  [
    'a generated column',
    protocol({ minWriterVersion: 4 }),
    columnWith('delta.generationExpression'),
    /generatedColumns \(/,
  ],
  [
    'an identity column',
    protocol({ minWriterVersion: 6 }),
    columnWith('delta.identity.start'),
    /identityColumns \(/,
  ],
  [
    'a default',
    reader('allowColumnDefaults'),
    columnWith('CURRENT_DEFAULT'),
    /allowColumnDefaults \(/,
  ],
  [
    'column mapping',
    protocol({ minReaderVersion: 2, minWriterVersion: 5 }),
    metaData({ configuration: { 'delta.columnMapping.mode': 'name' } }),
    /columnMapping \(/,
  ],
  [
    'an unknown writer feature',
    withFeatures([], ['futureThing', 'appendOnly']),
    metaData(),
    /: futureThing \(not known to Levee\)\.$/,
  ],
  ['row tracking', withFeatures([], ['rowTracking', 'domainMetadata']), metaData(), undefined],
  ['in-commit timestamps', withFeatures([], ['inCommitTimestamp']), metaData(), undefined],
  [
    'variants',
    withFeatures(['variantType'], ['variantType']),
    metaData(),
    /variantType \(variant values are not written yet\)/,
  ],
  ['deletion vectors', reader('deletionVectors'), metaData(), undefined],
];
for (const [name, wanted, metadata, refused] of writes) {
  test(`${refused === undefined ? 'writes' : 'does not write'} a table with ${name}`, () => {
    const check = (): void =>
      checkWritable('/t', wanted, metadata, parseSchema(metadata.schemaString, '/t'));
    if (refused === undefined) check();
    else throwsCoded('DELTA_UNSUPPORTED_FEATURES_FOR_WRITE', refused, check);
  });
}

const enforced: readonly (readonly [name: string, Protocol, Metadata])[] = [
  [
    'checkConstraints',
    protocol({ minWriterVersion: 3 }),
    metaData({ configuration: { 'delta.constraints.c': 'id > 0' } }),
  ],
  ['invariants', protocol(), columnWith('delta.invariants')],
  ['generatedColumns', protocol({ minWriterVersion: 4 }), columnWith('delta.generationExpression')],
  ['identityColumns', protocol({ minWriterVersion: 6 }), columnWith('delta.identity.start')],
  [
    'changeDataFeed',
    protocol({ minWriterVersion: 4 }),
    metaData({ configuration: { 'delta.enableChangeDataFeed': 'true' } }),
  ],
];
for (const [name, wanted, metadata] of enforced) {
  test(`a table that uses ${name} is written by statements that enforce it alone`, () => {
    const schema = parseSchema(metadata.schemaString, '/t');
    const check = (names: readonly string[]): void =>
      checkWritable('/t', wanted, metadata, schema, new Set(names));
    check([name]);
    throwsCoded(
      'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE',
      new RegExp(`${name} \\(this statement`),
      () => check(['something else']),
    );
    // Having the feature without using it asks nothing of a statement.
    checkWritable('/t', wanted, metaData(), oneColumn);
  });
}

test('a writer version beyond 7 is not written', () => {
  throwsCoded('DELTA_INVALID_PROTOCOL_VERSION', /writer version 8/, () =>
    checkWritable('/t', protocol({ minWriterVersion: 8 }), metaData(), oneColumn),
  );
});

test('in-commit timestamps need the feature and the property', () => {
  const feature = protocol({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] });
  const property = metaData({ configuration: { 'delta.enableInCommitTimestamps': 'true' } });
  assert.equal(hasInCommitTimestamps(feature, property), true);
  assert.equal(hasInCommitTimestamps(feature, metaData()), false);
  assert.equal(hasInCommitTimestamps(protocol(), property), false);
});
