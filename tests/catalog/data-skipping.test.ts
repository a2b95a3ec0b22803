import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindPredicate, fileMightMatch } from '../../catalog/data-skipping.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { parseFileStats } from '../../catalog/log/file-stats.ts';
import type { ScalarValue } from '../../catalog/log/scalar-value.ts';
import {
  allOf,
  anyOf,
  predicateText,
  type ComparisonOperator,
  type Predicate,
} from '../../catalog/predicate.ts';
import { metaData, protocol } from '../support/table-builder.ts';

const field = (
  name: string,
  type: DataType,
  metadata: StructField['metadata'] = {},
): StructField => ({
  name,
  type,
  nullable: true,
  metadata,
});

interface FileCase {
  readonly type: DataType;
  readonly metadata?: StructField['metadata'];
  readonly predicate: Predicate;
  readonly stats?: string;
  readonly partitionValue?: string | null;
}

/** A table of one column `c`, and one file of it. */
function mightMatch({ type, metadata, predicate, stats, partitionValue }: FileCase): boolean {
  const partitionColumns = partitionValue === undefined ? [] : ['c'];
  const snapshot = {
    schema: { kind: 'struct' as const, fields: [field('c', type, metadata)] },
    metadata: metaData({ partitionColumns }),
    protocol: protocol(),
  };
  const skipping = bindPredicate(snapshot, predicate);
  return fileMightMatch(skipping, {
    partitionValue: () => partitionValue ?? null,
    stats: parseFileStats(stats, skipping.columns),
  });
}

function compare(type: DataType, operator: ComparisonOperator, value: ScalarValue): Predicate {
  return { kind: 'comparison', column: { path: ['c'], type }, operator, value };
}

const operators: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>='];

/** The operators with which a file of the bounds stays, for a constant. */
function kept(type: DataType, bounds: string, value: ScalarValue, metadata = {}): string {
  return operators
    .filter((operator) =>
      mightMatch({ type, metadata, predicate: compare(type, operator, value), stats: bounds }),
    )
    .join(' ');
}

const stats = (min: string, max: string, more = '"nullCount":{"c":0}'): string =>
  `{"numRecords":10,"minValues":{"c":${min}},"maxValues":{"c":${max}},${more}}`;

const long: DataType = { kind: 'long' };
const double: DataType = { kind: 'double' };
const string: DataType = { kind: 'string' };
const timestamp: DataType = { kind: 'timestamp' };
const wideDecimal: DataType = { kind: 'decimal', precision: 38, scale: 2 };
const all = operators.join(' ');

