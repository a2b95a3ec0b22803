/**
 * The buffers of DuckDB's vectors, copied, as DuckDB frees its own with the chunk: raw values,
 * validity, and the bytes of strings.
 *
 * Layouts are those of DuckDB's C API (https://duckdb.org/docs/stable/clients/c/vector): strings are
 * 16-byte slots (length u32, then 12 bytes inline, or 4 bytes of prefix and a pointer), validity is
 * one bit a row in u64 words.
 */
import duckdb from '@duckdb/node-bindings';
import type { BytesVector } from '../../catalog/column-batch.ts';

/** The vector's bytes, copied: DuckDB frees its own with the chunk. */
export function copyBuffer(vector: duckdb.Vector, byteCount: number): ArrayBuffer {
  const copy = new ArrayBuffer(byteCount);
  if (byteCount > 0) new Uint8Array(copy).set(duckdb.vector_get_data(vector, byteCount));
  return copy;
}

export function copyBytes(vector: duckdb.Vector, byteCount: number): Uint8Array {
  return new Uint8Array(copyBuffer(vector, byteCount));
}

export function readValidity(vector: duckdb.Vector, length: number): Uint8Array | undefined {
  if (length === 0) return undefined;
  const words = Math.ceil(length / 64);
  // DuckDB has no validity mask where all rows are valid; the binding then throws or gives nothing.
  const mask = duckdb.vector_get_validity(vector, words * 8) as Uint8Array | null;
  return mask === null || mask.byteLength === 0 ? undefined : Uint8Array.from(mask);
}

export function readBytes(
  vector: duckdb.Vector,
  length: number,
  validity: Uint8Array | undefined,
): BytesVector {
  const offsets = new Int32Array(length + 1);
  if (length === 0) return { kind: 'bytes', length, validity, offsets, bytes: new Uint8Array(0) };
  const slots = duckdb.vector_get_data(vector, length * 16);
  const view = new DataView(slots.buffer, slots.byteOffset, slots.byteLength);
  let total = 0;
  for (let i = 0; i < length; i++) {
    // A NULL's slot is not initialised: its length must not be read.
    const present = validity === undefined || ((validity[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    if (present) total += view.getUint32(i * 16, true);
    offsets[i + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (let i = 0; i < length; i++) {
    const start = offsets[i] ?? 0;
    const size = (offsets[i + 1] ?? 0) - start;
    if (size === 0) continue;
    const slot = i * 16;
    if (size <= 12) {
      for (let k = 0; k < size; k++) bytes[start + k] = slots[slot + 4 + k] ?? 0;
    } else {
      const buffer = slots.buffer as ArrayBuffer;
      bytes.set(duckdb.get_data_from_pointer(buffer, slots.byteOffset + slot + 8, size), start);
    }
  }
  return { kind: 'bytes', length, validity, offsets, bytes };
}

export function textVector(
  length: number,
  validity: Uint8Array | undefined,
  text: (index: number) => string,
): BytesVector {
  const parts: Uint8Array[] = [];
  const offsets = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const present = validity === undefined || ((validity[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    if (present) {
      const part = Buffer.from(text(i), 'utf8');
      parts.push(part);
      total += part.byteLength;
    }
    offsets[i + 1] = total;
  }
  return { kind: 'bytes', length, validity, offsets, bytes: Buffer.concat(parts, total) };
}
