import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType } from '../../../catalog/data-type.ts';
import {
  formatPartitionValue,
  parsePartitionValue,
  type PartitionValue,
} from '../../../catalog/log/partition-values.ts';

function column(type: DataType) {
  return { name: 'p', type };
}
const decimal: DataType = { kind: 'decimal', precision: 10, scale: 2 };

const readable: readonly [type: DataType, text: string, value: PartitionValue][] = [
  [{ kind: 'string' }, 'a/b=c d', 'a/b=c d'],
  [{ kind: 'string' }, '__HIVE_DEFAULT_PARTITION__', '__HIVE_DEFAULT_PARTITION__'],
  [{ kind: 'boolean' }, 'true', true],
  [{ kind: 'boolean' }, 'False', false],
  [{ kind: 'byte' }, '-128', -128],
  [{ kind: 'short' }, '32767', 32_767],
  [{ kind: 'integer' }, '-2147483648', -2_147_483_648],
  [{ kind: 'long' }, '9223372036854775807', 9_223_372_036_854_775_807n],
  [{ kind: 'float' }, '0.1', Math.fround(0.1)],
  [{ kind: 'double' }, 'Infinity', Infinity],
  [decimal, '234.00', 23_400n],
  [{ kind: 'binary' }, '\u0001\u0002é', Uint8Array.of(1, 2, 0xc3, 0xa9)],
  [{ kind: 'date' }, '2021-09-08', 18_878],
  [{ kind: 'date' }, '2021-09-08 00:00:00', 18_878],
  [{ kind: 'timestamp' }, '2021-09-08 11:11:11', 1_631_099_471_000_000n],
  [{ kind: 'timestamp' }, '2021-09-08T11:11:11.000001Z', 1_631_099_471_000_001n],
  [{ kind: 'timestamp_ntz' }, '2021-09-08 11:11:11.5', 1_631_099_471_500_000n],
  [{ kind: 'timestamp_ntz' }, '2021-09-08T11:11:11Z', 1_631_099_471_000_000n],
];
for (const [type, text, value] of readable) {
  test(`reads the partition value ${JSON.stringify(text)} as ${type.kind}`, () => {
    assert.deepEqual(parsePartitionValue(column(type), text), value);
  });
}

const allTypes = [...new Set(readable.map(([type]) => type))];
for (const type of allTypes) {
  test(`an empty, a null and a missing ${type.kind} partition value are NULL`, () => {
    assert.equal(parsePartitionValue(column(type), ''), null);
    assert.equal(parsePartitionValue(column(type), null), null);
    assert.equal(parsePartitionValue(column(type), undefined), null);
  });
}

const damaged: readonly [type: DataType, text: string][] = [
  [{ kind: 'integer' }, 'abc'],
  [{ kind: 'integer' }, '2147483648'],
  [{ kind: 'boolean' }, '1'],
  [{ kind: 'date' }, '2021-02-30'],
  [{ kind: 'timestamp' }, 'noon'],
  [decimal, '1.005'],
  [{ kind: 'double' }, '1,5'],
  [{ kind: 'struct', fields: [] }, 'x'],
];
for (const [type, text] of damaged) {
  test(`refuses the partition value ${JSON.stringify(text)} of type ${type.kind}`, () => {
    assert.throws(
      () => parsePartitionValue(column(type), text),
      (error) =>
        error instanceof CodedError &&
        error.code === 'DELTA_LOG_CORRUPT' &&
        error.message.includes(JSON.stringify(text)) &&
        error.message.includes('"p"'),
    );
  });
}

for (const [type, text, value] of readable) {
  test(`what is written for ${JSON.stringify(text)} of ${type.kind} is read as the same`, () => {
    const written = formatPartitionValue(column(type), value);
    assert.deepEqual(parsePartitionValue(column(type), written), value);
  });
}

test('values are written in the spellings of the protocol', () => {
  assert.equal(formatPartitionValue(column({ kind: 'date' }), 0), '1970-01-01');
  assert.equal(
    formatPartitionValue(column({ kind: 'timestamp' }), 1n),
    '1970-01-01T00:00:00.000001Z',
  );
  assert.equal(formatPartitionValue(column({ kind: 'timestamp_ntz' }), 0n), '1970-01-01 00:00:00');
  assert.equal(formatPartitionValue(column(decimal), -5n), '-0.05');
  assert.equal(formatPartitionValue(column({ kind: 'double' }), -0), '-0.0');
  assert.equal(formatPartitionValue(column({ kind: 'double' }), NaN), 'NaN');
  assert.equal(formatPartitionValue(column({ kind: 'boolean' }), false), 'false');
});

test('NULL, the empty string and empty binary are written as null', () => {
  assert.equal(formatPartitionValue(column({ kind: 'string' }), null), null);
  assert.equal(formatPartitionValue(column({ kind: 'string' }), ''), null);
  assert.equal(formatPartitionValue(column({ kind: 'binary' }), new Uint8Array()), null);
});

test('binary that is not UTF-8 is refused, because no reader would get it back', () => {
  assert.throws(
    () => formatPartitionValue(column({ kind: 'binary' }), Uint8Array.of(0xff)),
    (error) => error instanceof CodedError && error.code === 'INVALID_INPUT',
  );
  const mark = Uint8Array.of(0xef, 0xbb, 0xbf);
  const written = formatPartitionValue(column({ kind: 'binary' }), mark);
  assert.deepEqual(parsePartitionValue(column({ kind: 'binary' }), written), mark);
});
