/**
 * `ParquetIo`s for tests: one for logs without checkpoints, and one whose files are rows of JSON.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type {
  BytesVector,
  ColumnBatch,
  ColumnVector,
  LongVector,
} from '../../catalog/column-batch.ts';
import type { JsonValue } from '../../catalog/data-type.ts';
import type { ParquetColumn, ParquetIo } from '../../catalog/ports.ts';

export const noParquet: ParquetIo = {
  readColumns(locations) {
    throw new Error(`no Parquet file is expected here: ${locations.join(', ')}`);
  },
};

export type ParquetRows = readonly { readonly [column: string]: JsonValue }[];

/** Files by location; a missing one, and one that is `damaged`, fail as with DuckDB. */
export class FakeParquet implements ParquetIo {
  readonly files = new Map<string, ParquetRows | 'damaged'>();
  /** What was read, as `name: column, column, ...`. */
  readonly reads: string[] = [];
  rowsPerBatch = 2;

  async *readColumns(
    locations: readonly string[],
    columns: readonly ParquetColumn[],
  ): AsyncGenerator<ColumnBatch> {
    for (const location of locations) {
      const rows = this.files.get(location);
      this.reads.push(location.slice(location.lastIndexOf('/') + 1));
      if (rows === undefined) throw new CodedError('DELTA_FILE_NOT_FOUND', 'No files found.');
      if (rows === 'damaged') throw new CodedError('DELTA_FAILED_TO_READ_FILE', 'No magic bytes.');
      for (let start = 0; start < rows.length; start += this.rowsPerBatch) {
        const some = rows.slice(start, start + this.rowsPerBatch);
        yield { rowCount: some.length, columns: columns.map((column) => vectorOf(some, column)) };
      }
    }
  }
}

function vectorOf(rows: ParquetRows, { path, as, orElse }: ParquetColumn): ColumnVector {
  const values = rows.map((row) => valueAt(row, path) ?? (orElse && valueAt(row, orElse)) ?? null);
  return as === 'text' ? textVector(values) : longVector(values);
}

function valueAt(row: JsonValue, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = row;
  for (const name of path) {
    value =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as { readonly [name: string]: JsonValue })[name]
        : undefined;
  }
  return value;
}

function validityOf(values: readonly JsonValue[]): Uint8Array {
  const validity = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) {
    if (value !== null) validity[i >> 3] = (validity[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return validity;
}

function textVector(values: readonly JsonValue[]): BytesVector {
  const texts = values.map((value) => {
    if (value === null) return Buffer.from('');
    return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  });
  const offsets = new Int32Array(values.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = (offsets[i] ?? 0) + text.length;
  return {
    kind: 'bytes',
    length: values.length,
    validity: validityOf(values),
    offsets,
    bytes: Buffer.concat(texts),
  };
}

function longVector(values: readonly JsonValue[]): LongVector {
  return {
    kind: 'long',
    length: values.length,
    validity: validityOf(values),
    values: BigInt64Array.from(values, (value) => BigInt(typeof value === 'number' ? value : 0)),
  };
}
