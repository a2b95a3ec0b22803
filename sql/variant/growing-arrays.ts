/** Typed arrays that grow by doubling. */
export class GrowingBytes {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Makes room for `count` bytes and gives the place of the first. */
  reserve(count: number): { readonly bytes: Uint8Array; readonly at: number } {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return { bytes: this.#bytes, at };
  }

  set(index: number, value: number): void {
    this.#bytes[index] = value;
  }

  byte(value: number): void {
    const { bytes, at } = this.reserve(1);
    bytes[at] = value;
  }

  /** LEB128, for values below 2^32. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Appends `source[start .. end]`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const { bytes, at } = this.reserve(end - start);
    // A loop beats `set` with a view for the few bytes that most values have.
    if (end - start > 32) bytes.set(source.subarray(start, end), at);
    else for (let i = start; i < end; i++) bytes[at + i - start] = source[i] ?? 0;
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

export class GrowingIntegers {
  #values = new Uint32Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Makes room for `count` zeros and gives the index of the first. */
  reserve(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#values.length) {
      const larger = new Uint32Array(Math.max(this.#length, 2 * this.#values.length));
      larger.set(this.#values);
      this.#values = larger;
    }
    return at;
  }

  push(value: number): void {
    const at = this.reserve(1);
    this.#values[at] = value;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  view(): Uint32Array {
    return this.#values.subarray(0, this.#length);
  }
}
