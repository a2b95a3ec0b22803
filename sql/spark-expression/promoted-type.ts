/**
 * The type to which Spark in ANSI mode brings two operands, where that is certain. Texts meet only
 * texts here: how they become numbers or times depends on what they are compared with.
 * Source: https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html#type-promotion-and-precedence
 */
import type { DataType, DecimalType } from '../../catalog/data-type.ts';
import { isFloating, isInteger, isNumeric, isSameType } from './spark-cast.ts';

const integerOrder = ['byte', 'short', 'integer', 'long'];
const digitsOf: { readonly [kind: string]: number | undefined } = {
  byte: 3,
  short: 5,
  integer: 10,
  long: 20,
};

export function commonType(a: DataType, b: DataType): DataType | undefined {
  if (isSameType(a, b) || b.kind === 'void') return a;
  if (a.kind === 'void') return b;
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b);
  const kinds = [a.kind, b.kind];
  const areTimes = kinds.every((kind) => ['date', 'timestamp', 'timestamp_ntz'].includes(kind));
  if (!areTimes) return undefined;
  return { kind: kinds.includes('timestamp') ? 'timestamp' : 'timestamp_ntz' };
}

function commonNumber(a: DataType, b: DataType): DataType | undefined {
  if (isFloating(a) || isFloating(b)) return { kind: 'double' };
  if (isInteger(a) && isInteger(b)) {
    return integerOrder.indexOf(a.kind) > integerOrder.indexOf(b.kind) ? a : b;
  }
  const [left, right] = [asDecimal(a), asDecimal(b)];
  if (left === undefined || right === undefined) return undefined;
  const scale = Math.max(left.scale, right.scale);
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale);
  return whole + scale > 38 ? undefined : { kind: 'decimal', precision: whole + scale, scale };
}

/** The decimal that holds every value of an integer type; a decimal itself. */
export function asDecimal(type: DataType): DecimalType | undefined {
  if (type.kind === 'decimal') return type;
  const precision = digitsOf[type.kind];
  return precision === undefined ? undefined : { kind: 'decimal', precision, scale: 0 };
}