const boundCases: readonly [name: string, kept: string, expected: string][] = [
  ['below the bounds', kept(long, stats('10', '20'), 9n), '<> > >='],
  ['at the lower bound', kept(long, stats('10', '20'), 10n), '= <> <= > >='],
  ['between the bounds', kept(long, stats('10', '20'), 15n), all],
  ['at the upper bound', kept(long, stats('10', '20'), 20n), '= <> < <= >='],
  ['above the bounds', kept(long, stats('10', '20'), 21n), '<> < <='],
  ['the only value', kept(long, stats('10', '10'), 10n), '= <= >='],
  ['the upper bound missing', kept(long, stats('10', 'null'), 9n), '<> > >='],
  ['the lower bound missing', kept(long, stats('null', '20'), 21n), '<> < <='],
  [
    'integers beyond 2^53',
    kept(long, stats('9007199254740993', '9007199254740993'), 9007199254740992n),
    '<> > >=',
  ],
  ['NaN is above every bound', kept(double, stats('1', '2'), 3), '<> < <= > >='],
  ['NaN asked for', kept(double, stats('1', '2'), NaN), all],
  ['the only value besides NaN', kept(double, stats('2', '2'), 2), '= <> <= > >='],
  ['negative zero', kept(double, stats('-0.0', '-0.0'), 0), '= <> <= > >='],
  [
    'a double that was a float when it was written',
    kept(double, stats('0.1', '0.1'), 5, { 'delta.typeChanges': [{ fromType: 'float' }] }),
    all,
  ],
  ['strings by their bytes', kept(string, stats('"a"', '"\uffff"'), '\u{10000}'), '<> < <='],
  ['a short string', kept(string, stats('"ab"', '"ab"'), 'abc'), '<> < <='],
  [
    'a string that may have been cut off',
    kept(string, stats('"a"', `"${'x'.repeat(32)}"`), `${'x'.repeat(32)}y`),
    all,
  ],
  [
    'a long string that begins otherwise',
    kept(string, stats('"a"', `"${'x'.repeat(32)}"`), `${'x'.repeat(31)}y`),
    '<> < <=',
  ],
  [
    'within the millisecond of the upper bound',
    kept(timestamp, stats('"1970-01-01T00:00:00.000Z"', '"1970-01-01T00:00:00.001Z"'), 1999n),
    '= <> < <= >=',
  ],
  [
    'a wide decimal near the bound',
    kept(
      wideDecimal,
      stats('1.2345678901234568e16', '1.2345678901234568e16'),
      1234567890123456789n,
    ),
    all,
  ],
  ['a wide decimal far off', kept(wideDecimal, stats('1.00', '2.00'), 100_000n), '<> < <='],
  ['no statistics for the column', kept(long, '{"numRecords":1}', 5n), all],
  ['broken statistics', kept(long, '{"numRecords":', 5n), all],
  ['nothing but NULL', kept(long, '{"numRecords":3,"nullCount":{"c":3}}', 5n), ''],
  [
    'a null count that is not exact',
    kept(long, '{"numRecords":3,"tightBounds":false,"nullCount":{"c":2}}', 5n),
    all,
  ],
];
for (const [name, found, expected] of boundCases) {
  test(`a file stays for the operators that may match: ${name}`, () => {
    assert.equal(found, expected);
  });
}

const nullCases: readonly [name: string, stats: string, isNull: boolean, isNotNull: boolean][] = [
  ['no NULL', '{"numRecords":3,"nullCount":{"c":0}}', false, true],
  ['some NULLs', '{"numRecords":3,"nullCount":{"c":1}}', true, true],
  ['all NULL', '{"numRecords":3,"nullCount":{"c":3}}', true, false],
  ['not said', '{"numRecords":3}', true, true],
  ['rows not said', '{"nullCount":{"c":3}}', true, true],
  ['wide, all NULL', '{"numRecords":3,"tightBounds":false,"nullCount":{"c":3}}', true, false],
];
for (const [name, text, isNull, isNotNull] of nullCases) {
  test(`IS NULL and IS NOT NULL by the null count: ${name}`, () => {
    const found = [true, false].map((wanted) =>
      mightMatch({
        type: long,
        predicate: { kind: 'null', column: { path: ['c'], type: long }, isNull: wanted },
        stats: text,
      }),
    );
    assert.deepEqual(found, [isNull, isNotNull]);
  });
}

test('the null counts of arrays are not trusted', () => {
  const type: DataType = { kind: 'array', elementType: long, containsNull: true };
  const predicate: Predicate = { kind: 'null', column: { path: ['c'], type }, isNull: true };
  assert.ok(mightMatch({ type, predicate, stats: '{"numRecords":3,"nullCount":{"c":0}}' }));
});

const partitionCases: readonly [
  type: DataType,
  text: string | null,
  value: ScalarValue,
  kept: string,
][] = [
  [long, '5', 5n, '= <= >='],
  [long, '6', 5n, '<> > >='],
  [long, null, 5n, ''],
  [string, '', 'a', ''],
  [string, 'ü', 'z', '<> > >='],
  [double, 'NaN', 1e300, '<> > >='],
  [double, 'NaN', NaN, '= <= >='],
  [double, '-0.0', 0, '= <= >='],
  [{ kind: 'date' }, '2020-01-01', 18_262, '= <= >='],
  [timestamp, '2020-01-01 00:00:00', 1_577_836_800_000_000n, '= <= >='],
  [{ kind: 'boolean' }, 'false', true, '<> < <='],
  // No value of the column: the scan has to say so.
  [long, 'five', 5n, all],
];
for (const [type, text, value, expected] of partitionCases) {
  test(`partition value ${text} of ${type.kind} against ${String(value)}`, () => {
    const found = operators.filter((operator) =>
      mightMatch({ type, predicate: compare(type, operator, value), partitionValue: text }),
    );
    assert.equal(found.join(' '), expected);
  });
}

