/**
 * A value -> an expression of exactly a column's type, at every depth.
 *
 * In the DuckDB dialect what is written never changes value silently (`exact-cast.ts`), and structs
 * meet by the names of their fields. In the Spark dialect it is Spark's ANSI store assignment as Delta
 * does it: casts that cut off fractions, errors for overflow and for texts that are no value, and
 * structs by position or by name as the statement demands.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField, StructType } from '../../catalog/data-type.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import type { Dialect } from '../parse/dialect.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { raiseSql } from '../raise.ts';
import { sparkCastSql } from '../spark-expression/spark-cast.ts';
import { duckdbType, emptyStructField, typeName } from '../types.ts';
import { exactCastSql } from './exact-cast.ts';

export interface AssignmentPolicy {
  readonly dialect: Dialect;
  /** What a number beyond its column is: Spark has one code for INSERT and one for other statements. */
  readonly overflow: ErrorCode;
  /** How the fields of structs meet. */
  readonly structs: 'name' | 'position';
  /** What becomes of fields of a column's struct that the value does not have. */
  readonly missingFields: 'null' | 'refuse';
}

/** For INSERT and COPY INTO. */
export function insertPolicy(dialect: Dialect): AssignmentPolicy {
  return {
    dialect,
    overflow: dialect === 'spark' ? 'CAST_OVERFLOW_IN_TABLE_INSERT' : 'NUMERIC_VALUE_OUT_OF_RANGE',
    structs: dialect === 'spark' ? 'position' : 'name',
    missingFields: 'refuse',
  };
}

/** For UPDATE and MERGE. */
export function updatePolicy(dialect: Dialect): AssignmentPolicy {
  return {
    dialect,
    overflow:
      dialect === 'spark' ? 'DELTA_CAST_OVERFLOW_IN_TABLE_WRITE' : 'NUMERIC_VALUE_OUT_OF_RANGE',
    structs: 'name',
    missingFields: 'refuse',
  };
}

export interface AssignedValue {
  /** Repeated in the result: it should be a name, not a computation. */
  readonly sql: string;
  readonly type: DataType;
}

/** Throws DATATYPE_MISMATCH and DELTA_INSERT_COLUMN_ARITY_MISMATCH for types that do not fit. */
export function assignmentSql(
  value: AssignedValue,
  target: StructField,
  policy: AssignmentPolicy,
): string {
  return assign(value, target.type, { path: target.name, policy, depth: 0 });
}

interface Place {
  readonly path: string;
  readonly policy: AssignmentPolicy;
  /** Of lambdas, for the names of their parameters. */
  readonly depth: number;
}

function assign({ sql, type: from }: AssignedValue, to: DataType, place: Place): string {
  if (from.kind === 'void') return `CAST(NULL AS ${duckdbType(to)})`;
  if (from.kind === 'struct' && to.kind === 'struct') return assignStruct(sql, from, to, place);
  if (from.kind === 'array' && to.kind === 'array') {
    const element = elementName(place);
    const inner = assign(
      { sql: element, type: from.elementType },
      to.elementType,
      within(place, 'element', 1),
    );
    return inner === element ? sql : `list_transform(${sql}, lambda ${element}: ${inner})`;
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const element = elementName(place);
    const [key, value] = [`${element}.key`, `${element}.value`];
    const keySql = assign({ sql: key, type: from.keyType }, to.keyType, within(place, 'key', 1));
    const valueSql = assign(
      { sql: value, type: from.valueType },
      to.valueType,
      within(place, 'value', 1),
    );
    if (keySql === key && valueSql === value) return sql;
    const entry = `struct_pack(key := ${keySql}, value := ${valueSql})`;
    const entries = `list_transform(map_entries(${sql}), lambda ${element}: ${entry})`;
    return `CASE WHEN ${sql} IS NULL THEN NULL ELSE map_from_entries(${entries}) END`;
  }
  return assignPrimitive(sql, from, to, place);
}

