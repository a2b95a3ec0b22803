import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCodes, type ErrorCode } from '../../catalog/error-codes.ts';
import { statusOf } from '../../server/error-reply.ts';
import { limitNames, limitSpecs } from '../../server/limits.ts';
import { formatLimit } from '../../server/settings.ts';
import { version } from '../../server/version.ts';
import { repositoryRoot } from '../support/shared-folder.ts';
import { startTestServer } from '../support/test-server.ts';

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

test('docs/limits.md has every limit with its default, range and reason', () => {
  const rows = read('docs/limits.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const expected = limitNames.map((name) => {
    const { default: value, min, max, reason } = limitSpecs[name];
    const range = `${formatLimit(name, min)} to ${formatLimit(name, max)}`;
    return `| \`${name}\` | ${formatLimit(name, value)} | ${range} | ${reason} |`;
  });
  assert.deepEqual(rows, expected);
});

test('docs/errors.md gives every code the status it has', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| `\w{5}` \| (\d{3}|-|–)/gm)];
  assert.ok(rows.length > 50);
  for (const [, code = '', status] of rows) {
    const { sqlState } = errorCodes[code as ErrorCode];
    if (/^\d/.test(status ?? ''))
      assert.equal(String(statusOf(code as ErrorCode, sqlState)), status, code);
  }
});

test('every code has a status of its own choosing, and only defects and damage are 500', () => {
  for (const [code, { sqlState }] of Object.entries(errorCodes)) {
    const status = statusOf(code as ErrorCode, sqlState);
    // Delta gives a property that a statement misspells a SQLSTATE of damage.
    const isTheirs = code === 'DELTA_UNKNOWN_CONFIGURATION';
    const isOurFault =
      !isTheirs && (/^(XX|58|F0|KD00C)/.test(sqlState) || code.endsWith('FILE_NOT_FOUND'));
    assert.equal(status === 500, isOurFault, `${code} ${sqlState} ${status}`);
  }
});

test('the version is that of package.json', () => {
  assert.equal(version, (JSON.parse(read('package.json')) as { version: string }).version);
});

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { name: string; in: string; schema: object; required?: boolean }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<
    string,
    { description: string; content?: Record<string, { schema: object }> }
  >;
}

test('/openapi.json is a sound OpenAPI 3.1 document of every route', async (t) => {
  const { http } = await startTestServer(t, { docsPage: true });
  const document = (await http.inject({ url: '/openapi.json' })).json<{
    openapi: string;
    info: { title: string; version: string };
    paths: Record<string, Record<string, Operation>>;
  }>();
  assert.match(document.openapi, /^3\.1\./);
  assert.deepEqual([document.info.title, document.info.version], ['Levee', version]);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  for (const { path, method, operation } of operations) {
    const where = `${method} ${path}`;
    assert.ok(operation.summary !== undefined, where);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    assert.deepEqual(
      declared.map(({ name }) => name),
      inPath,
      where,
    );
    assert.ok(
      declared.every(({ required }) => required === true),
      where,
    );
    for (const [status, { description }] of Object.entries(operation.responses)) {
      assert.match(status, /^([1-5]\d\d|[1-5]XX|default)$/, where);
      assert.notEqual(description, '', where);
    }
  }
  const names = operations.map(({ method, path }) => `${method} ${path}`).sort();
  assert.deepEqual(names, [
    'delete /v1/queries/{id}',
    'delete /v1/sessions/{id}',
    'get /healthz',
    'get /metrics',
    'get /readyz',
    'get /v1/queries',
    'get /v1/queries/{id}',
    'get /v1/sessions/{id}',
    'get /v1/sql',
    'post /v1/sessions',
    'post /v1/sql',
  ]);
  const run = document.paths['/v1/sql']?.['post'];
  assert.deepEqual(Object.keys(run?.requestBody?.content ?? {}), [
    'application/json',
    'application/sql',
  ]);
  assert.deepEqual(Object.keys(run?.responses['200']?.content ?? {}), [
    'application/json',
    'application/x-ndjson',
    'text/csv',
    'application/vnd.apache.arrow.stream',
  ]);
});

test('/docs comes whole from this server, and its browser is told to load nothing else', async (t) => {
  const { http } = await startTestServer(t, { docsPage: true });
  const page = await http.inject({ url: '/docs/' });
  assert.equal(page.statusCode, 200);
  assert.doesNotMatch(page.body, /https?:\/\//);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
  const script = /<script src="([^"]+)"/.exec(page.body)?.[1] ?? '';
  const loaded = await http.inject({ url: `/docs/${script}` });
  assert.equal(loaded.statusCode, 200);
  assert.ok(loaded.body.length > 1_000_000);
});
