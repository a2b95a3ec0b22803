/** A value as text: one form for every output but JSON. */
import { JsonNumber, writeJson, type JsonValue } from '../lossless-json.ts';

/** Text of a value, unescaped. Nested values are JSON. */
export function cellText(value: JsonValue, nullText: string): string {
  if (value === null) return nullText;
  if (typeof value === 'string') return value;
  if (value instanceof JsonNumber) return value.text;
  return writeJson(value);
}

/** `(1 row)`, `(3 rows)`. */
export function rowCountText(count: number): string {
  return count === 1 ? '(1 row)' : `(${count} rows)`;
}
