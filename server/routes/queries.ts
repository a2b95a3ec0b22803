/** `GET /v1/queries`, `GET` and `DELETE /v1/queries/{id}`: what runs, what ran, and stopping it. */
import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../catalog/coded-error.ts';
import type { Clock } from '../../catalog/ports.ts';
import { snapshotJson } from '../encode/result-encoder.ts';
import type { StatementRecord, StatementRegistry } from '../statement-registry.ts';
import { idParams, jsonAnswer, problemAnswers, statementRecordSchema } from './answer-schemas.ts';

export function addQueryRoutes(
  server: FastifyInstance,
  registry: StatementRegistry,
  clock: Clock,
): void {
  const tags = ['Queries'];
  const one = { 200: jsonAnswer('The query', statementRecordSchema), ...problemAnswers };

  server.get(
    '/v1/queries',
    {
      schema: {
        tags,
        summary: 'Running and recent queries',
        response: {
          200: jsonAnswer('Running ones first, then those that ended', {
            type: 'object',
            required: ['queries'],
            properties: { queries: { type: 'array', items: statementRecordSchema } },
          }),
          ...problemAnswers,
        },
      },
    },
    async () => ({ queries: registry.list().map((record) => recordJson(record, clock.nowMs())) }),
  );

  server.get<{ Params: { id: string } }>(
    '/v1/queries/:id',
    { schema: { tags, summary: 'One query', params: idParams, response: one } },
    async ({ params }) => {
      const record = registry.get(params.id);
      if (record === undefined) {
        throw new CodedError('QUERY_NOT_FOUND', `there is no query "${params.id}"`);
      }
      return recordJson(record, clock.nowMs());
    },
  );

  server.delete<{ Params: { id: string } }>(
    '/v1/queries/:id',
    {
      schema: {
        tags,
        summary: 'Cancel a query',
        description: 'Interrupts it in the engine. One that has ended stays as it is.',
        params: idParams,
        response: one,
      },
    },
    async ({ params }) => recordJson(registry.cancel(params.id), clock.nowMs()),
  );
}

function recordJson(record: StatementRecord, nowMs: number): object {
  const { queryId, state, sql, identity, sessionId, rowCount, bytesSent, snapshots } = record;
  const { submittedMs, startedMs, endedMs, errorCode, errorMessage } = record;
  return {
    queryId,
    state,
    sql,
    identity,
    session: sessionId,
    submittedAt: isoTime(submittedMs),
    startedAt: isoTime(startedMs),
    endedAt: isoTime(endedMs),
    elapsedMs: (endedMs ?? nowMs) - submittedMs,
    rowCount,
    bytesSent,
    snapshots: snapshots.map(snapshotJson),
    error: errorCode === undefined ? undefined : { code: errorCode, detail: errorMessage },
  };
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
