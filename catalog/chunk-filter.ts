/**
 * A predicate over all files of a chunk at once: `fileMightMatch` as loops over typed arrays. Where
 * its numbers are exact it says the same; where they are rounded it keeps some files more.
 */
import type { ChunkStatistics } from './chunk-statistics.ts';
import {
  cutBytesMin,
  partitionMightMatch,
  type Condition,
  type PartitionField,
  type Skipping,
  type SkippingPredicate,
} from './data-skipping.ts';
import type { DataType } from './data-type.ts';
import type { FileChunk } from './file-chunk.ts';
import type { ScalarValue } from './log/scalar-value.ts';
import type { ComparisonOperator } from './predicate.ts';
import {
  compareText,
  doubleBeyond,
  noText,
  nullsAll,
  nullsNone,
  type NumberColumn,
  type StatisticsColumn,
  type TextColumn,
} from './statistics-columns.ts';

/** By row, 1 for a file that might match; rows that are not live are judged like any other. */
export type Matches = Uint8Array;

export interface ChunkMatches {
  readonly matches: Matches;
  /** Whether `fileMightMatch` would say the same of every file. */
  readonly isExact: boolean;
}

export function matchChunk(
  { predicate, columns }: Skipping,
  chunk: FileChunk,
  statistics: ChunkStatistics,
): ChunkMatches {
  const found = columns.length === 0 ? [] : statistics.columns(columns);
  return {
    matches: evaluate(predicate, chunk, found),
    isExact:
      found.every((column) => column.kind === 'text' || column.isExact) && isExactHere(predicate),
  };
}

/** Whether all constants that statistics are compared with are exact as doubles. */
function isExactHere(predicate: SkippingPredicate): boolean {
  switch (predicate.kind) {
    case 'true':
    case 'false':
    case 'partition':
      return true;
    case 'and':
    case 'or':
      return predicate.parts.every(isExactHere);
    case 'statistics': {
      const { condition } = predicate;
      if (condition.kind === 'null') return true;
      const values = condition.kind === 'in' ? condition.values : [condition.value];
      return values.every((value) => typeof value !== 'bigint' || BigInt(Number(value)) === value);
    }
  }
}

/** What the partition values alone leave of the chunk. */
export function matchPartitions({ predicate }: Skipping, chunk: FileChunk): Matches {
  return evaluate(predicate, chunk, undefined);
}

/** Without `columns`, conditions on statistics are taken to be true. */
function evaluate(
  predicate: SkippingPredicate,
  chunk: FileChunk,
  columns: readonly StatisticsColumn[] | undefined,
): Matches {
  const { rowCount } = chunk;
  switch (predicate.kind) {
    case 'true':
      return new Uint8Array(rowCount).fill(1);
    case 'false':
      return new Uint8Array(rowCount);
    case 'partition':
      return matchPartitionColumn(predicate.field, predicate.condition, chunk);
    case 'statistics': {
      const column = columns?.[predicate.column];
      if (column === undefined) return new Uint8Array(rowCount).fill(1);
      return column.kind === 'number'
        ? matchNumbers(predicate, column)
        : matchTexts(predicate.condition, column);
    }
    case 'and':
    case 'or': {
      const result = new Uint8Array(rowCount).fill(predicate.kind === 'and' ? 1 : 0);
      for (const part of predicate.parts) {
        const other = evaluate(part, chunk, columns);
        if (predicate.kind === 'and') {
          for (let row = 0; row < rowCount; row++)
            result[row] = (result[row] ?? 0) & (other[row] ?? 0);
        } else {
          for (let row = 0; row < rowCount; row++)
            result[row] = (result[row] ?? 0) | (other[row] ?? 0);
        }
      }
      return result;
    }
  }
}

/** Judges each distinct value once. */
function matchPartitionColumn(
  field: PartitionField,
  condition: Condition,
  { rowCount, partitionColumns }: FileChunk,
): Matches {
  const result = new Uint8Array(rowCount);
  const column = partitionColumns.get(field.physicalName);
  if (column === undefined) {
    return result.fill(Number(partitionMightMatch(field, condition, null)));
  }
  const { codes, values } = column;
  const judged = Uint8Array.from(values, (text) =>
    Number(partitionMightMatch(field, condition, text)),
  );
  for (let row = 0; row < rowCount; row++) result[row] = judged[codes[row] ?? 0] ?? 1;
  return result;
}

function matchNulls(isNull: boolean, nulls: Uint8Array): Matches {
  const excluded = isNull ? nullsNone : nullsAll;
  return nulls.map((state) => Number(state !== excluded));
}

