/**
 * HTTP to one Levee server: requests with its base URL and token, answers as streams of text.
 * Uses `node:http` and not `fetch`, whose limit of five minutes to the first byte cannot be raised.
 */
import http from 'node:http';
import https from 'node:https';
import {
  isJsonObject,
  parseJson,
  writeJson,
  type JsonObject,
  type JsonValue,
} from './lossless-json.ts';
import { ConnectionError, ServerError, UsageError } from './repl-error.ts';

export interface RequestOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Begins with `/`; parts that come from names are encoded already. */
  readonly path: string;
  readonly body?: JsonObject | undefined;
  readonly accept?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer longer than this is refused where it has to be read as a whole. */
const wholeAnswerMax = 256 * 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
};

/** `http://127.0.0.1:8080` for that, for `127.0.0.1:8080` and with a trailing slash. */
export function parseServerUrl(text: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError(`not an http:// or https:// URL: "${text}"`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('the URL must not carry a user or password; use --token or LEVEE_TOKEN');
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  url.search = '';
  url.hash = '';
  return url;
}

export class HttpClient {
  readonly url: string;
  readonly token: string | undefined;
  readonly #base: URL;
  readonly #agent: http.Agent;

  constructor(url: URL, token: string | undefined) {
    this.#base = url;
    this.url = url.href.replace(/\/+$/, '');
    this.token = token;
    this.#agent =
      url.protocol === 'https:'
        ? new https.Agent({ keepAlive: true })
        : new http.Agent({ keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Any answer, whatever its status, with its body still to be read. */
  async request(options: RequestOptions): Promise<http.IncomingMessage> {
    const body = options.body === undefined ? undefined : Buffer.from(writeJson(options.body));
    const headers: Record<string, string> = {
      accept: options.accept ?? 'application/json',
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(body.length) }),
      ...options.headers,
    };
    const send = this.#base.protocol === 'https:' ? https.request : http.request;
    return new Promise((resolve, reject) => {
      const request = send(
        new URL(this.url + options.path),
        {
          method: options.method,
          headers,
          agent: this.#agent,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        },
        (response) => {
          response.setEncoding('utf8');
          resolve(response);
        },
      );
      request.on('error', (error) => {
        reject(this.#connectionError(error));
      });
      request.end(body);
    });
  }

  /** The JSON body of an answer that must be a success; `undefined` if there is no body. */
  async json(options: RequestOptions): Promise<JsonValue | undefined> {
    const response = await this.request(options);
    const text = await readAll(response, this.url);
    if (!isSuccess(response)) throw toServerError(response, text);
    if (text.trim() === '') return undefined;
    try {
      return parseJson(text);
    } catch (cause) {
      throw new ConnectionError(
        `${this.url}${options.path} answered with something else than JSON`,
        {
          hint: 'Is this the URL of a Levee server?',
          cause,
        },
      );
    }
  }

  /** The failure that an answer without success stands for; reads its body. */
  async failure(response: http.IncomingMessage): Promise<ServerError | ConnectionError> {
    return toServerError(response, await readAll(response, this.url));
  }

  #connectionError(error: NodeJS.ErrnoException): Error {
    if (error.name === 'AbortError') return error;
    const reason = reasons[error.code ?? ''] ?? (error.message || error.code || 'unknown reason');
    return new ConnectionError(`cannot reach ${this.url}: ${reason}`, {
      hint: error.code === 'ECONNREFUSED' ? 'Is "levee serve" running there?' : undefined,
      cause: error,
    });
  }
}

export function isSuccess(response: http.IncomingMessage): boolean {
  const status = response.statusCode ?? 0;
  return status >= 200 && status < 300;
}

async function readAll(response: http.IncomingMessage, url: string): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response) {
      text += chunk as string;
      if (text.length > wholeAnswerMax)
        throw new ConnectionError(`${url} answered with too much text`);
    }
  } catch (error) {
    if (error instanceof ConnectionError) throw error;
    throw new ConnectionError(`the answer of ${url} broke off`, { cause: error });
  }
  return text;
}

function toServerError(
  response: http.IncomingMessage,
  text: string,
): ServerError | ConnectionError {
  const status = response.statusCode;
  if (/[/+]json\b/.test(response.headers['content-type'] ?? '')) {
    try {
      const body = parseJson(text);
      if (isJsonObject(body)) return new ServerError(body, status);
    } catch {
      // Not what its type says: reported by its status, below.
    }
  }
  const firstLine = text.trim().split('\n', 1)[0] ?? '';
  const about = firstLine === '' || firstLine.startsWith('<') ? '' : `: ${firstLine.slice(0, 200)}`;
  return new ConnectionError(`the server answered with status ${status}${about}`, {
    hint: 'Is this the URL of a Levee server?',
  });
}
