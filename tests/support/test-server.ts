/** A server over a fake engine, for `inject` or, where sockets matter, on a port of its own. */
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Clock } from '../../catalog/ports.ts';
import { buildServer, type LeveeServer } from '../../server/build-server.ts';
import { loadConfig, type Config } from '../../server/config.ts';
import { defaultLimits, type Limits } from '../../server/limits.ts';
import { FakeSqlEngine } from './fake-sql-engine.ts';

export interface TestServer extends LeveeServer {
  readonly engine: FakeSqlEngine;
  /** Starts listening and gives the URL. */
  readonly listen: () => Promise<string>;
}

export interface TestServerOptions {
  readonly limits?: Partial<Limits>;
  readonly config?: Partial<Config>;
  readonly clock?: Clock;
  readonly docsPage?: boolean;
}

/** Closes itself after the test. */
export async function startTestServer(
  context: TestContext,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const engine = new FakeSqlEngine();
  const server = await buildServer(testConfig(options), {
    engine,
    clock: options.clock,
    docsPage: options.docsPage ?? false,
  });
  context.after(() => server.close());
  return {
    ...server,
    engine,
    listen: async () => {
      await server.http.listen({ host: '127.0.0.1', port: 0 });
      const { port } = server.http.server.address() as AddressInfo;
      return `http://127.0.0.1:${port}`;
    },
  };
}

export function testConfig({ limits, config }: TestServerOptions = {}): Config {
  const base = loadConfig({ argv: [], env: { UV_THREADPOOL_SIZE: '16' }, cwd: '/nowhere' }).config;
  return { ...base, logLevel: 'silent', ...config, limits: { ...defaultLimits, ...limits } };
}
