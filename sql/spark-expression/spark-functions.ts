/**
 * The functions of Spark that mean in DuckDB what they mean in Spark, or are written out so that they
 * do. Where the two agree only for some values (case of letters beyond ASCII, for one), the others
 * fail. A function that is not in this list is refused by its name.
 */
import type { DataType } from '../../catalog/data-type.ts';
import { quoteString } from '../quote.ts';
import { raiseSql } from '../raise.ts';
import { isFloating, isInteger } from './spark-cast.ts';
import { castTo, coerce, unify, UnknownMeaning, type TypedSql } from './typed-sql.ts';

type SparkFunction = (values: readonly TypedSql[]) => TypedSql;

const boolean: DataType = { kind: 'boolean' };
const integer: DataType = { kind: 'integer' };
const string: DataType = { kind: 'string' };
const date: DataType = { kind: 'date' };

function withCount(counts: readonly number[], make: SparkFunction): SparkFunction {
  return (values) => {
    if (!counts.includes(values.length))
      throw new UnknownMeaning(`a call with ${values.length} arguments`);
    return make(values);
  };
}

function only(values: readonly TypedSql[], index = 0): TypedSql {
  const value = values[index];
  if (value === undefined) throw new UnknownMeaning('a missing argument');
  return value;
}

/** A function of one text. */
function ofText(type: DataType, sql: (text: string) => string): SparkFunction {
  return withCount([1], (values) => ({ sql: sql(textOf(only(values))), type }));
}

function textOf(value: TypedSql): string {
  if (value.type.kind === 'string') return value.sql;
  if (value.type.kind === 'void') return coerce(value, string);
  throw new UnknownMeaning(`a ${value.type.kind} where a text is expected`);
}

/** A part of a date or a timestamp. */
function part(sql: (value: string) => string, needsTime = false): SparkFunction {
  return withCount([1], (values) => {
    const value = only(values);
    const isTime = value.type.kind === 'timestamp' || value.type.kind === 'timestamp_ntz';
    if (!isTime && (needsTime || value.type.kind !== 'date')) {
      throw new UnknownMeaning(`a part of a ${value.type.kind}`);
    }
    return { sql: `CAST(${sql(value.sql)} AS INTEGER)`, type: integer };
  });
}

function asciiOnly(text: string, sql: string, name: string): string {
  const failure = raiseSql(
    'UNSUPPORTED_FEATURE',
    `${name} in an expression of the table meets letters beyond ASCII, of which engines differ.`,
  );
  return `CASE WHEN ${text} IS NULL THEN NULL WHEN strlen(${text}) = length(${text}) THEN ${sql} ELSE ${failure} END`;
}

/** A whole number written out in the expression. */
function literalNumber(value: TypedSql): number {
  const text = value.literal?.text ?? '';
  if (value.literal === undefined || !isInteger(value.type) || !/^-?\d+$/.test(text)) {
    throw new UnknownMeaning('a number that is not written out');
  }
  return Number(text);
}

function literalText(value: TypedSql): string {
  if (value.literal?.type.kind === 'string') return value.literal.text;
  throw new UnknownMeaning('a text that is not written out');
}

const substring: SparkFunction = withCount([2, 3], (values) => {
  const from = literalNumber(only(values, 1));
  const count = values.length === 3 ? literalNumber(only(values, 2)) : undefined;
  if (from < 0 || (count ?? 0) < 0) throw new UnknownMeaning('a place counted from the end');
  const length = count === undefined ? '' : `, ${count}`;
  return { sql: `substring(${textOf(only(values))}, ${Math.max(from, 1)}${length})`, type: string };
});

/** Spark's letters of a date format -> DuckDB's, where the field always has that many digits. */
const dateFields: ReadonlyMap<string, string> = new Map([
  ['yyyy', '%Y'],
  ['MM', '%m'],
  ['dd', '%d'],
  ['HH', '%H'],
  ['mm', '%M'],
  ['ss', '%S'],
]);

const dateFormat: SparkFunction = withCount([2], (values) => {
  const value = only(values);
  const format = literalText(only(values, 1));
  const pieces = format.match(/([A-Za-z])\1*|[^A-Za-z]+/g) ?? [];
  const pattern = pieces.map((piece) => {
    const field = dateFields.get(piece);
    if (field !== undefined) return field;
    if (/^[-/:. _]+$/.test(piece)) return piece;
    throw new UnknownMeaning(`the date format ${JSON.stringify(format)}`);
  });
  if (!['date', 'timestamp', 'timestamp_ntz'].includes(value.type.kind)) {
    throw new UnknownMeaning(`date_format of a ${value.type.kind}`);
  }
  const text = `strftime(CAST(${value.sql} AS TIMESTAMP), ${quoteString(pattern.join(''))})`;
  const failure = raiseSql('UNSUPPORTED_FEATURE', 'date_format meets a year beyond 1 to 9999.');
  return {
    sql: `CASE WHEN ${value.sql} IS NULL THEN NULL WHEN year(${value.sql}) BETWEEN 1 AND 9999 THEN ${text} ELSE ${failure} END`,
    type: string,
  };
});

