/**
 * What can go wrong for a user of the REPL. An answer of the server keeps its code, SQLSTATE, hint
 * and position; nothing here invents codes of its own.
 */
import {
  isJsonObject,
  numberMember,
  stringMember,
  type JsonObject,
  type JsonValue,
} from './lossless-json.ts';
import type { SourcePosition } from './statement-scanner.ts';

/** The server says no: the body of an `application/problem+json` answer, or an error record. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: string | undefined;
  readonly sqlState: string | undefined;
  readonly hint: string | undefined;
  /** The lines of `detail` after the first, which is the message. */
  readonly more: string | undefined;
  readonly position: SourcePosition | undefined;
  readonly status: number | undefined;

  constructor(problem: JsonObject, status: number | undefined) {
    const [message, ...more] = problemMessage(problem, status).split('\n');
    super(message);
    this.code = stringMember(problem, 'code');
    this.sqlState = stringMember(problem, 'sqlState');
    this.hint = stringMember(problem, 'hint');
    this.more = more.length === 0 ? undefined : more.join('\n');
    this.position = readPosition(problem.get('position'));
    this.status = status;
  }
}

/** No answer at all, or one that broke off. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}

/** The command line or a backslash command is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The user interrupted the statement. */
export class CanceledError extends Error {
  override readonly name = 'CanceledError';
}

/** Whoever reads our output has gone (`| head`); no failure, and nobody is left to tell. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

function problemMessage(problem: JsonObject, status: number | undefined): string {
  const text =
    stringMember(problem, 'detail') ??
    stringMember(problem, 'message') ??
    stringMember(problem, 'title');
  if (text !== undefined) return text;
  return status === undefined
    ? 'the statement failed'
    : `the server answered with status ${status}`;
}

function readPosition(value: JsonValue | undefined): SourcePosition | undefined {
  if (!isJsonObject(value)) return undefined;
  const line = numberMember(value, 'line');
  const column = numberMember(value, 'column');
  return line === undefined || column === undefined ? undefined : { line, column };
}
