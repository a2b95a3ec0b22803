/**
 * What DuckDB reports -> `CodedError`. DuckDB is run with `errors_as_json`, so that the kind of an
 * error and the byte offset it lies at are fields, not something to be read out of a sentence.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { errorCodes, type ErrorCode } from '../../catalog/error-codes.ts';

/** A `CodedError` with the UTF-8 byte offset in the SQL text that DuckDB was given, if it named one. */
export class EngineError extends CodedError {
  readonly byteOffset: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; byteOffset?: number | undefined; cause?: unknown },
  ) {
    super(code, message, { hint: options.hint, cause: options.cause });
    this.byteOffset = options.byteOffset;
  }
}

/** What `write/assignment.ts` makes a statement fail with: a code of ours inside `error(...)`. */
function raisedByLevee({ exception_type, exception_message }: Report): CodedError | undefined {
  if (exception_type !== 'Invalid Input' || !exception_message.startsWith('{"levee":'))
    return undefined;
  const { levee, message } = JSON.parse(exception_message) as { levee: string; message: string };
  return Object.hasOwn(errorCodes, levee) ? new CodedError(levee as ErrorCode, message) : undefined;
}

interface Report {
  readonly exception_type: string;
  readonly exception_message: string;
  readonly position?: string;
  readonly error_subtype?: string;
  readonly candidates?: string;
  readonly type?: string;
}

/** Any failure of a call into DuckDB as a `CodedError`; one that is one already is passed on. */
export function engineError(
  failure: unknown,
  nameLocations: (text: string) => string = (text) => text,
): CodedError {
  if (failure instanceof CodedError) return failure;
  const text = failure instanceof Error ? failure.message : String(failure);
  const report = readReport(text);
  const raised = raisedByLevee(report);
  if (raised !== undefined) return raised;
  const { code, hint } = classify(report);
  const byteOffset = report.position === undefined ? undefined : Number(report.position);
  const message =
    code === 'INTERNAL_ERROR'
      ? 'The query engine failed.'
      : nameLocations(sentence(report.exception_message));
  return new EngineError(code, message, { hint, byteOffset, cause: failure });
}

/** Whether DuckDB has given up on the whole database, so that every later call fails too. */
export function isFatal(failure: unknown): boolean {
  const text = failure instanceof Error ? failure.message : String(failure);
  return (
    readReport(text).exception_type === 'FATAL' || text.includes('database has been invalidated')
  );
}

function readReport(text: string): Report {
  const start = text.indexOf('{');
  if (start >= 0) {
    try {
      const parsed: unknown = JSON.parse(text.slice(start));
      if (typeof parsed === 'object' && parsed !== null && 'exception_type' in parsed)
        return parsed as Report;
    } catch {
      // Not a report: some errors of the binding itself are plain text.
    }
  }
  const colon = /^([A-Z][A-Za-z ]+?)(?: Error)?: /.exec(text);
  return {
    exception_type: colon?.[1] ?? 'Unknown',
    exception_message: colon === null ? text : text.slice(colon[0].length),
  };
}

