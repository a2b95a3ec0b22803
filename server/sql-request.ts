/**
 * A request to run a statement, read from a JSON body, a bare text or a query string into one form
 * that is checked. The shapes are JSON schemas, so that /openapi.json shows what is enforced.
 */
import { CodedError } from '../catalog/coded-error.ts';
import type { ErrorCode } from '../catalog/error-codes.ts';
import { dialects, type Dialect } from '../sql/parse/dialect.ts';
import type { Parameters, ParameterValue } from '../sql/sql-engine.ts';
import { formatNames, type FormatName } from './encode/result-format.ts';
import type { Limits } from './limits.ts';
import { parseJson } from './parse-json.ts';
import { formatDuration, parseDuration } from './units.ts';

/** One statement to run, whatever way it came. */
export interface SqlRequest {
  readonly sql: string;
  readonly parameters: Parameters | undefined;
  readonly queryId: string | undefined;
  readonly sessionId: string | undefined;
  readonly schema: string | undefined;
  readonly dialect: Dialect | undefined;
  readonly timeoutMs: number;
  readonly rowLimit: number | undefined;
  readonly maxStalenessMs: number | undefined;
  /** By table. */
  readonly minVersions: { readonly [table: string]: number } | undefined;
}

/** The members of a JSON body, checked against `sqlBodySchema`. */
export interface SqlBody {
  readonly sql: string;
  readonly parameters?: unknown;
  readonly queryId?: string;
  readonly session?: string;
  readonly schema?: string;
  readonly dialect?: Dialect;
  readonly timeout?: string;
  readonly rowLimit?: number;
  readonly asOf?: unknown;
  readonly maxStaleness?: string;
  readonly minVersion?: unknown;
}

/** The same from a query string, where everything is text. */
export interface SqlQuery {
  readonly sql: string;
  readonly parameters?: string;
  readonly queryId?: string;
  readonly session?: string;
  readonly schema?: string;
  readonly dialect?: Dialect;
  readonly timeout?: string;
  readonly rowLimit?: string;
  readonly maxStaleness?: string;
  readonly minVersion?: string;
  readonly format?: FormatName;
  readonly binary?: 'base64' | 'hex';
}

/** Tables that one request may name in `minVersion`. */
const minVersionsMax = 100;

const queryIdPattern = '^[A-Za-z0-9._:-]{1,128}$';

const shared = {
  queryId: {
    type: 'string',
    pattern: queryIdPattern,
    description: 'A name for the query, to cancel it by. Also as the header X-Query-Id.',
  },
  session: { type: 'string', maxLength: 128, description: 'A session of POST /v1/sessions.' },
  schema: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: 'Where unqualified names are looked up.',
  },
  dialect: { type: 'string', enum: dialects, description: 'The language of the statement.' },
  timeout: {
    type: 'string',
    maxLength: 32,
    description: 'From arrival to the last byte, like "30s".',
  },
  maxStaleness: {
    type: 'string',
    maxLength: 32,
    description: 'Tables as they were so long ago, like "5s", are new enough.',
  },
};

export const sqlBodySchema = {
  type: 'object',
  required: ['sql'],
  additionalProperties: false,
  properties: {
    sql: { type: 'string', description: 'One statement.' },
    parameters: {
      description: 'Values by position (array) or by name (object).',
      type: ['array', 'object'],
      items: { type: ['null', 'boolean', 'number', 'string'] },
      additionalProperties: { type: ['null', 'boolean', 'number', 'string'] },
    },
    ...shared,
    rowLimit: {
      type: 'integer',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER - 1,
      description:
        'The answer ends after this many rows; "truncated" says whether there were more.',
    },
    asOf: { description: 'Not supported yet.' },
    minVersion: {
      description: 'Versions that tables must have reached, by their names: {"stocks.prices": 42}.',
      type: 'object',
      maxProperties: minVersionsMax,
      additionalProperties: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    },
  },
} as const;

const optionsSchema = {
  format: { type: 'string', enum: formatNames, description: 'Overrides Accept.' },
  binary: {
    type: 'string',
    enum: ['base64', 'hex'],
    default: 'base64',
    description: 'How binary values are written.',
  },
};

/** The query string of `POST /v1/sql`: with a bare text, also what the JSON body would say. */
export const sqlOptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...shared,
    parameters: { type: 'string', description: 'JSON: an array or an object.' },
    rowLimit: { type: 'string', pattern: '^\\d{1,15}$' },
    minVersion: { type: 'string', description: 'JSON: an object, versions by table.' },
    ...optionsSchema,
  },
} as const;

export const sqlQuerySchema = {
  ...sqlOptionsSchema,
  required: ['sql'],
  properties: {
    sql: { type: 'string', description: 'One statement that reads.' },
    ...sqlOptionsSchema.properties,
  },
} as const;

type RequestLimits = Pick<
  Limits,
  | 'statementBytesMax'
  | 'parametersMax'
  | 'jsonDepthMax'
  | 'statementTimeoutMsDefault'
  | 'statementTimeoutMsMax'
>;

