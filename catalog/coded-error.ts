/**
 * The one error a user ever sees. Every failure that may reach a client is a `CodedError`; anything
 * else is a defect of Levee and is reported as `INTERNAL_ERROR` (XX000) without its message.
 */
import { errorCodes, type ErrorCode } from './error-codes.ts';

/** Where in the SQL text an error lies: both counted from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface CodedErrorOptions {
  /** What to do about it: nearest valid version, closest table name, the CAST to write. */
  readonly hint?: string | undefined;
  /** More about what happened, when one sentence is not enough. */
  readonly detail?: string | undefined;
  readonly position?: Position | undefined;
  readonly cause?: unknown;
}

export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  /** Five characters, by the SQL standard. */
  readonly sqlState: string;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
  readonly position: Position | undefined;

  constructor(code: ErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.sqlState = errorCodes[code].sqlState;
    this.hint = options.hint ?? errorCodes[code].hint;
    this.detail = options.detail;
    this.position = options.position;
  }

  /** The same error with a position in the SQL text, unless it has one already. */
  at(position: Position | undefined): CodedError {
    if (this.position !== undefined || position === undefined) return this;
    const { hint, detail, cause } = this;
    return new CodedError(this.code, this.message, { hint, detail, position, cause });
  }
}
