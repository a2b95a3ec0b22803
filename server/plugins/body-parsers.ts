/** Bodies of requests: JSON and bare SQL, both UTF-8, checked before anything reads them. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CodedError } from '../../catalog/coded-error.ts';
import { decodeUtf8, parseJson } from '../parse-json.ts';

export function addBodyParsers(server: FastifyInstance, jsonDepthMax: number): void {
  server.removeAllContentTypeParsers();
  const options = { parseAs: 'buffer' as const };
  server.addContentTypeParser(
    'application/json',
    options,
    async (request: FastifyRequest, body: Buffer) => {
      checkCharset(request);
      return body.length === 0 ? undefined : parseJson(decodeUtf8(body), jsonDepthMax);
    },
  );
  server.addContentTypeParser(
    'application/sql',
    options,
    async (request: FastifyRequest, body: Buffer) => {
      checkCharset(request);
      return decodeUtf8(body);
    },
  );
}

function checkCharset(request: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(
    request.headers['content-type'] ?? '',
  )?.[1];
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return;
  throw new CodedError(
    'UNSUPPORTED_MEDIA_TYPE',
    `the charset "${charset.slice(0, 40)}" is not read`,
    {
      hint: 'Send the body as UTF-8.',
    },
  );
}