/** Bounds are rounded away from the values, so must the constants be: each is two doubles. */
function matchNumbers(
  { type, condition }: { readonly type: DataType; readonly condition: Condition },
  column: NumberColumn,
): Matches {
  const { min, max, nulls } = column;
  if (condition.kind === 'null') return matchNulls(condition.isNull, nulls);
  if (condition.kind === 'in') return matchNumberList(condition.values, column);
  const { value, operator } = condition;
  const low = doubleBeyond(value, -1).value;
  const high = doubleBeyond(value, 1).value;
  const result = nulls.map((state) => Number(state !== nullsAll));
  // NaN, which is above all numbers, is not counted in the bounds.
  const isFloating = type.kind === 'float' || type.kind === 'double';
  const rowCount = nulls.length;
  switch (operator) {
    case '=':
      for (let row = 0; row < rowCount; row++) {
        if ((min[row] ?? NaN) > high || (max[row] ?? NaN) < low) result[row] = 0;
      }
      return result;
    case '<':
      for (let row = 0; row < rowCount; row++) if ((min[row] ?? NaN) >= high) result[row] = 0;
      return result;
    case '<=':
      for (let row = 0; row < rowCount; row++) if ((min[row] ?? NaN) > high) result[row] = 0;
      return result;
    case '>':
      if (isFloating) return result;
      for (let row = 0; row < rowCount; row++) if ((max[row] ?? NaN) <= low) result[row] = 0;
      return result;
    case '>=':
      if (isFloating) return result;
      for (let row = 0; row < rowCount; row++) if ((max[row] ?? NaN) < low) result[row] = 0;
      return result;
    case '<>':
      if (isFloating) return result;
      for (let row = 0; row < rowCount; row++) {
        if ((min[row] ?? NaN) >= high && (max[row] ?? NaN) <= low) result[row] = 0;
      }
      return result;
  }
}

function matchNumberList(
  values: readonly ScalarValue[],
  { min, max, nulls }: NumberColumn,
): Matches {
  const result = nulls.map((state) => Number(state !== nullsAll));
  const lows = Float64Array.from(values, (value) => doubleBeyond(value, -1).value).sort();
  const highs = Float64Array.from(values, (value) => doubleBeyond(value, 1).value).sort();
  // NaN may be in any file.
  if (lows.some(Number.isNaN)) return result;
  for (let row = 0; row < nulls.length; row++) {
    const least = min[row] ?? NaN;
    const greatest = max[row] ?? NaN;
    // Of the values that are not below all of the file's, the smallest decides.
    const first = Number.isNaN(least)
      ? 0
      : firstIndex(highs.length, (i) => (highs[i] ?? 0) >= least);
    if (first === highs.length || (lows[first] ?? NaN) > greatest) result[row] = 0;
  }
  return result;
}

/** The first index for which `isBehind` holds, which then holds for all that follow; or `length`. */
function firstIndex(length: number, isBehind: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function matchTexts(condition: Condition, column: TextColumn): Matches {
  const { nulls } = column;
  if (condition.kind === 'null') return matchNulls(condition.isNull, nulls);
  const result = nulls.map((state) => Number(state !== nullsAll));
  if (condition.kind === 'in') {
    const values = condition.values
      .map((value) => Buffer.from(String(value)))
      .sort((a, b) => a.compare(b));
    for (let row = 0; row < nulls.length; row++) {
      const first = firstIndex(
        values.length,
        (i) => compareText(column, 'min', row, values[i]) <= 0,
      );
      const value = values[first];
      if (value === undefined || !mightMatchText(column, row, '=', value)) result[row] = 0;
    }
    return result;
  }
  const value = Buffer.from(String(condition.value));
  for (let row = 0; row < nulls.length; row++) {
    if (!mightMatchText(column, row, condition.operator, value)) result[row] = 0;
  }
  return result;
}

/** As `fileMightMatch` judges strings. */
function mightMatchText(
  column: TextColumn,
  row: number,
  operator: ComparisonOperator,
  value: Uint8Array,
): boolean {
  switch (operator) {
    case '=':
      if (hasBound(column, 'min', row) && compareText(column, 'min', row, value) > 0) return false;
      return !isBelow(column, row, value, false);
    case '<':
      return !hasBound(column, 'min', row) || compareText(column, 'min', row, value) < 0;
    case '<=':
      return !hasBound(column, 'min', row) || compareText(column, 'min', row, value) <= 0;
    case '>':
      return !isBelow(column, row, value, true);
    case '>=':
      return !isBelow(column, row, value, false);
    case '<>':
      return (
        !hasBound(column, 'min', row) ||
        !hasBound(column, 'max', row) ||
        compareText(column, 'min', row, value) !== 0 ||
        compareText(column, 'max', row, value) !== 0 ||
        coversPrefix(column, row, value)
      );
  }
}

function hasBound(column: TextColumn, bound: 'min' | 'max', row: number): boolean {
  return column[bound].starts[row] !== noText;
}

/** Whether all texts of the file are below `value`, or at it if `orAt`. */
function isBelow(column: TextColumn, row: number, value: Uint8Array, orAt: boolean): boolean {
  if (!hasBound(column, 'max', row)) return false;
  const toMax = compareText(column, 'max', row, value);
  if (toMax > 0 || (toMax === 0 && !orAt)) return false;
  return !coversPrefix(column, row, value);
}

/** See `data-skipping.ts`, 4. */
function coversPrefix(
  { bytes, decoded, max }: TextColumn,
  row: number,
  value: Uint8Array,
): boolean {
  const start = max.starts[row] ?? 0;
  const length = (max.ends[row] ?? start) - start;
  if (length < cutBytesMin || length > value.length) return false;
  const isDecoded = start >= bytes.length;
  const source = isDecoded ? decoded : bytes;
  const from = isDecoded ? start - bytes.length : start;
  for (let i = 0; i < length; i++) if (source[from + i] !== value[i]) return false;
  return true;
}
