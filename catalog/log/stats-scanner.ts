/**
 * Finds the statistics of few columns in the bytes of many files' JSON, without making objects of it:
 * where the tokens lie, not what they mean. It takes only text it is sure of; for any other it says
 * so, and `parseFileStats`, whose answers it must agree with, reads that file.
 *
 * Unusual, and left to `parseFileStats`: escapes in names, members named twice, a section that is no
 * object, text that is no JSON. What lies in members that nobody asked for is only skipped.
 */
import type { StatsColumn } from './file-stats.ts';

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
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Names at one depth, each leading to a column's number or to the names below. */
interface Level {
  readonly names: readonly Uint8Array[];
  readonly next: readonly (Level | number)[];
}

const failed = -1;

export class StatsScanner {
  readonly result: ScannedStats;
  readonly #level: Level;

  /** The columns are distinct, and none lies below another. */
  constructor(columns: readonly StatsColumn[]) {
    this.#level = levelOf(
      columns.map(({ physicalPath }, index) => ({ path: physicalPath, index })),
    );
    const places = (): TokenPlaces => ({
      starts: new Int32Array(columns.length),
      ends: new Int32Array(columns.length),
    });
    this.result = {
      numRecords: NaN,
      tightBounds: true,
      min: places(),
      max: places(),
      nullCount: places(),
    };
  }

  /** Fills `result`; false for text that has to be read otherwise. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    const { result } = this;
    result.numRecords = NaN;
    result.tightBounds = true;
    const { starts: minStarts } = result.min;
    const { starts: maxStarts } = result.max;
    const { starts: nullStarts } = result.nullCount;
    for (let i = 0; i < minStarts.length; i++) minStarts[i] = maxStarts[i] = nullStarts[i] = -1;
    let seen = 0;
    let at = skipBlanks(bytes, start, end);
    if (at >= end || bytes[at] !== openBrace) return false;
    at = skipBlanks(bytes, at + 1, end);
    if (at < end && bytes[at] === closeBrace) return skipBlanks(bytes, at + 1, end) === end;
    for (;;) {
      const nameEnd = endOfName(bytes, at, end);
      if (nameEnd === failed) return false;
      const member = memberNumber(bytes, at + 1, nameEnd);
      at = startOfValue(bytes, nameEnd + 1, end);
      if (at === failed) return false;
      if (member > 0) {
        if ((seen & member) !== 0) return false;
        seen |= member;
      }
      const next = this.#member(member, bytes, at, end);
      if (next === failed) return false;
      at = skipBlanks(bytes, next, end);
      if (at >= end) return false;
      if (bytes[at] === closeBrace) return skipBlanks(bytes, at + 1, end) === end;
      if (bytes[at] !== comma) return false;
      at = skipBlanks(bytes, at + 1, end);
    }
  }

  /** Takes the value at `at`; gives where it ends. */
  #member(member: number, bytes: Uint8Array, at: number, end: number): number {
    const { result } = this;
    switch (member) {
      case numRecordsMember: {
        const next = skipValue(bytes, at, end);
        if (next === failed) return failed;
        result.numRecords = parseCount(bytes, at, next);
        return Number.isNaN(result.numRecords) ? failed : next;
      }
      case tightBoundsMember: {
        const next = skipValue(bytes, at, end);
        if (next === failed) return failed;
        result.tightBounds = bytes[at] !== 0x66;
        return next;
      }
      case minValuesMember:
        return scanSection(this.#level, bytes, at, end, result.min);
      case maxValuesMember:
        return scanSection(this.#level, bytes, at, end, result.max);
      case nullCountMember:
        return scanSection(this.#level, bytes, at, end, result.nullCount);
      default:
        return skipValue(bytes, at, end);
    }
  }
}

const numRecordsMember = 1;
const tightBoundsMember = 2;
const minValuesMember = 4;
const maxValuesMember = 8;
const nullCountMember = 16;

const memberNames: readonly Uint8Array[] = [
  'numRecords',
  'tightBounds',
  'minValues',
  'maxValues',
  'nullCount',
].map((name) => Buffer.from(name));

/** `1 << i` for the name `memberNames[i]`; 0 for any other. */
function memberNumber(bytes: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < memberNames.length; i++) {
    const name = memberNames[i];
    if (name !== undefined && isAt(name, bytes, start, end)) return 1 << i;
  }
  return 0;
}

function levelOf(columns: readonly { path: readonly string[]; index: number }[]): Level {
  const groups = new Map<string, { path: readonly string[]; index: number }[]>();
  for (const { path, index } of columns) {
    const [first = '', ...rest] = path;
    const group = groups.get(first) ?? [];
    group.push({ path: rest, index });
    groups.set(first, group);
  }
  const entries = [...groups];
  return {
    names: entries.map(([name]) => Buffer.from(name)),
    next: entries.map(([, group]) => {
      const [only] = group;
      return only !== undefined && only.path.length === 0 ? only.index : levelOf(group);
    }),
  };
}

/** An object of values by column, `{"a": 1, "s": {"b": 2}}`. */
function scanSection(
  level: Level,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: TokenPlaces,
): number {
  if (bytes[start] !== openBrace) return failed;
  let at = skipBlanks(bytes, start + 1, end);
  if (at < end && bytes[at] === closeBrace) return at + 1;
  for (;;) {
    const nameEnd = endOfName(bytes, at, end);
    if (nameEnd === failed) return failed;
    const next = nextOf(level, bytes, at + 1, nameEnd);
    at = startOfValue(bytes, nameEnd + 1, end);
    if (at === failed) return failed;
    let valueEnd: number;
    if (typeof next === 'object' && bytes[at] === openBrace) {
      valueEnd = scanSection(next, bytes, at, end, into);
    } else {
      valueEnd = skipValue(bytes, at, end);
      if (typeof next === 'number') {
        if (into.starts[next] !== -1) return failed;
        into.starts[next] = at;
        into.ends[next] = valueEnd;
      }
    }
    if (valueEnd === failed) return failed;
    at = skipBlanks(bytes, valueEnd, end);
    if (at >= end) return failed;
    if (bytes[at] === closeBrace) return at + 1;
    if (bytes[at] !== comma) return failed;
    at = skipBlanks(bytes, at + 1, end);
  }
}

function nextOf(level: Level, bytes: Uint8Array, start: number, end: number) {
  const { names, next } = level;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (name !== undefined && isAt(name, bytes, start, end)) return next[i];
  }
  return undefined;
}

function isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
  }
  return at;
}

/** Where the closing quote of the name that begins at `at` is. */
function endOfName(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end || bytes[at] !== quote) return failed;
  for (let i = at + 1; i < end; i++) {
    const byte = bytes[i];
    if (byte === quote) return i;
    if (byte === backslash) return failed;
  }
  return failed;
}

function startOfValue(bytes: Uint8Array, afterName: number, end: number): number {
  const at = skipBlanks(bytes, afterName, end);
  if (at >= end || bytes[at] !== colon) return failed;
  const value = skipBlanks(bytes, at + 1, end);
  return value < end ? value : failed;
}

/** Where the value that begins at `start` ends. */
function skipValue(bytes: Uint8Array, start: number, end: number): number {
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

function skipString(bytes: Uint8Array, start: number, end: number): number {
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
