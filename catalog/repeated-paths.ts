/**
 * Finds paths that occur more than once among the live rows of chunks: a hash table over all of them
 * that stores rows only. Most tables spell every path in its canonical form, which a search for a few
 * characters tells; then bytes are hashed as they lie, four at a time, and no path index is built.
 */
import { isLive, type IndexedChunk } from './active-files.ts';
import { textAt } from './file-chunk.ts';
import { pathKey, type PathKey } from './path-index.ts';

interface Chunk {
  readonly indexed: IndexedChunk;
  readonly live: Uint32Array | undefined;
}

/** A row of a chunk. */
export interface ChunkRow<C> {
  readonly of: C;
  readonly row: number;
  readonly path: string;
}

export class RepeatedPaths<C extends Chunk> {
  /** Number of the row among all + 1, or 0; a power of two, at most half full. */
  readonly #slots: Int32Array;
  readonly #hashes: Int32Array;
  readonly #chunks: { readonly chunk: C; readonly start: number }[] = [];
  /** Whether every path is spelled in its canonical form. */
  readonly areCanonical: boolean;
  #rows = 0;

  /** `chunks` are those that will be taken. */
  constructor(chunks: readonly C[]) {
    const rows = chunks.reduce((sum, { indexed }) => sum + indexed.chunk.rowCount, 0);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(8, rows * 2))));
    this.#hashes = new Int32Array(rows);
    this.areCanonical = chunks.every(hasOnlyCanonicalPaths);
  }

  /** The rows of this chunk whose path was taken before, each with the last row that had it. */
  *take(chunk: C): Generator<{ readonly earlier: ChunkRow<C>; readonly later: ChunkRow<C> }> {
    const { indexed, live } = chunk;
    const hashOf = this.areCanonical ? byteHashes(indexed) : indexHashes(indexed);
    const start = this.#rows;
    this.#chunks.push({ chunk, start });
    this.#rows += indexed.chunk.rowCount;
    const mask = this.#slots.length - 1;
    for (let row = 0; row < indexed.chunk.rowCount; row++) {
      if (!isLive(live, row)) continue;
      const hash = hashOf(row);
      this.#hashes[start + row] = hash;
      let slot = hash & mask;
      for (;;) {
        const number = (this.#slots[slot] ?? 0) - 1;
        if (number < 0) break;
        if (this.#hashes[number] === hash) {
          const earlier = this.#rowAt(number);
          const later = { of: chunk, row, path: pathAt(chunk, row) };
          if (earlier !== undefined && samePath(earlier.path, later.path)) {
            yield { earlier, later };
            break;
          }
        }
        slot = (slot + 1) & mask;
      }
      this.#slots[slot] = start + row + 1;
    }
  }

  /**
   * The row that was taken last with this path, if it is one of a table whose paths are all canonical;
   * `undefined` where there is none. Only where `areCanonical` holds.
   */
  find({ bytes }: PathKey): { readonly of: C; readonly row: number } | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const hash = hashOfBytes(view, 0, bytes.length);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) return undefined;
      if (this.#hashes[number] !== hash) continue;
      const found = this.#chunks.findLast(({ start }) => start <= number);
      if (found === undefined) continue;
      const row = number - found.start;
      if (hasPath(found.chunk, row, bytes)) return { of: found.chunk, row };
    }
  }

  #rowAt(number: number): ChunkRow<C> | undefined {
    const found = this.#chunks.findLast(({ start }) => start <= number);
    if (found === undefined) return undefined;
    const row = number - found.start;
    return { of: found.chunk, row, path: pathAt(found.chunk, row) };
  }
}

/** What a path that can be spelled in several ways has; `PathIndex` asks the same of each byte. */
const otherSpellings = ['%', ':', '//', './', '/.'];

function hasOnlyCanonicalPaths({ indexed }: Chunk): boolean {
  const { bytes, offsets } = indexed.chunk.paths;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, offsets[indexed.chunk.rowCount] ?? 0);
  return otherSpellings.every((spelling) => !text.includes(spelling));
}

function byteHashes({ chunk }: IndexedChunk): (row: number) => number {
  const { bytes, offsets } = chunk.paths;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (row) => hashOfBytes(view, offsets[row] ?? 0, offsets[row + 1] ?? 0);
}

function hashOfBytes(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

function hasPath({ indexed }: Chunk, row: number, path: Uint8Array): boolean {
  const { bytes, offsets } = indexed.chunk.paths;
  const start = offsets[row] ?? 0;
  if ((offsets[row + 1] ?? start) - start !== path.length) return false;
  for (let i = 0; i < path.length; i++) if (bytes[start + i] !== path[i]) return false;
  return true;
}

function indexHashes(indexed: IndexedChunk): (row: number) => number {
  const index = indexed.index();
  return (row) => index.hashAt(row) | 0;
}

function pathAt({ indexed }: Chunk, row: number): string {
  return textAt(indexed.chunk.paths, row);
}

function samePath(a: string, b: string): boolean {
  return a === b || Buffer.compare(pathKey(a).bytes, pathKey(b).bytes) === 0;
}
