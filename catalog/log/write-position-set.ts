/**
 * Writes sets of row positions as deletion vectors hold them: Delta's portable array of 32-bit Roaring
 * bitmaps, the form that `roaring-bitmap.ts` reads; and makes such sets out of positions.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-format
 * https://github.com/RoaringBitmap/RoaringFormatSpec
 */
import { forEachRange, type Container, type PositionSet } from './roaring-bitmap.ts';

const portableMagic = 1681511377;
const cookieWithoutRuns = 12346;
const cookieWithRuns = 12347;
const offsetTableMin = 4;
const arraySizeMax = 4096;
const bitsetBytes = 8192;
const containerSpan = 65_536;
const bitmapSpan = 2 ** 32;

/**
 * Collects positions in any order, each as often as one likes: 8 KiB for every 65,536 positions that
 * are touched, whatever their number.
 */
export class PositionSetBuilder {
  readonly #words = new Map<number, Uint32Array>();

  /** `position` is an integer of at least 0, below 2^53. */
  add(position: number): void {
    const key = Math.floor(position / containerSpan);
    const low = position % containerSpan;
    const words = this.#container(key);
    const at = low >>> 5;
    words[at] = (words[at] ?? 0) | (1 << (low & 31));
  }

  addAll(set: PositionSet): void {
    forEachRange(set, (start, end) => {
      for (let position = start; position < end; position++) this.add(position);
    });
  }

  #container(key: number): Uint32Array {
    let words = this.#words.get(key);
    if (words === undefined) {
      words = new Uint32Array(bitsetBytes / 4);
      this.#words.set(key, words);
    }
    return words;
  }

  /** Each container in the smallest of its three forms. */
  finish(): PositionSet {
    const keys = [...this.#words.keys()].sort((a, b) => a - b);
    const containers = keys.map((key) =>
      smallest(key * containerSpan, this.#words.get(key) ?? new Uint32Array()),
    );
    return { containers, cardinality: containers.reduce((sum, c) => sum + c.cardinality, 0) };
  }
}

/** `words` holds one bit for each position from `base` on, at least one of them set. */
function smallest(base: number, words: Uint32Array): Container {
  let cardinality = 0;
  let runCount = 0;
  let carry = 0;
  for (const word of words) {
    cardinality += bitCount(word);
    // A run begins at each bit that is set and whose lower neighbour is not.
    runCount += bitCount(word & ~((word << 1) | carry));
    carry = word >>> 31;
  }
  const runBytes = 2 + 4 * runCount;
  const otherBytes = cardinality <= arraySizeMax ? 2 * cardinality : bitsetBytes;
  if (runBytes < otherBytes)
    return { kind: 'runs', base, cardinality, runs: runsOf(words, runCount) };
  if (cardinality <= arraySizeMax) {
    return { kind: 'array', base, cardinality, values: valuesOf(words, cardinality) };
  }
  return { kind: 'bitset', base, cardinality, bytes: bytesOf(words) };
}

function bitCount(word: number): number {
  let rest = word - ((word >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function valuesOf(words: Uint32Array, cardinality: number): Uint16Array {
  const values = new Uint16Array(cardinality);
  let next = 0;
  words.forEach((word, at) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      values[next++] = 32 * at + 31 - Math.clz32(rest & -rest);
    }
  });
  return values;
}

/** Pairs of the first position and the number of further ones. */
function runsOf(words: Uint32Array, runCount: number): Uint16Array {
  const runs = new Uint16Array(2 * runCount);
  let next = -2;
  let last = -2;
  words.forEach((word, at) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      const value = 32 * at + 31 - Math.clz32(rest & -rest);
      if (value === last + 1) {
        runs[next + 1] = (runs[next + 1] ?? 0) + 1;
      } else {
        next += 2;
        runs[next] = value;
      }
      last = value;
    }
  });
  return runs;
}

/** Little endian, whatever the machine is. */
function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => view.setUint32(4 * at, word, true));
  return bytes;
}

/** The bytes of a set, as an inline deletion vector or a file of them holds it. */
export function writePositionSet({ containers }: PositionSet): Uint8Array {
  const bitmaps = byUpperHalf(containers);
  const sizes = [...bitmaps.values()].map(bitmapBytes);
  const writer = new ByteWriter(sizes.reduce((sum, size) => sum + 4 + size, 4 + 8));
  writer.u32(portableMagic);
  writer.u32(bitmaps.size);
  writer.u32(0);
  for (const [key, part] of bitmaps) {
    writer.u32(key);
    writeBitmap(writer, part);
  }
  return writer.bytes;
}

/** By the upper 32 bits of the positions, ascending as the containers are. */
function byUpperHalf(containers: readonly Container[]): ReadonlyMap<number, readonly Container[]> {
  const parts = new Map<number, Container[]>();
  for (const container of containers) {
    const key = Math.floor(container.base / bitmapSpan);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [container]);
    else part.push(container);
  }
  return parts;
}

function headerBytes(containers: readonly Container[]): number {
  const count = containers.length;
  const hasRuns = containers.some(({ kind }) => kind === 'runs');
  const cookie = hasRuns ? 4 + Math.ceil(count / 8) : 8;
  return cookie + 4 * count + (hasRuns && count < offsetTableMin ? 0 : 4 * count);
}

function bitmapBytes(containers: readonly Container[]): number {
  return containers.reduce(
    (sum, container) => sum + containerBytes(container),
    headerBytes(containers),
  );
}

function containerBytes(container: Container): number {
  switch (container.kind) {
    case 'array':
      return 2 * container.values.length;
    case 'bitset':
      return bitsetBytes;
    case 'runs':
      return 2 + 2 * container.runs.length;
  }
}

function writeBitmap(writer: ByteWriter, containers: readonly Container[]): void {
  const hasRuns = containers.some(({ kind }) => kind === 'runs');
  if (hasRuns) {
    writer.u32((cookieWithRuns | ((containers.length - 1) << 16)) >>> 0);
    for (let from = 0; from < containers.length; from += 8) {
      let flags = 0;
      containers.slice(from, from + 8).forEach(({ kind }, bit) => {
        if (kind === 'runs') flags |= 1 << bit;
      });
      writer.u8(flags);
    }
  } else {
    writer.u32(cookieWithoutRuns);
    writer.u32(containers.length);
  }
  for (const { base, cardinality } of containers) {
    writer.u16((base % bitmapSpan) / containerSpan);
    writer.u16(cardinality - 1);
  }
  if (!hasRuns || containers.length >= offsetTableMin) {
    let offset = headerBytes(containers);
    for (const container of containers) {
      writer.u32(offset);
      offset += containerBytes(container);
    }
  }
  for (const container of containers) writeContainer(writer, container);
}

function writeContainer(writer: ByteWriter, container: Container): void {
  switch (container.kind) {
    case 'array':
      container.values.forEach((value) => writer.u16(value));
      return;
    case 'bitset':
      writer.all(container.bytes);
      return;
    case 'runs':
      writer.u16(container.runs.length / 2);
      container.runs.forEach((value) => writer.u16(value));
  }
}

class ByteWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  all(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
