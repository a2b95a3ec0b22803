/**
 * Errors of Levee's own that pass through DuckDB as the text of an exception, from `error(...)` in
 * SQL and from functions in JavaScript. `duckdb/duckdb-errors.ts` makes them `CodedError`s again.
 */
import type { ErrorCode } from '../catalog/error-codes.ts';
import { quoteString } from './quote.ts';

export function raisedText(code: ErrorCode, message: string): string {
  return JSON.stringify({ levee: code, message });
}

/** A piece of a message: text, or an expression whose value is shown. */
export type MessagePart = string | { readonly sql: string };

/** An expression that fails. It has no type: the other branches of its CASE give it one. */
export function raiseSql(code: ErrorCode, ...parts: readonly MessagePart[]): string {
  if (parts.every((part) => typeof part === 'string')) {
    return `error(${quoteString(raisedText(code, parts.join('')))})`;
  }
  const message = parts
    .map((part) =>
      typeof part === 'string'
        ? quoteString(part)
        : `coalesce(CAST(${part.sql} AS VARCHAR), 'NULL')`,
    )
    .join(' || ');
  return `error(CAST(json_object('levee', ${quoteString(code)}, 'message', ${message}) AS VARCHAR))`;
}
