/**
 * While the server listens on loopback and asks nobody who they are, a web page could point a name
 * of its own at 127.0.0.1 and read everything (DNS rebinding). So requests must address the server
 * by a name that is known to be its own.
 */
import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../catalog/coded-error.ts';
import { isLoopback, type Config } from '../config.ts';

export function addHostCheck(server: FastifyInstance, config: Config): void {
  if (!isLoopback(config.host)) return;
  const allowed = new Set(config.allowHost.map((name) => name.toLowerCase()));
  server.addHook('onRequest', async (request) => {
    const { host } = request.headers;
    if (host === undefined) return;
    const name = host.replace(/:\d*$/, '').toLowerCase();
    if (isLoopback(name) || name.endsWith('.localhost') || allowed.has(name)) return;
    throw new CodedError('HOST_NOT_ALLOWED', `the server is not called "${name.slice(0, 100)}"`);
  });
}
