/**
 * Finds the statistics of few columns in the bytes of many files' JSON, without making objects of it:
 * where the tokens lie, not what they mean. It takes only text it is sure of; for any other it says
 * so, and `parseFileStats`, whose answers it must agree with, reads that file.
 *
 * Unusual, and left to `parseFileStats`: escapes in names, members named twice, a section that is no
 * object, text that is no JSON. What lies in members that nobody asked for is only skipped.
 */
import type { StatsColumn } from './file-stats.ts';
import { StatsTemplate } from './stats-template.ts';
import {
  failed,
  parseCount,
  skipBlanks,
  skipValue,
  type ScannedStats,
  type TokenPlaces,
} from './stats-tokens.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Names at one depth, each leading to a column's number or to the names below. */
interface Level {
  readonly names: readonly Uint8Array[];
  readonly next: readonly (Level | number)[];
}

/** Making a template takes about as long as this many texts that it saves. */
const templateCost = 8;
const firstCredit = 8 * templateCost;

export class StatsScanner {
  readonly result: ScannedStats;
  readonly #level: Level;
  /** Of the text scanned last, if it is fit. */
  #template: StatsTemplate | undefined;
  /** Where texts differ all the time, templates are no longer made. */
  #credit = firstCredit;

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
    if (this.#template?.match(bytes, start, end, this.result) === true) {
      if (this.#credit < firstCredit) this.#credit++;
      return true;
    }
    if (!this.#scanAll(bytes, start, end)) return false;
    if (this.#credit >= templateCost) {
      this.#credit -= templateCost;
      this.#template = StatsTemplate.of(bytes, start, end, this.result);
    }
    return true;
  }

  #scanAll(bytes: Uint8Array, start: number, end: number): boolean {
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
