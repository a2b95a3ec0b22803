/**
 * The composition root of HTTP: hooks, routes and what they share, over parts that were chosen
 * elsewhere (`open-parts.ts`). Tests call it with a fake engine and use `inject`, without a port.
 */
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import type { BackgroundPostCommit } from '../catalog/checkpoint/background-post-commit.ts';
import type { Clock, NewId } from '../catalog/ports.ts';
import type { SnapshotCache } from '../catalog/snapshot-cache.ts';
import type { SqlEngine } from '../sql/sql-engine.ts';
import { Admission } from './admission.ts';
import type { Config } from './config.ts';
import { addDocsPage, addOpenApi } from './plugins/api-docs.ts';
import { addBodyParsers } from './plugins/body-parsers.ts';
import { addHostCheck } from './plugins/host-check.ts';
import { addProblemReplies, onClientError, sendError } from './plugins/problem-replies.ts';
import { Telemetry } from './plugins/telemetry.ts';
import { addCatalogRoutes } from './routes/catalog.ts';
import { addHealthRoutes, shuttingDown } from './routes/health.ts';
import { addQueryRoutes } from './routes/queries.ts';
import { addSessionRoutes } from './routes/sessions.ts';
import { addSqlRoutes } from './routes/sql.ts';
import { Sessions } from './sessions.ts';
import { StatementRegistry } from './statement-registry.ts';
import { version } from './version.ts';

/** Everything the server needs from outside; tests bring their own. */
export interface ServerParts {
  /** Closed with the server. */
  readonly engine: SqlEngine;
  /** Without them there are no catalog routes. */
  readonly catalog?: Catalog | undefined;
  readonly snapshots?: SnapshotCache | undefined;
  readonly clock?: Clock | undefined;
  readonly newId?: NewId | undefined;
  /** What follows commits; its failures go to the server's log. */
  readonly logMaintenance?: Pick<BackgroundPostCommit, 'listen'> | undefined;
  /** Without it `/docs` is left out, which spares tests its script. */
  readonly docsPage?: boolean | undefined;
}

export interface LeveeServer {
  readonly http: FastifyInstance;
  /** Refuses new statements; resolves once those that run have ended, or were cancelled. */
  readonly drain: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** For the last bytes of answers that are made already. */
const closeGraceMs = 2000;

export const systemClock: Clock = { nowMs: () => Date.now() };

export async function buildServer(config: Config, parts: ServerParts): Promise<LeveeServer> {
  const { engine, catalog, snapshots, clock = systemClock, newId = randomUUID } = parts;
  const { limits } = config;
  const telemetry = new Telemetry();
  const admission = new Admission(limits);
  const sessions = new Sessions({ limits, clock, newId });
  const registry = new StatementRegistry({
    recentMax: limits.recentStatementsMax,
    clock,
    newId,
    onEnd: (record) => telemetry.statementEnded(record),
  });
  let isDraining = false;

  const http = createHttp(config, () => admission.retryAfterSeconds);
  const reportDefect = defectReporter(http.log);
  parts.logMaintenance?.listen(({ step, location, version, error }) =>
    http.log.warn({ err: error, step, table: location, version }, 'after a commit'),
  );
  addProblemReplies(http, { retryAfterSeconds: () => admission.retryAfterSeconds, reportDefect });
  addHostCheck(http, config);
  http.addHook('onRequest', async (request, reply) => {
    void reply.header('X-Content-Type-Options', 'nosniff');
    if (isDraining && request.url.startsWith('/v1/sql')) throw shuttingDown();
  });
  addBodyParsers(http, limits.jsonDepthMax);
  await addOpenApi(http, version);
  addHealthRoutes(http, { admission, sessions, telemetry, isDraining: () => isDraining });
  addSqlRoutes(http, { engine, admission, registry, sessions, limits, newId, reportDefect });
  addQueryRoutes(http, registry, clock);
  addSessionRoutes(http, sessions);
  if (catalog !== undefined && snapshots !== undefined) {
    addCatalogRoutes(http, { catalog, snapshots, engine });
  }
  if (parts.docsPage !== false) await addDocsPage(http);
  await http.ready();

  return {
    http,
    drain: async () => {
      isDraining = true;
      const timer = setTimeout(() => registry.cancelAll(shuttingDown()), limits.drainMsMax);
      await registry.whenIdle();
      clearTimeout(timer);
    },
    close: async () => {
      registry.cancelAll(shuttingDown());
      // Who does not take the rest of an answer by then would keep the process from ending.
      const timer = setTimeout(() => http.server.closeAllConnections(), closeGraceMs);
      await http.close();
      clearTimeout(timer);
      telemetry.close();
      await sessions.closeAll();
      await engine.close();
    },
  };
}

function createHttp(config: Config, retryAfterSeconds: () => number): FastifyInstance {
  const { limits, logLevel } = config;
  const http = Fastify({
    logger: logLevel === 'silent' ? false : { level: logLevel, stream: process.stderr },
    // One line for every request is the business of a log level that asks for it.
    logController: new LogController({
      disableRequestLogging: logLevel !== 'info' && logLevel !== 'debug',
    }),
    bodyLimit: limits.requestBodyBytesMax,
    requestTimeout: limits.requestReceiveMsMax,
    http: { maxHeaderSize: limits.headerBytesMax },
    routerOptions: { maxParamLength: 1024 },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allowUnionTypes: true,
        verbose: true,
      },
    },
    clientErrorHandler: onClientError,
    frameworkErrors: (error, request, reply) => {
      sendError(error, request, reply, {
        retryAfterSeconds,
        reportDefect: defectReporter(http.log),
      });
    },
  });
  http.server.maxConnections = limits.connectionsMax;
  // Answers are written as they are; schemas describe them and do not filter them.
  http.setSerializerCompiler(() => (value) => JSON.stringify(value));
  return http;
}

function defectReporter(log: FastifyBaseLogger): (error: unknown, where: string) => void {
  return (error, where) => log.error({ err: error, where }, 'defect');
}
