/**
 * The statistics of one column for all files of a chunk, as typed arrays: made once from the JSON
 * texts of the chunk, and kept, so that a predicate over 65,536 files is a loop over numbers.
 *
 *     min, max    |1|11|21|NaN|     numbers, days, microseconds, unscaled decimals; NaN = not known
 *     nulls       |1|0 |1 |2  |     see `nullsUnknown` and below
 *
 * 1. What is not exact in a double is rounded away from the values: still a bound. `isExact` tells.
 * 2. Strings are not copied: they are places in the chunk's own bytes, or, when they had escapes, in
 *    `decoded`.
 */
import { trustedBounds } from './data-skipping.ts';
import type { DataType } from './data-type.ts';
import { textAt, type FileChunk } from './file-chunk.ts';
import { boundOfToken, unsure } from './log/bound-token.ts';
import { parseFileStats, type FileStats, type StatsColumn } from './log/file-stats.ts';
import { StatsScanner } from './log/stats-scanner.ts';
import { parseCount, type ScannedStats, type TokenPlaces } from './log/stats-tokens.ts';
import type { ScalarValue } from './log/scalar-value.ts';

export const nullsUnknown = 0;
export const nullsNone = 1;
/** There are rows, and all of them are NULL. */
export const nullsAll = 2;

export interface NumberColumn {
  readonly kind: 'number';
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly nulls: Uint8Array;
  /** Whether every bound is what the statistics say, to the last digit. */
  readonly isExact: boolean;
  /** Whether no file's bounds are wide: they are values of the file, as far as the writer kept them. */
  readonly isTight: boolean;
  readonly sizeInMemoryBytes: number;
}

/** Places of texts; a start of `noText` where there is none. */
export interface TextPlaces {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export interface TextColumn {
  readonly kind: 'text';
  /** The chunk's statistics; a place at or beyond its end, less its length, is one in `decoded`. */
  readonly bytes: Uint8Array;
  readonly decoded: Uint8Array;
  readonly min: TextPlaces;
  readonly max: TextPlaces;
  readonly nulls: Uint8Array;
  readonly sizeInMemoryBytes: number;
}

export type StatisticsColumn = NumberColumn | TextColumn;

export const noText = 0xffffffff;

/** One column for each of `columns`. Some 0.2 microseconds a file where the statistics are short. */
export function readStatisticsColumns(
  chunk: FileChunk,
  columns: readonly StatsColumn[],
): readonly StatisticsColumn[] {
  const { rowCount, stats } = chunk;
  const builders = columns.map(({ type }) =>
    type.kind === 'string' ? new TextBuilder(chunk) : new NumberBuilder(type, chunk),
  );
  const scanner = new StatsScanner(columns);
  const { bytes, offsets } = stats;
  for (let row = 0; row < rowCount; row++) {
    const start = offsets[row] ?? 0;
    const end = offsets[row + 1] ?? start;
    if (start === end) continue;
    if (scanner.scan(bytes, start, end) && takeRow(builders, row, scanner.result)) continue;
    const parsed = parseFileStats(textAt(stats, row), columns);
    builders.forEach((builder, i) => {
      builder.put(row, parsed, i);
    });
  }
  return builders.map((builder) => builder.finish());
}

function takeRow(builders: readonly Builder[], row: number, scanned: ScannedStats): boolean {
  for (let i = 0; i < builders.length; i++) {
    if (builders[i]?.take(row, scanned, i) !== true) return false;
  }
  return true;
}

/** Rows by file, deleted ones included; NaN where the statistics do not say. */
export function readRowCounts(chunk: FileChunk): Float64Array {
  const { rowCount, stats } = chunk;
  const { bytes, offsets } = stats;
  const counts = new Float64Array(rowCount).fill(NaN);
  const scanner = new StatsScanner([]);
  for (let row = 0; row < rowCount; row++) {
    const start = offsets[row] ?? 0;
    const end = offsets[row + 1] ?? start;
    if (start === end) continue;
    const first = firstCount(bytes, start, end);
    if (!Number.isNaN(first)) counts[row] = first;
    else if (scanner.scan(bytes, start, end)) counts[row] = scanner.result.numRecords;
    else counts[row] = parseFileStats(textAt(stats, row), [])?.numRecords ?? NaN;
  }
  return counts;
}

const countStart = Buffer.from('{"numRecords":');

/**
 * The count of rows where it is the first member, as nearly all writers have it: then the rest need
 * not be read, but for the brace at its end. NaN where it is not.
 */
function firstCount(bytes: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < countStart.length; i++) {
    if (bytes[start + i] !== countStart[i]) return NaN;
  }
  let at = start + countStart.length;
  const first = at;
  while (at < end && bytes[at] !== 0x2c && bytes[at] !== 0x7d) at++;
  if (at === first || bytes[end - 1] !== 0x7d) return NaN;
  return parseCount(bytes, first, at);
}

