/**
 * `/openapi.json`, made from the schemas of the routes, and `/docs`, which renders it. The page
 * comes whole from this server: neither scripts nor fonts from elsewhere, and nothing is sent out.
 */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

export async function addOpenApi(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Levee',
        description:
          'SQL over Delta Lake tables, at any version. Failures are RFC 9457 problem details.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'SQL', description: 'Statements' },
        { name: 'Queries', description: 'What runs and what ran' },
        { name: 'Sessions', description: 'State that statements share' },
        { name: 'Catalog', description: 'Schemas, tables, versions, files' },
        { name: 'Operations', description: 'Health and measurements' },
      ],
    },
  });
}

/** The browser is told to load and to send nothing anywhere else, whatever the script would do. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function addDocsPage(server: FastifyInstance): Promise<void> {
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
  server.addHook('onRequest', async (request, reply) => {
    if (/^\/docs(\/|\?|$)/.test(request.url)) {
      void reply.header('Content-Security-Policy', contentSecurityPolicy);
    }
  });
  // Loaded here and not on top: the script in it has megabytes, which tests need not parse.
  const { default: apiReference } = await import('@scalar/fastify-api-reference');
  await server.register(apiReference, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Levee API',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      // Both belong to a service of the page's makers, and would send the document to it.
      showDeveloperTools: 'never',
      agent: { disabled: true },
    },
  });
}
