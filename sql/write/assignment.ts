/**
 * A query's columns -> expressions of exactly the table's types. What is written never changes value
 * silently: where a cast could (1.5 into INT, 10:30 into DATE), the expression compares the result with
 * its source and fails. Source: Spark's ANSI store assignment, made stricter for inexact values.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import type { ResultColumn } from '../sql-engine.ts';
import { duckdbType, typeName } from '../types.ts';

/**
 * `source` is the name of the query's column. Throws DATATYPE_MISMATCH for types that cannot be
 * assigned at all.
 */
export function assignmentSql(source: ResultColumn, target: StructField): string {
  const name = quoteIdentifier(source.name);
  const cast = castSql(name, source.type, target);
  return target.nullable ? cast : notNullSql(cast, target.name);
}

function castSql(sql: string, from: DataType, target: StructField): string {
  const type = duckdbType(target.type);
  const cast = `CAST(${sql} AS ${type})`;
  switch (assignability(from, target.type)) {
    case 'same':
      return sql;
    case 'cast':
      return cast;
    case 'exact': {
      const back = `CAST(${cast} AS ${duckdbType(from)})`;
      const message = `{"levee":"INVALID_INPUT","message":${JSON.stringify(
        `A value of column "${target.name}" does not fit in ${typeName(target.type)} without a change.`,
      )}}`;
      return `CASE WHEN ${sql} IS NULL OR ${back} = ${sql} THEN ${cast} ELSE error(${quoteString(message)}) END`;
    }
    case 'no':
      // A column of NULLs, `VALUES (1, NULL)`, is an INTEGER in DuckDB: NULL fits every type.
      if (from.kind === 'integer') return nothingButNullSql(sql, from, target);
      throw new CodedError(
        'DATATYPE_MISMATCH',
        `Column "${target.name}" is ${typeName(target.type)}; a value of type ${typeName(from)} cannot be written to it.`,
        { hint: `Write CAST(... AS ${typeName(target.type)}) if that is meant.` },
      );
  }
}

function nothingButNullSql(sql: string, from: DataType, target: StructField): string {
  const message = `{"levee":"DATATYPE_MISMATCH","message":${JSON.stringify(
    `Column "${target.name}" is ${typeName(target.type)}; a value of type ${typeName(from)} cannot be written to it.`,
  )}}`;
  return `CASE WHEN ${sql} IS NULL THEN CAST(NULL AS ${duckdbType(target.type)}) ELSE error(${quoteString(message)}) END`;
}

function notNullSql(sql: string, column: string): string {
  const message = `{"levee":"NOT_NULL_CONSTRAINT_VIOLATION","message":${JSON.stringify(
    `Column "${column}" is NOT NULL, and the statement gives it NULL.`,
  )}}`;
  return `coalesce(${sql}, error(${quoteString(message)}))`;
}

type Assignability = 'same' | 'cast' | 'exact' | 'no';

const integers: readonly string[] = ['byte', 'short', 'integer', 'long'];

function assignability(from: DataType, to: DataType): Assignability {
  if (from.kind === 'void') return 'cast';
  if (duckdbType(from) === duckdbType(to)) return 'same';
  const fromInteger = integers.includes(from.kind);
  const fromFloat = from.kind === 'float' || from.kind === 'double';
  switch (to.kind) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      // A cast of integers fails on overflow by itself; one of fractions rounds.
      if (fromInteger || from.kind === 'string') return 'cast';
      return from.kind === 'decimal' || fromFloat ? 'exact' : 'no';
    case 'decimal':
      if (fromInteger) return 'cast';
      if (from.kind === 'decimal') return from.scale <= to.scale ? 'cast' : 'exact';
      if (fromFloat) return 'exact';
      return from.kind === 'string' ? 'cast' : 'no';
    case 'float':
    case 'double':
      return fromInteger || fromFloat || from.kind === 'decimal' || from.kind === 'string'
        ? 'cast'
        : 'no';
    case 'boolean':
      return from.kind === 'string' ? 'cast' : 'no';
    case 'date':
      if (from.kind === 'timestamp' || from.kind === 'timestamp_ntz') return 'exact';
      return from.kind === 'string' ? 'cast' : 'no';
    case 'timestamp':
    case 'timestamp_ntz':
      return ['date', 'timestamp', 'timestamp_ntz', 'string'].includes(from.kind) ? 'cast' : 'no';
    case 'string':
      return from.kind === 'struct' ||
        from.kind === 'array' ||
        from.kind === 'map' ||
        from.kind === 'binary'
        ? 'no'
        : 'cast';
    case 'binary':
    case 'variant':
    case 'void':
      return 'no';
    case 'array':
      return from.kind === 'array' && isNestedAssignable(from.elementType, to.elementType)
        ? 'cast'
        : 'no';
    case 'map':
      return from.kind === 'map' &&
        isNestedAssignable(from.keyType, to.keyType) &&
        isNestedAssignable(from.valueType, to.valueType)
        ? 'cast'
        : 'no';
    case 'struct': {
      if (from.kind !== 'struct' || from.fields.length !== to.fields.length) return 'no';
      // DuckDB casts structs by name: every field needs its counterpart.
      const matched = to.fields.every((field) => {
        const other = from.fields.find((f) => f.name.toLowerCase() === field.name.toLowerCase());
        return other !== undefined && isNestedAssignable(other.type, field.type);
      });
      return matched ? 'cast' : 'no';
    }
  }
}

/** Inside a nested value there is no place for a comparison: only casts that cannot change a value. */
function isNestedAssignable(from: DataType, to: DataType): boolean {
  const how = assignability(from, to);
  return how === 'same' || how === 'cast';
}
