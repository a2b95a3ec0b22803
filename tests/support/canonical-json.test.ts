import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ColumnVector } from '../../catalog/column-batch.ts';
import type { DataType } from '../../catalog/data-type.ts';
import {
  canonicalForms,
  canonicalVariant,
  rowText,
  sortAndHash,
  valueText,
} from './canonical-json.ts';
import { requireShared, skipWithoutShared } from './shared-folder.ts';

const text = (...values: string[]): ColumnVector => {
  const parts = values.map((value) => Buffer.from(value));
  const offsets = new Int32Array(values.length + 1);
  parts.forEach((part, index) => (offsets[index + 1] = (offsets[index] ?? 0) + part.length));
  return {
    kind: 'bytes',
    length: values.length,
    validity: undefined,
    offsets,
    bytes: Buffer.concat(parts),
  };
};
const long = (...values: bigint[]): ColumnVector => ({
  kind: 'long',
  length: values.length,
  validity: undefined,
  values: BigInt64Array.from(values),
});
const float = (...values: number[]): ColumnVector => ({
  kind: 'float',
  length: values.length,
  validity: undefined,
  values: Float64Array.from(values),
});
const int = (...values: number[]): ColumnVector => ({
  kind: 'int',
  length: values.length,
  validity: undefined,
  values: Int32Array.from(values),
});
const decimal = (value: bigint): ColumnVector => ({
  kind: 'decimal',
  length: 1,
  validity: undefined,
  words: BigInt64Array.of(BigInt.asIntN(64, value), value >> 64n),
});
const field = (name: string, type: DataType) => ({ name, type, nullable: true, metadata: {} });

const cases: readonly [name: string, vector: ColumnVector, type: DataType, expected: string][] = [
  ['a long keeps every digit', long(-9007199254740993n), { kind: 'long' }, '"-9007199254740993"'],
  ['a double', float(0.1), { kind: 'double' }, '"1.0000000000000001e-1"'],
  ['a float is rounded to 32 bits', float(0.1), { kind: 'float' }, '"1.00000001e-1"'],
  ['negative zero is zero', float(-0), { kind: 'float' }, '"0.00000000e+0"'],
  ['not a number', float(NaN), { kind: 'double' }, '"NaN"'],
  ['minus infinity', float(-Infinity), { kind: 'double' }, '"-Infinity"'],
  ['a decimal', decimal(-1250n), { kind: 'decimal', precision: 4, scale: 2 }, '"-12.50"'],
  ['a small decimal', decimal(-5n), { kind: 'decimal', precision: 4, scale: 2 }, '"-0.05"'],
  ['a decimal without scale', decimal(7n), { kind: 'decimal', precision: 4, scale: 0 }, '"7"'],
  [
    'a decimal of 38 digits',
    decimal(-(10n ** 38n) + 1n),
    { kind: 'decimal', precision: 38, scale: 38 },
    `"-0.${'9'.repeat(38)}"`,
  ],
  ['a date before 1970', int(-1), { kind: 'date' }, '"1969-12-31"'],
  ['a date far away', int(3_000_000), { kind: 'date' }, '"+010183-09-21"'],
  ['a timestamp before 1970', long(-1n), { kind: 'timestamp' }, '"1969-12-31T23:59:59.999999Z"'],
  ['a timestamp without zone', long(1n), { kind: 'timestamp_ntz' }, '"1970-01-01T00:00:00.000001"'],
  ['text as it is', text('é"\n'), { kind: 'string' }, '"é\\"\\n"'],
  ['binary', text('\u0000A'), { kind: 'binary' }, '"0041"'],
];
for (const [name, vector, type, expected] of cases) {
  test(`canonical JSON: ${name}`, () => {
    assert.equal(valueText(vector, type, 0, canonicalForms), expected);
  });
}

test('canonical JSON: struct fields keep their order, map entries are sorted by key', () => {
  const vector: ColumnVector = {
    kind: 'map',
    length: 1,
    validity: undefined,
    offsets: Int32Array.of(0, 2),
    keys: text('b', 'a'),
    values: {
      kind: 'struct',
      length: 2,
      validity: Uint8Array.of(0b10),
      children: [int(1, 2), int(3, 4)],
    },
  };
  const valueType: DataType = {
    kind: 'struct',
    fields: [field('2', { kind: 'integer' }), field('1', { kind: 'integer' })],
  };
  const type: DataType = {
    kind: 'map',
    keyType: { kind: 'string' },
    valueType,
    valueContainsNull: true,
  };
  assert.equal(
    rowText({ rowCount: 1, columns: [vector] }, [type], 0),
    '[[["a",{"2":2,"1":4}],["b",null]]]',
  );
});

const variants: readonly [name: string, json: string, expected: string][] = [
  ['sorts keys', '{"b": 1, "a": [true, null]}', '{"a":[true,null],"b":1}'],
  ['keeps all digits of whole numbers', '9007199254740993', '9007199254740993'],
  ['writes a fraction as a plain decimal', '1.50e-3', '{"num":"0.0015"}'],
  ['writes a whole number with an exponent as an integer', '-1.5e3', '-1500'],
  ['keeps text that looks like JSON', '"{\\"a\\":1}"', '"{\\"a\\":1}"'],
];
for (const [name, json, expected] of variants) {
  test(`canonical JSON: a variant ${name}`, () => assert.equal(canonicalVariant(json), expected));
}

test(
  'sorting and hashing give the hashes of the corpus',
  { skip: skipWithoutShared('corpus') },
  () => {
    const folder = requireShared('corpus/expected');
    let compared = 0;
    for (const name of readdirSync(folder)) {
      const { rows, rows_sha256 } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
        rows: unknown[] | null;
        rows_sha256: string | null;
      };
      if (rows === null || rows_sha256 === null) continue;
      const { sha256 } = sortAndHash(rows.map((row) => JSON.stringify(row)));
      assert.equal(sha256, rows_sha256, name);
      compared += 1;
    }
    assert.ok(compared > 300, `only ${compared} files have rows`);
  },
);
