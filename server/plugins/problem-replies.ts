/**
 * Every failure becomes the same kind of answer, problem+json: ours, Fastify's, an unknown route
 * (404), a method a route does not have (405), and bytes that are no HTTP at all.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { didYouMean } from '../../catalog/closest-name.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import { asCodedError, problemMediaType, rawProblemResponse, toProblem } from '../error-reply.ts';
import { StatementFailure } from '../run-request.ts';

export interface ProblemReplyOptions {
  readonly retryAfterSeconds: () => number;
  readonly reportDefect: (error: unknown, queryId: string) => void;
}

export function addProblemReplies(server: FastifyInstance, options: ProblemReplyOptions): void {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/:[A-Za-z]+/g, '[^/]+').replace('*', '.*')}$`);
    for (const one of Array.isArray(method) ? method : [method])
      routes.push({ method: one, pattern });
  });
  server.setErrorHandler((error, request, reply) => {
    sendError(error, request, reply, options);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    const shown = path.slice(0, 200);
    if (methods.length === 0) throw new CodedError('ROUTE_NOT_FOUND', `there is no ${shown}`);
    void reply.header('Allow', methods.join(', '));
    throw new CodedError('METHOD_NOT_ALLOWED', `${shown} does not take ${request.method}`);
  });
}

export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { retryAfterSeconds, reportDefect }: ProblemReplyOptions,
): void {
  const queryId = error instanceof StatementFailure ? error.queryId : undefined;
  const coded = error instanceof StatementFailure ? error.error : codedOf(error);
  if (coded.code === 'INTERNAL_ERROR' && queryId === undefined) {
    reportDefect(coded.cause, `${request.method} ${request.url.slice(0, 200)}`);
  }
  const problem = toProblem(coded, queryId);
  if (problem.status === 503) void reply.header('Retry-After', String(retryAfterSeconds()));
  if (queryId !== undefined) void reply.header('X-Query-Id', queryId);
  // A body that was not read to its end would be taken for the next request.
  if (problem.status === 413) void reply.header('Connection', 'close');
  void reply
    .code(problem.status)
    .removeHeader('ETag')
    .header('Cache-Control', 'no-store')
    .header('Content-Type', problemMediaType)
    // As bytes, or Fastify would add a charset, which the media type does not have.
    .send(Buffer.from(JSON.stringify(problem)));
}

/** What Fastify reports by its own codes. */
const codesOfFastify: { readonly [code: string]: ErrorCode } = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'REQUEST_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

function codedOf(error: unknown): CodedError {
  if (error instanceof CodedError || !(error instanceof Error)) return asCodedError(error);
  const { code, statusCode, validation } = error as FastifyError;
  if (validation !== undefined) return invalidRequest(error as FastifyError);
  const isFastifys = typeof code === 'string' && code.startsWith('FST_');
  if (!isFastifys || statusCode === undefined || statusCode >= 500) return asCodedError(error);
  const ours = codesOfFastify[code] ?? 'INVALID_REQUEST';
  return new CodedError(ours, error.message, { cause: error });
}

/** The first thing that does not fit the schema of the request, in words. */
function invalidRequest(error: FastifyError): CodedError {
  const [first] = error.validation ?? [];
  const where = {
    body: 'the body',
    querystring: 'the query string',
    params: 'the path',
    headers: 'the headers',
  }[error.validationContext ?? 'body'];
  if (first?.keyword === 'additionalProperties') {
    const name = String(first.params['additionalProperty']).slice(0, 100);
    const known = (first as { parentSchema?: { properties?: object } }).parentSchema?.properties;
    return new CodedError('INVALID_REQUEST', `${where} has an unknown member "${name}"`, {
      hint: didYouMean(name, Object.keys(known ?? {})),
    });
  }
  const member = (first?.instancePath ?? '').slice(1).replaceAll('/', '.').slice(0, 100);
  const allowed = first?.params['allowedValues'];
  const values = Array.isArray(allowed) ? ` (${allowed.join(', ')})` : '';
  const subject = member === '' ? where : `"${member}" of ${where}`;
  return new CodedError(
    'INVALID_REQUEST',
    `${subject} ${first?.message ?? 'is not valid'}${values}`,
  );
}

/** Answers what never became a request: bytes that are not HTTP, headers that are too large. */
export function onClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [code, message] = clientErrors[error.code ?? ''] ?? [
    'INVALID_REQUEST',
    'this is not HTTP/1.1',
  ];
  socket.end(rawProblemResponse(toProblem(new CodedError(code, message))));
}

const clientErrors: { readonly [code: string]: readonly [ErrorCode, string] } = {
  HPE_HEADER_OVERFLOW: ['REQUEST_HEADERS_TOO_LARGE', 'the headers and the URL are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'the request did not arrive in time'],
};
