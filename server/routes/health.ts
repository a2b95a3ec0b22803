/** `/healthz` (the process lives), `/readyz` (it takes statements) and `/metrics`. */
import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../catalog/coded-error.ts';
import type { Admission } from '../admission.ts';
import type { Telemetry } from '../plugins/telemetry.ts';
import type { Sessions } from '../sessions.ts';
import { jsonAnswer, problemAnswers } from './answer-schemas.ts';

export interface HealthParts {
  readonly admission: Admission;
  readonly sessions: Sessions;
  readonly telemetry: Telemetry;
  readonly isDraining: () => boolean;
}

export function addHealthRoutes(server: FastifyInstance, parts: HealthParts): void {
  const { admission, sessions, telemetry, isDraining } = parts;
  const tags = ['Operations'];
  const status = { type: 'object', properties: { status: { type: 'string' } } };

  server.get(
    '/healthz',
    {
      schema: {
        tags,
        summary: 'Whether the process lives',
        response: { 200: jsonAnswer('It does', status) },
      },
    },
    async () => ({ status: 'ok' }),
  );

  server.get(
    '/readyz',
    {
      schema: {
        tags,
        summary: 'Whether statements are taken',
        response: { 200: jsonAnswer('They are', status), ...problemAnswers },
      },
    },
    async () => {
      if (isDraining()) throw shuttingDown();
      return { status: 'ready' };
    },
  );

  server.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Measurements for Prometheus',
        response: {
          200: {
            description: 'Prometheus text',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
        },
      },
    },
    async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(
        telemetry.text([
          ['levee_statements_running', 'Statements that run.', admission.running],
          ['levee_statements_waiting', 'Statements that wait for a place.', admission.waiting],
          ['levee_statements_refused_total', 'Statements refused as busy.', admission.refused],
          ['levee_sessions_open', 'Open sessions.', sessions.count],
        ]),
      ),
  );
}

export function shuttingDown(): CodedError {
  return new CodedError('SERVER_SHUTTING_DOWN', 'the server is shutting down');
}
