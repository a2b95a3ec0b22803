/**
 * Errors that point into a SQL text. Offsets are UTF-16 units from the start of the text, as
 * JavaScript counts; a `Position` is what a person reads.
 */
import { CodedError, type CodedErrorOptions, type Position } from '../catalog/coded-error.ts';
import type { ErrorCode } from '../catalog/error-codes.ts';

/** Line and column of `offset`. Lines end with LF, CR LF or CR; an offset past the end is the end. */
export function positionAt(text: string, offset: number): Position {
  const end = Math.min(Math.max(offset, 0), text.length);
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== 10 && unit !== 13) continue;
    if (unit === 13 && text.charCodeAt(at + 1) === 10) {
      if (at + 1 >= end) break;
      at++;
    }
    line++;
    lineStart = at + 1;
  }
  return { line, column: end - lineStart + 1 };
}

/** An error of the statement `text` at `offset`. */
export function errorAt(
  text: string,
  offset: number,
  error: Omit<CodedErrorOptions, 'position'> & {
    readonly code: ErrorCode;
    readonly message: string;
  },
): CodedError {
  const { code, message, ...options } = error;
  return new CodedError(code, message, { ...options, position: positionAt(text, offset) });
}

/** The commonest of them: the text is not a statement of the dialect. */
export function syntaxErrorAt(
  text: string,
  offset: number,
  message: string,
  hint?: string,
): CodedError {
  return errorAt(text, offset, { code: 'PARSE_SYNTAX_ERROR', message, hint });
}
