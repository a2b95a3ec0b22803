/**
 * `CAST(column AS type) <operator> constant` -> a predicate on the column itself, for casts that keep
 * the order of values: whole numbers and decimals to wider ones, days to instants and back. Instants
 * and days meet in UTC, the time zone of all sessions.
 */
import type { DataType } from '../../catalog/data-type.ts';
import type { ScalarValue } from '../../catalog/log/scalar-value.ts';
import {
  alwaysFalse,
  allOf,
  type ComparisonOperator,
  type Predicate,
  type PredicateColumn,
} from '../../catalog/predicate.ts';
import { scalarOf, type PlanType } from './plan-constant.ts';

const microsPerDay = 86_400_000_000n;

/** `undefined` for a cast that is not known here. `value` is one of `to`. */
export function castComparison(
  column: PredicateColumn,
  to: PlanType,
  operator: ComparisonOperator,
  value: ScalarValue,
): Predicate | undefined {
  const { type } = column;
  const factor = factorOf(type, to);
  if (factor !== undefined) {
    return typeof value === 'bigint'
      ? scaledComparison(column, factor, operator, value)
      : undefined;
  }
  if (type.kind === 'float' && to.id === 'DOUBLE') {
    return { kind: 'comparison', column, operator, value };
  }
  const isSmallInteger = ['byte', 'short', 'integer'].includes(type.kind);
  if (isSmallInteger && to.id === 'DOUBLE') {
    return typeof value === 'number' ? doubleComparison(column, operator, value) : undefined;
  }
  if ((type.kind === 'timestamp' || type.kind === 'timestamp_ntz') && to.id === 'DATE') {
    return typeof value === 'bigint' ? dayComparison(column, operator, value) : undefined;
  }
  return undefined;
}

/** By how much a cast multiplies the number that stands for a value. */
function factorOf(type: DataType, to: PlanType): bigint | undefined {
  const isInstant = to.id === 'TIMESTAMP' || to.id === 'TIMESTAMP WITH TIME ZONE';
  switch (type.kind) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      if (['SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'].includes(to.id)) return 1n;
      return to.id === 'DECIMAL' && to.scale !== undefined ? 10n ** BigInt(to.scale) : undefined;
    case 'decimal':
      if (to.id !== 'DECIMAL' || to.scale === undefined || to.scale < type.scale) return undefined;
      return 10n ** BigInt(to.scale - type.scale);
    case 'date':
      return isInstant ? microsPerDay : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return isInstant ? 1n : undefined;
    default:
      return undefined;
  }
}

/** `column * factor <operator> value`, in whole numbers. */
function scaledComparison(
  column: PredicateColumn,
  factor: bigint,
  operator: ComparisonOperator,
  value: bigint,
): Predicate | undefined {
  const floor = floorDivide(value, factor);
  const isWhole = floor * factor === value;
  switch (operator) {
    case '=':
      return isWhole ? compare(column, '=', floor) : alwaysFalse;
    case '<>':
      // Any value differs, but NULL does not.
      return isWhole ? compare(column, '<>', floor) : { kind: 'null', column, isNull: false };
    case '<':
      return isWhole ? compare(column, '<', floor) : compare(column, '<=', floor);
    case '<=':
      return compare(column, '<=', floor);
    case '>':
      return compare(column, '>', floor);
    case '>=':
      return isWhole ? compare(column, '>=', floor) : compare(column, '>', floor);
  }
}

/** The column's whole numbers are exact as doubles. */
function doubleComparison(
  column: PredicateColumn,
  operator: ComparisonOperator,
  value: number,
): Predicate | undefined {
  const floor = Math.floor(value);
  if (!Number.isSafeInteger(floor)) return undefined;
  // Halves do: what lies between two whole numbers compares like their middle.
  const doubled = floor === value ? BigInt(floor) * 2n : BigInt(floor) * 2n + 1n;
  return scaledComparison(column, 2n, operator, doubled);
}

/** `CAST(column AS DATE) <operator> day`. */
function dayComparison(
  column: PredicateColumn,
  operator: ComparisonOperator,
  day: bigint,
): Predicate | undefined {
  const start = day * microsPerDay;
  const next = start + microsPerDay;
  const from = compare(column, '>=', start);
  const before = compare(column, '<', next);
  switch (operator) {
    case '=':
      return from === undefined || before === undefined ? undefined : allOf([from, before]);
    case '<>':
      return undefined;
    case '<':
      return compare(column, '<', start);
    case '<=':
      return before;
    case '>':
      return compare(column, '>=', next);
    case '>=':
      return from;
  }
}

function compare(
  column: PredicateColumn,
  operator: ComparisonOperator,
  value: bigint,
): Predicate | undefined {
  const scalar = scalarOf(column.type, value);
  return scalar === undefined ? undefined : { kind: 'comparison', column, operator, value: scalar };
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
