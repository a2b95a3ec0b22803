/**
 * A stand-in for a Levee server: the routes that a client uses, with the answers of the contract
 * (docs/http-api.md) and statements that are made up. It keeps what it was asked.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** What a statement answers: columns and rows, each row as the JSON text of its line. */
export interface FakeAnswer {
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: Iterable<string>;
  /** After the rows, instead of success. */
  readonly error?: Readonly<Record<string, unknown>> | undefined;
  /** After the rows: the connection breaks, or nothing ever follows. */
  readonly ending?: 'cut' | 'hang' | undefined;
}

export interface FakeProblem {
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;
}

export interface FakeLevee {
  readonly url: string;
  readonly requests: FakeRequest[];
  /** The statements, in order. */
  readonly statements: string[];
  /** Ids that were asked to be cancelled. */
  readonly canceled: string[];
  readonly openSessions: Set<string>;
  /** Statements whose client hung up before their end. */
  readonly hungUp: string[];
  close(): Promise<void>;
}

export function problem(
  status: number,
  code: string,
  sqlState: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): FakeProblem {
  const title = code.toLowerCase().replaceAll('_', ' ');
  return {
    status,
    problem: { type: `urn:levee:error:${code}`, title, status, code, sqlState, detail, ...more },
  };
}

function* countedRows(count: number): Generator<string> {
  for (let index = 0; index < count; index += 1) yield `[${index},"row ${index}"]`;
}

