/**
 * Rows of checkpoints and sidecars to the table's state. Files go by column straight into the
 * active files, without an object each; the few other actions come as JSON text.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoint-schema
 */
import {
  isPresent,
  type BytesVector,
  type ColumnBatch,
  type ColumnVector,
} from '../column-batch.ts';
import type { ParquetColumn } from '../ports.ts';
import type { FileColumns } from '../file-chunk-builder.ts';
import type { Reconciliation } from './action-reconciliation.ts';
import {
  parseActionBody,
  parseDeletionVector,
  type ActionKind,
  type PartitionValues,
  type Sidecar,
} from './actions.ts';
import { FieldReader, isObject, placeInFile, type Where } from './field-reader.ts';

const fileColumns = [
  { path: ['add', 'path'], as: 'text' },
  { path: ['add', 'partitionValues'], as: 'text' },
  { path: ['add', 'size'], as: 'long' },
  { path: ['add', 'modificationTime'], as: 'long' },
  { path: ['add', 'stats'], as: 'text' },
  { path: ['add', 'deletionVector'], as: 'text' },
  { path: ['add', 'baseRowId'], as: 'long' },
  { path: ['add', 'defaultRowCommitVersion'], as: 'long' },
  { path: ['add', 'tags'], as: 'text' },
  { path: ['add', 'clusteringProvider'], as: 'text' },
] as const satisfies readonly ParquetColumn[];

/** Sidecars hold file actions only. */
export const sidecarColumns: readonly ParquetColumn[] = fileColumns;

const otherActions = ['protocol', 'metaData', 'txn', 'domainMetadata', 'sidecar'] as const;

/** What is read of a checkpoint, in the order `CheckpointReader` takes it. */
export const checkpointColumns: readonly ParquetColumn[] = [
  ...fileColumns,
  ...otherActions.map((name): ParquetColumn => ({ path: [name], as: 'text' })),
];

const statsIndex = 4;

/** The same columns; files without statistics in JSON have those of the Parquet form. */
export function withStructStatistics(columns: readonly ParquetColumn[]): readonly ParquetColumn[] {
  return columns.with(statsIndex, {
    path: ['add', 'stats'],
    as: 'text',
    orElse: ['add', 'stats_parsed'],
  });
}

/** Tells quickly whether any file has statistics in the Parquet form. */
export const structStatisticsColumn: ParquetColumn = {
  path: ['add', 'stats_parsed', 'numRecords'],
  as: 'long',
};

/** Whether a file of the batch has no statistics in JSON. */
export function lacksStatistics({ columns, rowCount }: ColumnBatch): boolean {
  const [paths] = columns;
  const stats = columns[statsIndex];
  if (paths === undefined || (stats !== undefined && stats.validity === undefined)) return false;
  for (let row = 0; row < rowCount; row++) {
    if (isPresent(paths, row) && (stats === undefined || !isPresent(stats, row))) return true;
  }
  return false;
}

/** Applies batches of `checkpointColumns` or `sidecarColumns`. */
export class CheckpointReader {
  readonly #reconciliation: Reconciliation;
  readonly #where: Where;
  readonly #partitions = new Map<string, PartitionValues>();
  #lastPartition: { readonly text: Uint8Array; readonly values: PartitionValues } | undefined;
  #row = 0;
  readonly sidecars: Sidecar[] = [];
  rowsTaken = 0;

  /** `file` is the location of the checkpoint, for messages. */
  constructor(reconciliation: Reconciliation, file: string) {
    this.#reconciliation = reconciliation;
    this.#where = placeInFile(file, () => `row ${this.#row}`);
  }

  /** Rows before `from` are left out: they were taken before. */
  take(batch: ColumnBatch, from = 0): void {
    this.rowsTaken += batch.rowCount - from;
    this.#takeFiles(batch, from);
    for (const [i, kind] of otherActions.entries()) {
      const column = batch.columns[fileColumns.length + i];
      if (column !== undefined) {
        this.#takeActions(kind, this.#texts(column, kind), from, batch.rowCount);
      }
    }
  }

  #takeActions(kind: ActionKind, column: BytesVector, from: number, rowCount: number): void {
    if (!hasValues(column)) return;
    for (let row = from; row < rowCount; row++) {
      if (!isPresent(column, row)) continue;
      this.#row = row;
      const text = textOf(column, row);
      const body = this.#json(text);
      if (!isAction(body)) continue;
      const action = parseActionBody(kind, body, text, this.#where);
      if (action.kind === 'sidecar') this.sidecars.push(action);
      else this.#reconciliation.apply(action);
    }
  }

