/**
 * The statistics of neighbouring files differ in their values only: a text that `StatsScanner` took
 * is a template for the next ones. What lies between its values must be there byte for byte, so that
 * only the values' ends have to be looked for; at the first difference the scanner reads the text.
 *
 *     {"numRecords":10,"minValues":{"id":950000},...        piece, value, piece, value, ..., piece
 *     |piece       | v|piece             |   v  |...
 *
 * It never takes a text the scanner would not take, and finds the same places: the names and their
 * order are the template's, and every value is a plain one. Texts with arrays, or with an object
 * where a column's value was looked for, make no template.
 */
import { failed, parseCount, skipString, skipValue, type ScannedStats } from './stats-tokens.ts';

const quote = 0x22;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;

/** What a value is for; the columns' come behind, three for each. */
const roleNone = 0;
const roleCount = 1;
const roleTight = 2;
const firstColumnRole = 3;

/** More values than this are not worth a template. */
const valuesMax = 4096;

export class StatsTemplate {
  readonly #text: Uint8Array;
  /** Piece i is `text[pieceStarts[i] .. pieceEnds[i]]`, and value i comes behind it. */
  readonly #pieceStarts: Int32Array;
  readonly #pieceEnds: Int32Array;
  readonly #roles: Int32Array;

  private constructor(text: Uint8Array, values: readonly Value[]) {
    this.#text = text;
    this.#pieceStarts = Int32Array.from([0, ...values.map(({ end }) => end)]);
    this.#pieceEnds = Int32Array.from([...values.map(({ start }) => start), text.length]);
    this.#roles = Int32Array.from(values, ({ role }) => role);
  }

  /** Of a text that the scanner took, and what it found there; `undefined` for one that is unfit. */
  static of(
    bytes: Uint8Array,
    start: number,
    end: number,
    scanned: ScannedStats,
  ): StatsTemplate | undefined {
    const text = bytes.slice(start, end);
    const values = valuesOf(text, columnRoles(scanned, start));
    return values === undefined ? undefined : new StatsTemplate(text, values);
  }

  /** Fills `result`; false, with anything in it, for a text that is otherwise. */
  match(bytes: Uint8Array, start: number, end: number, result: ScannedStats): boolean {
    const text = this.#text;
    const pieceStarts = this.#pieceStarts;
    const pieceEnds = this.#pieceEnds;
    const roles = this.#roles;
    result.numRecords = NaN;
    result.tightBounds = true;
    const { starts: minStarts, ends: minEnds } = result.min;
    const { starts: maxStarts, ends: maxEnds } = result.max;
    const { starts: nullStarts, ends: nullEnds } = result.nullCount;
    for (let i = 0; i < minStarts.length; i++) minStarts[i] = maxStarts[i] = nullStarts[i] = -1;
    let at = start;
    for (let i = 0; ; i++) {
      const pieceEnd = pieceEnds[i] ?? 0;
      const pieceStart = pieceStarts[i] ?? 0;
      if (at + pieceEnd - pieceStart > end) return false;
      for (let j = pieceStart; j < pieceEnd; j++) if (bytes[at++] !== text[j]) return false;
      if (i === roles.length) return at === end;
      const first = bytes[at];
      if (at >= end || first === openBrace || first === openBracket) return false;
      const valueEnd = skipValue(bytes, at, end);
      if (valueEnd === failed) return false;
      const role = roles[i] ?? roleNone;
      if (role === roleCount) {
        result.numRecords = parseCount(bytes, at, valueEnd);
        if (Number.isNaN(result.numRecords)) return false;
      } else if (role === roleTight) {
        result.tightBounds = first !== 0x66;
      } else if (role >= firstColumnRole) {
        const column = Math.floor((role - firstColumnRole) / 3);
        const section = (role - firstColumnRole) % 3;
        const starts = section === 0 ? minStarts : section === 1 ? maxStarts : nullStarts;
        const ends = section === 0 ? minEnds : section === 1 ? maxEnds : nullEnds;
        starts[column] = at;
        ends[column] = valueEnd;
      }
      at = valueEnd;
    }
  }
}

interface Value {
  readonly start: number;
  readonly end: number;
  readonly role: number;
}

/** The roles of the columns' tokens by where they begin, counted from `start`. */
function columnRoles(scanned: ScannedStats, start: number): ReadonlyMap<number, number> {
  const roles = new Map<number, number>();
  [scanned.min, scanned.max, scanned.nullCount].forEach(({ starts }, section) => {
    starts.forEach((at, column) => {
      if (at >= 0) roles.set(at - start, firstColumnRole + 3 * column + section);
    });
  });
  return roles;
}

/** All values that are no objects, in their order; every column's token must be among them. */
function valuesOf(text: Uint8Array, roles: ReadonlyMap<number, number>): Value[] | undefined {
  const values: Value[] = [];
  let depth = 0;
  let name = '';
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (byte === openBrace) depth++;
    else if (byte === closeBrace) depth--;
    else if (byte === openBracket) return undefined;
    else if (byte === quote) {
      const end = skipString(text, at, text.length);
      if (end === failed) return undefined;
      name = Buffer.from(text.subarray(at + 1, end - 1)).toString('latin1');
      at = end - 1;
    } else if (byte === colon) {
      let start = at + 1;
      while (start < text.length && (text[start] ?? 0) <= 0x20) start++;
      const first = text[start];
      if (first === openBracket || (first === openBrace && roles.has(start))) return undefined;
      if (first === openBrace) continue;
      const end = skipValue(text, start, text.length);
      if (end === failed || values.length === valuesMax) return undefined;
      values.push({
        start,
        end,
        role: roles.get(start) ?? (depth === 1 ? roleOf(name) : roleNone),
      });
      at = end - 1;
    }
  }
  return values;
}

function roleOf(name: string): number {
  if (name === 'numRecords') return roleCount;
  return name === 'tightBounds' ? roleTight : roleNone;
}
