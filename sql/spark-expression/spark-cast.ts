/**
 * Spark's CAST in ANSI mode, of primitive values, as DuckDB's SQL. What DuckDB does otherwise is
 * written out: it rounds fractions where Spark cuts them off, takes texts that Spark refuses, and
 * spells values in another way. A pair of types that is not known to mean the same gives `undefined`.
 *
 * Times are in UTC, as everywhere in Levee.
 * Source: https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html#cast
 */
import type { DataType, DecimalType } from '../../catalog/data-type.ts';
import { duckdbType } from '../types.ts';

/** What a value that cannot be cast does: expressions that fail, see `raise.ts`. */
export interface CastFailures {
  /** A number beyond the type. */
  readonly overflow: string;
  /** A text that is no value of the type. */
  readonly invalid: string;
}

const integerBits: { readonly [kind: string]: number | undefined } = {
  byte: 8,
  short: 16,
  integer: 32,
  long: 64,
};

export function isInteger(type: DataType): boolean {
  return integerBits[type.kind] !== undefined;
}

export function isFloating(type: DataType): boolean {
  return type.kind === 'float' || type.kind === 'double';
}

export function isNumeric(type: DataType): boolean {
  return isInteger(type) || isFloating(type) || type.kind === 'decimal';
}

export function isSameType(a: DataType, b: DataType): boolean {
  if (a.kind === 'decimal' && b.kind === 'decimal') {
    return a.precision === b.precision && a.scale === b.scale;
  }
  return a.kind === b.kind && a.kind !== 'struct' && a.kind !== 'array' && a.kind !== 'map';
}

/** `sql` occurs several times in the result: it should be a name, not a computation. */
export function sparkCastSql(
  sql: string,
  from: DataType,
  to: DataType,
  failures: CastFailures,
): string | undefined {
  if (isSameType(from, to)) return sql;
  if (from.kind === 'void') return `CAST(NULL AS ${duckdbType(to)})`;
  const cast = `CAST(${sql} AS ${duckdbType(to)})`;
  switch (to.kind) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return toInteger(sql, from, to, failures);
    case 'decimal':
      return toDecimal(sql, from, to, failures);
    case 'float':
    case 'double':
      return toFloating(sql, from, to, failures);
    case 'boolean':
      if (isNumeric(from)) return `(${sql} <> 0)`;
      return from.kind === 'string' ? textToBoolean(sql, failures) : undefined;
    case 'string':
      return toText(sql, from, failures);
    case 'binary':
      return from.kind === 'string' ? `encode(${sql})` : undefined;
    case 'date':
      if (from.kind === 'timestamp' || from.kind === 'timestamp_ntz') return cast;
      if (from.kind !== 'string') return undefined;
      return parsed(sql, dateForm, to, failures, `regexp_extract(${sql}, '${day}')`);
    case 'timestamp':
      if (from.kind === 'date' || from.kind === 'timestamp_ntz') return cast;
      return from.kind === 'string' ? parsed(sql, timestampForm, to, failures) : undefined;
    case 'timestamp_ntz':
      if (from.kind === 'date' || from.kind === 'timestamp') return cast;
      return from.kind === 'string' ? parsed(sql, localTimestampForm, to, failures) : undefined;
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return undefined;
  }
}

/** Blanks and control characters, which Spark takes off both ends of a text before it reads it. */
const blank = '[\\x00-\\x20]*';
const integerForm = `${blank}[+-]?[0-9]+${blank}`;
const decimalForm = `${blank}[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,4})?${blank}`;
const floatingForm = `${decimalForm}|${blank}(?i:[+-]?(nan|inf|infinity))${blank}`;
const day = '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}';
const time = '[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]{1,9})?';
/** What follows the day does not matter to a date. */
const dateForm = `${blank}${day}([T ].*)?${blank}`;
const localTimestampForm = `${blank}${day}([T ]${time})?${blank}`;
const timestampForm = `${blank}${day}([T ]${time} ?(Z|UTC|[+-][0-9]{2}:[0-9]{2})?)?${blank}`;

/** NULL stays NULL; what is not of the form, or is no value after all, fails. */
function parsed(
  sql: string,
  form: string,
  to: DataType,
  { invalid }: CastFailures,
  text = `trim(${sql}, ${trimmed})`,
): string {
  const value = `TRY_CAST(CASE WHEN regexp_full_match(${sql}, '${form}') THEN ${text} END AS ${duckdbType(to)})`;
  return orFail(value, sql, invalid);
}

/** SQL for all characters up to the blank but NUL, which a text that DuckDB reads cannot begin with. */
const trimmed = `' ${Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)).join('')}'`;

function orFail(value: string, source: string, failure: string): string {
  return `CASE WHEN ${source} IS NULL THEN NULL ELSE coalesce(${value}, ${failure}) END`;
}

