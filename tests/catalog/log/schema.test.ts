import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataType } from '../../../catalog/data-type.ts';
import { parseSchema, serializeSchema } from '../../../catalog/log/schema.ts';
import { throwsCoded } from '../../support/coded.ts';

function field(name: string, type: unknown, more: object = {}): object {
  return { name, type, nullable: true, metadata: {}, ...more };
}
function struct(...fields: readonly object[]): { type: string; fields: readonly object[] } {
  return { type: 'struct', fields };
}
function typeOf(json: unknown): DataType | undefined {
  return parseSchema(JSON.stringify(struct(field('c', json))), 't').fields[0]?.type;
}

const types: readonly (readonly [json: unknown, type: DataType])[] = [
  ...(
    [
      'boolean',
      'byte',
      'short',
      'integer',
      'long',
      'float',
      'double',
      'string',
      'binary',
      'date',
      'timestamp',
      'timestamp_ntz',
      'variant',
      'void',
    ] as const
  ).map((name): readonly [string, DataType] => [name, { kind: name }]),
  ['decimal(38,18)', { kind: 'decimal', precision: 38, scale: 18 }],
  ['decimal(5, 0)', { kind: 'decimal', precision: 5, scale: 0 }],
  [
    { type: 'array', elementType: 'long', containsNull: false },
    { kind: 'array', elementType: { kind: 'long' }, containsNull: false },
  ],
  [
    { type: 'map', keyType: 'string', valueType: 'date', valueContainsNull: true },
    {
      kind: 'map',
      keyType: { kind: 'string' },
      valueType: { kind: 'date' },
      valueContainsNull: true,
    },
  ],
];
for (const [json, type] of types) {
  test(`reads the type ${JSON.stringify(json)}`, () => assert.deepEqual(typeOf(json), type));
}

test('reads char and varchar as string', () => {
  assert.deepEqual(typeOf('varchar(20)'), { kind: 'string' });
  assert.deepEqual(typeOf('char(3)'), { kind: 'string' });
});

test('a schema written is the schema read, metadata included', () => {
  const json = struct(
    field('a', 'long', { nullable: false, metadata: { 'delta.columnMapping.id': 1, x: [null] } }),
    field('s', struct(field('B b', 'decimal(10,2)'), field('ü', 'string'))),
    field('l', {
      type: 'array',
      elementType: { type: 'map', keyType: 'string', valueType: 'long', valueContainsNull: false },
      containsNull: true,
    }),
  );
  assert.deepEqual(JSON.parse(serializeSchema(parseSchema(JSON.stringify(json), 't'))), json);
});

const unsupported: readonly (readonly [name: string, json: unknown, message: RegExp])[] = [
  ['an interval', 'interval day to second', /"s\.c" of t has the type interval day to second/],
  ['a geometry', 'geometry(OGC:CRS84)', /the type geometry\(OGC:CRS84\)/],
  ['a user-defined type', { type: 'udt', class: 'x' }, /the type udt/],
  ['a decimal with 39 digits', 'decimal(39,0)', /decimal\(39,0\)/],
  ['a negative scale', 'decimal(5,-2)', /decimal\(5,-2\)/],
  ['a name with other letters', 'Long', /the type Long/],
  ['the name of an inherited property', 'constructor', /the type constructor/],
];
for (const [name, json, message] of unsupported) {
  test(`refuses ${name} by column and type`, () => {
    const schema = JSON.stringify(struct(field('s', struct(field('c', json)))));
    throwsCoded('UNSUPPORTED_DATATYPE', message, () => parseSchema(schema, 't'));
  });
}

const deep = `${'{"type":"array","elementType":'.repeat(5000)}"long"${'}'.repeat(5000)}`;
const damaged: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ['text that is no JSON', '{"type":"struct"', /not JSON/],
  ['a type that is no struct', '"long"', /it is a long, not a struct/],
  ['a struct without fields', '{"type":"struct"}', /no list of fields/],
  ['a field without a name', JSON.stringify(struct({ type: 'long' })), /has no name/],
  ['a field without a type', JSON.stringify(struct({ name: 'c' })), /"c" has no type/],
  [
    'nullable that is no boolean',
    JSON.stringify(struct(field('c', 'long', { nullable: 1 }))),
    /"c"/,
  ],
  [
    'metadata that is no object',
    JSON.stringify(struct(field('c', 'long', { metadata: 3 }))),
    /"c"/,
  ],
  [
    'two columns that differ in case',
    JSON.stringify(struct(field('a', 'long'), field('A', 'long'))),
    /two columns "A"/,
  ],
  [
    'an array without an element type',
    JSON.stringify(struct(field('c', { type: 'array' }))),
    /element/,
  ],
  ['endless nesting', `{"type":"struct","fields":[{"name":"c","type":${deep}}]}`, /nested/],
  ['null', 'null', /no type/],
];
for (const [name, text, message] of damaged) {
  test(`refuses ${name} as damage`, () =>
    throwsCoded('DELTA_LOG_CORRUPT', message, () => parseSchema(text, 't')));
}

test('strings have the collations of their field, nested ones too, unless it is the order of bytes', () => {
  const string = { kind: 'string' } as const;
  const lcase = { kind: 'string', collation: 'UTF8_LCASE' } as const;
  const typeOf = (type: unknown, collations: unknown): unknown =>
    parseSchema(
      JSON.stringify(struct(field('c', type, { metadata: { __COLLATIONS: collations } }))),
      't',
    ).fields[0]?.type;
  assert.deepEqual(typeOf('string', { c: 'spark.UTF8_LCASE' }), lcase);
  assert.deepEqual(typeOf('string', { c: 'icu.de_CI_AI.75.1' }), {
    ...string,
    collation: 'de_CI_AI',
  });
  assert.deepEqual(typeOf('string', { c: 'spark.UTF8_BINARY' }), string);
  assert.deepEqual(typeOf('string', { c: 'spark.UTF8_BINARY_RTRIM' }), {
    ...string,
    collation: 'UTF8_BINARY_RTRIM',
  });
  const list = { type: 'array', elementType: 'string', containsNull: true };
  const map = { type: 'map', keyType: 'string', valueType: list, valueContainsNull: true };
  assert.deepEqual(typeOf(map, { 'c.key': 'spark.UTF8_LCASE', 'c.value.element': 'icu.UNICODE' }), {
    kind: 'map',
    keyType: lcase,
    valueType: {
      kind: 'array',
      elementType: { ...string, collation: 'UNICODE' },
      containsNull: true,
    },
    valueContainsNull: true,
  });
  for (const unknown of [
    { d: 'icu.UNICODE' },
    { 'c.element': 'icu.UNICODE' },
    { c: 7 },
    { c: '' },
  ]) {
    throwsCoded('UNSUPPORTED_DATATYPE', /"c" of t has the collation/, () =>
      typeOf('string', unknown),
    );
  }
  throwsCoded('UNSUPPORTED_DATATYPE', /where it has no string/, () =>
    typeOf('long', { c: 'icu.de' }),
  );
});
