import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../../catalog/coded-error.ts';
import { VariantColumnBuilder, variantDepthMax } from '../../../sql/variant/decode-variant.ts';
import { bitAt } from '../../../sql/variant/variant-column.ts';
import { variantJson } from '../../../sql/variant/variant-json.ts';
import { readVariantKeys } from '../../../sql/variant/variant-keys.ts';
import { encodeVariant, metadataOf, primitive, type Tree } from '../../support/variant-encoder.ts';

const noKeys = metadataOf([]);

function decode(metadata: Uint8Array, value: Uint8Array): string {
  const builder = new VariantColumnBuilder(1);
  builder.add(readVariantKeys(metadata), value);
  const column = builder.finish();
  assert.ok(bitAt(column.validity, 0));
  return variantJson(column, 0);
}

function integerBytes(value: bigint, size: number): number[] {
  const bytes: number[] = [];
  for (let i = 0, rest = BigInt.asUintN(8 * size, value); i < size; i++, rest >>= 8n) {
    bytes.push(Number(rest & 0xffn));
  }
  return bytes;
}

function floatBytes(value: number, size: 4 | 8): number[] {
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return [...bytes];
}

const utf8 = (text: string): number[] => [...Buffer.from(text)];
const sized = (bytes: readonly number[]): number[] => [
  ...integerBytes(BigInt(bytes.length), 4),
  ...bytes,
];
const micros = BigInt(Date.UTC(2024, 1, 29, 12, 30, 15)) * 1000n + 123_456n;

/** A primitive's number, the bytes after its header, and its JSON. */
const primitives: readonly (readonly [string, number, readonly number[], string])[] = [
  ['null', 0, [], 'null'],
  ['true', 1, [], 'true'],
  ['false', 2, [], 'false'],
  ['int8', 3, integerBytes(-128n, 1), '-128'],
  ['int16', 4, integerBytes(-32768n, 2), '-32768'],
  ['int32', 5, integerBytes(2147483647n, 4), '2147483647'],
  ['int64', 6, integerBytes(-9223372036854775808n, 8), '-9223372036854775808'],
  ['double', 7, floatBytes(0.1, 8), '0.1'],
  ['double of many digits', 7, floatBytes(1.7976931348623157e308, 8), '1.7976931348623157e+308'],
  ['negative zero', 7, floatBytes(-0, 8), '-0.0'],
  ['NaN', 7, floatBytes(NaN, 8), '"NaN"'],
  ['infinity', 7, floatBytes(-Infinity, 8), '"-Infinity"'],
  ['decimal4', 8, [2, ...integerBytes(5n, 4)], '0.05'],
  ['decimal4, negative', 8, [4, ...integerBytes(-999_999_999n, 4)], '-99999.9999'],
  ['decimal4, small', 8, [1, ...integerBytes(-15n, 4)], '-1.5'],
  ['decimal8', 9, [0, ...integerBytes(999_999_999_999_999_999n, 8)], '999999999999999999'],
  ['decimal8, scale above the digits', 9, [18, ...integerBytes(1n, 8)], '0.000000000000000001'],
  [
    'decimal16',
    10,
    [10, ...integerBytes(12345678901234567890123456789012345678n, 16)],
    '1234567890123456789012345678.9012345678',
  ],
  [
    'decimal16, all below the point',
    10,
    [38, ...integerBytes(-(10n ** 38n - 1n), 16)],
    `-0.${'9'.repeat(38)}`,
  ],
  ['date', 11, integerBytes(-719528n, 4), '"0000-01-01"'],
  ['timestamp', 12, integerBytes(micros, 8), '"2024-02-29T12:30:15.123456Z"'],
  ['timestamp before 1970', 12, integerBytes(-1n, 8), '"1969-12-31T23:59:59.999999Z"'],
  ['timestamp_ntz', 13, integerBytes(micros, 8), '"2024-02-29T12:30:15.123456"'],
  ['float', 14, floatBytes(0.1, 4), '0.1'],
  ['float of nine digits', 14, floatBytes(16777217.5, 4), '16777218'],
  ['binary', 15, sized([0, 255, 16]), '"AP8Q"'],
  ['string', 16, sized(utf8('"ü\n€𝄞')), '"\\"ü\\n€𝄞"'],
  ['time', 17, integerBytes(45_015_000_001n, 8), '"12:30:15.000001"'],
  [
    'timestamp of whole microseconds',
    18,
    integerBytes(micros * 1000n, 8),
    '"2024-02-29T12:30:15.123456Z"',
  ],
  ['timestamp_ntz, nanoseconds', 19, integerBytes(-1n, 8), '"1969-12-31T23:59:59.999999999"'],
  [
    'uuid',
    20,
    utf8('\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10'),
    '"01020304-0506-0708-090a-0b0c0d0e0f10"',
  ],
];
for (const [name, number, bytes, json] of primitives) {
  test(`decodes ${name} without losing a digit`, () => {
    assert.equal(decode(noKeys, primitive(number, bytes)), json);
  });
  test(`refuses ${name} that is cut off, or that bytes follow`, () => {
    const whole = primitive(number, bytes);
    if (bytes.length > 0)
      assertCode(() => decode(noKeys, whole.subarray(0, -1)), 'DELTA_FAILED_TO_READ_FILE');
    assertCode(() => decode(noKeys, Uint8Array.from([...whole, 0])), 'DELTA_FAILED_TO_READ_FILE');
  });
}

function assertCode(call: () => unknown, code: string, message = /./): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