function toInteger(
  sql: string,
  from: DataType,
  to: DataType,
  failures: CastFailures,
): string | undefined {
  const type = duckdbType(to);
  if (from.kind === 'boolean') return `CAST(${sql} AS ${type})`;
  if (from.kind === 'string') return parsed(sql, integerForm, to, failures);
  if (!isNumeric(from)) return undefined;
  if (isInteger(from) && (integerBits[from.kind] ?? 0) <= (integerBits[to.kind] ?? 0)) {
    return `CAST(${sql} AS ${type})`;
  }
  const whole = isInteger(from) ? sql : `trunc(${sql})`;
  return orFail(`TRY_CAST(${whole} AS ${type})`, sql, failures.overflow);
}

const integerDigits: { readonly [kind: string]: number | undefined } = {
  byte: 3,
  short: 5,
  integer: 10,
  long: 19,
};

function toDecimal(
  sql: string,
  from: DataType,
  to: DecimalType,
  failures: CastFailures,
): string | undefined {
  const type = duckdbType(to);
  const digits = to.precision - to.scale;
  if (from.kind === 'boolean') {
    return digits < 1 ? undefined : `CAST(CAST(${sql} AS TINYINT) AS ${type})`;
  }
  if (from.kind === 'string') return parsed(sql, decimalForm, to, failures);
  if (isFloating(from)) {
    // By its digits, which is how Spark rounds it.
    return orFail(`TRY_CAST(CAST(${sql} AS VARCHAR) AS ${type})`, sql, failures.overflow);
  }
  if (from.kind === 'decimal') {
    const isWider = digits >= from.precision - from.scale && to.scale >= from.scale;
    if (isWider) return `CAST(${sql} AS ${type})`;
  } else if (!isInteger(from)) {
    return undefined;
  } else if (digits >= (integerDigits[from.kind] ?? 0)) {
    return `CAST(${sql} AS ${type})`;
  }
  return orFail(`TRY_CAST(${sql} AS ${type})`, sql, failures.overflow);
}

function toFloating(
  sql: string,
  from: DataType,
  to: DataType,
  failures: CastFailures,
): string | undefined {
  const type = duckdbType(to);
  if (from.kind === 'boolean') return `CAST(CAST(${sql} AS TINYINT) AS ${type})`;
  if (from.kind === 'string') return parsed(sql, floatingForm, to, failures);
  if (!isNumeric(from)) return undefined;
  if (from.kind === 'decimal' && from.precision > 15) {
    // DuckDB divides two doubles, which rounds twice.
    return `CAST(CAST(${sql} AS VARCHAR) AS ${type})`;
  }
  // Beyond a float lies infinity, for Spark.
  if (from.kind === 'double' && to.kind === 'float') {
    const beyond = `CASE WHEN ${sql} > 0 THEN 'inf'::FLOAT ELSE '-inf'::FLOAT END`;
    return orFail(`TRY_CAST(${sql} AS FLOAT)`, sql, beyond);
  }
  return `CAST(${sql} AS ${type})`;
}

function textToBoolean(sql: string, { invalid }: CastFailures): string {
  const text = `lower(trim(${sql}, ${trimmed}))`;
  const value =
    `CASE WHEN ${text} IN ('t', 'true', 'y', 'yes', '1') THEN true ` +
    `WHEN ${text} IN ('f', 'false', 'n', 'no', '0') THEN false END`;
  return orFail(value, sql, invalid);
}

function toText(sql: string, from: DataType, { invalid }: CastFailures): string | undefined {
  const text = `CAST(${sql} AS VARCHAR)`;
  switch (from.kind) {
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return text;
    case 'decimal':
      return text;
    case 'float':
    case 'double':
      // In this range both write the shortest digits without an exponent.
      return (
        `CASE WHEN ${sql} IS NULL THEN NULL WHEN isnan(${sql}) THEN 'NaN' ` +
        `WHEN ${sql} = 0 OR (abs(${sql}) >= 0.001 AND abs(${sql}) < 10000000) THEN ${text} ` +
        `WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN 'Infinity' ELSE '-Infinity' END ` +
        `ELSE ${invalid} END`
      );
    case 'date':
      return `CASE WHEN ${sql} IS NULL THEN NULL WHEN year(${sql}) BETWEEN 1 AND 9999 THEN ${text} ELSE ${invalid} END`;
    case 'timestamp':
    case 'timestamp_ntz': {
      const local = `CAST(CAST(${sql} AS TIMESTAMP) AS VARCHAR)`;
      return `CASE WHEN ${sql} IS NULL THEN NULL WHEN year(${sql}) BETWEEN 1 AND 9999 THEN ${local} ELSE ${invalid} END`;
    }
    case 'binary':
      return `decode(${sql})`;
    case 'string':
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return undefined;
  }
}
