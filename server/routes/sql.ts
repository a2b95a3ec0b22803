/** `POST /v1/sql` and `GET /v1/sql`: one statement, its rows streamed as they are produced. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { anonymous } from '../../sql/session.ts';
import { formatByName, negotiateFormat, type ResultFormat } from '../encode/result-format.ts';
import { clientSignal } from '../plugins/client-signal.ts';
import { serverTiming } from '../server-timing.ts';
import { runRequest, type StatementServices } from '../run-request.ts';
import {
  checkQueryId,
  readSqlBody,
  readSqlQuery,
  sqlBodySchema,
  sqlOptionsSchema,
  sqlQuerySchema,
  type SqlBody,
  type SqlQuery,
  type SqlRequest,
} from '../sql-request.ts';
import type { StatementBody } from '../statement-body.ts';
import { queryIdHeader, sqlAnswers } from './answer-schemas.ts';

type SqlOptions = Omit<SqlQuery, 'sql'>;

export function addSqlRoutes(server: FastifyInstance, services: StatementServices): void {
  const { limits } = services;
  const tags = ['SQL'];
  const headers = queryIdHeader;

  server.post<{ Body: SqlBody | string; Querystring: SqlOptions }>(
    '/v1/sql',
    {
      schema: {
        tags,
        summary: 'Run a statement',
        description: 'The answer is streamed. See docs/http-api.md for the formats.',
        querystring: sqlOptionsSchema,
        headers,
        body: {
          content: {
            'application/json': { schema: sqlBodySchema },
            'application/sql': { schema: { type: 'string' } },
          },
        },
        response: sqlAnswers,
      },
    },
    async (request, reply) => {
      const { body, query } = request;
      const fromQuery = readSqlQuery({ sql: '', ...query }, limits);
      const read =
        typeof body === 'string'
          ? readSqlQuery({ ...query, sql: body }, limits)
          : overlay(fromQuery, readSqlBody(body, limits), body);
      return answer(request, reply, read, { readOnly: false });
    },
  );

  server.get<{ Querystring: SqlQuery }>(
    '/v1/sql',
    {
      schema: {
        tags,
        summary: 'Run a statement that reads',
        description: 'Answers carry an ETag; If-None-Match spares running the statement again.',
        querystring: sqlQuerySchema,
        headers,
        response: sqlAnswers,
      },
    },
    async (request, reply) =>
      answer(request, reply, readSqlQuery(request.query, limits), { readOnly: true }),
  );

  async function answer(
    request: FastifyRequest<{ Querystring: SqlOptions }>,
    reply: FastifyReply,
    read: SqlRequest,
    { readOnly }: { readonly readOnly: boolean },
  ): Promise<unknown> {
    const { format: named, binary = 'base64' } = request.query;
    const format =
      named === undefined ? negotiateFormat(request.headers.accept) : formatByName(named);
    const inHeader = request.headers['x-query-id'];
    const queryId =
      read.queryId ?? (typeof inHeader === 'string' ? checkQueryId(inHeader) : undefined);
    const suffix = tagSuffix(format, binary, read.rowLimit);
    const answered = await runRequest(
      services,
      { ...read, queryId },
      {
        identity: anonymous,
        format,
        binary,
        readOnly,
        knownCacheKeys: readOnly ? keysOfTags(request.headers['if-none-match'], suffix) : [],
        clientSignal: clientSignal(reply),
      },
    );
    void reply.header('X-Query-Id', answered.queryId).header('Vary', 'Accept');
    const { cacheKey } = answered;
    if (readOnly && cacheKey !== undefined) {
      void reply
        .header('ETag', `W/"${cacheKey}${suffix}"`)
        .header('Cache-Control', 'private, no-cache');
    } else {
      void reply.header('Cache-Control', 'no-store');
    }
    if (answered.kind === 'notModified') return reply.code(304).send();
    void reply
      .header('Server-Timing', serverTiming(answered))
      .header('Content-Type', format.contentType);
    return reply.send(readableOf(answered.body));
  }
}

/** Options in the query string of a JSON request hold where the body says nothing. */
function overlay(query: SqlRequest, read: SqlRequest, body: SqlBody): SqlRequest {
  return {
    sql: read.sql,
    parameters: read.parameters ?? query.parameters,
    queryId: read.queryId ?? query.queryId,
    sessionId: read.sessionId ?? query.sessionId,
    schema: read.schema ?? query.schema,
    dialect: read.dialect ?? query.dialect,
    timeoutMs: body.timeout === undefined ? query.timeoutMs : read.timeoutMs,
    rowLimit: read.rowLimit ?? query.rowLimit,
    maxStalenessMs: read.maxStalenessMs ?? query.maxStalenessMs,
    minVersions: read.minVersions ?? query.minVersions,
  };
}

/** What makes two bodies of the same rows differ. */
function tagSuffix(format: ResultFormat, binary: string, rowLimit: number | undefined): string {
  return `.${format.name}.${binary}${rowLimit === undefined ? '' : `.${rowLimit}`}`;
}

/** The cache keys inside those tags of an If-None-Match header that are for this kind of body. */
function keysOfTags(header: string | undefined, suffix: string): readonly string[] {
  if (header === undefined) return [];
  return [...header.matchAll(/"([^"]*)"/g)]
    .map(([, tag = '']) => tag)
    .filter((tag) => tag.endsWith(suffix) && tag.length > suffix.length)
    .map((tag) => tag.slice(0, -suffix.length));
}

/** Asks for the next chunk only when the last one has been taken. */
function readableOf(body: StatementBody): Readable {
  return new Readable({
    highWaterMark: 1,
    read() {
      body.next().then(
        (chunk) => this.push(chunk ?? null),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, callback) {
      body.close().then(
        () => callback(error),
        () => callback(error),
      );
    },
  });
}
