/**
 * Which files a predicate lets a scan leave out. Pure: it looks at what the log says of a file, its
 * partition values and statistics, and never at the file.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 *
 * Leaving files out never changes a result
 * 1. A file stays unless it is certain that no row of it meets the predicate. What is not said, not
 *    understood or not trusted keeps the file.
 * 2. Statistics are bounds on all rows, deleted ones included (see `log/file-stats.ts`).
 * 3. NaN is above every number and equal to itself, as in DuckDB, and no bound says anything of it.
 * 4. A string of 32 bytes and more may have been cut off without having been rounded up: as an upper
 *    bound it covers all that begins with it.
 * 5. A decimal of more than 15 digits may have been through a double in the writer, and so may a
 *    double that was a float when it was written: the first gets a margin, the second no bounds.
 * 6. The null counts of arrays and maps are those of their elements in some writers: not used.
 */
import type { DataType, StructField } from './data-type.ts';
import { columnMappingMode, physicalName, type ColumnMappingMode } from './log/column-mapping.ts';
import type { ColumnStats, FileStats, StatsColumn } from './log/file-stats.ts';
import { parsePartitionValue, type PartitionValue } from './log/partition-values.ts';
import type { ScalarValue } from './log/scalar-value.ts';
import type { ColumnPath, ComparisonOperator, Predicate, PredicateColumn } from './predicate.ts';
import type { Snapshot } from './snapshot.ts';
import { compareUtf8 } from './utf8-order.ts';

/** A condition on one column. */
export type Condition =
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly value: ScalarValue;
    }
  | { readonly kind: 'in'; readonly values: readonly ScalarValue[] }
  | { readonly kind: 'null'; readonly isNull: boolean };

export interface PartitionField {
  readonly name: string;
  readonly physicalName: string;
  readonly type: DataType;
}

/** A predicate whose columns are found in the log. */
export type SkippingPredicate =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  | { readonly kind: 'partition'; readonly field: PartitionField; readonly condition: Condition }
  | {
      readonly kind: 'statistics';
      /** Into `Skipping.columns`. */
      readonly column: number;
      readonly type: DataType;
      readonly condition: Condition;
    }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly SkippingPredicate[] };

export interface Skipping {
  readonly predicate: SkippingPredicate;
  /** The columns whose statistics are looked at. */
  readonly columns: readonly StatsColumn[];
  /** What they are called, in their order. */
  readonly columnPaths: readonly ColumnPath[];
  /** Whether a file's partition values alone tell if all of its rows or none meet the predicate. */
  readonly isDecidedByPartition: boolean;
}

/** Finds the columns of `predicate` in the log; a condition on one that has no statistics is `true`. */
export function bindPredicate(
  snapshot: Pick<Snapshot, 'schema' | 'metadata' | 'protocol'>,
  predicate: Predicate,
): Skipping {
  const mode = columnMappingMode(snapshot);
  const { partitionColumns } = snapshot.metadata;
  const columns: StatsColumn[] = [];
  const columnPaths: ColumnPath[] = [];
  const indexes = new Map<string, number>();
  let isDecidedByPartition = true;

  function bind(part: Predicate): SkippingPredicate {
    switch (part.kind) {
      case 'true':
      case 'false':
        return part;
      case 'and':
      case 'or':
        return { kind: part.kind, parts: part.parts.map(bind) };
      case 'comparison':
      case 'in':
      case 'null':
        return bindCondition(part.column, part);
    }
  }

  function bindCondition({ path, type }: PredicateColumn, condition: Condition): SkippingPredicate {
    if (condition.kind === 'in' && condition.values.length === 0) return { kind: 'false' };
    const fields = fieldsAt(snapshot.schema.fields, path);
    const [first] = fields;
    const last = fields.at(-1);
    if (first !== undefined && fields.length === 1 && partitionColumns.includes(first.name)) {
      const field = { name: first.name, physicalName: physicalName(first, mode), type };
      return { kind: 'partition', field, condition };
    }
    isDecidedByPartition = false;
    if (first === undefined || last === undefined || !hasStatistics(last)) return { kind: 'true' };
    // Spelled differently in the list of partition columns, it is neither clearly one nor clearly not.
    const lower = first.name.toLowerCase();
    if (partitionColumns.some((name) => name.toLowerCase() === lower)) return { kind: 'true' };
    return { kind: 'statistics', column: indexOf(fields, mode), type: last.type, condition };
  }

  function indexOf(fields: readonly StructField[], mapping: ColumnMappingMode): number {
    const physicalPath = fields.map((field) => physicalName(field, mapping));
    const key = physicalPath.join('\0');
    const known = indexes.get(key);
    if (known !== undefined) return known;
    const last = fields.at(-1);
    if (last === undefined) throw new RangeError('a column has a name');
    columns.push({ physicalPath, type: last.type });
    columnPaths.push(fields.map(({ name }) => name));
    indexes.set(key, columns.length - 1);
    return columns.length - 1;
  }

  const bound = bind(predicate);
  return { predicate: bound, columns, columnPaths, isDecidedByPartition };
}

