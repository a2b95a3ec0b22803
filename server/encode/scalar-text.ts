/**
 * The text of single values that JSON and CSV share: numbers, decimals, dates and timestamps.
 * Dates are proleptic Gregorian; years outside 0 to 9999 have a sign and six digits (ISO 8601's
 * expanded form). Calendar arithmetic: https://howardhinnant.github.io/date_algorithms.html
 */
import { ByteWriter } from './byte-writer.ts';

const minus = 0x2d;
const point = 0x2e;
const colon = 0x3a;

/** The 64-bit integers as pairs of 32-bit words, low then high. */
export function wordPairs(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Writes `values[index]` with all its digits; a BigInt is made only beyond 2^53. */
export function writeLong(
  out: ByteWriter,
  values: BigInt64Array,
  pairs: Int32Array,
  index: number,
): void {
  const high = pairs[2 * index + 1] ?? 0;
  if (high >= -0x20_0000 && high < 0x20_0000) {
    out.integer(high * 0x1_0000_0000 + ((pairs[2 * index] ?? 0) >>> 0));
  } else {
    out.ascii(String(values[index]));
  }
}

/**
 * The shortest text that reads back as the same double; `-0` keeps its sign.
 *
 * Most numbers people store have few digits. When n = round(value * 1e6) is below 1e15 and n / 1e6
 * is the value, its decimal has at most 15 digits, and no two such decimals are the same double: so
 * it is the shortest one, and is written three times faster than String(value) makes it.
 */
export function writeDouble(out: ByteWriter, value: number): void {
  const size = Math.abs(value);
  if (size < 1e9) {
    const millionths = Math.round(size * 1e6);
    if (millionths / 1e6 === size) {
      if (value < 0 || Object.is(value, -0)) out.byte(minus);
      const whole = Math.floor(size);
      out.fixed(whole, millionths - whole * 1e6);
      return;
    }
  } else if (size < 1e15 && Number.isInteger(value)) {
    return out.integer(value);
  }
  out.ascii(String(value));
}

/** The same for a 32-bit float: `0.1`, not `0.10000000149011612`. */
export function writeFloat32(out: ByteWriter, value: number): void {
  if (Number.isInteger(value) || !Number.isFinite(value)) return writeDouble(out, value);
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return writeDouble(out, candidate);
  }
  writeDouble(out, Number(value.toPrecision(9)));
}

const powersOfTen = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** A decimal with exactly `scale` digits after the point. `pairs` are the words' halves. */
export function writeDecimal(
  out: ByteWriter,
  words: BigInt64Array,
  pairs: Int32Array,
  index: number,
  scale: number,
): void {
  const low = pairs[4 * index] ?? 0;
  const middle = pairs[4 * index + 1] ?? 0;
  const signExtension = middle >> 31;
  const fits =
    middle >= -0x20_0000 &&
    middle < 0x20_0000 &&
    pairs[4 * index + 2] === signExtension &&
    pairs[4 * index + 3] === signExtension;
  if (!fits || scale > 15) {
    const unscaled =
      (words[2 * index + 1] ?? 0n) * (1n << 64n) + BigInt.asUintN(64, words[2 * index] ?? 0n);
    out.ascii(decimalText(unscaled, scale));
    return;
  }
  let rest = middle * 0x1_0000_0000 + (low >>> 0);
  if (scale === 0) return out.integer(rest);
  if (rest < 0) {
    out.byte(minus);
    rest = -rest;
  }
  const power = powersOfTen[scale] ?? 1;
  const whole = Math.floor(rest / power);
  out.integer(whole);
  out.byte(point);
  const fraction = rest - whole * power;
  if (scale <= 9) return out.padded(fraction, scale);
  const upper = Math.floor(fraction / 1e9);
  out.padded(upper, scale - 9);
  out.padded(fraction - upper * 1e9, 9);
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const split = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, split)}.${digits.slice(split)}`;
}

/** `YYYY-MM-DD` of the day that many days after 1970-01-01 (any 32-bit number). */
export function writeDate(out: ByteWriter, daysSinceEpoch: number): void {
  const days = daysSinceEpoch + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  // Within an era nothing is negative, and `| 0` is the cheaper floor.
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const shifted = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * shifted + 2) / 5) | 0) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  if (year >= 0 && year <= 9999) {
    out.padded(year, 4);
  } else {
    out.byte(year < 0 ? minus : 0x2b);
    out.padded(Math.abs(year), Math.abs(year) > 999_999 ? 7 : 6);
  }
  out.byte(minus);
  out.padded(month, 2);
  out.byte(minus);
  out.padded(day, 2);
}

const microsPerDay = 86_400_000_000;

/**
 * Writes `YYYY-MM-DDTHH:MM:SS[.fff[fff]]` of microseconds since 1970-01-01: no fraction when it is
 * zero, three digits when they suffice, otherwise six. The zone is the caller's to add. Rows that
 * follow each other often lie on the same day, whose text is kept.
 */
export class TimestampWriter {
  readonly #values: BigInt64Array;
  readonly #pairs: Int32Array;
  readonly #scratch = new ByteWriter(32);
  #date = this.#scratch.view();
  #days = NaN;

  constructor(values: BigInt64Array) {
    this.#values = values;
    this.#pairs = wordPairs(values);
  }

  write(index: number, out: ByteWriter): void {
    const high = this.#pairs[2 * index + 1] ?? 0;
    let days: number;
    let microsOfDay: number;
    if (high >= -0x20_0000 && high < 0x20_0000) {
      const micros = high * 0x1_0000_0000 + ((this.#pairs[2 * index] ?? 0) >>> 0);
      days = Math.floor(micros / microsPerDay);
      microsOfDay = micros - days * microsPerDay;
    } else {
      const micros = this.#values[index] ?? 0n;
      const perDay = BigInt(microsPerDay);
      const rest = ((micros % perDay) + perDay) % perDay;
      days = Number((micros - rest) / perDay);
      microsOfDay = Number(rest);
    }
    if (days !== this.#days) {
      this.#days = days;
      this.#scratch.clear();
      writeDate(this.#scratch, days);
      this.#date = this.#scratch.view();
    }
    out.copy(this.#date, 0, this.#date.length);
    out.byte(0x54);
    const secondOfDay = (microsOfDay / 1_000_000) | 0;
    const fraction = microsOfDay - secondOfDay * 1_000_000;
    const minuteOfDay = (secondOfDay / 60) | 0;
    const hour = (minuteOfDay / 60) | 0;
    out.padded(hour, 2);
    out.byte(colon);
    out.padded(minuteOfDay - hour * 60, 2);
    out.byte(colon);
    out.padded(secondOfDay - minuteOfDay * 60, 2);
    if (fraction === 0) return;
    out.byte(point);
    if (fraction % 1000 === 0) out.padded(fraction / 1000, 3);
    else out.padded(fraction, 6);
  }
}
