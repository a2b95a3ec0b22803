/**
 * Errors of Levee's own that pass through DuckDB as the text of an exception, from `error(...)` in
 * SQL and from functions in JavaScript. `duckdb/duckdb-errors.ts` makes them `CodedError`s again.
 */
import type { ErrorCode } from '../catalog/error-codes.ts';

export function raisedText(code: ErrorCode, message: string): string {
  return JSON.stringify({ levee: code, message });
}