test('keys keep the order of the object, and empty ones and odd ones are kept', () => {
  const none: Tree = { kind: 'object', fields: {} };
  const tree: Tree = { kind: 'object', fields: { '': 1, 'a.b "c"': [], ü: none, '𝄞': null } };
  const { metadata, value } = encodeVariant(tree);
  assert.equal(decode(metadata, value), '{"":1,"a.b \\"c\\"":[],"ü":{},"𝄞":null}');
});

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
);
const tree = fc.letrec<{ value: Tree }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 6 }),
    fc
      .dictionary(fc.string({ maxLength: 20 }), tie('value'), { maxKeys: 6, noNullPrototype: true })
      .map((fields) => ({ kind: 'object' as const, fields })),
  ),
})).value;

function plain(value: Tree): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('kind' in value) {
    return Object.fromEntries(
      Object.entries(value.fields).map(([key, item]) => [key, plain(item)]),
    );
  }
  return value.map(plain);
}

test('any JSON comes back, whatever the sizes of offsets and keys', () => {
  fc.assert(
    fc.property(tree, fc.integer({ min: 1, max: 4 }), (value, sizes) => {
      const encoded = encodeVariant(value, sizes);
      const json = decode(encoded.metadata, encoded.value);
      assert.deepEqual(JSON.parse(json), plain(value));
    }),
    { numRuns: 500 },
  );
});

test('any change of bytes is decoded to JSON or refused, never a crash', () => {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
  fc.assert(
    fc.property(tree, fc.array(change, { minLength: 1, maxLength: 4 }), (value, changes) => {
      const { metadata, value: bytes } = encodeVariant(value);
      const all = Uint8Array.from([...metadata, ...bytes]);
      for (const { at, to } of changes) all[at % all.length] = to;
      try {
        JSON.parse(decode(all.subarray(0, metadata.length), all.subarray(metadata.length)));
      } catch (error) {
        assert.ok(error instanceof CodedError, String(error));
        assert.match(error.code, /^(DELTA_FAILED_TO_READ_FILE|UNSUPPORTED_FEATURE)$/);
      }
    }),
    { numRuns: 3000 },
  );
});

test('values that share bytes are refused before they grow without end', () => {
  let value = primitive(3, [5]);
  for (let depth = 0; depth < 40; depth++) {
    // Two elements at the same place.
    value = Uint8Array.from([
      ...[0x03 | (3 << 2), 2, 0, 0, 0, 0, 0, 0, 0, 0],
      ...integerBytes(BigInt(value.length), 4),
      ...value,
    ]);
  }
  assertCode(() => decode(noKeys, value), 'DELTA_FAILED_TO_READ_FILE', /overlap/);
});

test('nesting is bounded', () => {
  const nested = (levels: number): Uint8Array => {
    let tree: Tree = 1;
    for (let level = 0; level < levels; level++) tree = [tree];
    return encodeVariant(tree).value;
  };
  assert.equal(decode(noKeys, nested(variantDepthMax)).length, 2 * variantDepthMax + 1);
  assertCode(
    () => decode(noKeys, nested(variantDepthMax + 1)),
    'DELTA_FAILED_TO_READ_FILE',
    /deep/,
  );
});

const ab = metadataOf(['a', 'b']);
const damages: readonly (readonly [string, Uint8Array, readonly number[]])[] = [
  ['no value', noKeys, []],
  ['a decimal4 of ten digits', noKeys, [8 << 2, 0, 0, 0, 0, 0x80]],
  ['a decimal of scale 39', noKeys, [8 << 2, 39, 1, 0, 0, 0]],
  ['a text that is not UTF-8', noKeys, [(2 << 2) | 1, 0xc3, 0x28]],
  ['a key that is not in the metadata', ab, [2, 1, 2, 0, 1, 0]],
  ['a key twice', ab, [2, 2, 1, 1, 0, 1, 2, 0, 0]],
  [
    'an array with more elements than bytes',
    noKeys,
    [0x03 | (1 << 4) | (3 << 2), 255, 255, 255, 255],
  ],
  ['an object whose value begins behind its end', ab, [2, 1, 0, 9, 1, 0]],
];
for (const [name, metadata, value] of damages) {
  test(`refuses ${name}`, () => {
    assertCode(() => decode(metadata, Uint8Array.from(value)), 'DELTA_FAILED_TO_READ_FILE');
  });
}

test('a key named twice under two ids is refused, too', () => {
  const value = Uint8Array.from([2, 2, 0, 1, 0, 1, 2, 0, 0]);
  assertCode(() => decode(metadataOf(['x', 'x']), value), 'DELTA_FAILED_TO_READ_FILE', /twice/);
});

const damagedKeys: readonly (readonly [string, readonly number[], string])[] = [
  ['empty metadata', [], 'DELTA_FAILED_TO_READ_FILE'],
  ['another version', [2, 0, 0], 'UNSUPPORTED_FEATURE'],
  ['more keys than bytes', [1, 200, 0], 'DELTA_FAILED_TO_READ_FILE'],
  ['offsets that go back', [1, 2, 0, 2, 1, 97, 98], 'DELTA_FAILED_TO_READ_FILE'],
  ['bytes behind the keys', [1, 1, 0, 1, 97, 98], 'DELTA_FAILED_TO_READ_FILE'],
  ['keys that are not UTF-8', [1, 1, 0, 1, 0xff], 'DELTA_FAILED_TO_READ_FILE'],
];
for (const [name, bytes, code] of damagedKeys) {
  test(`refuses ${name}`, () => assertCode(() => readVariantKeys(Uint8Array.from(bytes)), code));
}

test('a nanosecond that no microsecond holds is refused by name', () => {
  const value = primitive(18, integerBytes(1n, 8));
  assertCode(() => decode(noKeys, value), 'UNSUPPORTED_FEATURE', /nanoseconds/);
});
