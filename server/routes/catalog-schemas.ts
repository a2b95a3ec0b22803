/** Schemas of the catalog routes: what they take, which is checked, and what they answer. */
import { jsonAnswer } from './answer-schemas.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const time = { type: 'string', format: 'date-time' } as const;
const name = { type: 'string', minLength: 1, maxLength: 255 } as const;

export const tableParams = {
  type: 'object',
  required: ['schema', 'table'],
  properties: { schema: name, table: name },
} as const;

export const tablesQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { schema: { ...name, description: 'All schemas without it.' } },
} as const;

const versions = {
  version: { type: 'string', pattern: '^\\d{1,15}$', description: 'The latest without it.' },
  timestamp: {
    type: 'string',
    maxLength: 64,
    description: 'ISO 8601: the version that was current then. UTC without a zone.',
  },
} as const;

export const versionQuery = {
  type: 'object',
  additionalProperties: false,
  properties: versions,
} as const;

export const pageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...versions,
    limit: { type: 'string', pattern: '^[1-9]\\d{0,4}$', description: 'At most; 1000 without it.' },
    offset: { type: 'string', pattern: '^\\d{1,9}$', description: 'Files to leave out.' },
  },
} as const;

export const schemasAnswer = jsonAnswer('The schemas', {
  type: 'object',
  required: ['schemas'],
  properties: {
    schemas: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: text, comment: text } },
    },
  },
});

const relation = {
  catalog: text,
  schema: text,
  name: text,
  kind: { enum: ['TABLE', 'VIEW'] },
  location: text,
} as const;

export const relationListAnswer = jsonAnswer('Tables and views by name', {
  type: 'object',
  required: ['tables'],
  properties: {
    tables: {
      type: 'array',
      items: { type: 'object', required: ['schema', 'name', 'kind'], properties: relation },
    },
  },
});

export const tableAnswer = jsonAnswer('The table or view', {
  type: 'object',
  required: ['schema', 'name', 'kind', 'columns'],
  properties: {
    ...relation,
    id: text,
    comment: text,
    version: count,
    timestamp: time,
    createdAt: time,
    columns: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'type', 'nullable'],
        properties: { name: text, type: text, nullable: { type: 'boolean' }, comment: text },
      },
    },
    partitionColumns: { type: 'array', items: text },
    properties: { type: 'object', additionalProperties: text },
    protocol: {
      type: 'object',
      properties: {
        minReaderVersion: count,
        minWriterVersion: count,
        readerFeatures: { type: 'array', items: text },
        writerFeatures: { type: 'array', items: text },
      },
    },
    fileCount: count,
    sizeBytes: count,
    sql: { type: 'string', description: 'Of a view.' },
    dialect: { enum: ['duckdb', 'spark'] },
    defaultSchema: text,
  },
});

export const historyAnswer = jsonAnswer('The commits', {
  type: 'object',
  required: ['table', 'history'],
  properties: {
    table: text,
    history: {
      type: 'array',
      items: {
        type: 'object',
        description: 'With the fields of the commitInfo as they were written.',
        required: ['version', 'timestamp'],
        properties: {
          version: count,
          timestamp: time,
          timestampSource: { enum: ['inCommitTimestamp', 'fileModificationTime'] },
          operation: text,
        },
      },
    },
  },
});

export const filesAnswer = jsonAnswer('The files', {
  type: 'object',
  required: ['table', 'version', 'fileCount', 'files'],
  properties: {
    table: text,
    version: count,
    timestamp: time,
    fileCount: count,
    sizeBytes: count,
    files: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'sizeBytes'],
        properties: {
          path: { type: 'string', description: 'As in the log: URI-encoded.' },
          partitionValues: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
          sizeBytes: count,
          modifiedAt: time,
          stats: { type: 'string', description: 'The JSON text of the log.' },
          deletedRows: { type: 'integer', description: 'Rows its deletion vector removes.' },
        },
      },
    },
    nextOffset: { type: 'integer', description: 'Absent on the last page.' },
  },
});
