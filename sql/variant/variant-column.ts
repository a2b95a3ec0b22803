/**
 * A column of variants in the layout of DuckDB's VARIANT: the form between Parquet's encoding
 * (`decode-variant.ts`), DuckDB's vectors (`duckdb/variant-vector.ts`) and JSON (`variant-json.ts`).
 *
 *     row          keys           children                    values                  data
 *     {"a":[7]}    ["a"]          (key 0, value 1)            (OBJECT, offset 0)      1 0 | 1 1 | 7
 *                                 (no key, value 2)           (ARRAY, offset 2)
 *                                                             (INT8, offset 4)
 *
 * 1. A row is a slice of each list; `values[0]` of the slice is the row's own value. All indexes in
 *    it are relative to the slices. A value's children lie after it: no row has a cycle.
 * 2. `data` of OBJECT and ARRAY: number of children, then (unless none) the index of the first, as
 *    varints. VARCHAR and BLOB: varint length, bytes. DECIMAL: varint width, varint scale, an
 *    integer of 2, 4, 8 or 16 bytes by the width. All else: the bare little endian value.
 * 3. A NULL row has no values. A row whose value is VARIANT_NULL is not NULL: it holds `null`.
 */
export const variantType = Object.freeze({
  VARIANT_NULL: 0,
  BOOL_TRUE: 1,
  BOOL_FALSE: 2,
  INT8: 3,
  INT16: 4,
  INT32: 5,
  INT64: 6,
  INT128: 7,
  UINT8: 8,
  UINT16: 9,
  UINT32: 10,
  UINT64: 11,
  UINT128: 12,
  FLOAT: 13,
  DOUBLE: 14,
  DECIMAL: 15,
  VARCHAR: 16,
  BLOB: 17,
  UUID: 18,
  DATE: 19,
  TIME_MICROS: 20,
  TIME_NANOS: 21,
  TIMESTAMP_SEC: 22,
  TIMESTAMP_MILLIS: 23,
  TIMESTAMP_MICROS: 24,
  TIMESTAMP_NANOS: 25,
  TIME_MICROS_TZ: 26,
  TIMESTAMP_MICROS_TZ: 27,
  INTERVAL: 28,
  OBJECT: 29,
  ARRAY: 30,
  BIGNUM: 31,
  BITSTRING: 32,
  GEOMETRY: 33,
});

/** Where each row's slice of a list begins, and how long it is. */
export interface ListSlices {
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
}

/** Texts or blobs one after the other: number i is `bytes[offsets[i] .. offsets[i + 1]]`. */
export interface ByteStrings {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
}

export interface VariantColumn {
  readonly rowCount: number;
  /** One bit a row, 1 = not NULL. */
  readonly validity: Uint8Array;
  readonly keySlices: ListSlices;
  readonly keys: ByteStrings;
  readonly childSlices: ListSlices;
  /** Into the row's keys; meaningless where the child is one of an array. */
  readonly childKeys: Uint32Array;
  /** One bit a child, 1 = the child has a key. */
  readonly childHasKey: Uint8Array;
  /** Into the row's values. */
  readonly childValues: Uint32Array;
  readonly valueSlices: ListSlices;
  readonly typeIds: Uint8Array;
  /** Into the row's data. */
  readonly byteOffsets: Uint32Array;
  /** One a row. */
  readonly data: ByteStrings;
}

export function bitAt(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}
