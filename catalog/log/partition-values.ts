/**
 * Partition values: the log's text <-> values. They alone say what a file's partition columns hold;
 * the folder names in its path mean nothing.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization
 *
 * 1. An empty string is NULL, for strings and binary too.
 * 2. A timestamp without a zone is meant in the zone of the system that wrote it, which the log does
 *    not name: it is read as UTC. Levee writes the ISO form with `Z`.
 * 3. Binary is the UTF-8 bytes of the text, as Spark and Delta's kernels read it.
 */
import { CodedError } from '../coded-error.ts';
import type { DataType } from '../data-type.ts';
import {
  formatScalar,
  parseDate,
  parseDecimal,
  parseFloating,
  parseInteger,
  parseTimestamp,
  type ScalarValue,
} from './scalar-value.ts';

/** `null` is NULL; otherwise in the form that `scalar-value.ts` gives the column's type. */
export type PartitionValue = ScalarValue | null;

/** A partition column: a field of the schema has these two. */
export interface PartitionColumnType {
  readonly name: string;
  readonly type: DataType;
}

/**
 * @param text the entry of `partitionValues`; a missing one counts as NULL
 * @returns the value in the form of `scalar-value.ts`
 * @throws DELTA_LOG_CORRUPT when the text is no value of the type, or the type cannot partition
 */
export function parsePartitionValue(
  column: PartitionColumnType,
  text: string | null | undefined,
): PartitionValue {
  if (text === null || text === undefined || text === '') return null;
  const value = parseText(column.type, text);
  if (value !== undefined) return value;
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
  throw new CodedError(
    'DELTA_LOG_CORRUPT',
    `The partition value ${shown} of column "${column.name}" is no ${column.type.kind}.`,
  );
}

function parseText(type: DataType, text: string): ScalarValue | undefined {
  switch (type.kind) {
    case 'string':
      return text;
    case 'binary':
      return new TextEncoder().encode(text);
    case 'boolean':
      return parseBoolean(text.trim());
    case 'byte':
    case 'short':
    case 'integer': {
      const value = parseInteger(text.trim(), type.kind);
      return value === undefined ? undefined : Number(value);
    }
    case 'long':
      return parseInteger(text.trim(), type.kind);
    case 'float':
    case 'double':
      return parseFloating(text.trim(), type.kind);
    case 'decimal':
      return parseDecimal(text.trim(), type);
    case 'date':
      return parseDateOrMidnight(text.trim());
    case 'timestamp':
    case 'timestamp_ntz': {
      // A zone after a timestamp_ntz is ignored, as Spark does.
      const [, local = ''] = /^(.*?)(?:Z|UTC|GMT)?$/s.exec(text.trim()) ?? [];
      return parseTimestamp(type.kind === 'timestamp' ? text.trim() : local)?.micros;
    }
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return undefined;
  }
}

function parseBoolean(text: string): boolean | undefined {
  if (/^true$/i.test(text)) return true;
  return /^false$/i.test(text) ? false : undefined;
}

/** Some writers put a time behind a date; Spark reads the date. */
function parseDateOrMidnight(text: string): number | undefined {
  return parseDate(/^[^ T]+(?=[ T])/.exec(text)?.[0] ?? text);
}

/**
 * The text to write for a value. NULL and the empty string are `null`: the log cannot tell them
 * apart.
 *
 * @throws INVALID_INPUT for binary that is not UTF-8, which no reader would get back
 */
export function formatPartitionValue(
  column: PartitionColumnType,
  value: PartitionValue,
): string | null {
  if (value === null || value === '') return null;
  return typeof value === 'object'
    ? formatBinary(column.name, value)
    : formatScalar(column.type, value);
}

function formatBinary(name: string, bytes: Uint8Array): string | null {
  try {
    // Without ignoreBOM three leading bytes would be lost.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text === '' ? null : text;
  } catch (error) {
    throw new CodedError(
      'INVALID_INPUT',
      `A value of the binary partition column "${name}" is not UTF-8, which the log cannot keep.`,
      { hint: 'Partition by another column, or by hex(...) of this one.', cause: error },
    );
  }
}