  #takeFiles({ rowCount, columns }: ColumnBatch, from: number): void {
    const [path, partitions, sizes, times, stats, vectors, rowIds, versions, tags, clustering] =
      columns;
    const paths = this.#texts(path, 'add.path');
    const partitionTexts = this.#texts(partitions, 'add.partitionValues');
    const vectorTexts = this.#texts(vectors, 'add.deletionVector');
    const tagTexts = this.#texts(tags, 'add.tags');
    const clusteringTexts = this.#texts(clustering, 'add.clusteringProvider');
    const isRare = [vectorTexts, tagTexts, clusteringTexts].some((column) => hasValues(column));
    const sizeNumbers = this.#numbers(sizes, 'add.size');
    const modificationTimes = this.#numbers(times, 'add.modificationTime');
    const files: FileColumns = {
      paths,
      sizes: sizeNumbers ?? new Float64Array(rowCount).fill(NaN),
      modificationTimes: modificationTimes?.map(zeroForNone) ?? new Float64Array(rowCount),
      stats: withoutNullBytes(this.#texts(stats, 'add.stats')),
      baseRowIds: this.#numbers(rowIds, 'add.baseRowId'),
      defaultRowCommitVersions: this.#numbers(versions, 'add.defaultRowCommitVersion'),
      rest: (row) => {
        this.#row = row;
        const partitionValues = isPresent(partitionTexts, row)
          ? this.#partitionValuesAt(partitionTexts, row)
          : {};
        if (!isRare) return { partitionValues };
        return {
          partitionValues,
          deletionVector: isPresent(vectorTexts, row)
            ? parseDeletionVector(this.#reader({ deletionVector: this.#jsonAt(vectorTexts, row) }))
            : undefined,
          tags: isPresent(tagTexts, row)
            ? this.#reader({ tags: this.#jsonAt(tagTexts, row) }).optionalStringMap('tags')
            : undefined,
          clusteringProvider: isPresent(clusteringTexts, row)
            ? textOf(clusteringTexts, row)
            : undefined,
        };
      },
    };
    for (let row = from; row < rowCount; row++) {
      const start = row;
      while (row < rowCount && isPresent(paths, row)) {
        this.#row = row;
        const size = files.sizes[row] ?? NaN;
        if (Number.isNaN(size) || size < 0) throw this.#where.corrupt('"add.size" is missing');
        row++;
      }
      if (row > start) this.#reconciliation.files.append(files, start, row);
    }
  }

  /** Neighbours are often of one partition: then not even the text is made. */
  #partitionValuesAt(column: BytesVector, row: number): PartitionValues {
    const known = this.#lastPartition;
    if (known !== undefined && isSameText(column, row, known.text)) return known.values;
    const text = textOf(column, row);
    const values = this.#partitionValues(text);
    this.#lastPartition = { text: Buffer.from(text), values };
    return values;
  }

  /** Files of one partition share the text, and so the object. */
  #partitionValues(text: string): PartitionValues {
    const known = this.#partitions.get(text);
    if (known !== undefined) return known;
    const values = this.#reader({ partitionValues: this.#json(text) }).partitionValues() ?? {};
    if (this.#partitions.size >= 10_000) this.#partitions.clear();
    this.#partitions.set(text, values);
    return values;
  }

  #reader(fields: { readonly [name: string]: unknown }): FieldReader {
    return new FieldReader('add', fields, this.#where);
  }

  #texts(column: ColumnVector | undefined, name: string): BytesVector {
    if (column?.kind === 'bytes') return column;
    throw this.#where.corrupt(`"${name}" is a column of ${column?.kind ?? 'nothing'}, not text`);
  }

  /** NaN for NULL; `undefined` for a column of nothing but NULLs. */
  #numbers(column: ColumnVector | undefined, name: string): Float64Array | undefined {
    if (column === undefined || !hasValues(column)) return undefined;
    if (column.kind !== 'long' && column.kind !== 'int') {
      throw this.#where.corrupt(`"${name}" is a column of ${column.kind}, not of integers`);
    }
    const { length, values } = column;
    const numbers = new Float64Array(length);
    // The halves of 64-bit integers, low then high: no BigInt is made of them.
    const halves =
      column.kind === 'long'
        ? new Int32Array(column.values.buffer, column.values.byteOffset, 2 * length)
        : undefined;
    for (let row = 0; row < length; row++) {
      if (!isPresent(column, row)) {
        numbers[row] = NaN;
        continue;
      }
      const value =
        halves === undefined
          ? Number(values[row] ?? 0)
          : (halves[2 * row + 1] ?? 0) * 2 ** 32 + ((halves[2 * row] ?? 0) >>> 0);
      if (!Number.isSafeInteger(value)) {
        this.#row = row;
        throw this.#where.corrupt(
          `"${name}" is ${values[row]} instead of an integer of at most 2^53 - 1`,
        );
      }
      numbers[row] = value;
    }
    return numbers;
  }

  #jsonAt(column: BytesVector, row: number): unknown {
    return this.#json(textOf(column, row));
  }

  #json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw this.#where.corrupt('a value is not JSON', cause);
    }
  }
}

/** Whether any row of the column holds a value. */
export function hasValues({ validity }: ColumnVector): boolean {
  return validity?.some((bits) => bits !== 0) ?? true;
}

function zeroForNone(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

/** The same texts, those of NULLs empty, which they need not be. */
function withoutNullBytes(column: BytesVector): BytesVector {
  const { length, offsets, validity } = column;
  const isEmpty = (row: number): boolean => offsets[row] === offsets[row + 1];
  let isClean = true;
  for (let row = 0; validity !== undefined && isClean && row < length; row++) {
    isClean = isPresent(column, row) || isEmpty(row);
  }
  if (isClean) return column;
  const clean = new Int32Array(length + 1);
  const texts: Uint8Array[] = [];
  for (let row = 0; row < length; row++) {
    const text = Buffer.from(isPresent(column, row) ? textOf(column, row) : '');
    texts.push(text);
    clean[row + 1] = (clean[row] ?? 0) + text.length;
  }
  return { ...column, offsets: clean, bytes: Buffer.concat(texts) };
}

/** A struct of nothing but NULLs is how some writers leave out an action. */
function isAction(body: unknown): boolean {
  return !isObject(body) || Object.values(body).some((value) => value !== null);
}

function isSameText({ bytes, offsets }: BytesVector, row: number, text: Uint8Array): boolean {
  const start = offsets[row] ?? 0;
  if ((offsets[row + 1] ?? start) - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

function textOf({ bytes, offsets }: BytesVector, row: number): string {
  const start = offsets[row] ?? 0;
  const end = offsets[row + 1] ?? start;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', start, end);
}
