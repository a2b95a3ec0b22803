/**
 * Parquet's binary variant encoding -> DuckDB's layout of variants. Every size, offset and index is
 * checked before it is used; what does not fit is damaged, never guessed at.
 * Source: https://github.com/apache/parquet-format/blob/master/VariantEncoding.md
 *
 * 1. The children of a value may not take more bytes than it has: values that share bytes, from
 *    which a few hundred bytes would grow without end, are refused.
 * 2. Nesting is bounded: every reader of the result recurses.
 * 3. A decimal gets at least one digit before its point, as its text needs one to be JSON.
 */
import { isUtf8 } from 'node:buffer';
import { CodedError } from '../../catalog/coded-error.ts';
import { GrowingBytes, GrowingIntegers } from './growing-arrays.ts';
import { variantType, type ListSlices, type VariantColumn } from './variant-column.ts';
import {
  damaged,
  isBefore,
  readUnsigned,
  requireDistinct,
  type VariantKeys,
} from './variant-keys.ts';

/** As deep as Spark's JSON parser goes when it makes variants. */
export const variantDepthMax = 1000;

/** The bytes after the header of a primitive value, by its type; strings and binaries say their own. */
const primitiveSizes: readonly number[] = [
  0, 0, 0, 1, 2, 4, 8, 8, 5, 9, 17, 4, 8, 8, 4, -1, -1, 8, 8, 8, 16,
];

/** The types of values whose bytes are the same on both sides, by the primitive's number. */
const plainTypes: { readonly [primitive: number]: number | undefined } = {
  3: variantType.INT8,
  4: variantType.INT16,
  5: variantType.INT32,
  6: variantType.INT64,
  7: variantType.DOUBLE,
  11: variantType.DATE,
  12: variantType.TIMESTAMP_MICROS_TZ,
  13: variantType.TIMESTAMP_MICROS,
  14: variantType.FLOAT,
  17: variantType.TIME_MICROS,
  19: variantType.TIMESTAMP_NANOS,
};

export class VariantColumnBuilder {
  readonly #rowCount: number;
  readonly #validity: Uint8Array;
  readonly #keySlices: ListSlices;
  readonly #childSlices: ListSlices;
  readonly #valueSlices: ListSlices;
  readonly #keys = new GrowingBytes();
  readonly #keyOffsets = new GrowingIntegers();
  readonly #childKeys = new GrowingIntegers();
  readonly #childHasKey = new GrowingBytes();
  readonly #childValues = new GrowingIntegers();
  readonly #typeIds = new GrowingBytes();
  readonly #byteOffsets = new GrowingIntegers();
  readonly #data = new GrowingBytes();
  readonly #dataOffsets: Uint32Array;
  #row = 0;
  /** Where the slices of the row at hand begin. */
  #keysStart = 0;
  #childrenStart = 0;
  #valuesStart = 0;
  #dataStart = 0;

  constructor(rowCount: number) {
    this.#rowCount = rowCount;
    this.#validity = new Uint8Array(Math.ceil(rowCount / 64) * 8);
    this.#keySlices = slices(rowCount);
    this.#childSlices = slices(rowCount);
    this.#valueSlices = slices(rowCount);
    this.#dataOffsets = new Uint32Array(rowCount + 1);
    this.#keyOffsets.push(0);
  }

  addNull(): void {
    this.#beginRow();
    this.#endRow();
  }

  /** Throws as `readVariantKeys`, and UNSUPPORTED_FEATURE for a type that variants have not yet. */
  add(keys: VariantKeys, value: Uint8Array): void {
    this.#beginRow();
    const row = this.#row;
    this.#validity[row >> 3] = (this.#validity[row >> 3] ?? 0) | (1 << (row & 7));
    const size = this.#value(keys, value, 0, value.length, 0);
    if (size !== value.length) throw damaged(`${value.length - size} bytes follow it`);
    this.#endRow();
  }