function assignPrimitive(sql: string, from: DataType, to: DataType, place: Place): string {
  const { path, policy } = place;
  const cast =
    policy.dialect === 'spark'
      ? sparkCastSql(sql, from, to, {
          overflow: raiseSql(
            policy.overflow,
            `A value of type ${typeName(from)} does not fit in column "${path}" of type ${typeName(to)}.`,
          ),
          invalid: raiseSql(
            'CAST_INVALID_INPUT',
            'The value ',
            { sql },
            ` of type ${typeName(from)} cannot be cast to ${typeName(to)}, the type of column "${path}".`,
          ),
        })
      : exactCastSql(
          sql,
          from,
          to,
          raiseSql(
            'INVALID_INPUT',
            `A value of column "${path}" does not fit in ${typeName(to)} without a change.`,
          ),
        );
  if (cast !== undefined) return cast;
  const message = `Column "${path}" is ${typeName(to)}; a value of type ${typeName(from)} cannot be written to it.`;
  // A column of NULLs, `VALUES (1, NULL)`, is an INTEGER in DuckDB: NULL fits every type.
  if (from.kind === 'integer') {
    const failure = raiseSql('DATATYPE_MISMATCH', message);
    return `CASE WHEN ${sql} IS NULL THEN CAST(NULL AS ${duckdbType(to)}) ELSE ${failure} END`;
  }
  throw new CodedError('DATATYPE_MISMATCH', message, {
    hint: `Write CAST(... AS ${typeName(to)}) if that is meant.`,
  });
}

function assignStruct(sql: string, from: StructType, to: StructType, place: Place): string {
  const { policy, path } = place;
  if (to.fields.length === 0 || from.fields.length === 0) {
    if (from.fields.length === to.fields.length) return sql;
    throw noField(to.fields[0]?.name ?? from.fields[0]?.name ?? emptyStructField, path);
  }
  if (policy.structs === 'position' && from.fields.length !== to.fields.length) {
    throw new CodedError(
      'DELTA_INSERT_COLUMN_ARITY_MISMATCH',
      `The column "${path}" has ${to.fields.length} fields, and the value written to it ${from.fields.length}.`,
    );
  }
  const matched = to.fields.map((field, index) =>
    policy.structs === 'position'
      ? from.fields[index]
      : from.fields.find(({ name }) => name.toLowerCase() === field.name.toLowerCase()),
  );
  const unmatched = from.fields.find((field) => !matched.includes(field));
  if (unmatched !== undefined) throw noField(unmatched.name, path);
  let isSame = from.fields.length === to.fields.length;
  const fields = to.fields.map((field, index) => {
    const source = matched[index];
    const name = quoteIdentifier(field.name);
    if (source === undefined) {
      if (policy.missingFields === 'refuse') {
        throw new CodedError(
          'DATATYPE_MISMATCH',
          `The value written to column "${path}" lacks the field "${field.name}".`,
        );
      }
      isSame = false;
      return `${name} := CAST(NULL AS ${duckdbType(field.type)})`;
    }
    const extracted = `struct_extract(${sql}, ${quoteString(source.name)})`;
    const inner = assign(
      { sql: extracted, type: source.type },
      field.type,
      within(place, field.name, 0),
    );
    if (inner !== extracted || source.name !== field.name || from.fields[index] !== source) {
      isSame = false;
    }
    return `${name} := ${inner}`;
  });
  if (isSame) return sql;
  return `CASE WHEN ${sql} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`;
}

function noField(name: string, path: string): CodedError {
  return new CodedError(
    'DATATYPE_MISMATCH',
    `The column "${path}" has no field "${name}", which the value written to it has.`,
  );
}

function elementName({ depth }: Place): string {
  return `__levee_a${depth}`;
}

function within(place: Place, name: string, lambdas: number): Place {
  return { ...place, path: `${place.path}.${name}`, depth: place.depth + lambdas };
}
