/**
 * Bounds in statistics as doubles, straight from the bytes of their JSON tokens, for the forms that
 * writers use every day. The slow and complete way is `parseFileStats`; this one either agrees with
 * it or says that it is not sure.
 */
import type { DataType } from '../data-type.ts';
import { daysFromDate } from './scalar-value.ts';

/** The token is not of a form that is known here. */
export const unsure = Infinity;
/** The token says that there is no bound. */
export const noBound = NaN;

const microsPerDay = 86_400_000_000;
const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;
const quote = 0x22;
/** Digits that a double holds exactly, whatever they are. */
const digitsMax = 15;

const powersOfTen: readonly number[] = Array.from({ length: digitsMax + 1 }, (_, i) => 10 ** i);

/**
 * The bound in the token `bytes[start .. end]`: integers, days and microseconds as they are, decimals
 * unscaled, booleans as 0 and 1. `unsure` for types of text.
 */
export function boundOfToken(
  type: DataType,
  bound: 'min' | 'max',
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const first = bytes[start];
  if (first === 0x6e && end - start === 4) return noBound; // null
  switch (type.kind) {
    case 'byte':
      return integerWithin(bytes, start, end, 2 ** 7);
    case 'short':
      return integerWithin(bytes, start, end, 2 ** 15);
    case 'integer':
      return integerWithin(bytes, start, end, 2 ** 31);
    case 'long':
      return integerWithin(bytes, start, end, Infinity);
    case 'decimal':
      return scaledNumber(bytes, start, end, type.scale, 10 ** type.precision);
    case 'double':
      return scaledNumber(bytes, start, end, undefined, Infinity);
    case 'float':
      return Math.fround(scaledNumber(bytes, start, end, undefined, Infinity));
    case 'boolean':
      // `true` and `false`; for anything else the whole token would have to be looked at.
      if (first === 0x74 && end - start === 4) return 1;
      return first === 0x66 && end - start === 5 ? 0 : unsure;
    case 'date':
      return isQuoted(bytes, start, end, 10) ? daysOf(bytes, start + 1) : unsure;
    case 'timestamp':
    case 'timestamp_ntz':
      return microsOf(type.kind, bound, bytes, start, end);
    case 'string':
    case 'binary':
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return unsure;
  }
}

function integerWithin(bytes: Uint8Array, start: number, end: number, limit: number): number {
  const value = scaledNumber(bytes, start, end, 0, Infinity);
  return value >= -limit && value < limit ? value : unsure;
}

/**
 * `-12.5` of at most 15 digits: times `10 ** scale`, which must leave a whole number below `limit`, or
 * as a double when `scale` is `undefined`; the quotient of two exact doubles is the nearest one.
 */
function scaledNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  scale: number | undefined,
  limit: number,
): number {
  let at = start;
  const isNegative = bytes[at] === minus;
  if (isNegative) at++;
  // A leading zero stands alone, as JSON has it.
  const hasLeadingZero = bytes[at] === zero && at + 1 < end && bytes[at + 1] !== point;
  if (hasLeadingZero || end - at > digitsMax + 1) return unsure;
  let value = 0;
  let pointAt = -1;
  const firstDigit = at;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === point) {
      if (pointAt >= 0 || at === firstDigit) return unsure;
      pointAt = at;
      continue;
    }
    const digit = byte - zero;
    if (digit < 0 || digit > 9) return unsure;
    value = value * 10 + digit;
  }
  const fraction = pointAt < 0 ? 0 : end - pointAt - 1;
  const digits = end - firstDigit - (pointAt < 0 ? 0 : 1);
  if (digits === 0 || digits > digitsMax || pointAt === end - 1) return unsure;
  let result: number;
  if (scale === undefined) result = value / (powersOfTen[fraction] ?? NaN);
  else if (scale === 0 && pointAt >= 0) return unsure;
  else if (fraction > scale || digits + scale - fraction > digitsMax) return unsure;
  else result = value * (powersOfTen[scale - fraction] ?? NaN);
  if (result >= limit) return unsure;
  return isNegative ? -result : result;
}

function isQuoted(bytes: Uint8Array, start: number, end: number, length: number): boolean {
  return end - start === length + 2 && bytes[start] === quote;
}

/** Of `2020-01-31`; `unsure` for anything else. */
function daysOf(bytes: Uint8Array, at: number): number {
  const year = digitsAt(bytes, at, 4);
  const month = digitsAt(bytes, at + 5, 2);
  const day = digitsAt(bytes, at + 8, 2);
  if (bytes[at + 4] !== minus || bytes[at + 7] !== minus) return unsure;
  if (year < 0 || month < 0 || day < 0) return unsure;
  return daysFromDate(year, month, day) ?? unsure;
}

/** Of `2020-01-31T12:00:00.123Z` and the like; a timestamp_ntz has no zone. */
function microsOf(
  kind: 'timestamp' | 'timestamp_ntz',
  bound: 'min' | 'max',
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  if (bytes[start] !== quote) return unsure;
  const at = start + 1;
  let last = end - 1;
  if (kind === 'timestamp') {
    if (bytes[last - 1] !== 0x5a) return unsure;
    last--;
  }
  const separator = bytes[at + 10];
  if (last < at + 19 || (separator !== 0x54 && separator !== 0x20)) return unsure;
  const days = daysOf(bytes, at);
  const hour = digitsAt(bytes, at + 11, 2);
  const minute = digitsAt(bytes, at + 14, 2);
  const second = digitsAt(bytes, at + 17, 2);
  if (bytes[at + 13] !== 0x3a || bytes[at + 16] !== 0x3a) return unsure;
  if (hour < 0 || minute < 0 || second < 0) return unsure;
  if (hour > 23 || minute > 59 || second > 59 || days === unsure) return unsure;
  const fractionDigits = last - (at + 20);
  let micros = 0;
  if (last > at + 19) {
    if (bytes[at + 19] !== point || fractionDigits < 1 || fractionDigits > 6) return unsure;
    const fraction = digitsAt(bytes, at + 20, fractionDigits);
    if (fraction < 0) return unsure;
    micros = fraction * (powersOfTen[6 - fractionDigits] ?? NaN);
  }
  const total = days * microsPerDay + (hour * 3600 + minute * 60 + second) * 1_000_000 + micros;
  if (Math.abs(total) > Number.MAX_SAFE_INTEGER - 1000) return unsure;
  return bound === 'max' && fractionDigits <= 3 ? total + 999 : total;
}

/** The number that `count` digits make; -1 when one is no digit. */
function digitsAt(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = (bytes[i] ?? 0) - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
