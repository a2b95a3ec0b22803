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
import type { BatchMemory } from './batch-memory.ts';

/** The vector's bytes, copied: DuckDB frees its own with the chunk. */
export function copyBuffer(vector: duckdb.Vector, byteCount: number): ArrayBuffer {
  const copy = new ArrayBuffer(byteCount);
  if (byteCount > 0) new Uint8Array(copy).set(duckdb.vector_get_data(vector, byteCount));
  return copy;
}

export function copyBytes(
  vector: duckdb.Vector,
  byteCount: number,
  memory?: BatchMemory,
): Uint8Array<ArrayBuffer> {
  const copy = takeBytes(byteCount, memory);
  if (byteCount > 0) copy.set(duckdb.vector_get_data(vector, byteCount));
  return copy;
}

/** Bytes that hold anything until they are written. */
export function takeBytes(byteCount: number, memory?: BatchMemory): Uint8Array<ArrayBuffer> {
  return memory === undefined ? new Uint8Array(byteCount) : memory.take(byteCount);
}

/** Room for `count` offsets, of which the first is 0. */
export function takeOffsets(count: number, memory?: BatchMemory): Int32Array<ArrayBuffer> {
  const { buffer, byteOffset } = takeBytes(count * 4, memory);
  const offsets = new Int32Array(buffer, byteOffset, count);
  offsets[0] = 0;
  return offsets;
}

export function readValidity(
  vector: duckdb.Vector,
  length: number,
  memory?: BatchMemory,
): Uint8Array | undefined {
  if (length === 0) return undefined;
  const words = Math.ceil(length / 64);
  // DuckDB has no validity mask where all rows are valid; the binding then throws or gives nothing.
  const mask = duckdb.vector_get_validity(vector, words * 8) as Uint8Array | null;
  if (mask === null || mask.byteLength === 0) return undefined;
  const copy = takeBytes(mask.byteLength, memory);
  copy.set(mask);
  return copy;
}

/** Strings up to this length lie in their slot. */
const inlineBytesMax = 12;
/**
 * Strings whose distance is less are fetched in one piece, with what lies between them: that is in
 * the page of memory of the one or the other, so it can be read, whatever it is.
 */
const gapBytesMax = 4096;

export function readBytes(
  vector: duckdb.Vector,
  length: number,
  validity: Uint8Array | undefined,
  memory?: BatchMemory,
): BytesVector {
  const offsets = takeOffsets(length + 1, memory);
  if (length === 0 || validity?.every((bits) => bits === 0) === true) {
    offsets.fill(0);
    return { kind: 'bytes', length, validity, offsets, bytes: new Uint8Array(0) };
  }
  const slots = duckdb.vector_get_data(vector, length * 16);
  const words = new DataView(slots.buffer, slots.byteOffset, slots.byteLength);
  let total = 0;
  for (let i = 0; i < length; i++) {
    // A NULL's slot is not initialised: its length must not be read.
    const present = validity === undefined || ((validity[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    if (present) total += words.getUint32(i * 16, true);
    offsets[i + 1] = total;
  }
  const bytes = takeBytes(total, memory);
  const target = new DataView(bytes.buffer, bytes.byteOffset, total);

  /** Copies the long strings of the rows `first` to `last`, which lie between the two addresses. */
  function copyRun(first: number, last: number, from: number, to: number): void {
    const pointerAt = slots.byteOffset + first * 16 + 8;
    const run = duckdb.get_data_from_pointer(slots.buffer as ArrayBuffer, pointerAt, to - from);
    const source = new DataView(run.buffer, run.byteOffset, run.byteLength);
    for (let i = first; i <= last; i++) {
      const start = offsets[i] ?? 0;
      const size = (offsets[i + 1] ?? 0) - start;
      if (size <= inlineBytesMax) continue;
      const at = addressAt(words, i) - from;
      if (size < viewBytesMin) copyWords(target, start, source, at, size);
      else bytes.set(run.subarray(at, at + size), start);
    }
  }

  let first = -1;
  let last = -1;
  let from = 0;
  let to = 0;
  for (let i = 0; i < length; i++) {
    const start = offsets[i] ?? 0;
    const size = (offsets[i + 1] ?? 0) - start;
    if (size === 0) continue;
    if (size <= inlineBytesMax) {
      copyWords(target, start, words, i * 16 + 4, size);
      continue;
    }
    const address = addressAt(words, i);
    if (first < 0 || address < from || address - to >= gapBytesMax) {
      if (first >= 0) copyRun(first, last, from, to);
      first = i;
      from = address;
      to = address + size;
    } else if (address + size > to) {
      to = address + size;
    }
    last = i;
  }
  if (first >= 0) copyRun(first, last, from, to);
  return { kind: 'bytes', length, validity, offsets, bytes };
}

/** Where the string of a slot lies; addresses have 48 bits. */
function addressAt(words: DataView, row: number): number {
  return words.getUint32(row * 16 + 12, true) * 2 ** 32 + words.getUint32(row * 16 + 8, true);
}

/** From here on making a view for `set` pays. */
const viewBytesMin = 256;

/** Copies four bytes at a time. */
function copyWords(
  target: DataView,
  at: number,
  source: DataView,
  from: number,
  size: number,
): void {
  let k = 0;
  for (; k + 4 <= size; k += 4) target.setInt32(at + k, source.getInt32(from + k, true), true);
  for (; k < size; k++) target.setUint8(at + k, source.getUint8(from + k));
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
