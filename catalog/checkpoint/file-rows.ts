/**
 * Files and tombstones as the columns `add` and `remove` of a checkpoint, some rows at a time. Files
 * come from chunk to column without an object each.
 */
import { isLive, type ActiveFiles, type LiveChunk } from '../active-files.ts';
import type { BytesVector, ColumnVector, LongVector, MapVector } from '../column-batch.ts';
import type { StructType } from '../data-type.ts';
import { textAt, type BytesColumn, type FileChunk, type PartitionColumn } from '../file-chunk.ts';
import type { RemoveFile } from '../log/actions.ts';
import { parsePartitionValue, type PartitionValue } from '../log/partition-values.ts';
import { bytesVector, nullVector, validityOf, vectorOf } from './build-vector.ts';
import type { AddLayout } from './checkpoint-schema.ts';
import { parsedStatsVector } from './parsed-stats.ts';
import type { Tombstones } from './tombstones.ts';

export interface FileRows {
  readonly kind: 'add' | 'remove';
  readonly rowCount: number;
  readonly vector: ColumnVector;
}

/** Takes tombstones first, then files, up to as many at a time as is asked for. */
export class FileRowReader {
  readonly #layout: AddLayout;
  readonly #removeType: StructType;
  readonly #chunks: readonly LiveChunk[];
  readonly #tombstones: Iterator<RemoveFile, void, undefined>;
  readonly #partitions = new PartitionTexts();
  #chunk = 0;
  #row = 0;
  #tombstonesEnded = false;

  constructor(
    files: ActiveFiles,
    tombstones: Tombstones,
    layout: AddLayout,
    removeType: StructType,
  ) {
    this.#chunks = files.chunks;
    this.#tombstones = tombstones[Symbol.iterator]();
    this.#layout = layout;
    this.#removeType = removeType;
  }

  next(rowsMax: number): FileRows | undefined {
    return this.#nextTombstones(rowsMax) ?? this.#nextFiles(rowsMax);
  }

  #nextTombstones(rowsMax: number): FileRows | undefined {
    if (this.#tombstonesEnded) return undefined;
    const removes: RemoveFile[] = [];
    while (removes.length < rowsMax) {
      const { done, value } = this.#tombstones.next();
      if (done === true) {
        this.#tombstonesEnded = true;
        break;
      }
      removes.push(value);
    }
    if (removes.length === 0) return undefined;
    const vector = vectorOf(
      this.#removeType,
      removes.map(({ kind: _, stats: __, tags: ___, deletionVector, ...fields }) => ({
        ...fields,
        deletionVector: deletionVector === undefined ? null : { ...deletionVector },
      })),
    );
    return { kind: 'remove', rowCount: removes.length, vector };
  }

