/** Bytes that grow, and that are used again after `clear`. */
const initialBytes = 1024;

export class GrowingBuffer {
  #bytes = new Uint8Array(initialBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  append(source: Uint8Array): void {
    const at = this.extend(source.length);
    this.#bytes.set(source, at);
  }

  /** Makes room for `count` bytes more, whatever they hold, and tells where they begin. */
  extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    return at;
  }

  /** The bytes so far, valid until the next change. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** One bit a row, least significant first. */
export class GrowingBits {
  readonly #buffer = new GrowingBuffer();
  #length = 0;

  clear(): void {
    this.#buffer.clear();
    this.#length = 0;
  }

  /** `count` times the same bit. */
  fill(bit: 0 | 1, count: number): void {
    this.#grow(count);
    const bytes = this.#buffer.view();
    let index = this.#length;
    const end = index + count;
    for (; index < end && (index & 7) !== 0; index++) this.#put(bytes, index, bit);
    const wholeEnd = end & ~7;
    if (wholeEnd > index) {
      bytes.fill(bit === 0 ? 0 : 0xff, index >> 3, wholeEnd >> 3);
      index = wholeEnd;
    }
    for (; index < end; index++) this.#put(bytes, index, bit);
    this.#length = end;
  }

  /** The bits `start` to `end` of a bitmap. */
  appendBits(bits: Uint8Array, start: number, end: number): void {
    this.#grow(end - start);
    const bytes = this.#buffer.view();
    let to = this.#length;
    let from = start;
    if (((to | from) & 7) === 0) {
      const count = (end - from) >> 3;
      bytes.set(bits.subarray(from >> 3, (from >> 3) + count), to >> 3);
      from += count * 8;
      to += count * 8;
    }
    for (; from < end; from++, to++) {
      this.#put(bytes, to, ((bits[from >> 3] ?? 0) >> (from & 7)) & 1);
    }
    this.#length = to;
  }

  /** One bit for each byte that is 0 or 1. */
  appendBytes(values: Uint8Array, start: number, end: number): void {
    this.#grow(end - start);
    const bytes = this.#buffer.view();
    let to = this.#length;
    for (let from = start; from < end; from++, to++) this.#put(bytes, to, values[from] ?? 0);
    this.#length = to;
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#buffer.view();
  }

  #grow(count: number): void {
    const wanted = (this.#length + count + 7) >> 3;
    const missing = wanted - this.#buffer.length;
    if (missing > 0) this.#buffer.extend(missing);
  }

  #put(bytes: Uint8Array, index: number, bit: number): void {
    const mask = 1 << (index & 7);
    const before = bytes[index >> 3] ?? 0;
    bytes[index >> 3] = bit === 0 ? before & ~mask : before | mask;
  }
}
