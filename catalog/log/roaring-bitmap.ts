/**
 * Reads the sets of row positions of deletion vectors: Delta's array of 32-bit Roaring bitmaps.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-format
 * https://github.com/RoaringBitmap/RoaringFormatSpec
 *
 *     magic 1681511377   count: u64   (key: u32, bitmap)...      portable
 *     magic 1681511376   count: u32   (size: u32, bitmap)...     Delta's older, dense form, with
 *                        these three numbers in either byte order
 *     bitmap             cookie, headers, then one container for each 65,536 positions:
 *                        a sorted array, a bit set, or runs
 *
 * Everything is checked before it is used: what is not exactly such a set throws a `RangeError`,
 * which `deletion-vector.ts` turns into an error that names the file. Other numbers are
 * little endian.
 */
const portableMagic = 1681511377;
const nativeMagic = 1681511376;
/** The bytes of `nativeMagic` the other way round. */
const nativeMagicSwapped = 0xd0d33964;
const cookieWithoutRuns = 12346;
const cookieWithRuns = 12347;
/** With runs, fewer containers than this have no table of offsets. */
const offsetTableMin = 4;
const arraySizeMax = 4096;
const bitsetBytes = 8192;
/** Keys whose positions are below 2^53. */
const keyMax = 2 ** 21 - 1;

/** Up to 65,536 positions from `base` on. The arrays view the bytes they were read from. */
export type Container = { readonly base: number; readonly cardinality: number } & (
  | { readonly kind: 'array'; readonly values: Uint16Array }
  | { readonly kind: 'bitset'; readonly bytes: Uint8Array }
  /** Pairs of the first position and the number of further ones. */
  | { readonly kind: 'runs'; readonly runs: Uint16Array }
);

/** Containers in ascending order; no position twice. */
export interface PositionSet {
  readonly cardinality: number;
  readonly containers: readonly Container[];
}

