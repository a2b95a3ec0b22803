/**
 * Collects files into a `FileChunk`: growing columns, partition values coded as they come.
 */
import type { AddFile, DeletionVectorDescriptor, PartitionValues } from './log/actions.ts';
import {
  chunkRowsMax,
  type BytesColumn,
  type FileChunk,
  type PartitionColumn,
  type RareFields,
} from './file-chunk.ts';

/** Bytes and where each row's end. */
class BytesBuilder {
  #bytes = Buffer.from(new ArrayBuffer(1024));
  #used = 0;
  #offsets = new Uint32Array(65);
  #rows = 0;

  get used(): number {
    return this.#used;
  }

  /** Takes the rows `from` to `to`, which lie side by side. */
  pushRows({ bytes, offsets }: TextColumn, from: number, to: number): void {
    const start = offsets[from] ?? 0;
    const end = offsets[to] ?? start;
    this.#reserve(end - start);
    this.#bytes.set(bytes.subarray(start, end), this.#used);
    const first = this.#rows;
    this.#rows += to - from;
    this.#reserveRows();
    const shift = this.#used - start;
    const own = this.#offsets;
    for (let row = from; row < to; row++)
      own[first + row - from + 1] = (offsets[row + 1] ?? 0) + shift;
    this.#used += end - start;
  }

  pushText(text: string): void {
    if (text === '') {
      this.#end(0);
      return;
    }
    this.#reserve(text.length * 3);
    this.#end(this.#bytes.write(text, this.#used, 'utf8'));
  }

