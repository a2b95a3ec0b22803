/** `/v1/sessions`: state that several statements share, until it is closed or idle for too long. */
import type { FastifyInstance } from 'fastify';
import { dialects, type Dialect } from '../../sql/parse/dialect.ts';
import type { SessionRecord, Sessions } from '../sessions.ts';
import { idParams, jsonAnswer, problemAnswers, sessionRecordSchema } from './answer-schemas.ts';

interface NewSessionBody {
  readonly schema?: string;
  readonly dialect?: Dialect;
}

export function addSessionRoutes(server: FastifyInstance, sessions: Sessions): void {
  const tags = ['Sessions'];
  const answer = jsonAnswer('The session', sessionRecordSchema);

  server.post<{ Body: NewSessionBody | undefined }>(
    '/v1/sessions',
    {
      schema: {
        tags,
        summary: 'Open a session',
        description: 'USE, SET, temporary views and a transaction last as long as it does.',
        body: {
          content: {
            'application/json': {
              schema: {
                type: ['object', 'null'],
                additionalProperties: false,
                properties: {
                  schema: { type: 'string', minLength: 1, maxLength: 255 },
                  dialect: { type: 'string', enum: dialects },
                },
              },
            },
          },
        },
        response: { 201: answer, ...problemAnswers },
      },
    },
    async ({ body }, reply) => {
      const record = sessions.open(body ?? {});
      void reply.code(201).header('Location', `/v1/sessions/${record.id}`);
      return recordJson(record);
    },
  );

  server.get<{ Params: { id: string } }>(
    '/v1/sessions/:id',
    {
      schema: {
        tags,
        summary: 'One session',
        params: idParams,
        response: { 200: answer, ...problemAnswers },
      },
    },
    async ({ params }) => recordJson(sessions.get(params.id)),
  );

  server.delete<{ Params: { id: string } }>(
    '/v1/sessions/:id',
    {
      schema: {
        tags,
        summary: 'Close a session',
        params: idParams,
        response: { 204: { description: 'Closed', type: 'null' }, ...problemAnswers },
      },
    },
    async ({ params }, reply) => {
      await sessions.close(params.id);
      return reply.code(204).send();
    },
  );
}

function recordJson({ createdMs, expiresMs, ...rest }: SessionRecord): object {
  return {
    ...rest,
    createdAt: new Date(createdMs).toISOString(),
    expiresAt: new Date(expiresMs).toISOString(),
  };
}