  #nextFiles(rowsMax: number): FileRows | undefined {
    for (; this.#chunk < this.#chunks.length; this.#chunk++, this.#row = 0) {
      const chunk = this.#chunks[this.#chunk];
      if (chunk === undefined) continue;
      const { indexed, live } = chunk;
      const rows: number[] = [];
      for (; this.#row < indexed.chunk.rowCount && rows.length < rowsMax; this.#row++) {
        if (isLive(live, this.#row)) rows.push(this.#row);
      }
      if (rows.length === 0) continue;
      const vector = addVector(indexed.chunk, rows, this.#layout, this.#partitions);
      return { kind: 'add', rowCount: rows.length, vector };
    }
    return undefined;
  }
}

/** The values of partition columns, read and encoded once for all files of a chunk. */
class PartitionTexts {
  readonly #encoded = new WeakMap<PartitionColumn, readonly (Uint8Array | null)[]>();
  readonly #parsed = new WeakMap<PartitionColumn, readonly PartitionValue[]>();

  encoded(column: PartitionColumn): readonly (Uint8Array | null)[] {
    let found = this.#encoded.get(column);
    if (found === undefined) {
      found = column.values.map((text) => (text === null ? null : Buffer.from(text, 'utf8')));
      this.#encoded.set(column, found);
    }
    return found;
  }

  parsed(
    column: PartitionColumn,
    field: Parameters<typeof parsePartitionValue>[0],
  ): readonly PartitionValue[] {
    let found = this.#parsed.get(column);
    if (found === undefined) {
      found = column.values.map((text) => parsePartitionValue(field, text));
      this.#parsed.set(column, found);
    }
    return found;
  }
}

function addVector(
  chunk: FileChunk,
  rows: readonly number[],
  layout: AddLayout,
  partitions: PartitionTexts,
): ColumnVector {
  const length = rows.length;
  const children = layout.type.fields.map((field): ColumnVector => {
    switch (field.name) {
      case 'path':
        return gathered(chunk.paths, rows, false);
      case 'partitionValues':
        return partitionValues(chunk, rows, partitions);
      case 'size':
        return longs(chunk.sizes, rows);
      case 'modificationTime':
        return longs(chunk.modificationTimes, rows);
      case 'dataChange':
        return { kind: 'boolean', length, validity: undefined, values: new Uint8Array(length) };
      case 'baseRowId':
        return longs(chunk.baseRowIds, rows);
      case 'defaultRowCommitVersion':
        return longs(chunk.defaultRowCommitVersions, rows);
      case 'tags':
        return sparse(field.type, rows, chunk.rareFields, (rare) => rare?.tags);
      case 'clusteringProvider':
        return sparse(field.type, rows, chunk.rareFields, (rare) => rare?.clusteringProvider);
      case 'deletionVector':
        return sparse(field.type, rows, chunk.deletionVectors, (vector) => vector && { ...vector });
      case 'stats':
        return gathered(chunk.stats, rows, true);
      case 'partitionValues_parsed':
        return parsedPartitions(chunk, rows, layout, partitions);
      case 'stats_parsed': {
        if (layout.parsedStats === undefined) return nullVector(field.type, length);
        const texts = rows.map((row) => textAt(chunk.stats, row) || undefined);
        return parsedStatsVector(layout.parsedStats, texts);
      }
    }
    throw new TypeError(`a file has no ${field.name}`);
  });
  return { kind: 'struct', length, validity: undefined, children };
}

function sparse<T>(
  type: Parameters<typeof vectorOf>[0],
  rows: readonly number[],
  values: ReadonlyMap<number, T>,
  valueOf: (value: T | undefined) => Parameters<typeof vectorOf>[1][number],
): ColumnVector {
  if (values.size === 0) return nullVector(type, rows.length);
  return vectorOf(
    type,
    rows.map((row) => valueOf(values.get(row))),
  );
}

/** Bytes of some rows, side by side. */
function gathered(column: BytesColumn, rows: readonly number[], emptyIsNull: boolean): BytesVector {
  const offsets = new Int32Array(rows.length + 1);
  let total = 0;
  for (const [i, row] of rows.entries()) {
    const start = column.offsets[row] ?? 0;
    total += (column.offsets[row + 1] ?? start) - start;
    offsets[i + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (const [i, row] of rows.entries()) {
    const start = column.offsets[row] ?? 0;
    bytes.set(column.bytes.subarray(start, column.offsets[row + 1] ?? start), offsets[i]);
  }
  const validity = emptyIsNull
    ? validityOf(rows.length, (i) => offsets[i] !== offsets[i + 1])
    : undefined;
  return { kind: 'bytes', length: rows.length, validity, offsets, bytes };
}

/** NaN is NULL, and so is a column that the chunk lacks. */
function longs(column: Float64Array | undefined, rows: readonly number[]): LongVector {
  const values = new BigInt64Array(rows.length);
  for (const [i, row] of rows.entries()) {
    const value = column?.[row] ?? Number.NaN;
    if (!Number.isNaN(value)) values[i] = BigInt(value);
  }
  const validity = validityOf(rows.length, (i) => {
    const value = column?.[rows[i] ?? 0];
    return value !== undefined && !Number.isNaN(value);
  });
  return { kind: 'long', length: rows.length, validity, values };
}

function partitionValues(
  chunk: FileChunk,
  rows: readonly number[],
  partitions: PartitionTexts,
): MapVector {
  const columns = [...chunk.partitionColumns].map(([name, column]) => ({
    name: Buffer.from(name, 'utf8'),
    codes: column.codes,
    texts: partitions.encoded(column),
  }));
  const keys: Uint8Array[] = [];
  const texts: (Uint8Array | null)[] = [];
  for (const row of rows) {
    for (const column of columns) {
      keys.push(column.name);
      texts.push(column.texts[column.codes[row] ?? 0] ?? null);
    }
  }
  const empty = new Uint8Array(0);
  return {
    kind: 'map',
    length: rows.length,
    validity: undefined,
    offsets: Int32Array.from({ length: rows.length + 1 }, (_, i) => i * columns.length),
    keys: bytesVector(keys, undefined),
    values: bytesVector(
      texts.map((text) => text ?? empty),
      validityOf(texts.length, (i) => texts[i] !== null),
    ),
  };
}

function parsedPartitions(
  chunk: FileChunk,
  rows: readonly number[],
  layout: AddLayout,
  partitions: PartitionTexts,
): ColumnVector {
  const children = layout.parsedPartitions.map((field) => {
    const column = chunk.partitionColumns.get(field.name);
    if (column === undefined) return nullVector(field.type, rows.length);
    const values = partitions.parsed(column, field);
    return vectorOf(
      field.type,
      rows.map((row) => values[column.codes[row] ?? 0]),
    );
  });
  return { kind: 'struct', length: rows.length, validity: undefined, children };
}
