/**
 * Aggregates of a whole table, or of whole partitions of it, that the log answers: how many rows there
 * are, and the least and greatest value of a column. `undefined` wherever the log is not certain; the
 * files have to be read then. Opens nothing.
 */
import { setImmediate } from 'node:timers/promises';
import { isLive, type LiveChunk } from './active-files.ts';
import { matchPartitions } from './chunk-filter.ts';
import {
  bindPredicate,
  partitionMatches,
  type Skipping,
  type SkippingPredicate,
} from './data-skipping.ts';
import type { StructField } from './data-type.ts';
import type { FileChunk } from './file-chunk.ts';
import { columnMappingMode, physicalName } from './log/column-mapping.ts';
import { parsePartitionValue } from './log/partition-values.ts';
import type { ScalarValue } from './log/scalar-value.ts';
import type { Predicate } from './predicate.ts';
import type { Snapshot } from './snapshot.ts';
import { nullsAll } from './statistics-columns.ts';
import { throwIfAborted } from './throw-if-aborted.ts';
import { compareUtf8 } from './utf8-order.ts';

export interface AggregateRequest {
  /** Exactly the rows that are aggregated. */
  readonly predicate: Predicate;
  /** Top-level columns whose bounds are wanted, as the schema spells them. */
  readonly columns: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface MetadataAggregates {
  readonly rowCount: number;
  /** By column, in the order asked for; both `null` where no row has a value. */
  readonly bounds: readonly {
    readonly min: ScalarValue | null;
    readonly max: ScalarValue | null;
  }[];
}

/** Throws the signal's reason. */
export async function metadataAggregates(
  snapshot: Snapshot,
  { predicate, columns, signal }: AggregateRequest,
): Promise<MetadataAggregates | undefined> {
  const skipping = bindPredicate(snapshot, predicate);
  if (!skipping.isDecidedByPartition) return undefined;
  const aggregates = columns.map((name) => columnAggregate(snapshot, name));
  let rowCount = 0;
  const isWhole = skipping.predicate.kind === 'true' && columns.length === 0;
  for (const live of snapshot.files.chunks) {
    if (isWhole && live.live === undefined) {
      const remaining = live.indexed.statistics.remainingRows();
      if (!(remaining >= 0)) return undefined;
      rowCount += remaining;
      continue;
    }
    const rows = matchingRows(skipping, live);
    if (rows === undefined) return undefined;
    const { chunk, statistics } = live.indexed;
    const isCold = !statistics.hasRowCounts;
    const counts = statistics.rowCounts();
    const filled: number[] = [];
    for (const row of rows) {
      const count = (counts[row] ?? NaN) - (chunk.deletionVectors.get(row)?.cardinality ?? 0);
      if (!(count >= 0)) return undefined;
      rowCount += count;
      if (count > 0) filled.push(row);
    }
    if (!aggregates.every((aggregate) => aggregate?.take(live, filled))) return undefined;
    if (isCold) {
      await setImmediate();
      throwIfAborted(signal);
    }
  }
  if (!Number.isSafeInteger(rowCount)) return undefined;
  return { rowCount, bounds: aggregates.map((aggregate) => aggregate?.bounds ?? none) };
}

const none = { min: null, max: null } as const;

/** The live rows of a chunk that the predicate takes; `undefined` if one cannot be judged. */
function matchingRows(skipping: Skipping, { indexed, live }: LiveChunk): number[] | undefined {
  const { chunk } = indexed;
  const isAll = skipping.predicate.kind === 'true';
  if (!isAll && !canJudge(skipping.predicate, chunk)) return undefined;
  const matches = isAll ? undefined : matchPartitions(skipping, chunk);
  const rows: number[] = [];
  for (let row = 0; row < chunk.rowCount; row++) {
    if ((matches === undefined || matches[row] === 1) && isLive(live, row)) rows.push(row);
  }
  return rows;
}

/** Whether every partition value of the chunk is a value of its column. */
function canJudge(predicate: SkippingPredicate, chunk: FileChunk): boolean {
  switch (predicate.kind) {
    case 'true':
    case 'false':
      return true;
    case 'statistics':
      return false;
    case 'and':
    case 'or':
      return predicate.parts.every((part) => canJudge(part, chunk));
    case 'partition': {
      const { field, condition } = predicate;
      const values = chunk.partitionColumns.get(field.physicalName)?.values ?? [null];
      return values.every((text) => partitionMatches(field, condition, text) !== undefined);
    }
  }
}

interface ColumnAggregate {
  /** Takes the files in `rows`, which have rows that are not deleted; false if it is not certain. */
  take(chunk: LiveChunk, rows: readonly number[]): boolean;
  readonly bounds: { readonly min: ScalarValue | null; readonly max: ScalarValue | null };
}

function columnAggregate(snapshot: Snapshot, name: string): ColumnAggregate | undefined {
  const field = snapshot.schema.fields.find((candidate) => candidate.name === name);
  if (field === undefined) return undefined;
  const physical = physicalName(field, columnMappingMode(snapshot));
  const { partitionColumns } = snapshot.metadata;
  if (partitionColumns.includes(name)) {
    return hasOrderedValues(field) ? partitionAggregate(field, physical) : undefined;
  }
  if (!hasExactBounds(field)) return undefined;
  const isSpelledDifferently = partitionColumns.some(
    (column) => column.toLowerCase() === name.toLowerCase(),
  );
  return isSpelledDifferently ? undefined : statisticsAggregate(field, physical);
}

/**
 * The types whose statistics are values of the file. Strings may be cut off, timestamps are cut to
 * milliseconds, floating point leaves out NaN, decimals may have been rounded.
 */
function hasExactBounds({ type }: StructField): boolean {
  return ['byte', 'short', 'integer', 'long', 'date'].includes(type.kind);
}

/** The types whose partition values, which are never cut off, are ordered as DuckDB orders them. */
function hasOrderedValues(field: StructField): boolean {
  return hasExactBounds(field) || field.type.kind === 'string' || field.type.kind === 'decimal';
}

function partitionAggregate(field: StructField, physical: string): ColumnAggregate {
  let bounds: { min: OrderedValue; max: OrderedValue } | undefined;
  return {
    take({ indexed: { chunk } }, rows) {
      const column = chunk.partitionColumns.get(physical);
      if (column === undefined) return true;
      for (const code of new Set(rows.map((row) => column.codes[row] ?? 0))) {
        const value = partitionValue(field, column.values[code] ?? null);
        if (value === undefined) return false;
        if (value !== null) bounds = widened(bounds, value, value);
      }
      return true;
    },
    get bounds() {
      return bounds ?? none;
    },
  };
}

function partitionValue(field: StructField, text: string | null) {
  try {
    const value = parsePartitionValue(field, text);
    if (value === null || typeof value === 'number' || typeof value === 'bigint') return value;
    // No constant in SQL can hold a zero byte.
    return typeof value === 'string' && !value.includes('\0') ? value : undefined;
  } catch {
    return undefined;
  }
}

function statisticsAggregate({ type }: StructField, physical: string): ColumnAggregate {
  let bounds: { min: number; max: number } | undefined;
  const asValue = (value: number): ScalarValue => (type.kind === 'long' ? BigInt(value) : value);
  return {
    take({ indexed: { chunk, statistics } }, rows) {
      const [column] = statistics.columns([{ physicalPath: [physical], type }]);
      if (column?.kind !== 'number' || !column.isExact || !column.isTight) return false;
      for (const row of rows) {
        if (column.nulls[row] === nullsAll) continue;
        const min = column.min[row] ?? NaN;
        const max = column.max[row] ?? NaN;
        // The rows that a deletion vector takes away may have been the first or the last.
        if (Number.isNaN(min) || Number.isNaN(max) || chunk.deletionVectors.has(row)) return false;
        bounds = widened(bounds, min, max);
      }
      return true;
    },
    get bounds() {
      return bounds === undefined ? none : { min: asValue(bounds.min), max: asValue(bounds.max) };
    },
  };
}

type OrderedValue = number | bigint | string;

function widened<T extends OrderedValue>(
  bounds: { min: T; max: T } | undefined,
  min: T,
  max: T,
): { min: T; max: T } {
  if (bounds === undefined) return { min, max };
  return {
    min: isLess(min, bounds.min) ? min : bounds.min,
    max: isLess(bounds.max, max) ? max : bounds.max,
  };
}

/** Strings by their bytes, as DuckDB does it. */
function isLess(left: OrderedValue, right: OrderedValue): boolean {
  return typeof left === 'string' && typeof right === 'string'
    ? compareUtf8(left, right) < 0
    : left < right;
}
