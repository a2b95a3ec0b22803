/**
 * Finds rows by file path: an open-addressing hash table over the canonical paths of a chunk. Rows
 * are the only thing it stores; paths are compared where they lie.
 */
import { CodedError } from './coded-error.ts';
import { textAt, type BytesColumn } from './file-chunk.ts';
import { canonicalPath } from './log/file-path.ts';

/** A path to look for, in canonical form. */
export interface PathKey {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

/** Throws DELTA_LOG_CORRUPT for a path whose percent-encoding is broken. */
export function pathKey(path: string): PathKey {
  const bytes = Buffer.from(requireCanonical(path), 'utf8');
  return { bytes, hash: hashOf(bytes, 0, bytes.length) };
}

export function requireCanonical(path: string): string {
  const canonical = canonicalPath(path);
  if (canonical !== undefined) return canonical;
  throw new CodedError(
    'DELTA_LOG_CORRUPT',
    `The log names a file whose path is not a valid URI: ${JSON.stringify(path)}.`,
  );
}

export class PathIndex {
  /** Row + 1, or 0 for an empty slot; a power of two, at most half full. */
  #slots = new Int32Array(16);
  #hashes = new Uint32Array(8);
  #rows = 0;

  /** Takes in the rows from the last call on, up to `rowCount`. */
  catchUp(paths: BytesColumn, rowCount: number): void {
    if (rowCount === this.#rows) return;
    if (rowCount * 2 > this.#slots.length) this.#grow(rowCount);
    for (let row = this.#rows; row < rowCount; row++) {
      const hash = rowHash(paths, row);
      this.#hashes[row] = hash;
      this.#place(row, hash);
      // Row by row: a broken path throws here, and the rows before it must not be placed again.
      this.#rows = row + 1;
    }
  }

  /** Takes in the row after those that were taken in; `key` is that of its path. */
  push({ hash }: PathKey): void {
    const row = this.#rows;
    if ((row + 1) * 2 > this.#slots.length) this.#grow(row + 1);
    this.#hashes[row] = hash;
    this.#place(row, hash);
    this.#rows = row + 1;
  }

  /** Of a row that was taken in. */
  hashAt(row: number): number {
    return this.#hashes[row] ?? 0;
  }

  #grow(rowCount: number): void {
    let length = this.#slots.length;
    while (length < rowCount * 2) length *= 2;
    const hashes = new Uint32Array(length / 2);
    hashes.set(this.#hashes.subarray(0, this.#rows));
    this.#hashes = hashes;
    this.#slots = new Int32Array(length);
    for (let row = 0; row < this.#rows; row++) this.#place(row, hashes[row] ?? 0);
  }

  #place(row: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
  }

  /** The first row with this path for which `isIt` says yes, or -1. */
  find(key: PathKey, paths: BytesColumn, isIt: (row: number) => boolean): number {
    const mask = this.#slots.length - 1;
    let slot = key.hash & mask;
    for (;;) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return -1;
      if (this.#hashes[row] === key.hash && samePath(paths, row, key) && isIt(row)) return row;
      slot = (slot + 1) & mask;
    }
  }
}

function samePath(paths: BytesColumn, row: number, key: PathKey): boolean {
  const { bytes, offsets } = paths;
  const start = offsets[row] ?? 0;
  const end = offsets[row + 1] ?? start;
  if (end - start === key.bytes.length) {
    let i = 0;
    while (i < key.bytes.length && bytes[start + i] === key.bytes[i]) i++;
    if (i === key.bytes.length) return true;
  }
  if (!needsCanonical(bytes, start, end)) return false;
  return Buffer.compare(Buffer.from(requireCanonical(textAt(paths, row)), 'utf8'), key.bytes) === 0;
}

function rowHash(paths: BytesColumn, row: number): number {
  const { bytes, offsets } = paths;
  const start = offsets[row] ?? 0;
  const end = offsets[row + 1] ?? start;
  return needsCanonical(bytes, start, end)
    ? pathKey(textAt(paths, row)).hash
    : hashOf(bytes, start, end);
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

/** Whether the bytes may differ from the canonical form: `%`, `:`, `//`, `/x`, or a leading dot. */
function needsCanonical(bytes: Uint8Array, start: number, end: number): boolean {
  let previous = 0x2f;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x25 || byte === 0x3a) return true;
    if (previous === 0x2f && (byte === 0x2f || byte === 0x2e)) return true;
    previous = byte;
  }
  return false;
}