/** The report's message without what only makes sense in DuckDB's own shell. */
function sentence(message: string): string {
  return message
    .replace(/\n\s*LINE \d+:[\s\S]*$/, '')
    .replace(/\n\tCandidate functions:[\s\S]*$/, '')
    .replace(/\n*Use "SET [\s\S]*$/, '')
    .replace(/\nDid you mean [\s\S]*$/, '')
    .replace(/\nCandidate bindings: [\s\S]*$/, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

const refusalsOfTheSystem =
  /: (?:Permission denied|Operation not permitted|Read-only file system|Input\/output error|Too many open files(?: in system)?)\.?$/i;

function classify(report: Report): { code: ErrorCode; hint?: string | undefined } {
  const message = report.exception_message;
  switch (report.exception_type) {
    case 'Parser':
    case 'Syntax':
      return { code: 'PARSE_SYNTAX_ERROR' };
    case 'Binder':
      return classifyBinder(report);
    case 'Catalog':
      if (report.type?.includes('Function') === true) {
        return { code: 'FUNCTION_NOT_FOUND', hint: nearest(report) };
      }
      return { code: 'BINDING_FAILED', hint: nearest(report) };
    case 'Conversion':
      // A text that is no date has a field out of range; that is no number that is too large.
      return /out of range/i.test(message) && !/field value out of range/.test(message)
        ? { code: 'NUMERIC_VALUE_OUT_OF_RANGE' }
        : { code: 'CAST_INVALID_INPUT' };
    case 'Out of Range':
    case 'Decimal':
      return { code: 'NUMERIC_VALUE_OUT_OF_RANGE' };
    case 'Divide by Zero':
      return { code: 'DIVIDE_BY_ZERO' };
    case 'Mismatch Type':
      return { code: 'DATATYPE_MISMATCH' };
    case 'Parameter Not Resolved':
    case 'Parameter Not Allowed':
      return { code: 'UNBOUND_SQL_PARAMETER' };
    case 'Invalid Input':
      if (message.startsWith('More than one row returned by a subquery')) {
        return { code: 'CARDINALITY_VIOLATION' };
      }
      if (/parquet/i.test(message)) return { code: 'DELTA_FAILED_TO_READ_FILE' };
      if (
        /Values were not provided for the following prepared statement parameters/.test(message)
      ) {
        return { code: 'UNBOUND_SQL_PARAMETER' };
      }
      if (/Maximum recursion|expression depth|nested/i.test(message))
        return { code: 'STATEMENT_TOO_COMPLEX' };
      return { code: 'INVALID_INPUT' };
    case 'Invalid type':
    case 'Expression':
    case 'Constraint':
      return { code: 'INVALID_INPUT' };
    case 'Not implemented':
      return { code: 'UNSUPPORTED_FEATURE' };
    case 'INTERRUPT':
    case 'Interrupt':
      return { code: 'QUERY_CANCELED' };
    case 'Out of Memory':
      return { code: 'OUT_OF_MEMORY' };
    case 'IO':
      // The system's own words for it come last, after the name of the file.
      if (/: (?:No space left on device|Disk quota exceeded|File too large)\.?$/i.test(message)) {
        return { code: 'DISK_FULL' };
      }
      if (refusalsOfTheSystem.test(message)) return { code: 'IO_ERROR' };
      if (/No files found|No such file|Cannot open file|could not open/i.test(message)) {
        return { code: 'DELTA_FILE_NOT_FOUND' };
      }
      return { code: 'DELTA_FAILED_TO_READ_FILE' };
    case 'Permission':
      return { code: 'PATH_NOT_ALLOWED' };
    case 'Max expression depth':
      return { code: 'STATEMENT_TOO_COMPLEX' };
    default:
      return { code: 'INTERNAL_ERROR' };
  }
}

function classifyBinder(report: Report): { code: ErrorCode; hint?: string | undefined } {
  const message = report.exception_message;
  if (/must appear in the GROUP BY clause/.test(message)) return { code: 'GROUPING_ERROR' };
  if (report.error_subtype === 'COLUMN_NOT_FOUND')
    return { code: 'COLUMN_NOT_FOUND', hint: nearest(report) };
  if (/does not have a column named|not found in FROM clause/.test(message)) {
    return { code: 'COLUMN_NOT_FOUND', hint: nearest(report) };
  }
  if (/^Ambiguous reference/.test(message)) return { code: 'AMBIGUOUS_NAME' };
  if (/No function matches|Cannot compare values|Cannot mix values|explicit cast/.test(message)) {
    return { code: 'DATATYPE_MISMATCH' };
  }
  if (/expression depth/i.test(message)) return { code: 'STATEMENT_TOO_COMPLEX' };
  return { code: 'BINDING_FAILED' };
}

/** The names DuckDB offers instead. */
function nearest(report: Report): string | undefined {
  const { candidates } = report;
  if (candidates === undefined || candidates === '') return undefined;
  return `Did you mean ${candidates
    .split(',')
    .slice(0, 5)
    .map((name) => name.trim())
    .join(', ')}?`;
}
