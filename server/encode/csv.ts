/**
 * `text/csv` by RFC 4180: a header, CRLF, fields quoted where they must be. NULL is an empty field,
 * an empty string is `""`. Nested values are their JSON in one field; scalars are as in JSON,
 * without quotes. CSV has no place for a failure: the body is cut off (connection reset).
 */
import type { ColumnBatch, ColumnVector } from '../../catalog/column-batch.ts';
import type { DataType } from '../../catalog/data-type.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  binaryCell,
  jsonCell,
  timestampCell,
  variantCell,
  type BinaryForm,
  type CellWriter,
} from './json-cells.ts';
import type { ResultEncoder, ResultHead } from './result-encoder.ts';
import { wordPairs, writeDate, writeDecimal } from './scalar-text.ts';

const quote = 0x22;

export function csvEncoder(head: ResultHead): ResultEncoder {
  let current: ColumnBatch | undefined;
  let cells: readonly CellWriter[] = [];
  return {
    head(out) {
      if (head.columns.length === 0) return;
      for (const [index, { name }] of head.columns.entries()) {
        if (index > 0) out.ascii(',');
        const bytes = Buffer.from(name);
        writeField(bytes, 0, bytes.length, out);
      }
      out.ascii('\r\n');
    },
    rows(batch, span, out) {
      if (current !== batch) {
        current = batch;
        cells = head.columns.map(({ type, name }, index) => {
          const vector = batch.columns[index];
          if (vector === undefined) throw new Error(`the batch has no vector for column ${name}`);
          return csvCell(type, vector, head.binary);
        });
      }
      let row = span.start;
      while (row < span.end) {
        for (let column = 0; column < cells.length; column++) {
          if (column > 0) out.byte(0x2c);
          cells[column]?.(row, out);
        }
        out.byte(0x0d);
        out.byte(0x0a);
        row++;
        if (out.length >= span.sizeMax) break;
      }
      return row;
    },
    end() {
      // The end of the body says that it is complete.
    },
    fail() {
      return false;
    },
  };
}

function csvCell(type: DataType, vector: ColumnVector, binary: BinaryForm): CellWriter {
  const writeValue = csvValue(type, vector, binary);
  const { validity } = vector;
  if (type.kind === 'void') return () => undefined;
  if (validity === undefined) return writeValue;
  return (row, out) => {
    if (((validity[row >> 3] ?? 0) & (1 << (row & 7))) !== 0) writeValue(row, out);
  };
}

function csvValue(type: DataType, vector: ColumnVector, binary: BinaryForm): CellWriter {
  switch (vector.kind) {
    case 'boolean':
      return jsonCell(type, vector, binary);
    case 'int': {
      const { values } = vector;
      if (type.kind === 'date') return (row, out) => writeDate(out, values[row] ?? 0);
      return (row, out) => out.integer(values[row] ?? 0);
    }
    case 'long': {
      if (type.kind !== 'timestamp' && type.kind !== 'timestamp_ntz') {
        return jsonCell(type, vector, binary);
      }
      return timestampCell(type.kind === 'timestamp', vector.values);
    }
    case 'float': {
      const { values } = vector;
      const finite = jsonCell(type, vector, binary);
      return (row, out) => {
        const value = values[row] ?? 0;
        if (Number.isFinite(value)) finite(row, out);
        else out.ascii(String(value));
      };
    }
    case 'decimal': {
      const { words } = vector;
      const pairs = wordPairs(words);
      const scale = type.kind === 'decimal' ? type.scale : 0;
      return (row, out) => writeDecimal(out, words, pairs, row, scale);
    }
    case 'bytes': {
      const { offsets, bytes } = vector;
      if (type.kind === 'binary') return binaryCell(offsets, bytes, binary);
      if (type.kind === 'variant') return quotedText(variantCell(offsets, bytes));
      return (row, out) => writeField(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, out);
    }
    case 'list':
    case 'map':
    case 'struct':
      return quotedText(jsonCell(type, vector, binary));
  }
}

/** What `write` makes of a row, as one field. */
function quotedText(write: CellWriter): CellWriter {
  const scratch = new ByteWriter(1024);
  return (row, out) => {
    scratch.clear();
    write(row, scratch);
    const text = scratch.view();
    writeField(text, 0, text.length, out);
  };
}

function writeField(bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
  if (!mustQuote(bytes, start, end)) {
    out.copy(bytes, start, end);
    return;
  }
  out.byte(quote);
  for (let index = start; index < end; index++) {
    const value = bytes[index] ?? 0;
    if (value === quote) out.byte(quote);
    out.byte(value);
  }
  out.byte(quote);
}

function mustQuote(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const value = bytes[index] ?? 0;
    if (value === 0x2c || value === quote || value === 0x0d || value === 0x0a) return true;
  }
  return start === end;
}