const truncations: ReadonlySet<string> = new Set([
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
]);

const dateTrunc: SparkFunction = withCount([2], (values) => {
  const unit = literalText(only(values)).toLowerCase();
  const value = only(values, 1);
  const type: DataType = value.type.kind === 'date' ? { kind: 'timestamp' } : value.type;
  if (!truncations.has(unit) || (type.kind !== 'timestamp' && type.kind !== 'timestamp_ntz')) {
    throw new UnknownMeaning(`date_trunc to ${unit} of a ${value.type.kind}`);
  }
  return { sql: `date_trunc(${quoteString(unit)}, ${coerce(value, type)})`, type };
});

/** `trunc(date, 'MM')`. */
const truncDate: SparkFunction = withCount([2], (values) => {
  const unit = literalText(only(values, 1)).toLowerCase();
  const units: { readonly [name: string]: string | undefined } = {
    year: 'year',
    yyyy: 'year',
    yy: 'year',
    quarter: 'quarter',
    month: 'month',
    mon: 'month',
    mm: 'month',
    week: 'week',
  };
  const name = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (name === undefined) throw new UnknownMeaning(`trunc to ${unit}`);
  const day = toDate([only(values)]);
  return { sql: `CAST(date_trunc(${quoteString(name)}, ${day.sql}) AS DATE)`, type: date };
});

const toDate: SparkFunction = withCount([1], (values) => castTo(only(values), date));

function shifted(sign: '+' | '-'): SparkFunction {
  return withCount([2], (values) => {
    const days = only(values, 1);
    if (!isInteger(days.type) || days.type.kind === 'long') {
      throw new UnknownMeaning(`a number of days of type ${days.type.kind}`);
    }
    return {
      sql: `(${toDate([only(values)]).sql} ${sign} CAST(${days.sql} AS INTEGER))`,
      type: date,
    };
  });
}

function textTest(name: string): SparkFunction {
  return withCount([2], (values) => ({
    sql: `${name}(${textOf(only(values))}, ${textOf(only(values, 1))})`,
    type: boolean,
  }));
}

const coalesce: SparkFunction = (values) => {
  const { type, sql } = unify(values);
  return { sql: `coalesce(${sql.join(', ')})`, type };
};

function extreme(name: 'greatest' | 'least'): SparkFunction {
  return (values) => {
    if (values.length < 2) throw new UnknownMeaning('a call with one argument');
    const { type, sql } = unify(values);
    return { sql: `${name}(${sql.join(', ')})`, type };
  };
}

const concat: SparkFunction = (values) => {
  if (values.length === 0) throw new UnknownMeaning('a call without arguments');
  // Spark joins binaries to a binary, and lists to a list.
  const other = values.find(({ type }) => ['binary', 'array'].includes(type.kind));
  if (other !== undefined) throw new UnknownMeaning(`a ${other.type.kind}`);
  return {
    sql: `(${values.map((value) => castTo(value, string).sql).join(' || ')})`,
    type: string,
  };
};

/** `if(a, b, c)`. */
const choose: SparkFunction = withCount([3], (values) => {
  const condition = coerce(only(values), boolean);
  const { type, sql } = unify(values.slice(1));
  return { sql: `CASE WHEN ${condition} THEN ${sql[0]} ELSE ${sql[1]} END`, type };
});

const nullIf: SparkFunction = withCount([2], (values) => {
  const { sql } = unify(values);
  const value = only(values);
  return {
    sql: `CASE WHEN ${sql[0]} = ${sql[1]} THEN NULL ELSE ${value.sql} END`,
    type: value.type,
  };
});

const absolute: SparkFunction = withCount([1], (values) => {
  const { sql, type } = only(values);
  if (!isInteger(type) && !isFloating(type) && type.kind !== 'decimal') {
    throw new UnknownMeaning(`abs of a ${type.kind}`);
  }
  return { sql: `abs(${sql})`, type };
});

const size: SparkFunction = withCount([1], (values) => {
  const { sql, type } = only(values);
  if (type.kind === 'array') return { sql: `CAST(len(${sql}) AS INTEGER)`, type: integer };
  if (type.kind === 'map') return { sql: `CAST(cardinality(${sql}) AS INTEGER)`, type: integer };
  throw new UnknownMeaning(`the size of a ${type.kind}`);
});

const isNull: SparkFunction = withCount([1], (values) => ({
  sql: `(${only(values).sql} IS NULL)`,
  type: boolean,
}));
const isNotNull: SparkFunction = withCount([1], (values) => ({
  sql: `(${only(values).sql} IS NOT NULL)`,
  type: boolean,
}));
const isNan: SparkFunction = withCount([1], (values) => {
  const { sql, type } = only(values);
  if (!isFloating(type)) throw new UnknownMeaning(`isnan of a ${type.kind}`);
  // Not a number is what NULL is not.
  return { sql: `coalesce(isnan(${sql}), false)`, type: boolean };
});

