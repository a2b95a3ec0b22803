/**
 * Where tokens of statistics' JSON end, in bytes; and what a scan has found. They say what they can
 * of any bytes: whether the whole is a text to be trusted is for `stats-scanner.ts` to say.
 */

/** Token positions of one file; -1 for a member that is not there. Reused from file to file. */
export interface ScannedStats {
  /** Rows in the file; NaN when it is not said. */
  numRecords: number;
  tightBounds: boolean;
  readonly min: TokenPlaces;
  readonly max: TokenPlaces;
  readonly nullCount: TokenPlaces;
}

export interface TokenPlaces {
  /** By column; the token is `bytes[start .. end]`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Instead of a place. */
export const failed = -1;

export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
  }
  return at;
}

/** Where the value that begins at `start` ends. */
export function skipValue(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start];
  if (first === quote) return skipString(bytes, start, end);
  if (first === openBrace || first === openBracket) return skipNested(bytes, start, end);
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === comma || byte === closeBrace || byte === closeBracket || byte <= 0x20) break;
  }
  return at === start ? failed : at;
}

export function skipString(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const byte = bytes[i];
    if (byte === quote) return i + 1;
    if (byte === backslash) i++;
  }
  return failed;
}

function skipNested(bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = skipString(bytes, at, end) - 1;
      if (at < 0) return failed;
    } else if (byte === openBrace || byte === openBracket) {
      depth++;
    } else if (byte === closeBrace || byte === closeBracket) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return failed;
}

/** Digits of a number that a double holds exactly. */
const countDigitsMax = 15;

/** A count of rows; NaN for a token that is not plainly one. */
export function parseCount(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > countDigitsMax || start < 0) return NaN;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}
