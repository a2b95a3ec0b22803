import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIntervalMs } from '../../../catalog/log/calendar-interval.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import {
  checkedProperty,
  readProperty,
  tableProperties,
  type TableProperty,
} from '../../../catalog/log/table-properties.ts';

const dayMs = 86_400_000;
const intervals: readonly [text: string, ms: number | undefined][] = [
  ['interval 30 days', 30 * dayMs],
  ['INTERVAL 1 WEEK', 7 * dayMs],
  ['2 weeks', 14 * dayMs],
  ['interval 1 day 12 hours', 1.5 * dayMs],
  ['  interval   5 minutes  ', 300_000],
  ['interval 1.5 seconds', 1500],
  ['interval 1500 microseconds', 1],
  ['interval 0 seconds', 0],
  ['interval 1 day -1 hour', dayMs - 3_600_000],
  ['interval 1 month', undefined],
  ['interval 1 year', undefined],
  ['interval -1 day', undefined],
  ['interval 1.5 days', undefined],
  ['interval', undefined],
  ['1', undefined],
  ['days 1', undefined],
  ['1 constructors', undefined],
  ['', undefined],
];
for (const [text, ms] of intervals) {
  test(`the interval ${JSON.stringify(text)} is ${ms ?? 'refused'}`, () => {
    assert.equal(parseIntervalMs(text), ms);
  });
}

test('a table that says nothing has the defaults of Delta', () => {
  assert.equal(readProperty({}, tableProperties.logRetentionMs), 30 * dayMs);
  assert.equal(readProperty({}, tableProperties.deletedFileRetentionMs), 7 * dayMs);
  assert.equal(readProperty({}, tableProperties.checkpointIntervalCommits), 10);
  assert.equal(readProperty({}, tableProperties.dataSkippingIndexedColumnsMax), 32);
  assert.equal(readProperty({}, tableProperties.appendOnly), false);
  assert.equal(readProperty({}, tableProperties.columnMappingMode), 'none');
  assert.equal(readProperty({}, tableProperties.targetFileSizeBytes), undefined);
});

const values: readonly [property: TableProperty<unknown>, text: string, value: unknown][] = [
  [tableProperties.appendOnly, 'TRUE', true],
  [tableProperties.checkpointIntervalCommits, '100', 100],
  [tableProperties.dataSkippingIndexedColumnsMax, '-1', -1],
  [tableProperties.columnMappingMode, 'name', 'name'],
  [tableProperties.isolationLevel, 'writeserializable', 'WriteSerializable'],
  [tableProperties.targetFileSizeBytes, '100mb', 104_857_600],
  [tableProperties.targetFileSizeBytes, '104857600', 104_857_600],
  [tableProperties.inCommitTimestampEnablementTimestampMs, '1700000000000', 1_700_000_000_000],
  [tableProperties.transactionRetentionMs, 'interval 1 day', dayMs],
];
for (const [property, text, value] of values) {
  test(`${property.key} = ${text} is read as ${JSON.stringify(value)}`, () => {
    assert.equal(readProperty({ [property.key]: text }, property), value);
  });
}

const refused: readonly [property: TableProperty<unknown>, text: string][] = [
  [tableProperties.appendOnly, 'yes'],
  [tableProperties.checkpointIntervalCommits, '0'],
  [tableProperties.checkpointIntervalCommits, '1e3'],
  [tableProperties.dataSkippingIndexedColumnsMax, '-2'],
  [tableProperties.columnMappingMode, 'both'],
  [tableProperties.logRetentionMs, '1 month'],
  [tableProperties.targetFileSizeBytes, '0'],
  [tableProperties.targetFileSizeBytes, 'big'],
];
for (const [property, text] of refused) {
  test(`${property.key} = ${text} is refused, with what it takes instead`, () => {
    assert.throws(
      () => readProperty({ [property.key]: text }, property),
      (error) =>
        error instanceof CodedError &&
        error.code === 'INVALID_PARAMETER_VALUE' &&
        error.message.includes(property.key) &&
        error.message.includes(property.expected),
    );
  });
}

test('a property is set under the spelling the log has it in', () => {
  assert.deepEqual(checkedProperty('DELTA.APPENDONLY', 'true'), ['delta.appendOnly', 'true']);
  assert.deepEqual(checkedProperty('my.own', 'anything'), ['my.own', 'anything']);
  assert.deepEqual(checkedProperty('delta.constraints.c', 'a > 0'), [
    'delta.constraints.c',
    'a > 0',
  ]);
});

test('an unknown delta property and a value that does not fit are refused when they are set', () => {
  for (const [key, value, code] of [
    ['delta.apendOnly', 'true', 'DELTA_UNKNOWN_CONFIGURATION'],
    ['delta.appendOnly', 'maybe', 'INVALID_PARAMETER_VALUE'],
    ['delta.logRetentionDuration', 'soon', 'DELTA_INVALID_INTERVAL'],
  ] as const) {
    assert.throws(
      () => checkedProperty(key, value),
      (error) => error instanceof CodedError && error.code === code,
    );
  }
});
