/**
 * Values as JSON, straight from the vectors. `jsonCell` makes one writer for a column of a batch,
 * so that its type is looked at once and not for every row.
 *
 * The forms (docs/http-api.md): integers and doubles as numbers with all their digits, NaN and
 * infinities as strings, decimals, dates and timestamps as strings, binary as base64 or hex,
 * arrays as arrays, structs as objects, maps as arrays of [key, value], variants as their own JSON.
 */
import type { ColumnVector } from '../../catalog/column-batch.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import type { ByteWriter } from './byte-writer.ts';
import {
  TimestampWriter,
  wordPairs,
  writeDate,
  writeDecimal,
  writeDouble,
  writeFloat32,
  writeLong,
} from './scalar-text.ts';

/** Writes the value of one row of the column it was made for. */
export type CellWriter = (row: number, out: ByteWriter) => void;

export type BinaryForm = 'base64' | 'hex';

const quote = 0x22;
const comma = 0x2c;

export function jsonCell(type: DataType, vector: ColumnVector, binary: BinaryForm): CellWriter {
  const writeValue = jsonValue(type, vector, binary);
  const { validity } = vector;
  if (validity === undefined) return writeValue;
  return (row, out) => {
    if (((validity[row >> 3] ?? 0) & (1 << (row & 7))) !== 0) writeValue(row, out);
    else out.ascii('null');
  };
}

/** The writer for rows that are present. */
function jsonValue(type: DataType, vector: ColumnVector, binary: BinaryForm): CellWriter {
  if (type.kind === 'void') return (_row, out) => out.ascii('null');
  switch (vector.kind) {
    case 'boolean': {
      const { values } = vector;
      return (row, out) => out.ascii(values[row] === 0 ? 'false' : 'true');
    }
    case 'int': {
      const { values } = vector;
      if (type.kind === 'date') return quoted((row, out) => writeDate(out, values[row] ?? 0));
      return (row, out) => out.integer(values[row] ?? 0);
    }
    case 'long': {
      const { values } = vector;
      const pairs = wordPairs(values);
      if (type.kind === 'timestamp' || type.kind === 'timestamp_ntz') {
        return quoted(timestampCell(type.kind === 'timestamp', values));
      }
      return (row, out) => writeLong(out, values, pairs, row);
    }
    case 'float': {
      const { values } = vector;
      const writeFinite = values instanceof Float32Array ? writeFloat32 : writeDouble;
      return (row, out) => {
        const value = values[row] ?? 0;
        if (Number.isFinite(value)) writeFinite(out, value);
        else out.ascii(`"${value}"`);
      };
    }
    case 'decimal': {
      const { words } = vector;
      const pairs = wordPairs(words);
      const scale = type.kind === 'decimal' ? type.scale : 0;
      return quoted((row, out) => writeDecimal(out, words, pairs, row, scale));
    }
    case 'bytes': {
      const { offsets, bytes } = vector;
      if (type.kind === 'variant') return variantCell(offsets, bytes);
      if (type.kind === 'binary') return quoted(binaryCell(offsets, bytes, binary));
      return (row, out) => out.jsonString(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
    }
    case 'list': {
      if (type.kind !== 'array') throw mismatch(type, vector);
      const { offsets } = vector;
      const element = jsonCell(type.elementType, vector.child, binary);
      return (row, out) => writeItems(offsets, row, out, element);
    }
    case 'map': {
      if (type.kind !== 'map') throw mismatch(type, vector);
      const { offsets } = vector;
      const key = jsonCell(type.keyType, vector.keys, binary);
      const value = jsonCell(type.valueType, vector.values, binary);
      return (row, out) =>
        writeItems(offsets, row, out, (entry) => {
          out.byte(0x5b);
          key(entry, out);
          out.byte(comma);
          value(entry, out);
          out.byte(0x5d);
        });
    }
    case 'struct': {
      if (type.kind !== 'struct') throw mismatch(type, vector);
      return structCell(type.fields, vector.children, binary);
    }
  }
}

function quoted(write: CellWriter): CellWriter {
  return (row, out) => {
    out.byte(quote);
    write(row, out);
    out.byte(quote);
  };
}

/** A `TIMESTAMP` is an instant and ends in `Z`; a `TIMESTAMP_NTZ` is what a clock showed. */
export function timestampCell(utc: boolean, values: BigInt64Array): CellWriter {
  const timestamps = new TimestampWriter(values);
  return (row, out) => {
    timestamps.write(row, out);
    if (utc) out.byte(0x5a);
  };
}

export function binaryCell(offsets: Int32Array, bytes: Uint8Array, form: BinaryForm): CellWriter {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (row, out) => out.ascii(buffer.toString(form, offsets[row], offsets[row + 1]));
}

/** Line ends can only be white space there, and would break lines of NDJSON. */
export function variantCell(offsets: Int32Array, bytes: Uint8Array): CellWriter {
  return (row, out) => {
    const start = offsets[row] ?? 0;
    const end = offsets[row + 1] ?? 0;
    if (start === end) out.ascii('null');
    for (let index = start; index < end; index++) {
      const value = bytes[index] ?? 0;
      out.byte(value === 0x0a || value === 0x0d ? 0x20 : value);
    }
  };
}

function writeItems(offsets: Int32Array, row: number, out: ByteWriter, item: CellWriter): void {
  const start = offsets[row] ?? 0;
  const end = offsets[row + 1] ?? 0;
  out.byte(0x5b);
  for (let index = start; index < end; index++) {
    if (index > start) out.byte(comma);
    item(index, out);
  }
  out.byte(0x5d);
}

function structCell(
  fields: readonly StructField[],
  children: readonly ColumnVector[],
  binary: BinaryForm,
): CellWriter {
  const names = memberNames(fields).map((name) => `${JSON.stringify(name)}:`);
  const writers = fields.map((field, index) => {
    const child = children[index];
    if (child === undefined) throw new Error(`the struct has no vector for field ${index}`);
    return jsonCell(field.type, child, binary);
  });
  return (row, out) => {
    out.byte(0x7b);
    for (let index = 0; index < writers.length; index++) {
      if (index > 0) out.byte(comma);
      out.text(names[index] ?? '');
      writers[index]?.(row, out);
    }
    out.byte(0x7d);
  };
}

/**
 * Names for the members of a struct's JSON object. A field without a name is called `col1`, `col2`
 * by its place, as in Spark; a name that comes again gets a number, since a JSON object with
 * the same member twice loses one of them in most readers.
 */
export function memberNames(fields: readonly StructField[]): readonly string[] {
  const taken = new Set<string>();
  return fields.map((field, index) => {
    const wanted = field.name === '' ? `col${index + 1}` : field.name;
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
    taken.add(name);
    return name;
  });
}

function mismatch(type: DataType, vector: ColumnVector): Error {
  return new Error(`a column of type ${type.kind} has a ${vector.kind} vector`);
}
