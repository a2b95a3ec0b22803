import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { ByteWriter } from '../../server/encode/byte-writer.ts';
import { csvEncoder } from '../../server/encode/csv.ts';
import { jsonCell, memberNames, type BinaryForm } from '../../server/encode/json-cells.ts';
import { buildBatch, buildVector } from '../support/build-batch.ts';

function field(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}
const long: DataType = { kind: 'long' };
const string: DataType = { kind: 'string' };
const double: DataType = { kind: 'double' };
const decimal = (precision: number, scale: number): DataType => ({
  kind: 'decimal',
  precision,
  scale,
});
const array = (elementType: DataType): DataType => ({
  kind: 'array',
  elementType,
  containsNull: true,
});
const map = (keyType: DataType, valueType: DataType): DataType => ({
  kind: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});
const struct = (...fields: StructField[]): DataType => ({ kind: 'struct', fields });
const micros = (iso: string, more = 0n): bigint => BigInt(Date.parse(iso)) * 1000n + more;

/** [what, type, value as buildVector takes it, JSON, CSV field when it is not the same] */
const cases: readonly (readonly [string, DataType, unknown, string, string?])[] = [
  ['true', { kind: 'boolean' }, true, 'true'],
  ['false', { kind: 'boolean' }, false, 'false'],
  ['NULL', long, null, 'null', ''],
  ['the least byte', { kind: 'byte' }, -128, '-128'],
  ['the greatest short', { kind: 'short' }, 32767, '32767'],
  ['the least integer', { kind: 'integer' }, -2147483648, '-2147483648'],
  ['zero', long, 0n, '0'],
  ['2^53 + 1, which a double cannot hold', long, 9007199254740993n, '9007199254740993'],
  ['-2^53', long, -9007199254740992n, '-9007199254740992'],
  ['2^53 - 1', long, 9007199254740991n, '9007199254740991'],
  ['2^32', long, 4294967296n, '4294967296'],
  ['-1', long, -1n, '-1'],
  ['a billion', long, 1000000000n, '1000000000'],
  ['the greatest long', long, 9223372036854775807n, '9223372036854775807'],
  ['the least long', long, -9223372036854775808n, '-9223372036854775808'],
  ['a float with few digits', { kind: 'float' }, 0.1, '0.1'],
  ['a float that needs nine digits', { kind: 'float' }, 16777.217, '16777.217'],
  ['the least float', { kind: 'float' }, 1.401298464324817e-45, '1.4013e-45'],
  ['the greatest float', { kind: 'float' }, 3.4028234663852886e38, '3.4028234663852886e+38'],
  ['a double with all digits', double, 0.1 + 0.2, '0.30000000000000004'],
  ['a whole double', double, 5, '5'],
  ['a great double', double, 1e300, '1e+300'],
  ['2^53 as a double', double, 9007199254740992, '9007199254740992'],
  ['minus zero', double, -0, '-0'],
  ['NaN', double, NaN, '"NaN"', 'NaN'],
  ['Infinity', double, Infinity, '"Infinity"', 'Infinity'],
  ['-Infinity', { kind: 'float' }, -Infinity, '"-Infinity"', '-Infinity'],
  ['a decimal', decimal(18, 4), 123456n, '"12.3456"', '12.3456'],
  ['a decimal with zeros after the point', decimal(18, 4), 10000n, '"1.0000"', '1.0000'],
  ['a decimal below one', decimal(18, 4), -5n, '"-0.0005"', '-0.0005'],
  ['a decimal without a scale', decimal(38, 0), -42n, '"-42"', '-42'],
  [
    'a decimal with a scale of 15',
    decimal(18, 15),
    1000000000000001n,
    '"1.000000000000001"',
    '1.000000000000001',
  ],
  ['a decimal with a scale of 10', decimal(20, 10), -12n, '"-0.0000000012"', '-0.0000000012'],
  [
    'a decimal with a scale of 38',
    decimal(38, 38),
    1n,
    `"0.${'0'.repeat(37)}1"`,
    `0.${'0'.repeat(37)}1`,
  ],
  [
    'the greatest decimal',
    decimal(38, 2),
    10n ** 38n - 1n,
    `"${'9'.repeat(36)}.99"`,
    `${'9'.repeat(36)}.99`,
  ],
  [
    'the least decimal',
    decimal(38, 2),
    1n - 10n ** 38n,
    `"-${'9'.repeat(36)}.99"`,
    `-${'9'.repeat(36)}.99`,
  ],
  [
    'a decimal of more than 64 bits',
    decimal(38, 0),
    1n << 64n,
    '"18446744073709551616"',
    '18446744073709551616',
  ],
  ['a string', string, 'abc', '"abc"', 'abc'],
  ['an empty string', string, '', '""', '""'],
  ['quotes and backslashes', string, 'a"b\\c', '"a\\"b\\\\c"', '"a""b\\c"'],
  [
    'control characters',
    string,
    '\0\b\t\n\f\r\u001f',
    '"\\u0000\\b\\t\\n\\f\\r\\u001f"',
    '"\0\b\t\n\f\r\u001f"',
  ],
  ['a comma', string, 'a,b', '"a,b"'],
  ['characters outside of the BMP', string, 'é株🚀\u2028', '"é株🚀\u2028"', 'é株🚀\u2028'],
  ['a long string', string, 'x'.repeat(100), `"${'x'.repeat(100)}"`, 'x'.repeat(100)],
  [
    'a long string with an escape',
    string,
    `${'x'.repeat(60)}"y`,
    `"${'x'.repeat(60)}\\"y"`,
    `"${'x'.repeat(60)}""y"`,
  ],
  ['bytes', { kind: 'binary' }, Uint8Array.of(0, 255, 16), '"AP8Q"', 'AP8Q'],
  ['no bytes', { kind: 'binary' }, new Uint8Array(), '""', ''],
  ['the epoch', { kind: 'date' }, 0, '"1970-01-01"', '1970-01-01'],
  ['a leap day', { kind: 'date' }, 11016, '"2000-02-29"', '2000-02-29'],
  ['the day before the epoch', { kind: 'date' }, -1, '"1969-12-31"', '1969-12-31'],
  ['the last Julian day, proleptic', { kind: 'date' }, -141428, '"1582-10-14"', '1582-10-14'],
  ['the year 1', { kind: 'date' }, -719162, '"0001-01-01"', '0001-01-01'],
  ['the year 0', { kind: 'date' }, -719528, '"0000-01-01"', '0000-01-01'],
  ['the year before', { kind: 'date' }, -719529, '"-000001-12-31"', '-000001-12-31'],
  ['the last day of 9999', { kind: 'date' }, 2932896, '"9999-12-31"', '9999-12-31'],
  ['the year 10000', { kind: 'date' }, 2932897, '"+010000-01-01"', '+010000-01-01'],
  [
    'an instant',
    { kind: 'timestamp' },
    micros('2026-01-31T12:34:56Z'),
    '"2026-01-31T12:34:56Z"',
    '2026-01-31T12:34:56Z',
  ],
  [
    'milliseconds',
    { kind: 'timestamp' },
    micros('2026-01-31T12:34:56.780Z'),
    '"2026-01-31T12:34:56.780Z"',
    '2026-01-31T12:34:56.780Z',
  ],
  [
    'microseconds',
    { kind: 'timestamp' },
    micros('2026-01-31T12:34:56.000Z', 1n),
    '"2026-01-31T12:34:56.000001Z"',
    '2026-01-31T12:34:56.000001Z',
  ],
  [
    'a microsecond before the epoch',
    { kind: 'timestamp' },
    -1n,
    '"1969-12-31T23:59:59.999999Z"',
    '1969-12-31T23:59:59.999999Z',
  ],
  [
    'a time without a zone',
    { kind: 'timestamp_ntz' },
    micros('2026-01-31T00:00:00Z'),
    '"2026-01-31T00:00:00"',
    '2026-01-31T00:00:00',
  ],
  [
    'an instant of the year 1',
    { kind: 'timestamp' },
    micros('0001-01-01T00:00:00Z'),
    '"0001-01-01T00:00:00Z"',
    '0001-01-01T00:00:00Z',
  ],
  [
    'an instant of the year 9999',
    { kind: 'timestamp' },
    micros('9999-12-31T23:59:59.999Z', 999n),
    '"9999-12-31T23:59:59.999999Z"',
    '9999-12-31T23:59:59.999999Z',
  ],
  [
    'an instant after 9999',
    { kind: 'timestamp' },
    micros('+012345-06-07T08:09:10Z'),
    '"+012345-06-07T08:09:10Z"',
    '+012345-06-07T08:09:10Z',
  ],
  ['an array', array(long), [1n, null, 3n], '[1,null,3]', '"[1,null,3]"'],
  ['an empty array', array(long), [], '[]'],
  [
    'an array of arrays',
    array(array(string)),
    [['a'], [], null],
    '[["a"],[],null]',
    '"[[""a""],[],null]"',
  ],
  [
    'a struct',
    struct(field('a', long), field('b "c"', string)),
    { a: 1n, 'b "c"': 'x' },
    '{"a":1,"b \\"c\\"":"x"}',
    '"{""a"":1,""b \\""c\\"""":""x""}"',
  ],
  [
    'a struct with a NULL field',
    struct(field('a', long)),
    { a: null },
    '{"a":null}',
    '"{""a"":null}"',
  ],
  ['a NULL struct', struct(field('a', long)), null, 'null', ''],
  [
    'a map',
    map(string, long),
    [
      ['k', 1n],
      ['l', null],
    ],
    '[["k",1],["l",null]]',
    '"[[""k"",1],[""l"",null]]"',
  ],
  [
    'a map with structs as keys',
    map(struct(field('a', long)), double),
    [[{ a: 1n }, NaN]],
    '[[{"a":1},"NaN"]]',
    '"[[{""a"":1},""NaN""]]"',
  ],
  [
    'a variant',
    { kind: 'variant' },
    '{"a": [1, 2.50]}',
    '{"a": [1, 2.50]}',
    '"{""a"": [1, 2.50]}"',
  ],
  ['a variant over lines', { kind: 'variant' }, '{\n"a":1\r\n}', '{ "a":1  }', '"{ ""a"":1  }"'],
  ['a column without a type', { kind: 'void' }, null, 'null', ''],
];

