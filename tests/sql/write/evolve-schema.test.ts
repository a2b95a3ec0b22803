import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, JsonValue, StructField, StructType } from '../../../catalog/data-type.ts';
import { parseSchema, serializeSchema } from '../../../catalog/log/schema.ts';
import type { Metadata, Protocol } from '../../../catalog/log/actions.ts';
import { evolveSchema, type IncomingColumn } from '../../../sql/write/evolve-schema.ts';

const int: DataType = { kind: 'integer' };
const long: DataType = { kind: 'long' };
const text: DataType = { kind: 'string' };

function field(name: string, type: DataType, metadata: StructField['metadata'] = {}): StructField {
  return { name, type, nullable: true, metadata };
}
function struct(...fields: readonly StructField[]): StructType {
  return { kind: 'struct', fields };
}
function list(elementType: DataType): DataType {
  return { kind: 'array', elementType, containsNull: true };
}

function evolve(
  fields: readonly StructField[],
  incoming: readonly IncomingColumn[],
  configuration: Metadata['configuration'] = {},
) {
  const schema = struct(...fields);
  const metadata: Metadata = {
    kind: 'metaData',
    id: 'id',
    format: { provider: 'parquet', options: {} },
    schemaString: serializeSchema(schema),
    partitionColumns: [],
    configuration,
  };
  const protocol: Protocol = {
    kind: 'protocol',
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ['columnMapping', 'typeWidening'],
    writerFeatures: ['columnMapping', 'typeWidening'],
  };
  let ids = 0;
  const evolved = evolveSchema({ schema, metadata, protocol }, incoming, () => `uuid${ids++}`);
  assert.deepEqual(parseSchema(evolved.metadata.schemaString, 't'), evolved.schema);
  return evolved;
}

const widening = { 'delta.enableTypeWidening': 'true' };
const mapping = {
  'delta.columnMapping.mode': 'name',
  'delta.columnMapping.maxColumnId': '7',
};

const cases: {
  readonly [name: string]: readonly [
    fields: readonly StructField[],
    incoming: readonly IncomingColumn[],
    expected: readonly StructField[],
    configuration?: Metadata['configuration'],
  ];
} = {
  'the same columns in another case and order change nothing': [
    [field('a', int), field('B', text)],
    [field('b', text), field('A', int)],
    [field('a', int), field('B', text)],
  ],
  'a missing column changes nothing': [
    [field('a', int), field('b', text)],
    [field('a', int)],
    [field('a', int), field('b', text)],
  ],
  'new columns come last, in their order': [
    [field('a', int)],
    [field('z', text), field('a', int), field('b', list(int))],
    [field('a', int), field('z', text), field('b', list(int))],
  ],
  'a new field of a struct in a list': [
    [field('l', list(struct(field('x', int))))],
    [field('l', list(struct(field('X', int), field('y', text))))],
    [field('l', list(struct(field('x', int), field('y', text))))],
  ],
  'a wider type without type widening is left to the assignment': [
    [field('a', int)],
    [field('a', long)],
    [field('a', int)],
  ],
  'a wider type with type widening': [
    [field('a', int, { comment: 'c' })],
    [field('a', long)],
    [field('a', long, { comment: 'c', 'delta.typeChanges': [change('integer', 'long')] })],
    widening,
  ],
  'another wider type after the first': [
    [field('a', int, { 'delta.typeChanges': [change('short', 'integer')] })],
    [field('a', long)],
    [
      field('a', long, {
        'delta.typeChanges': [change('short', 'integer'), change('integer', 'long')],
      }),
    ],
    widening,
  ],
  'a wider type of elements and values names its place': [
    [
      field('m', {
        kind: 'map',
        keyType: text,
        valueType: list({ kind: 'float' }),
        valueContainsNull: true,
      }),
    ],
    [
      field('m', {
        kind: 'map',
        keyType: text,
        valueType: list({ kind: 'double' }),
        valueContainsNull: true,
      }),
    ],
    [
      field(
        'm',
        {
          kind: 'map',
          keyType: text,
          valueType: list({ kind: 'double' }),
          valueContainsNull: true,
        },
        { 'delta.typeChanges': [{ ...change('float', 'double'), fieldPath: 'value.element' }] },
      ),
    ],
    widening,
  ],
  'a wider decimal': [
    [field('d', { kind: 'decimal', precision: 5, scale: 2 })],
    [field('d', { kind: 'decimal', precision: 9, scale: 4 })],
    [
      field(
        'd',
        { kind: 'decimal', precision: 9, scale: 4 },
        { 'delta.typeChanges': [change('decimal(5,2)', 'decimal(9,4)')] },
      ),
    ],
    widening,
  ],
  'a decimal with fewer whole digits, a narrower type and another family are not widened': [
    [field('d', { kind: 'decimal', precision: 5, scale: 2 }), field('a', int), field('b', int)],
    [
      field('d', { kind: 'decimal', precision: 6, scale: 4 }),
      field('a', { kind: 'byte' }),
      field('b', { kind: 'double' }),
    ],
    [field('d', { kind: 'decimal', precision: 5, scale: 2 }), field('a', int), field('b', int)],
    widening,
  ],
  'a column that a constraint names keeps its type': [
    [field('a', int)],
    [field('a', long)],
    [field('a', int)],
    { ...widening, 'delta.constraints.c': 'A > 1' },
  ],
  'new columns and their fields get ids and physical names under column mapping': [
    [field('a', int, mapped(3, 'pa'))],
    [field('a', int), field('s p', struct(field('x', int)))],
    [
      field('a', int, mapped(3, 'pa')),
      field('s p', struct(field('x', int, mapped(9, 'col-uuid1'))), mapped(8, 'col-uuid0')),
    ],
    mapping,
  ],
};

function change(fromType: string, toType: string): { readonly [key: string]: JsonValue } {
  return { fromType, toType };
}
function mapped(id: number, name: string): StructField['metadata'] {
  return { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': name };
}

for (const [name, [fields, incoming, expected, configuration]] of Object.entries(cases)) {
  test(name, () => {
    const evolved = evolve(fields, incoming, configuration);
    const plain = (schema: StructType) =>
      JSON.parse(serializeSchema(schema)) as { fields: object[] };
    const byName = (schema: StructType) =>
      plain(schema).fields.map((one) => JSON.stringify(sorted(one)));
    assert.deepEqual(byName(evolved.schema), byName(struct(...expected)));
    const isSame = JSON.stringify(fields) === JSON.stringify(evolved.schema.fields);
    assert.equal(evolved.isChanged, !isSame);
    if (configuration === mapping) {
      assert.equal(evolved.metadata.configuration['delta.columnMapping.maxColumnId'], '9');
    }
  });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}

const refused: { readonly [name: string]: readonly [incoming: IncomingColumn[], code: string] } = {
  'a column twice': [[field('x', int), field('X', int)], 'DELTA_DUPLICATE_COLUMNS_FOUND'],
  'a name that Parquet cannot hold': [
    [field('a b', int)],
    'DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES',
  ],
  'a column of NULLs': [[field('n', { kind: 'void' })], 'UNSUPPORTED_DATATYPE'],
};
for (const [name, [incoming, code]] of Object.entries(refused)) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => evolve([field('a', int)], incoming),
      (error: CodedError) => error.code === code,
    );
  });
}
