/**
 * `ParquetIo` and `ParquetWriter` over any `ObjectStore`: "Parquet files" are JSON documents in it, a
 * row each, so that tests of what lies in a log need no engine and can look inside.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { isPresent, type ColumnBatch, type ColumnVector } from '../../catalog/column-batch.ts';
import type { DataType, JsonValue } from '../../catalog/data-type.ts';
import type {
  CallOptions,
  ObjectStore,
  ParquetColumn,
  ParquetIo,
  ParquetWriter,
  RowSource,
  WrittenParquet,
} from '../../catalog/ports.ts';
import { FakeParquet, type ParquetRows } from './fake-parquet.ts';

export class StoredParquet implements ParquetIo, ParquetWriter {
  readonly #store: ObjectStore;
  /** Asked of a `RowSource` at a time. */
  rowsPerBatch = 3;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async *readColumns(
    locations: readonly string[],
    columns: readonly ParquetColumn[],
    options?: CallOptions,
  ): AsyncGenerator<ColumnBatch> {
    const parquet = new FakeParquet();
    parquet.rowsPerBatch = 2048;
    for (const location of locations) {
      const bytes = await this.#store.read(location, options);
      if (bytes !== undefined) parquet.files.set(location, parseRows(bytes));
    }
    yield* parquet.readColumns(locations, columns);
  }

  async writeRows(
    location: string,
    rows: RowSource,
    options?: CallOptions,
  ): Promise<WrittenParquet> {
    const lines: string[] = [];
    for (;;) {
      const batch = rows.next(this.rowsPerBatch);
      if (batch === undefined) break;
      if (batch.rowCount === 0) throw new Error('a batch without rows');
      for (let row = 0; row < batch.rowCount; row++) {
        const cells = rows.schema.fields.map(({ name, type }, i) => {
          const column = batch.columns[i];
          if (column?.length !== batch.rowCount) throw new Error(`column ${name} is not whole`);
          return `${JSON.stringify(name)}:${cellJson(column, type, row)}`;
        });
        lines.push(`{${cells.join(',')}}`);
      }
    }
    const bytes = Buffer.from(`[${lines.join(',\n')}]`);
    await this.#store.put(location, bytes, options);
    return { sizeBytes: bytes.length, rowCount: lines.length };
  }
}

function parseRows(bytes: Uint8Array): ParquetRows | 'damaged' {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as ParquetRows;
  } catch {
    return 'damaged';
  }
}

function cellJson(column: ColumnVector, type: DataType, row: number): string {
  if (!isPresent(column, row)) return 'null';
  switch (column.kind) {
    case 'boolean':
      return column.values[row] === 1 ? 'true' : 'false';
    case 'int':
    case 'long':
      return String(column.values[row]);
    case 'float':
      return JSON.stringify(column.values[row] satisfies JsonValue | undefined);
    case 'decimal':
      throw new CodedError('INTERNAL_ERROR', 'no decimals here');
    case 'bytes': {
      const bytes = column.bytes.subarray(column.offsets[row], column.offsets[row + 1]);
      return JSON.stringify(Buffer.from(bytes).toString('utf8'));
    }
    case 'list': {
      if (type.kind !== 'array') throw new Error(`a list for ${type.kind}`);
      const items = range(column.offsets, row).map((i) =>
        cellJson(column.child, type.elementType, i),
      );
      return `[${items.join(',')}]`;
    }
    case 'map': {
      if (type.kind !== 'map') throw new Error(`a map for ${type.kind}`);
      const entries = range(column.offsets, row).map(
        (i) =>
          `${cellJson(column.keys, type.keyType, i)}:${cellJson(column.values, type.valueType, i)}`,
      );
      return `{${entries.join(',')}}`;
    }
    case 'struct': {
      if (type.kind !== 'struct') throw new Error(`a struct for ${type.kind}`);
      const fields = type.fields.map((field, i) => {
        const child = column.children[i];
        if (child === undefined) throw new Error(`no column ${field.name}`);
        return `${JSON.stringify(field.name)}:${cellJson(child, field.type, row)}`;
      });
      return `{${fields.join(',')}}`;
    }
  }
}

function range(offsets: Int32Array, row: number): number[] {
  const start = offsets[row] ?? 0;
  return Array.from({ length: (offsets[row + 1] ?? start) - start }, (_, i) => start + i);
}