/** @throws CodedError for everything the schema cannot say */
export function readSqlBody(body: SqlBody, limits: RequestLimits): SqlRequest {
  if (body.asOf !== undefined) {
    throw new CodedError('UNSUPPORTED_FEATURE', '"asOf" in the request is not supported yet', {
      hint: 'Pin a table with VERSION AS OF or TIMESTAMP AS OF in the statement.',
    });
  }
  const { sql, session: sessionId, queryId, schema, dialect, rowLimit } = body;
  checkStatementSize(sql, limits.statementBytesMax);
  const parameters = readParameters(body.parameters, limits.parametersMax);
  const timeoutMs = readTimeout(body.timeout, limits);
  const maxStalenessMs = readMaxStaleness(body.maxStaleness);
  const minVersions = readMinVersions(body.minVersion);
  return {
    sql,
    parameters,
    queryId,
    sessionId,
    schema,
    dialect,
    timeoutMs,
    rowLimit,
    maxStalenessMs,
    minVersions,
  };
}

export function readSqlQuery(query: SqlQuery, limits: RequestLimits): SqlRequest {
  const { format: _, binary: __, parameters, rowLimit, minVersion, ...rest } = query;
  return readSqlBody(
    {
      ...rest,
      ...(parameters === undefined
        ? {}
        : { parameters: parseJson(parameters, limits.jsonDepthMax) }),
      ...(rowLimit === undefined ? {} : { rowLimit: Number(rowLimit) }),
      ...(minVersion === undefined
        ? {}
        : { minVersion: parseJson(minVersion, limits.jsonDepthMax) }),
    },
    limits,
  );
}

/** The name a client gave its query in a header. @throws CodedError INVALID_REQUEST */
export function checkQueryId(queryId: string): string {
  if (new RegExp(queryIdPattern).test(queryId)) return queryId;
  throw new CodedError(
    'INVALID_REQUEST',
    'a query id has 1 to 128 letters, digits, dots, colons, dashes or underscores',
  );
}

function checkStatementSize(sql: string, statementBytesMax: number): void {
  const sizeBytes = Buffer.byteLength(sql);
  if (sizeBytes > statementBytesMax) {
    throw new CodedError(
      'STATEMENT_TOO_LARGE',
      `the statement has ${sizeBytes} bytes, more than ${statementBytesMax}`,
    );
  }
}

function readParameters(given: unknown, parametersMax: number): Parameters | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object') {
    throw invalidParameter('parameters are an array, or an object with names');
  }
  const entries = Object.entries(given);
  if (entries.length > parametersMax) {
    throw invalidParameter(`there are ${entries.length} parameters, more than ${parametersMax}`);
  }
  for (const [name, value] of entries) {
    if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) continue;
    const shown = Array.isArray(given) ? Number(name) + 1 : `"${name}"`;
    throw invalidParameter(`parameter ${shown} is an ${Array.isArray(value) ? 'array' : 'object'}`);
  }
  if (Array.isArray(given)) return given as readonly ParameterValue[];
  return Object.freeze(Object.fromEntries(entries));
}

function invalidParameter(message: string): CodedError {
  const code: ErrorCode = 'INVALID_PARAMETER_VALUE';
  return new CodedError(code, message, {
    hint: 'A value is null, true, false, a number or a string.',
  });
}

function readTimeout(text: string | undefined, limits: RequestLimits): number {
  if (text === undefined) return limits.statementTimeoutMsDefault;
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs < 1) {
    throw new CodedError('INVALID_REQUEST', `"${text}" is no timeout`, {
      hint: 'Write it like "30s" or "500ms".',
    });
  }
  if (timeoutMs > limits.statementTimeoutMsMax) {
    throw new CodedError(
      'INVALID_REQUEST',
      `the timeout ${formatDuration(timeoutMs)} is longer than ${formatDuration(limits.statementTimeoutMsMax)}`,
    );
  }
  return timeoutMs;
}

function readMaxStaleness(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const maxStalenessMs = parseDuration(text);
  if (maxStalenessMs !== undefined) return maxStalenessMs;
  throw new CodedError('INVALID_REQUEST', `"${text}" is no duration, and maxStaleness is one`, {
    hint: 'Write it like "5s" or "500ms".',
  });
}

/** What the schema says of a JSON body, for query strings as well. */
function readMinVersions(given: unknown): { readonly [table: string]: number } | undefined {
  if (given === undefined || given === null) return undefined;
  const hint = 'Write it like {"stocks.prices": 42}.';
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new CodedError('INVALID_REQUEST', 'minVersion is an object of versions by table', {
      hint,
    });
  }
  const entries = Object.entries(given);
  if (entries.length > minVersionsMax) {
    throw new CodedError(
      'INVALID_REQUEST',
      `minVersion names ${entries.length} tables, more than ${minVersionsMax}`,
    );
  }
  for (const [table, version] of entries) {
    if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0) continue;
    throw new CodedError(
      'INVALID_REQUEST',
      `the minVersion of "${table}" is no version: versions are whole numbers from 0`,
      { hint },
    );
  }
  return Object.freeze(Object.fromEntries(entries));
}
