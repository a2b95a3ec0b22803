/**
 * DuckDB's VARIANT vectors <-> variant columns. A VARIANT is a struct of lists inside:
 * `keys VARCHAR[], children STRUCT(keys_index UINTEGER, values_index UINTEGER)[],
 * values STRUCT(type_id UTINYINT, byte_offset UINTEGER)[], data BLOB`. `variant-column.ts` draws it.
 */
import duckdb from '@duckdb/node-bindings';
import type { ByteStrings, ListSlices, VariantColumn } from '../variant/variant-column.ts';
import { bitAt } from '../variant/variant-column.ts';
import { copyBuffer, copyBytes, readBytes, readValidity } from './raw-vector.ts';

/** The vector's rows, copied. */
export function readVariantVector(vector: duckdb.Vector, rowCount: number): VariantColumn {
  const [keys, children, values, data] = partsOf(vector);
  const validity = readValidity(vector, rowCount);
  const keySlices = readSlices(keys, rowCount, validity);
  const childSlices = readSlices(children, rowCount, validity);
  const valueSlices = readSlices(values, rowCount, validity);
  const keyCount = duckdb.list_vector_get_size(keys);
  const keyTexts = duckdb.list_vector_get_child(keys);
  const childCount = duckdb.list_vector_get_size(children);
  const childStruct = duckdb.list_vector_get_child(children);
  const childKeys = duckdb.struct_vector_get_child(childStruct, 0);
  const valueCount = duckdb.list_vector_get_size(values);
  const valueStruct = duckdb.list_vector_get_child(values);
  return {
    rowCount,
    validity: validity ?? allValid(rowCount),
    keySlices,
    keys: byteStrings(readBytes(keyTexts, keyCount, readValidity(keyTexts, keyCount))),
    childSlices,
    childKeys: readIntegers(childKeys, childCount),
    childHasKey: readValidity(childKeys, childCount) ?? allValid(childCount),
    childValues: readIntegers(duckdb.struct_vector_get_child(childStruct, 1), childCount),
    valueSlices,
    typeIds: copyBytes(duckdb.struct_vector_get_child(valueStruct, 0), valueCount),
    byteOffsets: readIntegers(duckdb.struct_vector_get_child(valueStruct, 1), valueCount),
    data: byteStrings(readBytes(data, rowCount, validity)),
  };
}

/** Fills a vector that DuckDB gave for `column.rowCount` rows. */
export function writeVariantVector(vector: duckdb.Vector, column: VariantColumn): void {
  const { rowCount, validity } = column;
  const [keys, children, values, data] = partsOf(vector);
  const isNull = !everyBit(validity, rowCount);
  if (isNull) for (const part of [vector, keys, children, values, data]) put(part, validity, true);

  const keyCount = column.keys.offsets.length - 1;
  writeSlices(keys, column.keySlices, keyCount);
  writeBytes(duckdb.list_vector_get_child(keys), column.keys, keyCount);

  const childCount = column.childValues.length;
  writeSlices(children, column.childSlices, childCount);
  const childStruct = duckdb.list_vector_get_child(children);
  const childKeys = duckdb.struct_vector_get_child(childStruct, 0);
  put(childKeys, column.childKeys);
  if (!everyBit(column.childHasKey, childCount)) put(childKeys, column.childHasKey, true);
  put(duckdb.struct_vector_get_child(childStruct, 1), column.childValues);

  writeSlices(values, column.valueSlices, column.typeIds.length);
  const valueStruct = duckdb.list_vector_get_child(values);
  put(duckdb.struct_vector_get_child(valueStruct, 0), column.typeIds);
  put(duckdb.struct_vector_get_child(valueStruct, 1), column.byteOffsets);
  writeBytes(data, column.data, rowCount);
}

type Parts = readonly [
  keys: duckdb.Vector,
  children: duckdb.Vector,
  values: duckdb.Vector,
  data: duckdb.Vector,
];

function partsOf(vector: duckdb.Vector): Parts {
  const part = (index: number): duckdb.Vector => duckdb.struct_vector_get_child(vector, index);
  return [part(0), part(1), part(2), part(3)];
}

function readSlices(
  vector: duckdb.Vector,
  rowCount: number,
  validity: Uint8Array | undefined,
): ListSlices {
  const words = new Uint32Array(copyBuffer(vector, rowCount * 16));
  const starts = new Uint32Array(rowCount);
  const lengths = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    if (validity !== undefined && !bitAt(validity, row)) continue;
    starts[row] = words[4 * row] ?? 0;
    lengths[row] = words[4 * row + 2] ?? 0;
  }
  return { starts, lengths };
}

function readIntegers(vector: duckdb.Vector, count: number): Uint32Array {
  return new Uint32Array(copyBuffer(vector, count * 4));
}

function byteStrings(read: { readonly bytes: Uint8Array; readonly offsets: Int32Array }) {
  return { bytes: read.bytes, offsets: new Uint32Array(read.offsets.buffer) } satisfies ByteStrings;
}

function writeSlices(vector: duckdb.Vector, slices: ListSlices, childCount: number): void {
  duckdb.list_vector_reserve(vector, childCount);
  duckdb.list_vector_set_size(vector, childCount);
  const words = new Uint32Array(slices.starts.length * 4);
  for (let row = 0; row < slices.starts.length; row++) {
    words[4 * row] = slices.starts[row] ?? 0;
    words[4 * row + 2] = slices.lengths[row] ?? 0;
  }
  put(vector, words);
}

/** Up to 12 bytes lie in the slot itself: only longer ones cost a call each. */
const inlineMax = 12;

function writeBytes(vector: duckdb.Vector, { bytes, offsets }: ByteStrings, count: number): void {
  const slots = new Uint8Array(count * 16);
  const view = new DataView(slots.buffer);
  for (let i = 0; i < count; i++) {
    const start = offsets[i] ?? 0;
    const length = (offsets[i + 1] ?? 0) - start;
    if (length > inlineMax) continue;
    view.setUint32(16 * i, length, true);
    for (let k = 0; k < length; k++) slots[16 * i + 4 + k] = bytes[start + k] ?? 0;
  }
  put(vector, slots);
  for (let i = 0; i < count; i++) {
    const start = offsets[i] ?? 0;
    const end = offsets[i + 1] ?? 0;
    if (end - start > inlineMax) {
      duckdb.vector_assign_string_element_len(vector, i, bytes.subarray(start, end));
    }
  }
}

function put(
  vector: duckdb.Vector,
  { buffer, byteOffset, byteLength }: Uint8Array | Uint32Array,
  isValidity = false,
): void {
  if (byteLength === 0) return;
  const source = buffer as ArrayBuffer;
  if (isValidity) {
    duckdb.vector_ensure_validity_writable(vector);
    duckdb.copy_data_to_vector_validity(vector, 0, source, byteOffset, byteLength);
  } else {
    duckdb.copy_data_to_vector(vector, 0, source, byteOffset, byteLength);
  }
}

function allValid(count: number): Uint8Array {
  return new Uint8Array(Math.ceil(count / 64) * 8).fill(0xff);
}

function everyBit(bits: Uint8Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (!bitAt(bits, i)) return false;
  return true;
}
