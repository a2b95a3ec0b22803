/**
 * `/v1/catalog/...`: schemas, tables and views, one table at a version, its history and its files.
 * The same is there through SQL (`SHOW`, `DESCRIBE`, `information_schema`).
 */
import type { FastifyInstance } from 'fastify';
import type { Catalog } from '../../catalog/catalog.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import {
  catalogName,
  defaultSchema,
  qualifiedName,
  type Relation,
} from '../../catalog/relation.ts';
import type { SnapshotCache } from '../../catalog/snapshot-cache.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { anonymous } from '../../sql/session.ts';
import type { ResultColumn, SqlEngine } from '../../sql/sql-engine.ts';
import { quoteIdentifier } from '../../sql/quote.ts';
import { columnJson } from '../encode/json-rows.ts';
import { clientSignal } from '../plugins/client-signal.ts';
import { newSession } from '../sessions.ts';
import {
  filesAnswer,
  historyAnswer,
  pageQuery,
  relationListAnswer,
  schemasAnswer,
  tableAnswer,
  tableParams,
  tablesQuery,
  versionQuery,
} from './catalog-schemas.ts';
import { problemAnswers } from './answer-schemas.ts';

export interface CatalogParts {
  readonly catalog: Catalog;
  readonly snapshots: SnapshotCache;
  /** Tells the columns of views. */
  readonly engine: SqlEngine;
}

interface TableParams {
  readonly schema: string;
  readonly table: string;
}
interface VersionQuery {
  readonly version?: string;
  readonly timestamp?: string;
}
interface PageQuery extends VersionQuery {
  readonly limit?: string;
  readonly offset?: string;
}

const tags = ['Catalog'];
const table = '/v1/catalog/tables/:schema/:table';

export function addCatalogRoutes(server: FastifyInstance, parts: CatalogParts): void {
  const { catalog, snapshots } = parts;

  server.get(
    '/v1/catalog/schemas',
    { schema: { tags, summary: 'Schemas', response: { 200: schemasAnswer, ...problemAnswers } } },
    async (_request, reply) => ({
      schemas: await catalog.listSchemas({ signal: clientSignal(reply) }),
    }),
  );

  server.get<{ Querystring: { schema?: string } }>(
    '/v1/catalog/tables',
    {
      schema: {
        tags,
        summary: 'Tables and views',
        querystring: tablesQuery,
        response: { 200: relationListAnswer, ...problemAnswers },
      },
    },
    async ({ query }, reply) => {
      const signal = clientSignal(reply);
      const schemas =
        query.schema === undefined
          ? (await catalog.listSchemas({ signal })).map(({ name }) => name)
          : [query.schema];
      const tables: object[] = [];
      for (const schema of schemas) {
        const relations = await catalog.listRelations(schema, { signal });
        tables.push(...relations.map(relationJson));
      }
      return { tables };
    },
  );

  server.get<{ Params: TableParams; Querystring: VersionQuery }>(
    table,
    {
      schema: {
        tags,
        summary: 'One table at a version, or a view',
        params: tableParams,
        querystring: versionQuery,
        response: { 200: tableAnswer, ...problemAnswers },
      },
    },
    async ({ params, query }, reply) => {
      const signal = clientSignal(reply);
      const relation = await resolve(params, signal);
      if (relation.kind === 'view') {
        if (query.version !== undefined || query.timestamp !== undefined) {
          throw new CodedError(
            'DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS',
            `${qualifiedName(relation)} is a view and has no versions`,
          );
        }
        const { sql, dialect, defaultSchema: schema, comment } = relation.definition;
        const columns = await viewColumns(relation, parts.engine, signal);
        return {
          ...relationJson(relation),
          comment,
          sql,
          dialect,
          defaultSchema: schema,
          columns: columns.map(columnJson),
        };
      }
      return tableJson(relation, await snapshotAt(relation.location, query, signal));
    },
  );

  server.get<{ Params: TableParams; Querystring: PageQuery }>(
    `${table}/history`,
    {
      schema: {
        tags,
        summary: 'The commits of a table, newest first',
        params: tableParams,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { limit: pageQuery.properties.limit },
        },
        response: { 200: historyAnswer, ...problemAnswers },
      },
    },
    async ({ params, query }, reply) => {
      const signal = clientSignal(reply);
      const relation = await resolveTable(params, signal);
      const limit = Number(query.limit ?? 1000);
      const commits = await snapshots.history(relation.location, { limit, signal });
      return {
        table: qualifiedName(relation),
        history: commits.map(({ version, timestampMs, timestampSource, commitInfo }) => {
          const { timestamp: _, inCommitTimestamp: __, ...info } = commitInfo;
          return { version, timestamp: isoTime(timestampMs), timestampSource, ...info };
        }),
      };
    },
  );

  server.get<{ Params: TableParams; Querystring: PageQuery }>(
    `${table}/files`,
    {
      schema: {
        tags,
        summary: 'The active files of a table at a version',
        params: tableParams,
        querystring: pageQuery,
        response: { 200: filesAnswer, ...problemAnswers },
      },
    },
    async ({ params, query }, reply) => {
      const signal = clientSignal(reply);
      const relation = await resolveTable(params, signal);
      const snapshot = await snapshotAt(relation.location, query, signal);
      const offset = Number(query.offset ?? 0);
      const limit = Number(query.limit ?? 1000);
      const { version, files } = snapshot;
      const next = offset + limit < files.count ? offset + limit : undefined;
      return {
        table: qualifiedName(relation),
        version,
        timestamp: isoTime(snapshot.timestampMs),
        fileCount: files.count,
        sizeBytes: files.totalBytes,
        files: filesJson(snapshot, offset, limit),
        nextOffset: next,
      };
    },
  );

  function resolve({ schema, table: name }: TableParams, signal: AbortSignal): Promise<Relation> {
    return catalog.resolveTable([schema, name], { currentSchema: defaultSchema, signal });
  }

  async function resolveTable(
    params: TableParams,
    signal: AbortSignal,
  ): Promise<Extract<Relation, { kind: 'table' }>> {
    const relation = await resolve(params, signal);
    if (relation.kind === 'table') return relation;
    throw new CodedError('WRONG_OBJECT_TYPE', `${qualifiedName(relation)} is a view, not a table`);
  }

  function snapshotAt(
    location: string,
    { version, timestamp }: VersionQuery,
    signal: AbortSignal,
  ): Promise<Snapshot> {
    if (version !== undefined && timestamp !== undefined) {
      throw new CodedError('INVALID_REQUEST', 'give either a version or a timestamp, not both');
    }
    if (version !== undefined) return snapshots.atVersion(location, Number(version), { signal });
    if (timestamp === undefined) return snapshots.latest(location, { signal });
    return snapshots.atTimestamp(location, timestampMsOf(timestamp), { signal });
  }
}