/** The answer to a statement, made up from its text. */
function answerTo(sql: string): FakeAnswer | FakeProblem {
  const text = sql.replace(/^(?:\s|--[^\n]*\n)+/, '').trim();
  const counted = /^select \* from numbers\((\d+)\)$/i.exec(text);
  if (counted !== null) {
    return {
      columns: [
        ['n', 'BIGINT'],
        ['name', 'STRING'],
      ],
      rows: countedRows(Number(counted[1])),
    };
  }
  if (/^select \* from forever$/i.test(text)) {
    return {
      columns: [
        ['n', 'BIGINT'],
        ['name', 'STRING'],
      ],
      rows: countedRows(Infinity),
    };
  }
  if (/^select 1$/i.test(text)) return { columns: [['1', 'INTEGER']], rows: ['[1]'] };
  if (/^select big$/i.test(text)) {
    return {
      columns: [
        ['big', 'BIGINT'],
        ['d', 'DOUBLE'],
        ['x', 'DECIMAL(38,2)'],
        ['nested', 'STRUCT<a: BIGINT>'],
      ],
      rows: ['[9223372036854775807,1.0,"12345678901234567890.10",{"a":-9007199254740993}]'],
    };
  }
  if (/^select nothing$/i.test(text))
    return {
      columns: [
        ['a', 'STRING'],
        ['b', 'INTEGER'],
      ],
      rows: [],
    };
  if (/^select text$/i.test(text)) {
    return {
      columns: [
        ['text', 'STRING'],
        ['n', 'INTEGER'],
      ],
      rows: [
        '["株価 🚀",1]',
        '["line 1\\nline 2",null]',
        '[null,3]',
        '["\\u001b[31mred",4]',
        '["",5]',
      ],
    };
  }
  if (/^select slow$/i.test(text)) return { columns: [['a', 'INTEGER']], rows: [], ending: 'hang' };
  if (/^select cut$/i.test(text))
    return { columns: [['a', 'INTEGER']], rows: ['[1]', '[2]'], ending: 'cut' };
  if (/^select late$/i.test(text)) {
    const { problem: error } = problem(400, 'DIVIDE_BY_ZERO', '22012', 'division by zero');
    return { columns: [['a', 'INTEGER']], rows: ['[1]'], error };
  }
  if (/^select wide$/i.test(text)) {
    const names = Array.from({ length: 40 }, (_, index) => `column_${index}`);
    return {
      columns: names.map((name) => [name, 'INTEGER']),
      rows: [`[${names.map((_, index) => index).join()}]`],
    };
  }
  if (/^(?:set|use|create|drop)\b/i.test(text)) return { columns: [], rows: [] };
  if (/^describe history/i.test(text)) {
    return {
      columns: [
        ['version', 'BIGINT'],
        ['operation', 'STRING'],
      ],
      rows: ['[1,"WRITE"]', '[0,"CREATE TABLE"]'],
    };
  }
  if (/^describe /i.test(text)) {
    return {
      columns: [
        ['col_name', 'STRING'],
        ['data_type', 'STRING'],
      ],
      rows: ['["a","INT"]'],
    };
  }
  const bad = /\bmissing\b/.exec(sql);
  if (bad !== null) {
    const before = sql.slice(0, bad.index).split('\n');
    return problem(404, 'TABLE_OR_VIEW_NOT_FOUND', '42P01', 'there is no table "missing"', {
      hint: 'SHOW TABLES lists the tables.',
      position: { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
    });
  }
  return problem(400, 'PARSE_SYNTAX_ERROR', '42601', `cannot read: ${text.slice(0, 60)}`, {
    position: { line: 1, column: 1 },
  });
}

const tables = [
  { schema: 'stocks', name: 'prices', kind: 'TABLE', location: '/warehouse/stocks/prices' },
  { schema: 'stocks', name: 'v_pe', kind: 'VIEW', location: null },
  { schema: 'default', name: 'Odd name', kind: 'TABLE', location: '/warehouse/default/odd' },
];

export async function startFakeLevee(): Promise<FakeLevee> {
  const requests: FakeRequest[] = [];
  const statements: string[] = [];
  const canceled: string[] = [];
  const hungUp: string[] = [];
  const openSessions = new Set<string>();
  const running = new Map<string, () => void>();

  function sendJson(response: http.ServerResponse, status: number, body: unknown): void {
    const type = status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8';
    response.writeHead(status, { 'content-type': type });
    response.end(JSON.stringify(body));
  }

  async function runSql(request: FakeRequest, response: http.ServerResponse): Promise<void> {
    const body = JSON.parse(request.body) as { sql: string; session: string; queryId: string };
    if (!openSessions.has(body.session)) {
      const { status, problem: error } = problem(
        404,
        'SESSION_NOT_FOUND',
        '08003',
        'there is no such session',
      );
      sendJson(response, status, error);
      return;
    }
    statements.push(body.sql);
    const answer = answerTo(body.sql);
    if ('status' in answer) {
      sendJson(response, answer.status, answer.problem);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
    let isCanceled = false;
    let isGone = false;
    const stopped = new Promise<void>((resolve) => {
      running.set(body.queryId, () => {
        isCanceled = true;
        resolve();
      });
      response.once('close', () => {
        isGone = true;
        if (!response.writableFinished) hungUp.push(body.sql);
        resolve();
      });
    });
    const columns = answer.columns.map(([name, type]) => ({ name, type, nullable: true }));
    const snapshots = [
      { table: 'main.stocks.prices', version: 20, timestamp: '2026-01-01T00:00:00.000Z' },
    ];
    response.write(`${JSON.stringify({ queryId: body.queryId, columns, snapshots })}\n`);
    let rowCount = 0;
    for (const row of answer.rows) {
      rowCount += 1;
      if (!response.write(`${row}\n`)) await Promise.race([once(response, 'drain'), stopped]);
      if (isCanceled || isGone) break;
    }
    if (answer.ending === 'cut') {
      // What was written gets out first.
      setTimeout(() => response.destroy(), 50);
      return;
    }
    if (answer.ending === 'hang') await stopped;
    running.delete(body.queryId);
    if (isCanceled) {
      const { problem: error } = problem(499, 'QUERY_CANCELED', '57014', 'the query was cancelled');
      response.end(`${JSON.stringify({ rowCount, error })}\n`);
    } else if (answer.error !== undefined) {
      response.end(`${JSON.stringify({ rowCount, error: answer.error })}\n`);
    } else {
      const statistics = {
        elapsedMs: 3,
        filesTotal: 120,
        filesScanned: 2,
        bytesScanned: 40960,
        cached: false,
      };
      response.end(
        `${JSON.stringify({ rowCount, truncated: false, statistics, complete: true })}\n`,
      );
    }
  }

  async function route(request: FakeRequest, response: http.ServerResponse): Promise<void> {
    const { method, path } = request;
    const url = new URL(path, 'http://fake');
    const id = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (method === 'POST' && path === '/v1/sql') return runSql(request, response);
    if (method === 'POST' && path === '/v1/sessions') {
      const sessionId = randomUUID();
      openSessions.add(sessionId);
      return sendJson(response, 201, { sessionId, schema: 'default', dialect: 'duckdb' });
    }
    if (method === 'GET' && path.startsWith('/v1/sessions/')) {
      return sendJson(response, 200, { sessionId: id, schema: 'stocks', dialect: 'duckdb' });
    }
    if (method === 'DELETE' && path.startsWith('/v1/sessions/')) {
      openSessions.delete(id);
      response.writeHead(204).end();
      return;
    }
    if (method === 'DELETE' && path.startsWith('/v1/queries/')) {
      canceled.push(id);
      running.get(id)?.();
      return sendJson(response, 202, { queryId: id });
    }
    if (path === '/v1/catalog/schemas') {
      return sendJson(response, 200, { schemas: [{ name: 'default' }, { name: 'stocks' }] });
    }
    if (url.pathname === '/v1/catalog/tables') {
      const schema = url.searchParams.get('schema');
      const isWanted = (table: { schema: string }): boolean =>
        schema === null || table.schema === schema;
      return sendJson(response, 200, { tables: tables.filter(isWanted) });
    }
    if (url.pathname.startsWith('/v1/catalog/tables/stocks/')) {
      return sendJson(response, 200, {
        ...tables.find(({ name }) => name === id),
        version: 20,
        partitionColumns: id === 'prices' ? ['ticker'] : [],
        columns: [
          { name: 'ticker', type: 'STRING', nullable: false },
          { name: 'price_date', type: 'DATE', nullable: true, comment: 'of the close' },
          { name: 'close', type: 'DECIMAL(18,4)', nullable: true },
        ],
      });
    }
    const { status, problem: error } = problem(
      404,
      'ROUTE_NOT_FOUND',
      '42704',
      `no route ${method} ${path}`,
    );
    sendJson(response, status, error);
  }

  const server = http.createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => {
      body += chunk;
    });
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body };
      requests.push(request);
      route(request, response).catch(() => {
        response.destroy();
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    statements,
    canceled,
    openSessions,
    hungUp,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