  #end(length: number): void {
    this.#used += length;
    this.#rows++;
    this.#reserveRows();
    this.#offsets[this.#rows] = this.#used;
  }

  #reserveRows(): void {
    if (this.#rows < this.#offsets.length) return;
    const doubled = Math.min(2 * this.#offsets.length, chunkRowsMax + 1);
    this.#offsets = grown(this.#offsets, Math.max(this.#rows + 1, doubled));
  }

  /** Once there are many rows, room for a whole chunk of such rows is made at once. */
  #reserve(length: number): void {
    const needed = this.#used + length;
    if (needed <= this.#bytes.length) return;
    const isTypical = this.#rows >= typicalRows;
    const whole = isTypical ? (needed / this.#rows) * chunkRowsMax : 2 * this.#bytes.length;
    const usual = Math.min(Math.ceil(whole * slack), wholeBytesMax);
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, usual)));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }

  view(): BytesColumn {
    return { bytes: this.#bytes, offsets: this.#offsets };
  }

  finish(): BytesColumn {
    const isFull = this.#used * slack >= this.#bytes.length;
    const used = this.#bytes.subarray(0, this.#used);
    return {
      // Copied only where the rest would waste memory.
      bytes: isFull ? used : Buffer.from(Uint8Array.from(used).buffer),
      offsets: trimmed(this.#offsets, this.#rows + 1),
    };
  }
}

/** Rows whose lengths say what a chunk will need. */
const typicalRows = 4096;
/** More than this is not made room for ahead. */
const wholeBytesMax = 32 * 1024 * 1024;
/** How much larger than need be a buffer may be. */
const slack = 1.1;

type NumberArray = Uint8Array | Uint32Array | Float64Array;

function grown<T extends NumberArray>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

/** The first `length` values; copied only where the rest would waste memory. */
function trimmed<T extends NumberArray>(array: T, length: number): T {
  const isFull = length * slack >= array.length;
  return (isFull ? array.subarray(0, length) : array.slice(0, length)) as T;
}

/** Numbers of rows that are set in rising order; NaN where none is set. No memory is used before one is. */
class NumberBuilder {
  #values = new Float64Array(0);

  set(row: number, value: number | undefined): void {
    if (value === undefined) return;
    this.#reserve(row + 1);
    this.#values[row] = value;
  }

  /** The values of the rows from `row` on, NaN for none; `undefined` where no row has one. */
  setRows(row: number, values: Float64Array | undefined): void {
    if (values === undefined) return;
    this.#reserve(row + values.length);
    this.#values.set(values, row);
  }

  #reserve(rows: number): void {
    const { length } = this.#values;
    if (rows <= length) return;
    const doubled = Math.min(Math.max(2 * length, 64), chunkRowsMax);
    this.#values = grown(this.#values, Math.max(rows, doubled)).fill(NaN, length);
  }

  at(row: number): number | undefined {
    return this.#values[row];
  }

  finish(rows: number): Float64Array {
    this.#reserve(rows);
    return trimmed(this.#values, rows);
  }

  /** `undefined` when no row has a value. */
  finishOptional(rows: number): Float64Array | undefined {
    return this.#values.length === 0 ? undefined : this.finish(rows);
  }
}

class PartitionBuilder {
  readonly #codes = new Map<string | null, number>([[null, 0]]);
  readonly #values: (string | null)[] = [null];
  #rows = new Uint32Array(64);

  set(row: number, value: string | null): void {
    let code = this.#codes.get(value);
    if (code === undefined) {
      code = this.#values.length;
      this.#codes.set(value, code);
      this.#values.push(value);
    }
    if (row >= this.#rows.length) {
      this.#rows = grown(this.#rows, Math.max(row + 1, 2 * this.#rows.length));
    }
    this.#rows[row] = code;
  }

  finish(rows: number): PartitionColumn {
    // Rows after the last one that was set are NULL.
    if (rows > this.#rows.length) this.#rows = grown(this.#rows, rows);
    const codes = this.#rows.slice(0, rows);
    const narrow = this.#values.length <= 65_536;
    return { codes: narrow ? Uint16Array.from(codes) : codes, values: this.#values };
  }
}

/** Texts side by side: row i is `bytes[offsets[i] .. offsets[i + 1]]`. */
export interface TextColumn {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array | Uint32Array;
}

/** Files by column. In columns of numbers NaN is none; a column without any may be absent. */
export interface FileColumns {
  readonly paths: TextColumn;
  readonly sizes: Float64Array;
  readonly modificationTimes: Float64Array;
  /** Empty for none. */
  readonly stats: TextColumn;
  readonly baseRowIds: Float64Array | undefined;
  readonly defaultRowCommitVersions: Float64Array | undefined;
  /** What else a file has. */
  rest(row: number): FileRest;
}

export interface FileRest extends RareFields {
  readonly partitionValues: PartitionValues;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
}

export class FileChunkBuilder {
  #rows = 0;
  readonly #paths = new BytesBuilder();
  readonly #stats = new BytesBuilder();
  readonly #sizes = new NumberBuilder();
  readonly #modificationTimes = new NumberBuilder();
  readonly #baseRowIds = new NumberBuilder();
  readonly #commitVersions = new NumberBuilder();
  readonly #partitions = new Map<string, PartitionBuilder>();
  readonly #deletionVectors = new Map<number, DeletionVectorDescriptor>();
  readonly #rareFields = new Map<number, RareFields>();

  get rowCount(): number {
    return this.#rows;
  }

  /** Bytes of text so far: a chunk's offsets have 32 bits. */
  get textBytes(): number {
    return Math.max(this.#paths.used, this.#stats.used);
  }

  /** The paths so far; valid until the next file is added. */
  get paths(): BytesColumn {
    return this.#paths.view();
  }

  sizeAt(row: number): number {
    return this.#sizes.at(row) ?? 0;
  }

  deletionVectorAt(row: number): DeletionVectorDescriptor | undefined {
    return this.#deletionVectors.get(row);
  }

  addFile(file: AddFile): void {
    const row = this.#rows++;
    this.#paths.pushText(file.path);
    this.#stats.pushText(file.stats ?? '');
    this.#sizes.set(row, file.size);
    this.#modificationTimes.set(row, file.modificationTime);
    this.#baseRowIds.set(row, file.baseRowId);
    this.#commitVersions.set(row, file.defaultRowCommitVersion);
    this.#setRest(row, file);
  }

  /** Adds the files in the rows `from` to `to`. */
  addRows(columns: FileColumns, from: number, to: number): void {
    const first = this.#rows;
    this.#rows += to - from;
    this.#paths.pushRows(columns.paths, from, to);
    this.#stats.pushRows(columns.stats, from, to);
    this.#sizes.setRows(first, columns.sizes.subarray(from, to));
    this.#modificationTimes.setRows(first, columns.modificationTimes.subarray(from, to));
    this.#baseRowIds.setRows(first, columns.baseRowIds?.subarray(from, to));
    const versions = columns.defaultRowCommitVersions;
    this.#commitVersions.setRows(first, versions?.subarray(from, to));
    for (let row = from; row < to; row++) this.#setRest(first + row - from, columns.rest(row));
  }

  #setRest(row: number, rest: FileRest): void {
    const { partitionValues, deletionVector, tags, clusteringProvider } = rest;
    for (const column in partitionValues) {
      let partition = this.#partitions.get(column);
      if (partition === undefined) {
        partition = new PartitionBuilder();
        this.#partitions.set(column, partition);
      }
      partition.set(row, partitionValues[column] ?? null);
    }
    if (deletionVector !== undefined) this.#deletionVectors.set(row, deletionVector);
    if (tags !== undefined || clusteringProvider !== undefined) {
      this.#rareFields.set(row, { tags, clusteringProvider });
    }
  }

  finish(): FileChunk {
    const rowCount = this.#rows;
    const chunk = {
      rowCount,
      paths: this.#paths.finish(),
      sizes: this.#sizes.finish(rowCount),
      modificationTimes: this.#modificationTimes.finish(rowCount),
      stats: this.#stats.finish(),
      partitionColumns: new Map(
        [...this.#partitions].map(([name, builder]) => [name, builder.finish(rowCount)] as const),
      ),
      deletionVectors: this.#deletionVectors,
      baseRowIds: this.#baseRowIds.finishOptional(rowCount),
      defaultRowCommitVersions: this.#commitVersions.finishOptional(rowCount),
      rareFields: this.#rareFields,
    };
    return { ...chunk, sizeInMemoryBytes: sizeInMemory(chunk) };
  }
}

/** Approximate: buffers as they are, map entries at a guess. */
function sizeInMemory(chunk: Omit<FileChunk, 'sizeInMemoryBytes'>): number {
  let bytes = 1024 + 2 * 8 * chunk.rowCount;
  for (const { bytes: text, offsets } of [chunk.paths, chunk.stats]) {
    bytes += text.byteLength + offsets.byteLength;
  }
  for (const { codes, values } of chunk.partitionColumns.values()) {
    bytes += codes.byteLength;
    for (const value of values) bytes += 24 + (value?.length ?? 0);
  }
  bytes += chunk.deletionVectors.size * 200 + chunk.rareFields.size * 300;
  bytes += (chunk.baseRowIds?.byteLength ?? 0) + (chunk.defaultRowCommitVersions?.byteLength ?? 0);
  // The index that the first removal builds: up to four 4-byte slots a row.
  return bytes + 16 * chunk.rowCount;
}