function relationJson(relation: Relation): object {
  const { schema, name, kind } = relation;
  return {
    catalog: catalogName,
    schema,
    name,
    kind: kind.toUpperCase(),
    location: kind === 'table' ? relation.location : undefined,
  };
}

function tableJson(relation: Relation, snapshot: Snapshot): object {
  const { metadata, protocol, files, version, timestampMs } = snapshot;
  return {
    ...relationJson(relation),
    id: metadata.id,
    comment: metadata.description,
    version,
    timestamp: isoTime(timestampMs),
    createdAt: metadata.createdTime === undefined ? undefined : isoTime(metadata.createdTime),
    columns: snapshot.schema.fields.map((field) => ({
      ...columnJson(field),
      comment:
        typeof field.metadata['comment'] === 'string' ? field.metadata['comment'] : undefined,
    })),
    partitionColumns: metadata.partitionColumns,
    properties: metadata.configuration,
    protocol: {
      minReaderVersion: protocol.minReaderVersion,
      minWriterVersion: protocol.minWriterVersion,
      readerFeatures: protocol.readerFeatures,
      writerFeatures: protocol.writerFeatures,
    },
    fileCount: files.count,
    sizeBytes: files.totalBytes,
  };
}

function filesJson({ files }: Snapshot, offset: number, limit: number): readonly object[] {
  const page: object[] = [];
  let position = 0;
  for (const handle of files) {
    if (position >= offset + limit) break;
    if (position++ < offset) continue;
    const { path, partitionValues, size, modificationTime, stats, deletionVector } =
      files.addFile(handle);
    page.push({
      path,
      partitionValues,
      sizeBytes: size,
      modifiedAt: isoTime(modificationTime),
      stats,
      deletedRows: deletionVector?.cardinality,
    });
  }
  return page;
}

/** Binds the view as a query would, and reads none of it. */
async function viewColumns(
  { schema, name }: Relation,
  engine: SqlEngine,
  signal: AbortSignal,
): Promise<readonly ResultColumn[]> {
  const sql = `SELECT * FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)} LIMIT 0`;
  const session = newSession('catalog', {});
  const result = await engine.run({ sql, session, identity: anonymous, signal, readOnly: true });
  await result.close();
  return result.columns;
}

function isoTime(ms: number): string | undefined {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}

/** ISO 8601; without a zone it is UTC. */
function timestampMsOf(text: string): number {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?(Z|[+-]\d{2}:\d{2})?$/.exec(
      text.trim().replace(/ (?=\d{2}:\d{2}$)/, '+'),
    );
  const [, date = '', time = '00:00', zone = 'Z'] = match ?? [];
  const ms = match === null ? NaN : Date.parse(`${date}T${time}${zone}`);
  if (Number.isFinite(ms)) return ms;
  throw new CodedError('DELTA_TIMESTAMP_INVALID', `"${text.slice(0, 100)}" is no timestamp`);
}