const length = ofText(integer, (text) => `CAST(length(${text}) AS INTEGER)`);

const sha2: SparkFunction = withCount([2], (values) => {
  const bits = literalNumber(only(values, 1));
  if (bits !== 256 && bits !== 0) throw new UnknownMeaning(`sha2 of ${bits} bits`);
  return { sql: `sha256(${textOf(only(values))})`, type: string };
});

const functions: ReadonlyMap<string, SparkFunction> = new Map<string, SparkFunction>([
  ['upper', ofText(string, (text) => asciiOnly(text, `upper(${text})`, 'upper'))],
  ['ucase', ofText(string, (text) => asciiOnly(text, `upper(${text})`, 'ucase'))],
  ['lower', ofText(string, (text) => asciiOnly(text, `lower(${text})`, 'lower'))],
  ['lcase', ofText(string, (text) => asciiOnly(text, `lower(${text})`, 'lcase'))],
  ['trim', ofText(string, (text) => `trim(${text}, ' ')`)],
  ['ltrim', ofText(string, (text) => `ltrim(${text}, ' ')`)],
  ['rtrim', ofText(string, (text) => `rtrim(${text}, ' ')`)],
  ['length', length],
  ['len', length],
  ['char_length', length],
  ['character_length', length],
  ['md5', ofText(string, (text) => `md5(${text})`)],
  ['sha2', sha2],
  ['substring', substring],
  ['substr', substring],
  ['startswith', textTest('starts_with')],
  ['endswith', textTest('ends_with')],
  ['contains', textTest('contains')],
  ['concat', concat],
  ['coalesce', coalesce],
  ['ifnull', withCount([2], coalesce)],
  ['nvl', withCount([2], coalesce)],
  ['nullif', nullIf],
  ['if', choose],
  ['greatest', extreme('greatest')],
  ['least', extreme('least')],
  ['abs', absolute],
  ['isnull', isNull],
  ['isnotnull', isNotNull],
  ['isnan', isNan],
  ['size', size],
  ['cardinality', size],
  ['year', part((value) => `year(${value})`)],
  ['quarter', part((value) => `quarter(${value})`)],
  ['month', part((value) => `month(${value})`)],
  ['day', part((value) => `day(${value})`)],
  ['dayofmonth', part((value) => `day(${value})`)],
  ['dayofyear', part((value) => `dayofyear(${value})`)],
  ['dayofweek', part((value) => `(dayofweek(${value}) + 1)`)],
  ['weekday', part((value) => `(isodow(${value}) - 1)`)],
  ['weekofyear', part((value) => `weekofyear(${value})`)],
  ['hour', part((value) => `hour(${value})`, true)],
  ['minute', part((value) => `minute(${value})`, true)],
  ['second', part((value) => `second(${value})`, true)],
  ['date', toDate],
  ['to_date', toDate],
  ['date_add', shifted('+')],
  ['date_sub', shifted('-')],
  ['date_format', dateFormat],
  ['date_trunc', dateTrunc],
  ['trunc', truncDate],
  ...(
    [
      ['string', string],
      ['boolean', boolean],
      ['tinyint', { kind: 'byte' }],
      ['smallint', { kind: 'short' }],
      ['int', integer],
      ['bigint', { kind: 'long' }],
      ['float', { kind: 'float' }],
      ['double', { kind: 'double' }],
      ['timestamp', { kind: 'timestamp' }],
    ] as const
  ).map(([name, type]): [string, SparkFunction] => [
    name,
    withCount([1], (values) => castTo(only(values), type)),
  ]),
]);

/** Those whose value depends on when they are called. */
const clocks: ReadonlyMap<string, SparkFunction> = new Map<string, SparkFunction>([
  ['current_date', withCount([0], () => ({ sql: 'current_date', type: date }))],
  ['curdate', withCount([0], () => ({ sql: 'current_date', type: date }))],
  ['current_timestamp', withCount([0], () => ({ sql: 'now()', type: { kind: 'timestamp' } }))],
  ['now', withCount([0], () => ({ sql: 'now()', type: { kind: 'timestamp' } }))],
  [
    'localtimestamp',
    withCount([0], () => ({ sql: 'CAST(now() AS TIMESTAMP)', type: { kind: 'timestamp_ntz' } })),
  ],
]);

/** Throws UnknownMeaning. */
export function callFunction(
  name: string,
  values: readonly TypedSql[],
  allowClock: boolean,
): TypedSql {
  const called = functions.get(name) ?? (allowClock ? clocks.get(name) : undefined);
  if (called === undefined) throw new UnknownMeaning(`the function ${name}`);
  try {
    return called(values);
  } catch (error) {
    if (!(error instanceof UnknownMeaning)) throw error;
    throw new UnknownMeaning(`${error.message} in ${name}`);
  }
}