interface Builder {
  /** Takes a row from its tokens; false when it has to be parsed. May be followed by `put`. */
  take(row: number, scanned: ScannedStats, column: number): boolean;
  put(row: number, stats: FileStats | undefined, column: number): void;
  finish(): StatisticsColumn;
}

class NumberBuilder implements Builder {
  readonly #type: DataType;
  readonly #bytes: Uint8Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #nulls: Uint8Array;
  readonly #hasBounds: boolean;
  /** Whether bounds must be moved apart, which `trustedBounds` does. */
  readonly #isMoved: boolean;
  #isExact = true;
  #isTight = true;

  constructor(type: DataType, { rowCount, stats }: FileChunk) {
    this.#type = type;
    this.#bytes = stats.bytes;
    this.#min = new Float64Array(rowCount).fill(NaN);
    this.#max = new Float64Array(rowCount).fill(NaN);
    this.#nulls = new Uint8Array(rowCount);
    this.#hasBounds = type.kind !== 'binary';
    this.#isMoved = type.kind === 'decimal' && trustedBounds(type, { min: 0n, max: 0n }).max !== 0n;
  }

  take(row: number, scanned: ScannedStats, column: number): boolean {
    const nulls = nullsOfTokens(scanned, column, this.#bytes);
    if (nulls < 0) return false;
    this.#nulls[row] = nulls;
    this.#isTight &&= scanned.tightBounds;
    if (!this.#hasBounds) return true;
    const min = this.#bound('min', scanned.min, column);
    const max = this.#bound('max', scanned.max, column);
    if (min === unsure || max === unsure) return false;
    // In the wrong order they are none: see `trustedBounds`.
    const isNone = min > max;
    this.#min[row] = isNone ? NaN : min;
    this.#max[row] = isNone ? NaN : max;
    return true;
  }

  #bound(bound: 'min' | 'max', { starts, ends }: TokenPlaces, column: number): number {
    const start = starts[column] ?? -1;
    if (start < 0) return NaN;
    const value = boundOfToken(this.#type, bound, this.#bytes, start, ends[column] ?? start);
    // What `trustedBounds` does to a number of at most 15 digits; `unsure` stays what it is.
    return this.#isMoved ? value + (bound === 'min' ? -1 : 1) : value;
  }

  put(row: number, stats: FileStats | undefined, column: number): void {
    const found = stats?.columns[column];
    this.#nulls[row] = nullsOf(found?.nullCount, stats?.numRecords);
    this.#isTight &&= stats?.tightBounds ?? true;
    const { min, max } = trustedBounds(this.#type, found ?? { min: undefined, max: undefined });
    this.#min[row] = min === undefined ? NaN : this.#rounded(min, -1);
    this.#max[row] = max === undefined ? NaN : this.#rounded(max, 1);
  }

  #rounded(value: ScalarValue, direction: -1 | 1): number {
    const { value: double, isExact } = doubleBeyond(value, direction);
    this.#isExact &&= isExact;
    return double;
  }

  finish(): NumberColumn {
    return {
      kind: 'number',
      min: this.#min,
      max: this.#max,
      nulls: this.#nulls,
      isExact: this.#isExact,
      isTight: this.#isTight,
      sizeInMemoryBytes: 17 * this.#nulls.length + 200,
    };
  }
}

/** The nearest double that is not above (-1) or not below (1) the value; NaN for a string. */
export function doubleBeyond(
  value: ScalarValue,
  direction: -1 | 1,
): { readonly value: number; readonly isExact: boolean } {
  if (typeof value === 'number') return { value, isExact: true };
  if (typeof value === 'boolean') return { value: Number(value), isExact: true };
  if (typeof value !== 'bigint') return { value: NaN, isExact: false };
  const double = Number(value);
  if (BigInt(double) === value) return { value: double, isExact: true };
  const isBeyond = direction < 0 ? double < value : double > value;
  return { value: isBeyond ? double : neighbour(double, direction), isExact: false };
}

const word = new BigInt64Array(1);
const wordAsDouble = new Float64Array(word.buffer);

/** The next double in the given direction; for finite doubles other than zero. */
function neighbour(value: number, direction: -1 | 1): number {
  wordAsDouble[0] = value;
  const step = value > 0 ? BigInt(direction) : BigInt(-direction);
  word[0] = (word[0] ?? 0n) + step;
  return wordAsDouble[0];
}

class TextBuilder implements Builder {
  readonly #bytes: Uint8Array;
  readonly #nulls: Uint8Array;
  readonly #min: { readonly starts: Uint32Array; readonly ends: Uint32Array };
  readonly #max: { readonly starts: Uint32Array; readonly ends: Uint32Array };
  readonly #decoded: Buffer[] = [];
  #decodedBytes = 0;

  constructor({ rowCount, stats }: FileChunk) {
    this.#bytes = stats.bytes;
    this.#nulls = new Uint8Array(rowCount);
    const places = () => ({
      starts: new Uint32Array(rowCount).fill(noText),
      ends: new Uint32Array(rowCount),
    });
    this.#min = places();
    this.#max = places();
  }

  take(row: number, scanned: ScannedStats, column: number): boolean {
    const nulls = nullsOfTokens(scanned, column, this.#bytes);
    if (nulls < 0) return false;
    this.#nulls[row] = nulls;
    return (
      this.#place(row, scanned.min, column, this.#min) &&
      this.#place(row, scanned.max, column, this.#max)
    );
  }

  #place(row: number, { starts, ends }: TokenPlaces, column: number, into: TextPlaces): boolean {
    const start = starts[column] ?? -1;
    const end = ends[column] ?? start;
    if (start < 0) return true;
    if (this.#bytes[start] !== 0x22) return this.#bytes[start] === 0x6e && end - start === 4; // null
    for (let i = start + 1; i < end - 1; i++) {
      const byte = this.#bytes[i] ?? 0;
      if (byte === 0x5c || byte < 0x20) return false;
    }
    into.starts[row] = start + 1;
    into.ends[row] = end - 1;
    return true;
  }

  put(row: number, stats: FileStats | undefined, column: number): void {
    const found = stats?.columns[column];
    this.#nulls[row] = nullsOf(found?.nullCount, stats?.numRecords);
    const { min, max } = trustedBounds(
      { kind: 'string' },
      found ?? { min: undefined, max: undefined },
    );
    this.#putText(row, min, this.#min);
    this.#putText(row, max, this.#max);
  }

  #putText(row: number, value: ScalarValue | undefined, into: TextPlaces): void {
    if (typeof value !== 'string') {
      into.starts[row] = noText;
      return;
    }
    const text = Buffer.from(value);
    const start = this.#bytes.length + this.#decodedBytes;
    into.starts[row] = start;
    into.ends[row] = start + text.length;
    this.#decoded.push(text);
    this.#decodedBytes += text.length;
  }

  finish(): TextColumn {
    const column: TextColumn = {
      kind: 'text',
      bytes: this.#bytes,
      decoded: Buffer.concat(this.#decoded),
      min: this.#min,
      max: this.#max,
      nulls: this.#nulls,
      sizeInMemoryBytes: 17 * this.#nulls.length + this.#decodedBytes + 300,
    };
    for (let row = 0; row < this.#nulls.length; row++) {
      if (this.#min.starts[row] === noText || this.#max.starts[row] === noText) continue;
      const max = textBytes(column, 'max', row);
      if (compareText(column, 'min', row, max) <= 0) continue;
      this.#min.starts[row] = noText;
      this.#max.starts[row] = noText;
    }
    return column;
  }
}

function textBytes({ bytes, decoded, min, max }: TextColumn, bound: 'min' | 'max', row: number) {
  const { starts, ends } = bound === 'min' ? min : max;
  const start = starts[row] ?? 0;
  const end = ends[row] ?? start;
  return start < bytes.length
    ? bytes.subarray(start, end)
    : decoded.subarray(start - bytes.length, end - bytes.length);
}

/** Order of the bound and `value` by bytes; a missing bound comes first. */
export function compareText(
  { bytes, decoded, min, max }: TextColumn,
  bound: 'min' | 'max',
  row: number,
  value: Uint8Array | undefined,
): number {
  const places = bound === 'min' ? min : max;
  const start = places.starts[row] ?? noText;
  if (start === noText || value === undefined) return -1;
  const length = (places.ends[row] ?? start) - start;
  const isDecoded = start >= bytes.length;
  const source = isDecoded ? decoded : bytes;
  const from = isDecoded ? start - bytes.length : start;
  const common = Math.min(length, value.length);
  for (let i = 0; i < common; i++) {
    const difference = (source[from + i] ?? 0) - (value[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return length - value.length;
}

function nullsOf(nullCount: number | undefined, numRecords: number | undefined): number {
  if (nullCount === undefined) return nullsUnknown;
  if (nullCount === 0) return nullsNone;
  return nullCount === numRecords ? nullsAll : nullsUnknown;
}

/** As `parseFileStats` judges; -1 for a token that is not plainly a count. */
function nullsOfTokens(
  { numRecords, nullCount: { starts, ends } }: ScannedStats,
  column: number,
  bytes: Uint8Array,
): number {
  const start = starts[column] ?? -1;
  if (start < 0) return nullsUnknown;
  const count = parseCount(bytes, start, ends[column] ?? start);
  if (Number.isNaN(count)) return -1;
  // With wide bounds a count between none and all means nothing, and neither does it here.
  return nullsOf(count, Number.isNaN(numRecords) ? undefined : numRecords);
}
