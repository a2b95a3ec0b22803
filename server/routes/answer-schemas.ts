/** Schemas of answers, for the OpenAPI document alone: what is sent is not filtered through them. */
import { problemMediaType } from '../error-reply.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const time = { type: 'string', format: 'date-time' } as const;

export const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code', 'sqlState', 'detail'],
  properties: {
    type: text,
    title: text,
    status: { type: 'integer' },
    code: { type: 'string', description: 'One of docs/errors.md.' },
    sqlState: { type: 'string', pattern: '^[0-9A-Z]{5}$' },
    detail: text,
    hint: text,
    position: {
      type: 'object',
      description: 'In the SQL text, both from 1; columns in UTF-16 units.',
      required: ['line', 'column'],
      properties: {
        line: { type: 'integer', minimum: 1 },
        column: { type: 'integer', minimum: 1 },
      },
    },
    queryId: text,
  },
} as const;

const problemAnswer = {
  description: 'A failure',
  content: { [problemMediaType]: { schema: problemSchema } },
} as const;

export const problemAnswers = { '4xx': problemAnswer, '5xx': problemAnswer } as const;

/** An answer of one JSON value. */
export function jsonAnswer(description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } };
}

const columns = {
  type: 'array',
  items: {
    type: 'object',
    required: ['name', 'type', 'nullable'],
    properties: { name: text, type: text, nullable: { type: 'boolean' } },
  },
} as const;

export const snapshotsSchema = {
  type: 'array',
  description: 'The version at which each table was read.',
  items: {
    type: 'object',
    required: ['table', 'version', 'timestamp'],
    properties: {
      table: text,
      version: count,
      timestamp: { ...time, description: 'Of the commit.' },
      timestampSource: {
        enum: ['inCommitTimestamp', 'fileModificationTime'],
        description: 'The clock that time is from.',
      },
      requestedTimestamp: {
        ...time,
        description: 'The time the statement asked for: this is the last commit not after it.',
      },
    },
  },
} as const;

const statisticsSchema = {
  type: 'object',
  properties: {
    elapsedMs: { type: 'number', description: 'From arrival to the last row.' },
    filesTotal: { ...count, description: 'Active files of the tables at their versions.' },
    filesScanned: count,
    bytesScanned: { ...count, description: 'Sizes of the files scanned.' },
    filesPruned: {
      type: 'array',
      description: 'Why the other files were left out, each file counted once.',
      items: {
        type: 'object',
        required: ['table', 'by', 'columns', 'evidence', 'files'],
        properties: {
          table: text,
          by: { enum: ['partition', 'statistics', 'never', 'limit'] },
          columns: { type: 'array', items: text, description: 'The columns looked at.' },
          evidence: { type: 'array', items: { enum: ['min', 'max', 'nullCount'] } },
          files: count,
        },
      },
    },
    rowsDeleted: { ...count, description: 'Rows of scanned files that deletion vectors remove.' },
    answeredFromLog: { type: 'boolean', description: 'Whether no file was needed.' },
    snapshotsCached: { ...count, description: 'Tables whose log did not have to be read.' },
    checkpointFilesRead: count,
    commitsRead: count,
    logBytesRead: count,
    cached: { type: 'boolean' },
  },
} as const;

const resultSchema = {
  type: 'object',
  required: ['queryId', 'columns', 'rows', 'rowCount'],
  properties: {
    queryId: text,
    columns,
    rows: { type: 'array', items: { type: 'array', items: {} } },
    rowCount: count,
    truncated: { type: 'boolean', description: 'With rowLimit: whether there were more rows.' },
    snapshots: snapshotsSchema,
    statistics: statisticsSchema,
    complete: { const: true, description: 'Present exactly when the answer is whole.' },
    error: { ...problemSchema, description: 'Instead of "complete" when it failed on the way.' },
  },
} as const;

export const sqlAnswers = {
  200: {
    description: 'The result',
    content: {
      'application/json': { schema: resultSchema },
      'application/x-ndjson': { schema: { type: 'string' } },
      'text/csv': { schema: { type: 'string' } },
      'application/vnd.apache.arrow.stream': { schema: { type: 'string', format: 'binary' } },
    },
  },
  ...problemAnswers,
} as const;

export const queryIdHeader = {
  type: 'object',
  properties: {
    'x-query-id': { type: 'string', maxLength: 128, description: 'A name for the query.' },
  },
} as const;

export const statementRecordSchema = {
  type: 'object',
  required: ['queryId', 'state', 'sql', 'submittedAt'],
  properties: {
    queryId: text,
    state: { enum: ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED'] },
    sql: { type: 'string', description: 'The first 1000 characters.' },
    identity: text,
    session: text,
    submittedAt: time,
    startedAt: time,
    endedAt: time,
    elapsedMs: { type: 'number' },
    rowCount: count,
    bytesSent: count,
    snapshots: snapshotsSchema,
    error: { type: 'object', properties: { code: text, detail: text } },
  },
} as const;

export const sessionRecordSchema = {
  type: 'object',
  required: ['id', 'schema', 'dialect', 'expiresAt'],
  properties: {
    id: text,
    schema: text,
    dialect: { enum: ['duckdb', 'spark'] },
    temporaryViews: { type: 'array', items: text },
    transaction: {
      enum: ['open', 'failed'],
      description: 'Absent outside of BEGIN and COMMIT. A failed one is ended with ROLLBACK.',
    },
    createdAt: time,
    expiresAt: time,
  },
} as const;

/** `{ id }` of the path. */
export const idParams = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', minLength: 1, maxLength: 200 } },
} as const;