/** The fields from the root to the one at `path`; empty where there is none. */
function fieldsAt(fields: readonly StructField[], path: readonly string[]): readonly StructField[] {
  const found: StructField[] = [];
  let level: readonly StructField[] = fields;
  for (const name of path) {
    const field = level.find((candidate) => candidate.name === name);
    if (field === undefined) return [];
    found.push(field);
    level = field.type.kind === 'struct' ? field.type.fields : [];
  }
  return found;
}

/** Whether what writers say of the column can be trusted: see 5 and 6. */
function hasStatistics({ type, metadata }: StructField): boolean {
  switch (type.kind) {
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'decimal':
    case 'string':
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
    // No bounds are read of it, but its NULLs are counted.
    case 'binary':
      return true;
    case 'double':
      return metadata['delta.typeChanges'] === undefined;
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return false;
  }
}

/** What the log says of one file. */
export interface FileFacts {
  /** By physical name; the text of the log. */
  partitionValue(physicalName: string): string | null;
  /** Of `Skipping.columns`. */
  readonly stats: FileStats | undefined;
}

/** Whether any row of the file can meet the predicate; in doubt it can. */
export function fileMightMatch({ predicate }: Skipping, facts: FileFacts): boolean {
  function mightMatch(part: SkippingPredicate): boolean {
    switch (part.kind) {
      case 'true':
        return true;
      case 'false':
        return false;
      case 'partition':
        return partitionMightMatch(
          part.field,
          part.condition,
          facts.partitionValue(part.field.physicalName),
        );
      case 'statistics': {
        const stats = facts.stats?.columns[part.column];
        return stats === undefined || statisticsMightMatch(part, stats, facts.stats?.numRecords);
      }
      case 'and':
        return part.parts.every(mightMatch);
      case 'or':
        return part.parts.some(mightMatch);
    }
  }
  return mightMatch(predicate);
}

/** As `partitionMatches`; a file whose value cannot be judged stays, for the scan to refuse. */
export function partitionMightMatch(
  field: PartitionField,
  condition: Condition,
  text: string | null,
): boolean {
  return partitionMatches(field, condition, text) ?? true;
}

