/** Random statistics, partition values and predicates, for what must hold of any of them. */
import fc from 'fast-check';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { formatScalar, type ScalarValue } from '../../catalog/log/scalar-value.ts';
import {
  allOf,
  anyOf,
  type ComparisonOperator,
  type Predicate,
  type PredicateColumn,
} from '../../catalog/predicate.ts';

export const skippingTypes: readonly DataType[] = [
  { kind: 'boolean' },
  { kind: 'byte' },
  { kind: 'integer' },
  { kind: 'long' },
  { kind: 'float' },
  { kind: 'double' },
  { kind: 'decimal', precision: 9, scale: 2 },
  { kind: 'decimal', precision: 38, scale: 10 },
  { kind: 'string' },
  { kind: 'date' },
  { kind: 'timestamp' },
  { kind: 'timestamp_ntz' },
];

/** The few values of each type that statistics and constants are drawn from, so that they meet. */
export function valuesOf(type: DataType): readonly ScalarValue[] {
  switch (type.kind) {
    case 'boolean':
      return [false, true];
    case 'byte':
    case 'short':
    case 'integer':
      return [-128, -1, 0, 5, 127];
    case 'long':
      return [-(2n ** 63n), -1n, 0n, 7n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 60n + 3n, 2n ** 63n - 1n];
    case 'float':
      return [-1.5, -0, 0, Math.fround(0.1), 16_777_216, NaN, Infinity];
    case 'double':
      return [-1.5, -0, 0, 0.1, 1e300, NaN, -Infinity];
    case 'decimal':
      return type.precision > 18
        ? [-(10n ** 37n), -1n, 0n, 12_345_678_901_234_567_890n, 12_345_678_901_234_567_891n]
        : [-999_999_999n, -1n, 0n, 150n, 151n];
    case 'string':
      return [
        '',
        'a',
        'ab',
        'z"\\',
        'ü',
        '\uffff',
        '\u{1f600}',
        'x'.repeat(32),
        `${'x'.repeat(32)}y`,
      ];
    case 'date':
      return [-719_162, -1, 0, 18_262, 2_932_896];
    case 'timestamp':
    case 'timestamp_ntz':
      return [-1n, 0n, 1_999n, 2_000n, 1_577_836_800_123_456n, 253_402_300_799_999_999n];
    case 'binary':
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      throw new TypeError(`there are no values of ${type.kind} here`);
  }
}

/** A value as statistics have it, as text of JSON; `cut` timestamps end after the millisecond. */
export function statsJson(type: DataType, value: ScalarValue, cut: boolean): string {
  if (typeof value === 'object') throw new TypeError('binary has no statistics');
  const text = formatScalar(type, value);
  switch (type.kind) {
    case 'string':
    case 'date':
      return JSON.stringify(text);
    case 'timestamp':
      return JSON.stringify(cut ? text.replace(/(\.\d{3})\d{3}Z$/, '$1Z') : text);
    case 'timestamp_ntz':
      return JSON.stringify(cut ? text.replace(/(\.\d{3})\d{3}$/, '$1') : text);
    default:
      return typeof value === 'number' && !Number.isFinite(value) ? JSON.stringify(text) : text;
  }
}

const operators: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>='];

function leaf(column: PredicateColumn): fc.Arbitrary<Predicate> {
  const values = fc.constantFrom(...valuesOf(column.type));
  return fc.oneof(
    fc.record({
      kind: fc.constant('comparison' as const),
      column: fc.constant(column),
      operator: fc.constantFrom(...operators),
      value: values,
    }),
    fc.record({
      kind: fc.constant('in' as const),
      column: fc.constant(column),
      values: fc.array(values, { maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant('null' as const),
      column: fc.constant(column),
      isNull: fc.boolean(),
    }),
  );
}

export function predicatesOver(columns: readonly PredicateColumn[]): fc.Arbitrary<Predicate> {
  const leaves = fc.oneof(...columns.map(leaf));
  return fc.letrec<{ tree: Predicate }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaves,
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map(allOf),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map(anyOf),
    ),
  })).tree;
}

export function nullableField(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}