  /** The rows, all of which must have been added. Shares memory with the builder. */
  finish(): VariantColumn {
    const childCount = this.#childValues.length;
    const childHasKey = new Uint8Array(Math.ceil(childCount / 64) * 8);
    this.#childHasKey.view().forEach((has, index) => {
      if (has === 1) childHasKey[index >> 3] = (childHasKey[index >> 3] ?? 0) | (1 << (index & 7));
    });
    return {
      rowCount: this.#rowCount,
      validity: this.#validity,
      keySlices: this.#keySlices,
      keys: { bytes: this.#keys.view(), offsets: this.#keyOffsets.view() },
      childSlices: this.#childSlices,
      childKeys: this.#childKeys.view(),
      childHasKey,
      childValues: this.#childValues.view(),
      valueSlices: this.#valueSlices,
      typeIds: this.#typeIds.view(),
      byteOffsets: this.#byteOffsets.view(),
      data: { bytes: this.#data.view(), offsets: this.#dataOffsets },
    };
  }

  #beginRow(): void {
    this.#keysStart = this.#keyOffsets.length - 1;
    this.#childrenStart = this.#childValues.length;
    this.#valuesStart = this.#byteOffsets.length;
    this.#dataStart = this.#data.length;
  }

  #endRow(): void {
    const row = this.#row++;
    this.#keySlices.starts[row] = this.#keysStart;
    this.#keySlices.lengths[row] = this.#keyOffsets.length - 1 - this.#keysStart;
    this.#childSlices.starts[row] = this.#childrenStart;
    this.#childSlices.lengths[row] = this.#childValues.length - this.#childrenStart;
    this.#valueSlices.starts[row] = this.#valuesStart;
    this.#valueSlices.lengths[row] = this.#byteOffsets.length - this.#valuesStart;
    this.#dataOffsets[row + 1] = this.#data.length;
  }

  #begin(typeId: number): void {
    this.#typeIds.byte(typeId);
    this.#byteOffsets.push(this.#data.length - this.#dataStart);
  }

  /** Adds the value that begins at `at` and ends at `end` at the latest; gives its size. */
  #value(keys: VariantKeys, bytes: Uint8Array, at: number, end: number, depth: number): number {
    if (at >= end) throw damaged('a value is missing');
    if (depth > variantDepthMax) {
      throw new CodedError(
        'DELTA_FAILED_TO_READ_FILE',
        `A variant value is nested more than ${variantDepthMax} deep.`,
      );
    }
    const header = bytes[at] ?? 0;
    const typeBits = header >> 2;
    switch (header & 3) {
      case 0:
        return this.#primitive(typeBits, bytes, at, end);
      case 1:
        return this.#bytes(variantType.VARCHAR, bytes, at, at + 1, typeBits, end);
      case 2:
        return this.#object(keys, typeBits, bytes, at, end, depth);
      default:
        return this.#array(keys, typeBits, bytes, at, end, depth);
    }
  }

  #primitive(primitive: number, bytes: Uint8Array, at: number, end: number): number {
    const size = primitiveSizes[primitive];
    if (size === undefined) {
      throw new CodedError(
        'UNSUPPORTED_FEATURE',
        `A variant value has the type ${primitive}, which Levee does not know.`,
      );
    }
    if (size === -1) {
      const length = readUnsigned(bytes, at + 1, 4, end);
      const typeId = primitive === 15 ? variantType.BLOB : variantType.VARCHAR;
      return this.#bytes(typeId, bytes, at, at + 5, length, end);
    }
    const start = at + 1;
    if (start + size > end) throw damaged('a value is cut off');
    const plain = plainTypes[primitive];
    if (plain !== undefined) {
      this.#begin(plain);
      this.#data.copy(bytes, start, start + size);
    } else if (primitive <= 2) {
      this.#begin(primitive);
    } else if (primitive <= 10) {
      this.#decimal(bytes, start, size - 1);
    } else if (primitive === 18) {
      this.#timestampNanos(bytes, start);
    } else {
      this.#uuid(bytes, start);
    }
    return 1 + size;
  }

  #bytes(
    typeId: number,
    bytes: Uint8Array,
    at: number,
    start: number,
    length: number,
    end: number,
  ): number {
    if (start + length > end) throw damaged(`a text of ${length} bytes is cut off`);
    if (typeId === variantType.VARCHAR && !isText(bytes, start, start + length)) {
      throw damaged('a text is not UTF-8');
    }
    this.#begin(typeId);
    this.#data.varint(length);
    this.#data.copy(bytes, start, start + length);
    return start + length - at;
  }

  /** `size` bytes of unscaled value after the byte of the scale. */
  #decimal(bytes: Uint8Array, start: number, size: number): void {
    const scale = bytes[start] ?? 0;
    const digitsMax = size === 4 ? 9 : size === 8 ? 18 : 38;
    let unscaled = 0n;
    for (let i = size; i >= 1; i--) unscaled = (unscaled << 8n) | BigInt(bytes[start + i] ?? 0);
    unscaled = BigInt.asIntN(8 * size, unscaled);
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().length;
    if (digits > digitsMax || scale > 38) {
      throw damaged(`a decimal has ${digits} digits and the scale ${scale}`);
    }
    const width = Math.min(38, Math.max(digits, scale + 1));
    this.#begin(variantType.DECIMAL);
    this.#data.varint(width);
    this.#data.varint(scale);
    this.#integer(unscaled, width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16);
  }

  #integer(value: bigint, size: number): void {
    let rest = BigInt.asUintN(8 * size, value);
    for (let i = 0; i < size; i++) {
      this.#data.byte(Number(rest & 0xffn));
      rest >>= 8n;
    }
  }

  /** DuckDB has no instant of nanoseconds: one that is not of whole microseconds is refused. */
  #timestampNanos(bytes: Uint8Array, start: number): void {
    const nanos = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(start, true);
    if (nanos % 1000n !== 0n) {
      throw new CodedError(
        'UNSUPPORTED_FEATURE',
        'A variant value has a timestamp with nanoseconds; Levee reads microseconds.',
      );
    }
    this.#begin(variantType.TIMESTAMP_MICROS_TZ);
    this.#integer(nanos / 1000n, 8);
  }

  /** Big endian in Parquet; little endian with its top bit flipped in DuckDB. */
  #uuid(bytes: Uint8Array, start: number): void {
    this.#begin(variantType.UUID);
    for (let i = 15; i > 0; i--) this.#data.byte(bytes[start + i] ?? 0);
    this.#data.byte((bytes[start] ?? 0) ^ 0x80);
  }

  #object(
    keys: VariantKeys,
    bits: number,
    bytes: Uint8Array,
    at: number,
    end: number,
    depth: number,
  ): number {
    const offsetSize = (bits & 3) + 1;
    const idSize = ((bits >> 2) & 3) + 1;
    const countSize = (bits & 16) !== 0 ? 4 : 1;
    const count = readUnsigned(bytes, at + 1, countSize, end);
    const ids = at + 1 + countSize;
    const offsets = ids + count * idSize;
    const values = offsets + (count + 1) * offsetSize;
    const valuesEnd = this.#children(bytes, offsets + count * offsetSize, offsetSize, values, end);
    const firstChild = this.#nested(variantType.OBJECT, count);
    let taken = 0;
    let previous = -1;
    let isAscending = true;
    for (let i = 0; i < count; i++) {
      const id = readUnsigned(bytes, ids + i * idSize, idSize, end);
      if (id + 1 >= keys.offsets.length) throw damaged(`it has no key ${id}`);
      if (previous >= 0 && !isBefore(keys, previous, id)) isAscending = false;
      previous = id;
      const child = firstChild + i;
      this.#childKeys.set(child, this.#key(keys, id));
      this.#childHasKey.set(child, 1);
      this.#childValues.set(child, this.#byteOffsets.length - this.#valuesStart);
      const offset = readUnsigned(bytes, offsets + i * offsetSize, offsetSize, end);
      taken += this.#value(keys, bytes, values + offset, valuesEnd, depth + 1);
      if (taken > valuesEnd - values) throw damaged('values of an object overlap');
    }
    // Writers sort the keys, but not all by their bytes.
    if (!isAscending) requireDistinct(keys, bytes, { ids, idSize, count });
    return valuesEnd - at;
  }

  #array(
    keys: VariantKeys,
    bits: number,
    bytes: Uint8Array,
    at: number,
    end: number,
    depth: number,
  ): number {
    const offsetSize = (bits & 3) + 1;
    const countSize = (bits & 4) !== 0 ? 4 : 1;
    const count = readUnsigned(bytes, at + 1, countSize, end);
    const offsets = at + 1 + countSize;
    const values = offsets + (count + 1) * offsetSize;
    const valuesEnd = this.#children(bytes, offsets + count * offsetSize, offsetSize, values, end);
    const firstChild = this.#nested(variantType.ARRAY, count);
    let taken = 0;
    for (let i = 0; i < count; i++) {
      this.#childValues.set(firstChild + i, this.#byteOffsets.length - this.#valuesStart);
      const offset = readUnsigned(bytes, offsets + i * offsetSize, offsetSize, end);
      taken += this.#value(keys, bytes, values + offset, valuesEnd, depth + 1);
      if (taken > valuesEnd - values) throw damaged('values of an array overlap');
    }
    return valuesEnd - at;
  }

  /** Where the values of an object or array end, which its last offset tells. */
  #children(
    bytes: Uint8Array,
    lastOffset: number,
    offsetSize: number,
    values: number,
    end: number,
  ): number {
    if (values > end) throw damaged('the offsets of its values are cut off');
    const valuesEnd = values + readUnsigned(bytes, lastOffset, offsetSize, end);
    if (valuesEnd > end) throw damaged('values are out of bounds');
    return valuesEnd;
  }

  /** Begins an object or array with room for its children; gives the first of them. */
  #nested(typeId: number, count: number): number {
    this.#begin(typeId);
    this.#data.varint(count);
    const first = this.#childValues.reserve(count);
    this.#childKeys.reserve(count);
    this.#childHasKey.reserve(count);
    if (count > 0) this.#data.varint(first - this.#childrenStart);
    return first;
  }

  #key(keys: VariantKeys, id: number): number {
    const index = this.#keyOffsets.length - 1 - this.#keysStart;
    this.#keys.copy(keys.bytes, keys.offsets[id] ?? 0, keys.offsets[id + 1] ?? 0);
    this.#keyOffsets.push(this.#keys.length);
    return index;
  }
}

function slices(rowCount: number): ListSlices {
  return { starts: new Uint32Array(rowCount), lengths: new Uint32Array(rowCount) };
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if ((bytes[i] ?? 0) >= 0x80) return isUtf8(bytes.subarray(start, end));
  }
  return true;
}