/** Whether all rows of a file match, or none; `undefined` for text that is no value of the column. */
export function partitionMatches(
  field: PartitionField,
  condition: Condition,
  text: string | null,
): boolean | undefined {
  let value: PartitionValue;
  try {
    value = parsePartitionValue(field, text);
  } catch {
    return undefined;
  }
  if (condition.kind === 'null') return (value === null) === condition.isNull;
  if (value === null) return false;
  const present = value;
  if (typeof present === 'object') return undefined;
  if (condition.kind === 'in') {
    return condition.values.some((other) => compareValues(field.type, present, other) === 0);
  }
  const order = compareValues(field.type, present, condition.value);
  switch (condition.operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function statisticsMightMatch(
  { type, condition }: { readonly type: DataType; readonly condition: Condition },
  stats: ColumnStats,
  numRecords: number | undefined,
): boolean {
  const { nullCount } = stats;
  if (condition.kind === 'null' && condition.isNull) return nullCount !== 0;
  // No value at all, so no row where a comparison is true.
  if (nullCount !== undefined && nullCount > 0 && nullCount === numRecords) return false;
  if (condition.kind === 'null') return true;
  const bounds = trustedBounds(type, stats);
  if (condition.kind === 'in') {
    return condition.values.some((value) => boundsMightMatch(type, bounds, '=', value));
  }
  return boundsMightMatch(type, bounds, condition.operator, condition.value);
}

export interface Bounds {
  readonly min: ScalarValue | undefined;
  readonly max: ScalarValue | undefined;
}

/** Digits that a double keeps of any decimal. */
const safeDigits = 15;

/**
 * The statistics' bounds, moved apart where the writer may have rounded them. Bounds in the wrong
 * order are none: whatever made them knows nothing of the file.
 */
export function trustedBounds(type: DataType, { min, max }: Bounds): Bounds {
  if (type.kind === 'decimal' && type.precision > safeDigits) {
    return inOrder(type, {
      min: typeof min === 'bigint' ? min - decimalMargin(min) : undefined,
      max: typeof max === 'bigint' ? max + decimalMargin(max) : undefined,
    });
  }
  return inOrder(type, { min, max });
}

function inOrder(type: DataType, bounds: Bounds): Bounds {
  const { min, max } = bounds;
  if (min === undefined || max === undefined || compareValues(type, min, max) <= 0) return bounds;
  return { min: undefined, max: undefined };
}

/** More than a double can be off at `value`. */
function decimalMargin(value: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  return (magnitude >> 51n) + 1n;
}

function boundsMightMatch(
  type: DataType,
  { min, max }: Bounds,
  operator: ComparisonOperator,
  value: ScalarValue,
): boolean {
  if (typeof value === 'object') return true;
  const toMin = min === undefined ? undefined : compareValues(type, min, value);
  const toMax = max === undefined ? undefined : compareValues(type, max, value);
  const isFloating = type.kind === 'float' || type.kind === 'double';
  const isCovered = toMax !== undefined && toMax < 0 && coversPrefix(max, value);
  switch (operator) {
    case '=':
      if (toMin !== undefined && toMin > 0) return false;
      return toMax === undefined || toMax >= 0 || isCovered || isNaNValue(value);
    case '<':
      return toMin === undefined || toMin < 0;
    case '<=':
      return toMin === undefined || toMin <= 0;
    case '>':
      return isFloating || toMax === undefined || toMax > 0 || coversPrefix(max, value);
    case '>=':
      return isFloating || toMax === undefined || toMax >= 0 || isCovered;
    case '<>':
      return isFloating || toMin !== 0 || toMax !== 0 || coversPrefix(max, value);
  }
}

function isNaNValue(value: ScalarValue): boolean {
  return typeof value === 'number' && Number.isNaN(value);
}

/** From this length on a string may be one that was cut off. */
export const cutBytesMin = 32;

function coversPrefix(max: ScalarValue | undefined, value: ScalarValue): boolean {
  if (typeof max !== 'string' || typeof value !== 'string') return false;
  return value.startsWith(max) && Buffer.byteLength(max) >= cutBytesMin;
}

/** DuckDB's order. Both are values of `type`, and not binary. */
function compareValues(type: DataType, left: ScalarValue, right: ScalarValue): number {
  if (typeof left === 'string' && typeof right === 'string') return compareUtf8(left, right);
  if (typeof left === 'number' && typeof right === 'number') {
    const leftNaN = Number.isNaN(left);
    const rightNaN = Number.isNaN(right);
    if (leftNaN || rightNaN) return Number(leftNaN) - Number(rightNaN);
  }
  if (typeof left !== typeof right) throw new TypeError(`these are no two values of ${type.kind}`);
  return left < right ? -1 : left > right ? 1 : 0;
}
