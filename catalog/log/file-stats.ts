/**
 * The statistics of one data file: what the JSON text in `add.stats` says of the asked columns.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 *
 * Statistics only ever help to leave files out, so nothing here is an error: what is missing,
 * malformed or of another type is `undefined` and says nothing. What is given is safe to skip by:
 *
 * 1. Every value present in the file, deleted rows included, is >= `min` and <= `max`. Strings are
 *    compared by their UTF-8 bytes. Writers cut timestamps off after the millisecond; `max` is
 *    rounded up again here. Neither need be a value of the file.
 * 2. NaN: writers differ in whether it counts. `max` of a float or double says nothing of NaN, so a
 *    predicate that NaN satisfies (NaN is above every number) must not skip by it.
 * 3. `nullCount` is exact, or, with wide bounds (`tightBounds` false), either 0 or `numRecords`.
 * 4. 64-bit integers and decimals keep all their digits.
 */
import type { DataType } from '../data-type.ts';
import {
  parseDate,
  parseDecimal,
  parseFloating,
  parseInteger,
  parseTimestamp,
  type ScalarValue,
} from './scalar-value.ts';

export interface StatsColumn {
  /** Physical names from the schema's root. */
  readonly physicalPath: readonly string[];
  readonly type: DataType;
}

export interface ColumnStats {
  readonly min: ScalarValue | undefined;
  readonly max: ScalarValue | undefined;
  readonly nullCount: number | undefined;
}

export interface FileStats {
  /** Rows in the file, those that a deletion vector deletes included. */
  readonly numRecords: number | undefined;
  readonly tightBounds: boolean;
  /** In the order of the columns that were asked for. */
  readonly columns: readonly ColumnStats[];
}

type JsonObject = { readonly [key: string]: unknown };

/** Numbers that JSON.parse might round: those with 16 digits and more. */
const manyDigits = /[\d.]{16}/;
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Stands before a number that was made a string; half of a character, so in no real text. */
const numberMark = '\ud800';

export function parseFileStats(
  text: string | null | undefined,
  columns: readonly StatsColumn[],
): FileStats | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  const stats = asObject(parseLossless(text));
  if (stats === undefined) return undefined;
  const numRecords = asCount(own(stats, 'numRecords'));
  const tightBounds = own(stats, 'tightBounds') !== false;
  const minValues = asObject(own(stats, 'minValues'));
  const maxValues = asObject(own(stats, 'maxValues'));
  const nullCounts = asObject(own(stats, 'nullCount'));
  return {
    numRecords,
    tightBounds,
    columns: columns.map(({ physicalPath, type }) => {
      const nullCount = asCount(at(nullCounts, physicalPath));
      const isMeant = tightBounds || nullCount === 0 || nullCount === numRecords;
      return {
        min: parseBound(at(minValues, physicalPath), type, 'min'),
        max: parseBound(at(maxValues, physicalPath), type, 'max'),
        nullCount: isMeant ? nullCount : undefined,
      };
    }),
  };
}

function parseLossless(text: string): unknown {
  const source = manyDigits.test(text)
    ? text.replace(stringOrNumber, (token) => (token.startsWith('"') ? token : `"\\ud800${token}"`))
    : text;
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

function parseBound(json: unknown, type: DataType, bound: 'min' | 'max'): ScalarValue | undefined {
  switch (type.kind) {
    case 'string':
      return typeof json === 'string' && !json.startsWith(numberMark) ? json : undefined;
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'byte':
    case 'short':
    case 'integer': {
      const value = parseIntegral(json, type.kind);
      return value === undefined ? undefined : Number(value);
    }
    case 'long':
      return parseIntegral(json, 'long');
    case 'decimal': {
      const digits = numberText(json);
      return digits === undefined ? undefined : parseDecimal(digits, type);
    }
    case 'float':
    case 'double': {
      const value = parseFloating(numberText(json) ?? '', type.kind);
      return value === undefined || Number.isNaN(value) ? undefined : value;
    }
    case 'date':
      return typeof json === 'string' ? parseDate(json) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return parseTimestampBound(json, type.kind, bound);
    case 'binary':
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return undefined;
  }
}

function parseIntegral(
  json: unknown,
  kind: 'byte' | 'short' | 'integer' | 'long',
): bigint | undefined {
  const text = numberText(json);
  return text === undefined ? undefined : parseInteger(text, kind);
}

function parseTimestampBound(
  json: unknown,
  kind: 'timestamp' | 'timestamp_ntz',
  bound: 'min' | 'max',
): bigint | undefined {
  const parsed = typeof json === 'string' ? parseTimestamp(json) : undefined;
  // Which zone was meant is not known; a timestamp_ntz has none.
  if (parsed === undefined || (kind === 'timestamp' && !parsed.hasZone)) return undefined;
  if (kind === 'timestamp_ntz' && parsed.hasZone) return undefined;
  const isCut = parsed.fractionDigits <= 3;
  return bound === 'max' && isCut ? parsed.micros + 999n : parsed.micros;
}

/** The digits of a JSON number, as written where it matters. */
function numberText(json: unknown): string | undefined {
  if (typeof json === 'number') return String(json);
  if (typeof json !== 'string' || !json.startsWith(numberMark)) return undefined;
  return json.slice(numberMark.length);
}

function asCount(json: unknown): number | undefined {
  const count = Number(numberText(json) ?? NaN);
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

function at(root: JsonObject | undefined, path: readonly string[]): unknown {
  let json: unknown = root;
  for (const name of path) {
    const object = asObject(json);
    if (object === undefined) return undefined;
    json = own(object, name);
  }
  return json;
}

function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function asObject(json: unknown): JsonObject | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as JsonObject)
    : undefined;
}
