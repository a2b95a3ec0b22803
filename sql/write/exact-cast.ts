/**
 * The casts of the DuckDB dialect: what is written never changes value silently. Where a cast could
 * (1.5 into INT, 10:30 into DATE), the expression compares the result with its source and fails; a
 * text must look like a value of its column.
 */
import type { DataType } from '../../catalog/data-type.ts';
import { duckdbType } from '../types.ts';

/** `undefined` for types that cannot be assigned at all. Primitive types only. */
export function exactCastSql(
  sql: string,
  from: DataType,
  to: DataType,
  inexact: string,
): string | undefined {
  const cast = `CAST(${sql} AS ${duckdbType(to)})`;
  switch (assignability(from, to)) {
    case 'same':
      return sql;
    case 'cast':
      return cast;
    case 'exact': {
      const back = `CAST(${cast} AS ${duckdbType(from)})`;
      return `CASE WHEN ${sql} IS NULL OR ${back} = ${sql} THEN ${cast} ELSE ${inexact} END`;
    }
    case 'text': {
      // DuckDB rounds '1.5' and cuts the time off a date's text. What it cannot cast fails as that.
      const fits = `regexp_full_match(trim(${sql}), '${textPattern(to)}')`;
      return `CASE WHEN ${sql} IS NULL OR ${fits} THEN ${cast} WHEN ${cast} IS NOT NULL THEN ${inexact} END`;
    }
    case 'no':
      return undefined;
  }
}

type Assignability = 'same' | 'cast' | 'exact' | 'text' | 'no';

/** The texts whose cast loses nothing. */
function textPattern(to: DataType): string {
  if (to.kind === 'date') return '[+-]?[0-9]+-[0-9]{1,2}-[0-9]{1,2}( ?[(]BC[)])?';
  const scale = to.kind === 'decimal' ? to.scale : 0;
  return `[+-]?([0-9]+([.][0-9]{0,${scale}}0*)?|[.][0-9]{0,${scale}}0*)`;
}

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
      if (fromInteger) return 'cast';
      if (from.kind === 'string') return 'text';
      return from.kind === 'decimal' || fromFloat ? 'exact' : 'no';
    case 'decimal':
      if (fromInteger) return 'cast';
      if (from.kind === 'decimal') return from.scale <= to.scale ? 'cast' : 'exact';
      if (fromFloat) return 'exact';
      return from.kind === 'string' ? 'text' : 'no';
    case 'float':
    case 'double':
      return fromInteger || fromFloat || from.kind === 'decimal' || from.kind === 'string'
        ? 'cast'
        : 'no';
    case 'boolean':
      return from.kind === 'string' ? 'cast' : 'no';
    case 'date':
      if (from.kind === 'timestamp' || from.kind === 'timestamp_ntz') return 'exact';
      return from.kind === 'string' ? 'text' : 'no';
    case 'timestamp':
    case 'timestamp_ntz':
      return ['date', 'timestamp', 'timestamp_ntz', 'string'].includes(from.kind) ? 'cast' : 'no';
    case 'string':
      return ['struct', 'array', 'map', 'binary', 'variant'].includes(from.kind) ? 'no' : 'cast';
    case 'binary':
    case 'variant':
    case 'void':
    case 'array':
    case 'map':
    case 'struct':
      return 'no';
  }
}
