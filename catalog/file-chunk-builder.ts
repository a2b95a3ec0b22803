/**
 * Collects files into a `FileChunk`: growing columns, partition values coded as they come.
 */
import type { AddFile, DeletionVectorDescriptor, PartitionValues } from './log/actions.ts';
import type { BytesColumn, FileChunk, PartitionColumn, RareFields } from './file-chunk.ts';

/** Bytes and where each row's end. */
class BytesBuilder {
  #bytes = new Uint8Array(1024);
  #used = 0;
  #offsets = new Uint32Array(65);
  #rows = 0;

  get used(): number {
    return this.#used;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    // Copying short runs by hand is quicker than making a view for `set`.
    if (length < 64)
      for (let i = 0; i < length; i++) this.#bytes[this.#used + i] = bytes[start + i] ?? 0;
    else this.#bytes.set(bytes.subarray(start, end), this.#used);
    this.#end(length);
  }

  pushText(text: string): void {
    this.#reserve(text.length * 3);
    const view = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#end(view.write(text, this.#used, 'utf8'));
  }

  #end(length: number): void {
    this.#used += length;
    this.#rows++;
    if (this.#rows === this.#offsets.length) this.#offsets = grown(this.#offsets, this.#rows + 1);
    this.#offsets[this.#rows] = this.#used;
  }

  #reserve(length: number): void {
    const needed = this.#used + length;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, needed);
  }

  view(): BytesColumn {
    return { bytes: Buffer.from(this.#bytes.buffer), offsets: this.#offsets };
  }

  finish(): BytesColumn {
    const bytes = this.#bytes.slice(0, this.#used);
    return { bytes: Buffer.from(bytes.buffer), offsets: this.#offsets.slice(0, this.#rows + 1) };
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(array: T, needed: number): T {
  const larger = new (array.constructor as new (length: number) => T)(
    Math.max(needed, array.length * 2),
  );
  larger.set(array);
  return larger;
}

class NumberBuilder {
  #values = new Float64Array(64);
  #any = false;

  set(row: number, value: number | undefined): void {
    if (row >= this.#values.length) this.#values = grown(this.#values, row + 1);
    this.#values[row] = value ?? Number.NaN;
    this.#any ||= value !== undefined;
  }

  at(row: number): number | undefined {
    return this.#values[row];
  }

  finish(rows: number): Float64Array {
    return this.#values.slice(0, rows);
  }

  /** `undefined` when no row has a value. */
  finishOptional(rows: number): Float64Array | undefined {
    return this.#any ? this.finish(rows) : undefined;
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
    if (row >= this.#rows.length) this.#rows = grown(this.#rows, row + 1);
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

/** A file whose path and statistics are bytes of a larger buffer. */
export interface FileBytes {
  readonly path: Uint8Array;
  readonly pathStart: number;
  readonly pathEnd: number;
  readonly stats: Uint8Array;
  readonly statsStart: number;
  readonly statsEnd: number;
}

export interface FileNumbers {
  readonly size: number;
  readonly modificationTime: number;
  readonly baseRowId: number | undefined;
  readonly defaultRowCommitVersion: number | undefined;
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

  /** Both give the row of the new file. */
  addFile(file: AddFile): number {
    this.#paths.pushText(file.path);
    this.#stats.pushText(file.stats ?? '');
    return this.#addRest(file, file.partitionValues, file.deletionVector, file);
  }

  addBytes(
    bytes: FileBytes,
    numbers: FileNumbers,
    partitionValues: PartitionValues,
    deletionVector: DeletionVectorDescriptor | undefined,
    rare: RareFields,
  ): number {
    this.#paths.push(bytes.path, bytes.pathStart, bytes.pathEnd);
    this.#stats.push(bytes.stats, bytes.statsStart, bytes.statsEnd);
    return this.#addRest(numbers, partitionValues, deletionVector, rare);
  }

  #addRest(
    numbers: FileNumbers | AddFile,
    partitionValues: PartitionValues,
    deletionVector: DeletionVectorDescriptor | undefined,
    { tags, clusteringProvider }: RareFields,
  ): number {
    const row = this.#rows++;
    this.#sizes.set(row, numbers.size);
    this.#modificationTimes.set(row, numbers.modificationTime);
    this.#baseRowIds.set(row, numbers.baseRowId);
    this.#commitVersions.set(row, numbers.defaultRowCommitVersion);
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
    return row;
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