test('IN keeps a file when any of its values may be there', () => {
  const among = (values: readonly ScalarValue[]): boolean =>
    mightMatch({
      type: long,
      predicate: { kind: 'in', column: { path: ['c'], type: long }, values },
      stats: stats('10', '20'),
    });
  assert.equal(among([1n, 30n]), false);
  assert.equal(among([1n, 15n, 30n]), true);
  assert.equal(among([]), false);
});

test('AND needs all parts, OR one of them', () => {
  const low = compare(long, '<', 10n);
  const high = compare(long, '>', 15n);
  const text = stats('10', '20');
  assert.equal(mightMatch({ type: long, predicate: allOf([low, high]), stats: text }), false);
  assert.equal(mightMatch({ type: long, predicate: anyOf([low, high]), stats: text }), true);
});

test('a column that the schema does not have keeps every file', () => {
  const predicate: Predicate = {
    kind: 'comparison',
    column: { path: ['d'], type: long },
    operator: '=',
    value: 5n,
  };
  assert.ok(mightMatch({ type: long, predicate, stats: stats('10', '20') }));
});

test('statistics and partition values go by physical names', () => {
  const mapped = (name: string, physical: string): StructField =>
    field(name, long, {
      'delta.columnMapping.id': 1,
      'delta.columnMapping.physicalName': physical,
    });
  const inner = mapped('x', 'col-x');
  const outer = field(
    's',
    { kind: 'struct', fields: [inner] },
    { 'delta.columnMapping.id': 3, 'delta.columnMapping.physicalName': 'col-s' },
  );
  const snapshot = {
    schema: { kind: 'struct' as const, fields: [mapped('p', 'col-p'), outer] },
    metadata: metaData({
      partitionColumns: ['p'],
      configuration: { 'delta.columnMapping.mode': 'name' },
    }),
    protocol: protocol({ minReaderVersion: 2, minWriterVersion: 5 }),
  };
  const skipping = bindPredicate(
    snapshot,
    allOf([
      { kind: 'comparison', column: { path: ['p'], type: long }, operator: '=', value: 1n },
      { kind: 'comparison', column: { path: ['s', 'x'], type: long }, operator: '>', value: 5n },
    ]),
  );
  assert.deepEqual(skipping.columns, [{ physicalPath: ['col-s', 'col-x'], type: long }]);
  const matches = (p: string, max: number): boolean =>
    fileMightMatch(skipping, {
      partitionValue: (name) => (name === 'col-p' ? p : null),
      stats: parseFileStats(
        `{"maxValues":{"col-s":{"col-x":${max}},"s":{"x":100}}}`,
        skipping.columns,
      ),
    });
  assert.deepEqual([matches('1', 6), matches('1', 5), matches('2', 6)], [true, false, false]);
});

test('predicates read like SQL', () => {
  const text = predicateText(
    allOf([
      compare({ kind: 'date' }, '>=', 18_262),
      anyOf([
        compare(string, '=', "it's"),
        { kind: 'null', column: { path: ['s', 'a b'], type: long }, isNull: true },
      ]),
      { kind: 'in', column: { path: ['c'], type: long }, values: [1n, 2n, 3n, 4n, 5n, 6n] },
    ]),
  );
  assert.equal(
    text,
    `c >= '2020-01-01' AND (c = 'it''s' OR s."a b" IS NULL) AND c IN (1, 2, 3, 4, 5, ... 6 values)`,
  );
});
