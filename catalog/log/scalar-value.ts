/**
 * One value of a primitive type, outside of any engine, in the forms that `ColumnBatch` has too, and
 * the text forms that the log writes them in. Which type it is comes from the schema.
 *
 *     boolean            boolean
 *     byte short integer number
 *     long               bigint
 *     decimal            bigint, unscaled: 12.50 of decimal(4,2) is 1250n
 *     float double       number; NaN and infinities included
 *     string             string
 *     binary             Uint8Array
 *     date               number, days since 1970-01-01
 *     timestamp (_ntz)   bigint, microseconds since 1970-01-01 00:00:00 (UTC)
 *
 * Dates are proleptic Gregorian. Parsers answer `undefined` for text that is no such value.
 */
import type { DataType, DecimalType } from '../data-type.ts';

export type ScalarValue = boolean | number | bigint | string | Uint8Array;

const microsPerDay = 86_400_000_000n;
/** The years a 64-bit count of microseconds reaches, and Spark with it. */
const yearMax = 294_247;

const integerRanges = {
  byte: [-(2n ** 7n), 2n ** 7n - 1n],
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

export function parseInteger(
  text: string,
  kind: 'byte' | 'short' | 'integer' | 'long',
): bigint | undefined {
  if (text.length > 40 || !/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const [min, max] = integerRanges[kind];
  return value >= min && value <= max ? value : undefined;
}

const specialFloats: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['+infinity', Infinity],
  ['-infinity', -Infinity],
]);

export function parseFloating(text: string, kind: 'float' | 'double'): number | undefined {
  const special = specialFloats.get(text.toLowerCase());
  if (special !== undefined) return special;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  return kind === 'float' ? Math.fround(Number(text)) : Number(text);
}

/** Exactly or not at all: text with more digits than the type has room for is `undefined`. */
export function parseDecimal(text: string, type: DecimalType): bigint | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  const digits = whole + fraction;
  if (match === null || digits === '' || digits.length > 200) return undefined;
  const shift = type.scale - fraction.length + Number(exponent);
  let unscaled = BigInt(digits);
  if (unscaled === 0n) return 0n;
  if (shift > 0) {
    if (shift > 76) return undefined;
    unscaled *= 10n ** BigInt(shift);
  } else if (shift < 0) {
    const divisor = 10n ** BigInt(Math.min(-shift, 300));
    if (unscaled % divisor !== 0n) return undefined;
    unscaled /= divisor;
  }
  if (unscaled >= 10n ** BigInt(type.precision)) return undefined;
  return sign === '-' ? -unscaled : unscaled;
}

export function formatDecimal(unscaled: bigint, { scale }: DecimalType): string {
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

const dateText = /^([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})$/;

/** `2020-01-31`, the month and day with one digit or two. */
export function parseDate(text: string): number | undefined {
  const match = dateText.exec(text);
  if (match === null) return undefined;
  return daysFromDate(Number(match[1]), Number(match[2]), Number(match[3]));
}

export interface ParsedTimestamp {
  readonly micros: bigint;
  /** Whether the text named its zone; without one it was read as UTC. */
  readonly hasZone: boolean;
  /** Digits after the second. */
  readonly fractionDigits: number;
}

const timestampText =
  /^([^ T]+)(?:[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?$/;

/** `2020-01-31 12:00:00[.ffffff]` and ISO 8601, with a zone or without. */
export function parseTimestamp(text: string): ParsedTimestamp | undefined {
  const match = timestampText.exec(text);
  const [, date = '', hour = '0', minute = '0', second = '0', fraction = '', zone] = match ?? [];
  const days = parseDate(date);
  const offsetMinutes = zone === undefined ? 0 : parseZone(zone);
  if (match === null || days === undefined || offsetMinutes === undefined) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const seconds = Number(hour) * 3600 + (Number(minute) - offsetMinutes) * 60 + Number(second);
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'));
  return {
    micros: BigInt(days) * microsPerDay + BigInt(seconds) * 1_000_000n + BigInt(micros),
    hasZone: zone !== undefined,
    fractionDigits: fraction.length,
  };
}

function parseZone(zone: string): number | undefined {
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone);
  if (match === null) return 0;
  const [, sign, hours, minutes = '0'] = match;
  if (Number(hours) > 18 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** The text of a value other than binary, in the form the log has it in. */
export function formatScalar(type: DataType, value: Exclude<ScalarValue, Uint8Array>): string {
  if (typeof value === 'number') {
    if (type.kind === 'date') return formatDate(value);
    return Object.is(value, -0) ? '-0.0' : String(value);
  }
  if (typeof value === 'bigint') {
    if (type.kind === 'decimal') return formatDecimal(value, type);
    if (type.kind === 'timestamp') return formatTimestamp(value);
    return type.kind === 'timestamp_ntz' ? formatTimestampNtz(value) : String(value);
  }
  return String(value);
}

export function formatDate(days: number): string {
  const { year, month, day } = dateFromDays(days);
  return `${formatYear(year)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** `2020-01-31T12:00:00.000000Z`: always in UTC, always six digits. */
export function formatTimestamp(micros: bigint): string {
  const { date, time, fraction } = splitMicros(micros);
  return `${date}T${time}.${fraction}Z`;
}

/** `2020-01-31 12:00:00`, with six digits after the second unless they are zeros. */
export function formatTimestampNtz(micros: bigint): string {
  const { date, time, fraction } = splitMicros(micros);
  return fraction === '000000' ? `${date} ${time}` : `${date} ${time}.${fraction}`;
}

function splitMicros(micros: bigint): { date: string; time: string; fraction: string } {
  const days = (micros - (((micros % microsPerDay) + microsPerDay) % microsPerDay)) / microsPerDay;
  const rest = Number(micros - days * microsPerDay);
  const seconds = Math.floor(rest / 1_000_000);
  const hour = pad(Math.floor(seconds / 3600), 2);
  const minute = pad(Math.floor(seconds / 60) % 60, 2);
  return {
    date: formatDate(Number(days)),
    time: `${hour}:${minute}:${pad(seconds % 60, 2)}`,
    fraction: pad(rest % 1_000_000, 6),
  };
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function formatYear(year: number): string {
  if (year >= 0 && year <= 9999) return pad(year, 4);
  return `${year < 0 ? '-' : '+'}${pad(Math.abs(year), year < 0 ? 4 : 5)}`;
}

/** Days since 1970-01-01, or `undefined` for a date there is not. Howard Hinnant's algorithm. */
export function daysFromDate(year: number, month: number, day: number): number | undefined {
  if (Math.abs(year) > yearMax || month < 1 || month > 12) return undefined;
  if (day < 1 || day > daysInMonth(year, month)) return undefined;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365,
  );
  const dayOfYear = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  return {
    year: yoe + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * m + 2) / 5) + 1,
  };
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
