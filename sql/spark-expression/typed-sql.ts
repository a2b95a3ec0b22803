/** A Spark expression in DuckDB's SQL, with its type in Spark, and how one becomes another. */
import type { DataType } from '../../catalog/data-type.ts';
import { raiseSql } from '../raise.ts';
import { duckdbType } from '../types.ts';
import { commonType } from './promoted-type.ts';
import type { Literal } from './expression.ts';
import { timeLiteralSql } from './time-literal.ts';
import { isSameType, sparkCastSql, type CastFailures } from './spark-cast.ts';

export interface TypedSql {
  readonly sql: string;
  readonly type: DataType;
  /** What it is when it is a literal. */
  readonly literal?: Literal | undefined;
}

/** Why an expression cannot be evaluated as Spark does it; becomes an error that names its place. */
export class UnknownMeaning extends Error {
  override readonly name = 'UnknownMeaning';
}

const failures: CastFailures = {
  overflow: raiseSql(
    'NUMERIC_VALUE_OUT_OF_RANGE',
    'A number in an expression of the table is out of range.',
  ),
  invalid: raiseSql('CAST_INVALID_INPUT', 'A value in an expression of the table cannot be cast.'),
};

/** A cast that the expression writes. */
export function castTo(value: TypedSql, type: DataType): TypedSql {
  const sql = sparkCastSql(value.sql, value.type, type, failures);
  if (sql === undefined) {
    throw new UnknownMeaning(`the cast from ${value.type.kind} to ${type.kind}`);
  }
  return { sql, type };
}

/** A cast that Spark adds. */
export function coerce(value: TypedSql, type: DataType): string {
  if (isSameType(value.type, type)) return value.sql;
  if (value.type.kind === 'void' || commonType(value.type, type) !== undefined) {
    return `CAST(${value.sql} AS ${duckdbType(type)})`;
  }
  // A text beside a time is read as one.
  const isTime = ['date', 'timestamp', 'timestamp_ntz'].includes(type.kind);
  const text = isTime && value.literal?.type.kind === 'string' ? value.literal.text : undefined;
  const literal = text === undefined ? undefined : timeLiteralSql(type, text);
  if (literal !== undefined) return literal;
  throw new UnknownMeaning(`a ${value.type.kind} where a ${type.kind} is expected`);
}

/** The values under one type. */
export function unify(values: readonly TypedSql[]): {
  readonly type: DataType;
  readonly sql: readonly string[];
} {
  let type: DataType = { kind: 'void' };
  const texts = values.filter(({ literal }) => literal?.type.kind === 'string');
  const others = values.filter((value) => !texts.includes(value));
  const firsts = others.some((value) => value.type.kind !== 'void') ? others : values;
  for (const value of firsts) {
    const common = commonType(type, value.type);
    if (common === undefined) {
      throw new UnknownMeaning(`${type.kind} and ${value.type.kind} together`);
    }
    type = common;
  }
  return { type, sql: values.map((value) => coerce(value, type)) };
}
