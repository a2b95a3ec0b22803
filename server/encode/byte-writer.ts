/**
 * A growing buffer that values are written into as text, byte by byte: numbers and times become
 * digits and strings are copied as the UTF-8 they are, without a JavaScript string in between.
 */
const initialBytes = 16 * 1024;

const digitPairs = Uint8Array.from({ length: 200 }, (_, index) => {
  const value = index >> 1;
  return 0x30 + (index % 2 === 0 ? Math.floor(value / 10) : value % 10);
});

export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity: number = initialBytes) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far; the writer starts anew with a buffer of its own. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(initialBytes, this.#length));
    this.#length = 0;
    return taken;
  }

  /** A view of what was written so far, valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Text of which every character is one byte (below U+0080). */
  ascii(text: string): void {
    this.#reserve(text.length);
    if (text.length > 24) {
      this.#length += this.#bytes.write(text, this.#length, 'latin1');
      return;
    }
    for (let index = 0; index < text.length; index++) {
      this.#bytes[this.#length++] = text.charCodeAt(index);
    }
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    if (end - start > 48) {
      this.#bytes.set(source.subarray(start, end), this.#length);
      this.#length += end - start;
      return;
    }
    const bytes = this.#bytes;
    let length = this.#length;
    for (let index = start; index < end; index++) bytes[length++] = source[index] ?? 0;
    this.#length = length;
  }

  /** A safe integer in decimal. */
  integer(value: number): void {
    this.#reserve(20);
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#length++] = 0x2d;
      rest = -rest;
    }
    if (rest < 1e9) {
      this.#digits(rest | 0, digitCount(rest | 0));
      return;
    }
    const billions = Math.floor(rest / 1e9);
    this.#digits(billions, digitCount(billions));
    this.#digits((rest - billions * 1e9) | 0, 9);
  }

  /**
   * `whole` and the fraction `millionths / 1e6` without its closing zeros; no point without a
   * fraction.
   */
  fixed(whole: number, millionths: number): void {
    this.integer(whole);
    if (millionths === 0) return;
    this.#reserve(7);
    this.#bytes[this.#length++] = 0x2e;
    this.#digits(millionths, 6);
    while (this.#bytes[this.#length - 1] === 0x30) this.#length--;
  }

  /** `value` (0 to 999,999,999) with leading zeros. */
  padded(value: number, digits: number): void {
    this.#reserve(digits);
    this.#digits(value, digits);
  }

  /**
   * UTF-8 text as a JSON string. Quote, backslash and control characters are escaped; everything
   * else, U+2028 included, is valid JSON as it is.
   */
  jsonString(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start + 2);
    this.#bytes[this.#length++] = 0x22;
    let index = start;
    if (end - start > 48) {
      index = firstEscape(source, start, end);
      this.#bytes.set(source.subarray(start, index), this.#length);
      this.#length += index - start;
    }
    const bytes = this.#bytes;
    let length = this.#length;
    for (; index < end; index++) {
      const value = source[index] ?? 0;
      if (value < 0x20 || value === 0x22 || value === 0x5c) break;
      bytes[length++] = value;
    }
    this.#length = length;
    if (index < end) this.#escaped(source, index, end);
    this.byte(0x22);
  }

  #escaped(source: Uint8Array, start: number, end: number): void {
    // Six bytes an escape, and the closing quote.
    this.#reserve((end - start) * 6 + 1);
    for (let index = start; index < end; index++) {
      const value = source[index] ?? 0;
      if (value >= 0x20 && value !== 0x22 && value !== 0x5c) {
        this.#bytes[this.#length++] = value;
        continue;
      }
      this.#bytes[this.#length++] = 0x5c;
      const short = shortEscapes[value] ?? 0;
      if (short !== 0) {
        this.#bytes[this.#length++] = short;
      } else {
        this.#bytes[this.#length++] = 0x75;
        this.#digits(0, 2);
        this.#bytes[this.#length++] = value < 16 ? 0x30 : 0x31;
        this.#bytes[this.#length++] = '0123456789abcdef'.charCodeAt(value & 15);
      }
    }
  }

  #digits(value: number, count: number): void {
    let rest = value;
    let index = this.#length + count;
    this.#length = index;
    const bytes = this.#bytes;
    while (count > 1) {
      const tens = (rest / 100) | 0;
      const pair = (rest - tens * 100) << 1;
      bytes[--index] = digitPairs[pair + 1] ?? 0;
      bytes[--index] = digitPairs[pair] ?? 0;
      rest = tens;
      count -= 2;
    }
    if (count === 1) bytes[--index] = 0x30 + rest;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** \b \t \n \f \r \" \\ ; the rest of the control characters are written as \u00xx. */
const shortEscapes = new Uint8Array(128);
for (const [value, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x22, '"'],
  [0x5c, '\\'],
] as const) {
  shortEscapes[value] = letter.charCodeAt(0);
}

function firstEscape(source: Uint8Array, start: number, end: number): number {
  for (let index = start; index < end; index++) {
    const value = source[index] ?? 0;
    if (value < 0x20 || value === 0x22 || value === 0x5c) return index;
  }
  return end;
}

function digitCount(value: number): number {
  if (value < 10_000) {
    if (value < 100) return value < 10 ? 1 : 2;
    return value < 1000 ? 3 : 4;
  }
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  if (value < 100_000_000) return value < 10_000_000 ? 7 : 8;
  return value < 1_000_000_000 ? 9 : 10;
}