function jsonOf(
  type: DataType,
  values: readonly unknown[],
  row: number,
  binary: BinaryForm = 'base64',
): string {
  const out = new ByteWriter(1);
  jsonCell(type, buildVector(type, values), binary)(row, out);
  return out.take().toString();
}

for (const [what, type, value, json, csv = json] of cases) {
  test(`writes ${what} (${type.kind}) as JSON and CSV`, () => {
    // Between other rows, so that offsets and validity matter.
    assert.equal(jsonOf(type, [value], 0), json);
    assert.equal(jsonOf(type, [null, value, null], 1), json);
    assert.equal(jsonOf(type, [null, value, null], 0), 'null');
    const out = new ByteWriter();
    const columns = [{ name: 'x', type, nullable: true }];
    const encoder = csvEncoder({ queryId: '', columns, snapshots: [], binary: 'base64' });
    encoder.rows(buildBatch([type], [[value]]), { start: 0, end: 1, sizeMax: 1 }, out);
    assert.equal(out.take().toString(), `${csv}\r\n`);
  });
}

test('writes binary as hex when asked', () => {
  assert.equal(jsonOf({ kind: 'binary' }, [Uint8Array.of(0, 255)], 0, 'hex'), '"00ff"');
});

test('gives unnamed and repeated struct fields names that no reader confuses', () => {
  const names = ['', 'a', 'a', '', 'a_2', 'col1'];
  assert.deepEqual(memberNames(names.map((name) => field(name, long))), [
    'col1',
    'a',
    'a_2',
    'col4',
    'a_2_2',
    'col1_2',
  ]);
});

test('every day from -3 million to 4 million is the one JavaScript knows', () => {
  const out = new ByteWriter();
  const type: DataType = { kind: 'date' };
  for (let day = -3_000_000; day < 4_000_000; day += 997) {
    jsonCell(type, buildVector(type, [day]), 'base64')(0, out);
    const expected = new Date(day * 86_400_000).toISOString().slice(0, -14);
    assert.equal(out.take().toString(), `"${expected}"`);
  }
});

test('decimals of random size and scale have the digits BigInt gives them', () => {
  const digits = '31415926535897932384626433832795028841';
  for (let scale = 0; scale <= 38; scale++) {
    for (let length = 1; length <= 38; length++) {
      const unscaled = BigInt(digits.slice(0, length)) * (length % 2 === 0 ? 1n : -1n);
      const sign = unscaled < 0n ? '-' : '';
      const text = String(unscaled)
        .replace('-', '')
        .padStart(scale + 1, '0');
      const expected = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
      assert.equal(jsonOf(decimal(38, scale), [unscaled], 0), `"${sign}${expected}"`);
    }
  }
});
