/** A date or a time that an expression writes out -> a literal of DuckDB's. */
import type { DataType } from '../../catalog/data-type.ts';
import {
  formatDate,
  formatTimestamp,
  formatTimestampNtz,
  parseDate,
  parseTimestamp,
} from '../../catalog/log/scalar-value.ts';
import { quoteString } from '../quote.ts';

/** `undefined` for text that is no such value, or of a year beyond 1 to 9999. */
export function timeLiteralSql(type: DataType, text: string): string | undefined {
  const trimmed = text.trim();
  if (type.kind === 'date') {
    const days = parseDate(/^[^ T]+/.exec(trimmed)?.[0] ?? '');
    return days === undefined ? undefined : literal('DATE', formatDate(days));
  }
  const parsed = parseTimestamp(trimmed);
  if (parsed === undefined) return undefined;
  if (type.kind === 'timestamp') {
    return literal('TIMESTAMP WITH TIME ZONE', formatTimestamp(parsed.micros));
  }
  return parsed.hasZone ? undefined : literal('TIMESTAMP', formatTimestampNtz(parsed.micros));
}

function literal(type: string, text: string): string | undefined {
  if (!/^(?!0000)\d{4}-/.test(text)) return undefined;
  return `CAST(${quoteString(text)} AS ${type})`;
}
