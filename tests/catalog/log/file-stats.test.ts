import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataType } from '../../../catalog/data-type.ts';
import { parseFileStats, type ColumnStats } from '../../../catalog/log/file-stats.ts';

function statsOf(type: DataType, text: string): ColumnStats | undefined {
  return parseFileStats(text, [{ physicalPath: ['c'], type }])?.columns[0];
}
function bounds(type: DataType, min: string, max: string): readonly unknown[] {
  const stats = statsOf(type, `{"minValues":{"c":${min}},"maxValues":{"c":${max}}}`);
  return [stats?.min, stats?.max];
}
const none: ColumnStats = { min: undefined, max: undefined, nullCount: undefined };

test('64-bit integers keep all their digits', () => {
  const found = bounds({ kind: 'long' }, '-9223372036854775808', '9223372036854775807');
  assert.deepEqual(found, [-(2n ** 63n), 2n ** 63n - 1n]);
});

test('decimals keep all their digits', () => {
  const type: DataType = { kind: 'decimal', precision: 38, scale: 18 };
  const found = bounds(type, '-12345678901234567890.123456789012345678', '0.1');
  assert.deepEqual(found, [-12345678901234567890123456789012345678n, 100_000_000_000_000_000n]);
});

test('digits inside of strings stay as they are where numbers need care', () => {
  const text =
    '{"numRecords":3,"minValues":{"c":"a\\"12345678901234567890","d":1234567890123456789}}';
  const stats = parseFileStats(text, [
    { physicalPath: ['c'], type: { kind: 'string' } },
    { physicalPath: ['d'], type: { kind: 'long' } },
  ]);
  assert.equal(stats?.numRecords, 3);
  assert.equal(stats.columns[0]?.min, 'a"12345678901234567890');
  assert.equal(stats.columns[1]?.min, 1234567890123456789n);
});

const bounded: readonly [type: DataType, min: string, max: string, expected: readonly unknown[]][] =
  [
    [{ kind: 'integer' }, '-1', '2147483647', [-1, 2_147_483_647]],
    [{ kind: 'byte' }, '1', '128', [1, undefined]],
    [{ kind: 'string' }, '"a"', '"b"', ['a', 'b']],
    [{ kind: 'boolean' }, 'false', 'true', [false, true]],
    [{ kind: 'double' }, '-1.5', '"NaN"', [-1.5, undefined]],
    [{ kind: 'float' }, '0.1', '1e3', [Math.fround(0.1), 1000]],
    [{ kind: 'date' }, '"1970-01-01"', '"1970-01-02"', [0, 1]],
    // A number where a string belongs, and the other way round.
    [{ kind: 'string' }, '1', '12345678901234567890', [undefined, undefined]],
    [{ kind: 'long' }, '"1"', '"2"', [undefined, undefined]],
    [{ kind: 'date' }, '1', '2', [undefined, undefined]],
    [{ kind: 'long' }, '1.5', 'null', [undefined, undefined]],
    [{ kind: 'binary' }, '"a"', '"b"', [undefined, undefined]],
    [{ kind: 'long' }, '{"x":1}', '[1]', [undefined, undefined]],
  ];
for (const [type, min, max, expected] of bounded) {
  test(`bounds of ${type.kind}: ${min} to ${max}`, () => {
    assert.deepEqual(bounds(type, min, max), expected);
  });
}

test('the upper bound of a timestamp cut to milliseconds covers the whole millisecond', () => {
  const zoned = bounds(
    { kind: 'timestamp' },
    '"1970-01-01T00:00:00.001Z"',
    '"1970-01-01T01:00:00.001+01:00"',
  );
  assert.deepEqual(zoned, [1000n, 1999n]);
  const exact = bounds(
    { kind: 'timestamp' },
    '"1970-01-01T00:00:00Z"',
    '"1970-01-01T00:00:00.000001Z"',
  );
  assert.deepEqual(exact, [0n, 1n]);
});

test('a timestamp without a zone and a timestamp_ntz with one say nothing', () => {
  const local = '"1970-01-01T00:00:00.000"';
  const zoned = '"1970-01-01T00:00:00.000Z"';
  assert.deepEqual(bounds({ kind: 'timestamp' }, local, local), [undefined, undefined]);
  assert.deepEqual(bounds({ kind: 'timestamp_ntz' }, zoned, zoned), [undefined, undefined]);
  assert.deepEqual(bounds({ kind: 'timestamp_ntz' }, local, local), [0n, 999n]);
});

test('columns inside of structs are found by their path', () => {
  const text = '{"numRecords":2,"minValues":{"a":{"b":{"c":7}}},"nullCount":{"a":{"b":{"c":1}}}}';
  const stats = parseFileStats(text, [
    { physicalPath: ['a', 'b', 'c'], type: { kind: 'integer' } },
    { physicalPath: ['a', 'b'], type: { kind: 'integer' } },
    { physicalPath: ['a', 'x', 'c'], type: { kind: 'integer' } },
    { physicalPath: ['constructor'], type: { kind: 'integer' } },
  ]);
  assert.deepEqual(stats?.columns, [{ min: 7, max: undefined, nullCount: 1 }, none, none, none]);
});

const counts: readonly [text: string, nullCount: number | undefined][] = [
  ['{"numRecords":5,"nullCount":{"c":3}}', 3],
  ['{"numRecords":5,"nullCount":{"c":3},"tightBounds":true}', 3],
  ['{"numRecords":5,"nullCount":{"c":3},"tightBounds":false}', undefined],
  ['{"numRecords":5,"nullCount":{"c":0},"tightBounds":false}', 0],
  ['{"numRecords":5,"nullCount":{"c":5},"tightBounds":false}', 5],
  ['{"nullCount":{"c":-1}}', undefined],
  ['{"nullCount":{"c":1.5}}', undefined],
];
for (const [text, nullCount] of counts) {
  test(`the null count of ${text} is ${nullCount}`, () => {
    assert.equal(statsOf({ kind: 'string' }, text)?.nullCount, nullCount);
  });
}

const useless = [undefined, null, '', '{', 'null', '[]', '"x"', '{"minValues":{"c":NaN}}', '1'];
for (const text of useless) {
  test(`there are no statistics in ${JSON.stringify(text)}`, () => {
    assert.equal(
      parseFileStats(text, [{ physicalPath: ['c'], type: { kind: 'long' } }]),
      undefined,
    );
  });
}

test('an empty object has statistics that say nothing', () => {
  const stats = parseFileStats('{}', [{ physicalPath: ['c'], type: { kind: 'long' } }]);
  assert.deepEqual(stats, { numRecords: undefined, tightBounds: true, columns: [none] });
});
