import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, StructField, StructType } from '../../../catalog/data-type.ts';
import type { Metadata, Protocol } from '../../../catalog/log/actions.ts';
import {
  columnMappingMode,
  fieldId,
  leafColumns,
  physicalName,
  physicalSchema,
} from '../../../catalog/log/column-mapping.ts';

function field(name: string, type: DataType, id?: number, physical?: string): StructField {
  const metadata = {
    ...(id !== undefined && { 'delta.columnMapping.id': id }),
    ...(physical !== undefined && { 'delta.columnMapping.physicalName': physical }),
  };
  return { name, type, nullable: true, metadata };
}
function struct(...fields: StructField[]): StructType {
  return { kind: 'struct', fields };
}
const integer: DataType = { kind: 'integer' };

/** The example of the protocol, between two other columns, with a map that has a struct in it. */
const schema = struct(
  field('a', integer, 1, 'col-a'),
  field(
    'e',
    { kind: 'array', elementType: struct(field('d', integer, 5, 'col-d')), containsNull: true },
    4,
    'col-e',
  ),
  field('s', struct(field('x', integer, 7, 'col-x')), 6, 'col-s'),
  field(
    'm',
    {
      kind: 'map',
      keyType: integer,
      valueType: struct(field('v', integer, 9, 'col-v')),
      valueContainsNull: true,
    },
    8,
    'col-m',
  ),
);

function isCorrupt(...words: string[]) {
  return (error: unknown): boolean =>
    error instanceof CodedError &&
    error.code === 'DELTA_LOG_CORRUPT' &&
    words.every((word) => error.message.includes(word));
}

function names(type: DataType): unknown {
  if (type.kind === 'struct') return type.fields.map((f) => [f.name, names(f.type)]);
  if (type.kind === 'array') return names(type.elementType);
  return type.kind === 'map' ? names(type.valueType) : type.kind;
}

for (const mode of ['name', 'id'] as const) {
  test(`in mode ${mode} every field, however deep, is under its physical name`, () => {
    assert.deepEqual(names(physicalSchema(schema, mode)), [
      ['col-a', 'integer'],
      ['col-e', [['col-d', 'integer']]],
      ['col-s', [['col-x', 'integer']]],
      ['col-m', [['col-v', 'integer']]],
    ]);
  });
}

test('without column mapping the metadata is not looked at', () => {
  assert.equal(physicalSchema(schema, 'none'), schema);
  assert.equal(physicalName(field('a', integer, 1, 'col-a'), 'none'), 'a');
});

test('leaves go through structs and stop at arrays and maps', () => {
  const leaves = leafColumns(schema, 'name').map(({ logicalPath, physicalPath }) => [
    logicalPath.join('.'),
    physicalPath.join('.'),
  ]);
  assert.deepEqual(leaves, [
    ['a', 'col-a'],
    ['e', 'col-e'],
    ['s.x', 'col-s.col-x'],
    ['m', 'col-m'],
  ]);
});

test('a missing physical name is an error that names the column', () => {
  const missing = struct(field('s', struct(field('x', integer, 7)), 6, 'col-s'));
  assert.throws(() => physicalSchema(missing, 'name'), isCorrupt('"x"', 'physicalName'));
});

test('a missing or senseless id is an error in mode id and none in mode name', () => {
  for (const id of [undefined, -1, 1.5, 2 ** 31]) {
    const damaged = struct(field('a', integer, id, 'col-a'));
    assert.throws(() => physicalSchema(damaged, 'id'), isCorrupt('"a"', 'columnMapping.id'));
    assert.equal(physicalSchema(damaged, 'name').fields[0]?.name, 'col-a');
  }
  assert.equal(fieldId(field('a', integer, 3)), 3);
});

test('two columns with one physical name, or one id, are an error', () => {
  const sameName = struct(field('a', integer, 1, 'c'), field('b', integer, 2, 'c'));
  const sameId = struct(field('a', integer, 1, 'c'), field('b', integer, 1, 'd'));
  assert.throws(() => physicalSchema(sameName, 'name'), isCorrupt('"a"', '"b"'));
  assert.throws(() => physicalSchema(sameId, 'id'), isCorrupt('"a"', '"b"'));
});

const v2: Protocol = { kind: 'protocol', minReaderVersion: 2, minWriterVersion: 5 };
const v1: Protocol = { kind: 'protocol', minReaderVersion: 1, minWriterVersion: 2 };
const v3: Protocol = {
  kind: 'protocol',
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['columnMapping'],
  writerFeatures: ['columnMapping'],
};
const v3without: Protocol = { ...v3, readerFeatures: [], writerFeatures: [] };

function table(protocol: Protocol, mode: string | undefined) {
  const metadata: Metadata = {
    kind: 'metaData',
    id: 'id',
    format: { provider: 'parquet', options: {} },
    schemaString: '',
    partitionColumns: [],
    configuration: mode === undefined ? {} : { 'delta.columnMapping.mode': mode },
  };
  return { protocol, metadata };
}

const modes: readonly [
  name: string,
  protocol: Protocol,
  property: string | undefined,
  mode: string,
][] = [
  ['reader version 2', v2, 'name', 'name'],
  ['the table feature', v3, 'id', 'id'],
  ['no property', v3, undefined, 'none'],
  ['the property none', v2, 'none', 'none'],
  ['reader version 1, where the property means nothing', v1, 'name', 'none'],
  ['version 3 without the feature', v3without, 'name', 'none'],
];
for (const [name, protocol, property, mode] of modes) {
  test(`with ${name} the mode is ${mode}`, () => {
    assert.equal(columnMappingMode(table(protocol, property)), mode);
  });
}

test('a mode there is not is an error', () => {
  assert.throws(() => columnMappingMode(table(v3, 'ID')), isCorrupt('"ID"'));
});
