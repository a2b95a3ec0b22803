/**
 * A failure as the client sees it: RFC 9457 problem details, and the HTTP status. The only place
 * that picks a status. Anything that is not a `CodedError` is a defect of ours: its message and
 * stack go to the log, the client gets `INTERNAL_ERROR`.
 */
import { STATUS_CODES } from 'node:http';
import { CodedError, type Position } from '../catalog/coded-error.ts';
import type { ErrorCode } from '../catalog/error-codes.ts';

export const problemMediaType = 'application/problem+json';

/** The body of an error answer; also the `error` of an answer that fails after its first byte. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly sqlState: string;
  /** What happened, to what, with values; then more about it, where there is more. */
  readonly detail: string;
  readonly hint: string | undefined;
  readonly position: Position | undefined;
  readonly queryId: string | undefined;
}

/** Codes whose status is not that of their SQLSTATE's class. */
const statusByCode: { readonly [code in ErrorCode]?: number } = {
  // What a URL or a request names and is not there.
  ROUTE_NOT_FOUND: 404,
  QUERY_NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  SCHEMA_NOT_FOUND: 404,
  CATALOG_NOT_FOUND: 404,
  DELTA_VERSION_NOT_FOUND: 404,
  // Files that the log names and are gone: damage, not a mistake of the client.
  DELTA_FILE_NOT_FOUND: 500,
  DELTA_LOG_FILE_NOT_FOUND: 500,
  DELTA_VERSIONS_NOT_CONTIGUOUS: 500,
  SCHEMA_ALREADY_EXISTS: 409,
  SCHEMA_NOT_EMPTY: 409,
  QUERY_ID_IN_USE: 409,
  // HTTP's own statuses.
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  REQUEST_TOO_LARGE: 413,
  STATEMENT_TOO_LARGE: 413,
  REQUEST_HEADERS_TOO_LARGE: 431,
  UNSUPPORTED_MEDIA_TYPE: 415,
  QUERY_TIMEOUT: 504,
  DELTA_CANNOT_VACUUM_LITE: 409,
  // Between the server and the store of its tables.
  STORE_UNREACHABLE: 503,
  STORE_TIMEOUT: 504,
  DELTA_UNKNOWN_CONFIGURATION: 400,
};

/** By the longest prefix of the SQLSTATE. */
const statusBySqlState: { readonly [prefix: string]: number } = {
  '08': 400,
  '0A': 501,
  '21': 400,
  '22': 400,
  '23': 400,
  '25': 400,
  '28': 401,
  '2B': 409,
  '2D521': 409,
  '40': 409,
  '42': 400,
  '42501': 403,
  '42K03': 404,
  '42P01': 404,
  '42P07': 409,
  '44': 400,
  '53': 503,
  '54': 400,
  '55': 400,
  '56038': 501,
  '57014': 499,
  '57P01': 503,
  '58': 500,
  F0: 500,
  KD002: 400,
  KD004: 501,
  KD00D: 400,
  XX: 500,
};

export function statusOf(code: ErrorCode, sqlState: string): number {
  const byCode = statusByCode[code];
  if (byCode !== undefined) return byCode;
  return statusBySqlState[sqlState] ?? statusBySqlState[sqlState.slice(0, 2)] ?? 500;
}

/** Whatever was thrown, as an error a client may see. */
export function asCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError('INTERNAL_ERROR', 'The server failed in a way it did not foresee.', {
    cause: error,
  });
}

export function toProblem(error: CodedError, queryId?: string): Problem {
  const status = statusOf(error.code, error.sqlState);
  return {
    type: `urn:levee:error:${error.code}`,
    title: titleOf(error.code),
    status,
    code: error.code,
    sqlState: error.sqlState,
    detail: error.detail === undefined ? error.message : `${error.message}\n${error.detail}`,
    hint: error.hint,
    position: error.position,
    queryId,
  };
}

/** `TABLE_OR_VIEW_NOT_FOUND` -> `Table or view not found`: the same for every occurrence. */
function titleOf(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1).replaceAll('sql', 'SQL');
}

/** A whole HTTP/1.1 answer for requests that never became one (see plugins/client-errors). */
export function rawProblemResponse(problem: Problem): string {
  const body = JSON.stringify(problem);
  return (
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}\r\n` +
    `Content-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `Connection: close\r\n\r\n${body}`
  );
}