export function readPositionSet(bytes: Uint8Array): PositionSet {
  const reader = new ByteReader(bytes);
  const containers: Container[] = [];
  switch (reader.u32()) {
    case portableMagic:
      readPortable(reader, containers);
      break;
    case nativeMagic:
      readNative(reader, containers, true);
      break;
    case nativeMagicSwapped:
      readNative(reader, containers, false);
      break;
    default:
      throw new RangeError('the magic number of the bitmap is unknown');
  }
  if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes follow the bitmap`);
  let cardinality = 0;
  for (const container of containers) cardinality += container.cardinality;
  return { cardinality, containers };
}

function readPortable(reader: ByteReader, containers: Container[]): void {
  const low = reader.u32();
  if (reader.u32() !== 0) throw new RangeError('the bitmap has too many buckets');
  let last = -1;
  for (let bucket = 0; bucket < low; bucket++) {
    const key = reader.u32();
    if (key <= last || key > keyMax) throw new RangeError(`bucket key ${key} is out of order`);
    readBitmap(reader, key, containers);
    last = key;
  }
}

/** The oldest writers, and the inline example of the protocol, have the outer numbers big endian. */
function readNative(reader: ByteReader, containers: Container[], littleEndian: boolean): void {
  const count = reader.u32(littleEndian);
  for (let key = 0; key < count; key++) {
    const size = reader.u32(littleEndian);
    if (key > keyMax) throw new RangeError('the bitmap has too many buckets');
    const before = reader.remaining;
    readBitmap(reader, key, containers);
    if (before - reader.remaining !== size) throw new RangeError(`bitmap ${key} has another size`);
  }
}

function readBitmap(reader: ByteReader, key: number, containers: Container[]): void {
  const cookie = reader.u32();
  const hasRuns = (cookie & 0xffff) === cookieWithRuns;
  if (!hasRuns && cookie !== cookieWithoutRuns) throw new RangeError('the cookie is unknown');
  const count = hasRuns ? (cookie >>> 16) + 1 : reader.u32();
  if (count > 65_536) throw new RangeError(`a bitmap has ${count} containers`);
  const runFlags = hasRuns ? reader.take(Math.ceil(count / 8)) : new Uint8Array(0);
  const header = reader.u16s(2 * count);
  if (!hasRuns || count >= offsetTableMin) reader.take(4 * count);
  let lastHigh = -1;
  for (let i = 0; i < count; i++) {
    const high = header[2 * i] ?? 0;
    const cardinality = (header[2 * i + 1] ?? 0) + 1;
    if (high <= lastHigh) throw new RangeError('the containers are out of order');
    lastHigh = high;
    const base = key * 2 ** 32 + high * 65_536;
    const isRuns = ((runFlags[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    if (isRuns) containers.push(readRuns(reader, base, cardinality));
    else if (cardinality <= arraySizeMax) containers.push(readArray(reader, base, cardinality));
    else containers.push(readBitset(reader, base, cardinality));
  }
}

function readArray(reader: ByteReader, base: number, cardinality: number): Container {
  const values = reader.u16s(cardinality);
  let last = -1;
  for (const value of values) {
    if (value <= last) throw new RangeError('the positions of a container are out of order');
    last = value;
  }
  return { kind: 'array', base, cardinality, values };
}

function readBitset(reader: ByteReader, base: number, cardinality: number): Container {
  const bytes = reader.take(bitsetBytes);
  let count = 0;
  for (const byte of bytes) count += bitCount(byte);
  if (count !== cardinality) throw new RangeError(`${count} bits are set, not ${cardinality}`);
  return { kind: 'bitset', base, cardinality, bytes };
}

function readRuns(reader: ByteReader, base: number, cardinality: number): Container {
  const runs = reader.u16s(2 * reader.u16());
  let last = -1;
  let count = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const start = runs[i] ?? 0;
    const end = start + (runs[i + 1] ?? 0);
    if (start <= last || end > 0xffff) throw new RangeError('the runs are out of order');
    count += end - start + 1;
    last = end;
  }
  if (count !== cardinality) throw new RangeError(`runs hold ${count}, not ${cardinality}`);
  return { kind: 'runs', base, cardinality, runs };
}

function bitCount(byte: number): number {
  let rest = byte - ((byte >> 1) & 0x55);
  rest = (rest & 0x33) + ((rest >> 2) & 0x33);
  return (rest + (rest >> 4)) & 0x0f;
}

/** Calls `visit` with each run of neighbouring positions, ascending, `end` exclusive. */
export function forEachRange(set: PositionSet, visit: (start: number, end: number) => void): void {
  for (const container of set.containers) {
    const { base } = container;
    switch (container.kind) {
      case 'array':
        for (const value of container.values) visit(base + value, base + value + 1);
        break;
      case 'bitset':
        container.bytes.forEach((byte, i) => {
          for (let rest = byte; rest !== 0; rest &= rest - 1) {
            const position = base + 8 * i + 31 - Math.clz32(rest & -rest);
            visit(position, position + 1);
          }
        });
        break;
      case 'runs':
        for (let i = 0; i < container.runs.length; i += 2) {
          const start = base + (container.runs[i] ?? 0);
          visit(start, start + (container.runs[i + 1] ?? 0) + 1);
        }
        break;
    }
  }
}

/** All positions, ascending: eight bytes each, so ask for the cardinality first. */
export function positionsOf(set: PositionSet): Float64Array {
  const positions = new Float64Array(set.cardinality);
  let next = 0;
  forEachRange(set, (start, end) => {
    for (let position = start; position < end; position++) positions[next++] = position;
  });
  return positions;
}

/** One bit for each of `rowCount` rows, least significant first; 1 = in the set. */
export function bitsOf(set: PositionSet, rowCount: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(rowCount / 8));
  forEachRange(set, (start, end) => {
    for (let position = start; position < Math.min(end, rowCount); position++) {
      const at = Math.floor(position / 8);
      bits[at] = (bits[at] ?? 0) | (1 << (position % 8));
    }
  });
  return bits;
}

class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Uint8Array {
    if (length > this.remaining) throw new RangeError('the bitmap is cut off');
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  u16(): number {
    this.take(2);
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32(littleEndian = true): number {
    this.take(4);
    return this.#view.getUint32(this.#at - 4, littleEndian);
  }

  /** A copy: the bytes may not lie on an even address. */
  u16s(count: number): Uint16Array {
    this.take(2 * count);
    const start = this.#at - 2 * count;
    return Uint16Array.from({ length: count }, (_, i) => this.#view.getUint16(start + 2 * i, true));
  }
}
