/**
 * The statistics columns of one chunk that predicates have asked for, kept with the chunk, which
 * versions of a table share. Bounded: never more than the JSON texts they were made of and a little,
 * the columns used last stay.
 */
import { textAt, type FileChunk } from './file-chunk.ts';
import { parseFileStats, type StatsColumn } from './log/file-stats.ts';
import {
  readRowCounts,
  readStatisticsColumns,
  type StatisticsColumn,
} from './statistics-columns.ts';

/** Kept beyond the size of the texts, so that a few columns of a small chunk always stay. */
const bytesMin = 4 * 1024 * 1024;
const singleCountsMax = 1000;

export class ChunkStatistics {
  readonly #chunk: FileChunk;
  readonly #bytesMax: number;
  /** In the order of use, the oldest first. */
  readonly #columns = new Map<string, StatisticsColumn>();
  #rowCounts: Float64Array | undefined;
  #remainingRows: number | undefined;
  #bytes = 0;
  #singleCounts = 0;

  constructor(chunk: FileChunk) {
    this.#chunk = chunk;
    this.#bytesMax = Math.max(chunk.stats.bytes.byteLength, bytesMin);
  }

  get sizeInMemoryBytes(): number {
    return this.#bytes + (this.#rowCounts?.byteLength ?? 0);
  }

  /** Whether `columns` would only have to be looked up. */
  has(columns: readonly StatsColumn[]): boolean {
    return columns.every((column) => this.#columns.has(columnKey(column)));
  }

  /** One for each of `columns`; those not known yet are read in one go over the texts. */
  columns(columns: readonly StatsColumn[]): readonly StatisticsColumn[] {
    const keys = columns.map(columnKey);
    const unknown = columns.filter((_column, i) => !this.#columns.has(keys[i] ?? ''));
    const read = unknown.length === 0 ? [] : readStatisticsColumns(this.#chunk, unknown);
    const added = new Map(unknown.map((column, i) => [columnKey(column), read[i]] as const));
    const found = keys.map((key) => {
      const column = added.get(key) ?? this.#columns.get(key);
      if (column === undefined) throw new RangeError(`column ${key} was not read`);
      if (this.#columns.delete(key)) this.#bytes -= column.sizeInMemoryBytes;
      this.#columns.set(key, column);
      this.#bytes += column.sizeInMemoryBytes;
      return column;
    });
    for (const [key, { sizeInMemoryBytes }] of this.#columns) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#columns.delete(key);
      this.#bytes -= sizeInMemoryBytes;
    }
    return found;
  }

  get hasRowCounts(): boolean {
    return this.#rowCounts !== undefined;
  }

  /** Rows by file, deleted ones included; NaN where it is not said. */
  rowCounts(): Float64Array {
    this.#rowCounts ??= readRowCounts(this.#chunk);
    return this.#rowCounts;
  }

  /** Rows of all files of the chunk, without deleted ones; NaN where one does not say. */
  remainingRows(): number {
    if (this.#remainingRows === undefined) {
      let sum = 0;
      for (const count of this.rowCounts()) sum += count;
      for (const { cardinality } of this.#chunk.deletionVectors.values()) sum -= cardinality;
      this.#remainingRows = sum;
    }
    return this.#remainingRows;
  }

  /** Rows of one file, deleted ones included; all are read once so many have been asked for that it pays. */
  rowCount(row: number): number {
    if (this.#rowCounts === undefined && this.#singleCounts++ < singleCountsMax) {
      return parseFileStats(textAt(this.#chunk.stats, row), [])?.numRecords ?? NaN;
    }
    return this.rowCounts()[row] ?? NaN;
  }
}

/** A widened column has the same name and another type. */
function columnKey({ physicalPath, type }: StatsColumn): string {
  const digits = type.kind === 'decimal' ? `(${type.precision},${type.scale})` : '';
  return `${type.kind}${digits}\0${physicalPath.join('\0')}`;
}
