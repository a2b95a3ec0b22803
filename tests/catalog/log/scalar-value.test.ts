import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatDate,
  formatDecimal,
  formatTimestamp,
  formatTimestampNtz,
  parseDate,
  parseDecimal,
  parseFloating,
  parseInteger,
  parseTimestamp,
} from '../../../catalog/log/scalar-value.ts';

const decimal = (precision: number, scale: number) =>
  ({ kind: 'decimal', precision, scale }) as const;

const dates: readonly [text: string, days: number | undefined][] = [
  ['1970-01-01', 0],
  ['1969-12-31', -1],
  ['2000-02-29', 11_016],
  ['1900-02-28', -25_509],
  ['1900-02-29', undefined],
  ['2000-2-9', 10_996],
  ['0001-01-01', -719_162],
  ['0000-01-01', -719_528],
  ['9999-12-31', 2_932_896],
  ['+10000-01-01', 2_932_897],
  ['-0001-12-31', -719_529],
  ['2000-13-01', undefined],
  ['2000-04-31', undefined],
  ['20000101', undefined],
  ['', undefined],
  ['2000-01-01x', undefined],
];
for (const [text, days] of dates) {
  test(`reads the date ${JSON.stringify(text)}`, () => {
    assert.equal(parseDate(text), days);
  });
}

test('dates agree with the clock library over all of its years', () => {
  fc.assert(
    fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (days) => {
      const text = new Date(days * 86_400_000).toISOString().slice(0, 10);
      assert.equal(formatDate(days), text);
      assert.equal(parseDate(text), days);
    }),
  );
});

test('dates beyond four digits of year survive the way through text', () => {
  fc.assert(
    fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (days) => {
      assert.equal(parseDate(formatDate(days)), days);
    }),
  );
});

const timestamps: readonly [text: string, micros: bigint | undefined][] = [
  ['1970-01-01 00:00:00', 0n],
  ['1970-01-01T00:00:00Z', 0n],
  ['1970-01-01 00:00:00.123456', 123_456n],
  ['1970-01-01T00:00:00.123456Z', 123_456n],
  ['1970-01-01 00:00:00.1', 100_000n],
  ['1969-12-31 23:59:59.999999', -1n],
  ['1970-01-01T00:00:00.000+01:00', -3_600_000_000n],
  ['1970-01-01T00:00:00.000-0830', 30_600_000_000n],
  ['2020-01-01', 1_577_836_800_000_000n],
  ['1970-01-01 00:00:00.123456789', 123_456n],
  ['1970-01-01 00:00:00 UTC', 0n],
  ['1970-01-01 24:00:00', undefined],
  ['1970-01-01 00:60:00', undefined],
  ['1970-01-01 00:00', undefined],
  ['1970-02-30 00:00:00', undefined],
  ['1970-01-01 00:00:00 Mars/Olympus', undefined],
  ['yesterday', undefined],
];
for (const [text, micros] of timestamps) {
  test(`reads the timestamp ${JSON.stringify(text)}`, () => {
    assert.equal(parseTimestamp(text)?.micros, micros);
  });
}

test('timestamps survive the way through text in both spellings', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (micros) => {
      assert.equal(parseTimestamp(formatTimestamp(micros))?.micros, micros);
      assert.equal(parseTimestamp(formatTimestampNtz(micros))?.micros, micros);
    }),
  );
});

test('a timestamp is written in UTC with six digits, a timestamp_ntz with those it needs', () => {
  assert.equal(formatTimestamp(-1n), '1969-12-31T23:59:59.999999Z');
  assert.equal(formatTimestamp(0n), '1970-01-01T00:00:00.000000Z');
  assert.equal(formatTimestampNtz(0n), '1970-01-01 00:00:00');
  assert.equal(formatTimestampNtz(1n), '1970-01-01 00:00:00.000001');
});

const decimals: readonly [text: string, p: number, s: number, unscaled: bigint | undefined][] = [
  ['12.50', 4, 2, 1250n],
  ['-0.5', 4, 2, -50n],
  ['.5', 4, 2, 50n],
  ['5.', 4, 2, 500n],
  ['1e1', 4, 2, 1000n],
  ['1.25E-1', 4, 3, 125n],
  ['99.99', 4, 2, 9999n],
  ['100.00', 4, 2, undefined],
  ['0.001', 4, 2, undefined],
  ['0.100', 4, 2, 10n],
  ['99999999999999999999999999999999999999', 38, 0, 10n ** 38n - 1n],
  ['0e-9999', 4, 2, 0n],
  ['1e9999', 38, 0, undefined],
  ['', 4, 2, undefined],
  ['.', 4, 2, undefined],
  ['1,5', 4, 2, undefined],
];
for (const [text, precision, scale, unscaled] of decimals) {
  test(`reads ${JSON.stringify(text)} as decimal(${precision},${scale})`, () => {
    assert.equal(parseDecimal(text, decimal(precision, scale)), unscaled);
  });
}

test('decimals of every scale survive the way through text', () => {
  const max = 10n ** 38n - 1n;
  fc.assert(
    fc.property(fc.bigInt({ min: -max, max }), fc.integer({ min: 0, max: 38 }), (value, scale) => {
      const type = decimal(38, scale);
      assert.equal(parseDecimal(formatDecimal(value, type), type), value);
    }),
  );
});

test('integers are held to the range of their type', () => {
  assert.equal(parseInteger('127', 'byte'), 127n);
  assert.equal(parseInteger('128', 'byte'), undefined);
  assert.equal(parseInteger('-32768', 'short'), -32_768n);
  assert.equal(parseInteger('2147483648', 'integer'), undefined);
  assert.equal(parseInteger('-9223372036854775808', 'long'), -(2n ** 63n));
  assert.equal(parseInteger('9223372036854775808', 'long'), undefined);
  assert.equal(parseInteger('+7', 'long'), 7n);
  assert.equal(parseInteger('1.0', 'long'), undefined);
  assert.equal(parseInteger('0x10', 'long'), undefined);
});

test('floating point text includes the special values and nothing that only looks like a number', () => {
  assert.equal(parseFloating('1.0E10', 'double'), 1e10);
  assert.equal(parseFloating('0.1', 'float'), Math.fround(0.1));
  assert.ok(Number.isNaN(parseFloating('NaN', 'double')));
  assert.equal(parseFloating('-Infinity', 'double'), -Infinity);
  assert.ok(Object.is(parseFloating('-0.0', 'double'), -0));
  assert.equal(parseFloating('', 'double'), undefined);
  assert.equal(parseFloating('0x10', 'double'), undefined);
  assert.equal(parseFloating('constructor', 'double'), undefined);
});
