/**
 * Rows by column, in Arrow's layout, owned by JavaScript: what the engine hands out and what
 * encoders and the log reader take. Nothing here knows DuckDB or Arrow.
 *
 * Guarantees
 * 1. Every vector of a batch has `length` equal to the batch's `rowCount` (children of lists and
 *    maps have their own length).
 * 2. `validity` has one bit a row, least significant first, 1 = present; `undefined` = no NULL.
 * 3. The value of a NULL row is unspecified but readable (never out of bounds).
 * 4. Buffers belong to the batch: they stay valid after the next batch is fetched, until `release`
 *    is called, which nobody has to.
 */
export interface ColumnBatch {
  readonly rowCount: number;
  readonly columns: readonly ColumnVector[];
  /**
   * Gives the buffers back for batches to come. Only the batch's one owner calls it, and reads
   * nothing of it afterwards, `rowCount` excepted. A second call does nothing.
   */
  readonly release?: (() => void) | undefined;
}

interface VectorBase {
  readonly length: number;
  readonly validity: Uint8Array | undefined;
}
/** One byte a row, 0 or 1. */
export interface BooleanVector extends VectorBase {
  readonly kind: 'boolean';
  readonly values: Uint8Array;
}
/** byte, short, integer; date as days since 1970-01-01. */
export interface IntVector extends VectorBase {
  readonly kind: 'int';
  readonly values: Int8Array | Int16Array | Int32Array;
}
/** long; timestamp and timestamp_ntz as microseconds since 1970-01-01. */
export interface LongVector extends VectorBase {
  readonly kind: 'long';
  readonly values: BigInt64Array;
}
export interface FloatVector extends VectorBase {
  readonly kind: 'float';
  readonly values: Float32Array | Float64Array;
}
/** Unscaled values, 128 bits each, little endian: `words[2i]` low (read as unsigned), `words[2i+1]` high. */
export interface DecimalVector extends VectorBase {
  readonly kind: 'decimal';
  readonly words: BigInt64Array;
}
/** string (UTF-8), binary, variant (UTF-8 JSON text): row i is `bytes[offsets[i] .. offsets[i+1]]`. */
export interface BytesVector extends VectorBase {
  readonly kind: 'bytes';
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}
/** Row i is `child[offsets[i] .. offsets[i+1]]`. */
export interface ListVector extends VectorBase {
  readonly kind: 'list';
  readonly offsets: Int32Array;
  readonly child: ColumnVector;
}
export interface StructVector extends VectorBase {
  readonly kind: 'struct';
  readonly children: readonly ColumnVector[];
}
/** Row i has the entries `offsets[i] .. offsets[i+1]` of keys and values. */
export interface MapVector extends VectorBase {
  readonly kind: 'map';
  readonly offsets: Int32Array;
  readonly keys: ColumnVector;
  readonly values: ColumnVector;
}
export type ColumnVector =
  | BooleanVector
  | IntVector
  | LongVector
  | FloatVector
  | DecimalVector
  | BytesVector
  | ListVector
  | StructVector
  | MapVector;

/** Whether row `index` of the vector holds a value. */
export function isPresent(vector: ColumnVector, index: number): boolean {
  const { validity } = vector;
  return validity === undefined || ((validity[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}
