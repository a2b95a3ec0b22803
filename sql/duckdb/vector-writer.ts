/**
 * `ColumnVector` -> DuckDB's vectors: the way back of `vector-reader.ts`. Copies raw buffers; only
 * strings longer than a slot cost a call each.
 */
import duckdb from '@duckdb/node-bindings';
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBStructType,
  FLOAT,
  INTEGER,
  LIST,
  MAP,
  SMALLINT,
  TIMESTAMP,
  TIMESTAMPTZ,
  TINYINT,
  VARCHAR,
  type DuckDBType,
} from '@duckdb/node-api';
import { CodedError } from '../../catalog/coded-error.ts';
import { isPresent, type BytesVector, type ColumnVector } from '../../catalog/column-batch.ts';
import type { DataType } from '../../catalog/data-type.ts';

/** The DuckDB type whose vectors `writeVector` fills with values of the Delta type. */
export function vectorType(type: DataType): DuckDBType {
  switch (type.kind) {
    case 'boolean':
      return BOOLEAN;
    case 'byte':
      return TINYINT;
    case 'short':
      return SMALLINT;
    case 'integer':
      return INTEGER;
    case 'long':
      return BIGINT;
    case 'float':
      return FLOAT;
    case 'double':
      return DOUBLE;
    case 'string':
      return VARCHAR;
    case 'binary':
      return BLOB;
    case 'date':
      return DATE;
    case 'timestamp':
      return TIMESTAMPTZ;
    case 'timestamp_ntz':
      return TIMESTAMP;
    case 'decimal':
      return DECIMAL(type.precision, type.scale);
    case 'array':
      return LIST(vectorType(type.elementType));
    case 'map':
      return MAP(vectorType(type.keyType), vectorType(type.valueType));
    case 'struct':
      // Not from an object: JavaScript would put fields named like numbers first.
      return new DuckDBStructType(
        type.fields.map(({ name }) => name),
        type.fields.map((field) => vectorType(field.type)),
      );
    case 'variant':
    case 'void':
      throw new CodedError('INTERNAL_ERROR', `Values of type ${type.kind} cannot be written here.`);
  }
}

/** Fills a vector that DuckDB gave for `column.length` rows. */
export function writeVector(vector: duckdb.Vector, column: ColumnVector, type: DataType): void {
  writeMasked(vector, column, type, undefined);
}

/** `outer` has the rows that are there at all: below a NULL everything is NULL. */
function writeMasked(
  vector: duckdb.Vector,
  column: ColumnVector,
  type: DataType,
  outer: Uint8Array | undefined,
): void {
  const validity = intersection(column.validity, outer, column.length);
  putValidity(vector, validity, column.length);
  switch (column.kind) {
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
      put(vector, column.values);
      break;
    case 'decimal':
      put(vector, narrowed(column.words, type.kind === 'decimal' ? type.precision : 38));
      break;
    case 'bytes':
      writeBytes(vector, column, validity);
      break;
    case 'list':
      if (type.kind !== 'array') throw mismatch(column, type);
      writeSlices(vector, column.offsets, column.child.length);
      writeVector(duckdb.list_vector_get_child(vector), column.child, type.elementType);
      break;
    case 'map': {
      if (type.kind !== 'map') throw mismatch(column, type);
      writeSlices(vector, column.offsets, column.keys.length);
      const entries = duckdb.list_vector_get_child(vector);
      writeVector(duckdb.struct_vector_get_child(entries, 0), column.keys, type.keyType);
      writeVector(duckdb.struct_vector_get_child(entries, 1), column.values, type.valueType);
      break;
    }
    case 'struct':
      if (type.kind !== 'struct') throw mismatch(column, type);
      for (const [i, field] of type.fields.entries()) {
        const child = column.children[i];
        if (child === undefined) throw mismatch(column, type);
        writeMasked(duckdb.struct_vector_get_child(vector, i), child, field.type, validity);
      }
  }
}

function mismatch(column: ColumnVector, type: DataType): CodedError {
  return new CodedError('INTERNAL_ERROR', `A ${column.kind} vector holds no ${type.kind} values.`);
}

function intersection(
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
  length: number,
): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const both = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < both.length; i++) both[i] = (a[i] ?? 0) & (b[i] ?? 0);
  return both;
}

type Numbers =
  | Uint8Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

function put(vector: duckdb.Vector, { buffer, byteOffset, byteLength }: Numbers): void {
  if (byteLength === 0) return;
  duckdb.copy_data_to_vector(vector, 0, buffer as ArrayBuffer, byteOffset, byteLength);
}

function putValidity(
  vector: duckdb.Vector,
  validity: Uint8Array | undefined,
  length: number,
): void {
  if (validity === undefined || length === 0) return;
  const bytes = (length + 7) >> 3;
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(
    vector,
    0,
    validity.buffer as ArrayBuffer,
    validity.byteOffset,
    Math.min(bytes, validity.byteLength),
  );
}

/** A decimal's values in the width that DuckDB keeps that precision in. */
function narrowed(words: BigInt64Array, precision: number): Numbers {
  const low = (_: unknown, i: number): bigint => words[2 * i] ?? 0n;
  const count = { length: words.length / 2 };
  if (precision <= 4) return Int16Array.from(count, (_, i) => Number(low(_, i)));
  if (precision <= 9) return Int32Array.from(count, (_, i) => Number(low(_, i)));
  if (precision <= 18) return BigInt64Array.from(count, low);
  return words;
}

function writeSlices(vector: duckdb.Vector, offsets: Int32Array, childCount: number): void {
  duckdb.list_vector_reserve(vector, childCount);
  duckdb.list_vector_set_size(vector, childCount);
  const count = offsets.length - 1;
  const words = new Uint32Array(count * 4);
  for (let row = 0; row < count; row++) {
    const start = offsets[row] ?? 0;
    words[4 * row] = start;
    words[4 * row + 2] = (offsets[row + 1] ?? start) - start;
  }
  put(vector, words);
}

/** Up to 12 bytes lie in the slot itself. */
const inlineMax = 12;

function writeBytes(
  vector: duckdb.Vector,
  { bytes, offsets, length }: BytesVector,
  validity: Uint8Array | undefined,
): void {
  const slots = new Uint8Array(length * 16);
  const view = new DataView(slots.buffer);
  const mask = { kind: 'boolean', length, validity, values: slots } as const;
  const long: number[] = [];
  for (let i = 0; i < length; i++) {
    if (!isPresent(mask, i)) continue;
    const start = offsets[i] ?? 0;
    const size = (offsets[i + 1] ?? start) - start;
    if (size > inlineMax) {
      long.push(i);
      continue;
    }
    view.setUint32(16 * i, size, true);
    for (let k = 0; k < size; k++) slots[16 * i + 4 + k] = bytes[start + k] ?? 0;
  }
  put(vector, slots);
  for (const i of long) {
    duckdb.vector_assign_string_element_len(vector, i, bytes.subarray(offsets[i], offsets[i + 1]));
  }
}
