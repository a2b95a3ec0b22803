/**
 * One user's session on one server: it holds the temporary views, the current schema and the
 * dialect there, and is opened by the first statement. The server forgets a session that was idle
 * for long; it is then opened again, with the schema and the dialect, and the user is told.
 */
import { dialects } from './dialects.ts';
import { randomUUID } from 'node:crypto';
import type { Dialect } from '../sql/parse/dialect.ts';
import { isSuccess, type HttpClient } from './http-client.ts';
import { isJsonObject, stringMember, type JsonValue } from './lossless-json.ts';
import { CanceledError, ConnectionError, ServerError } from './repl-error.ts';
import { readAnswer, type StatementAnswer } from './statement-answer.ts';

export interface SessionOptions {
  readonly schema: string | undefined;
  readonly dialect: Dialect;
  /** Says something to the user that is no failure. */
  readonly notice: (text: string) => void;
}

export interface SessionDescription {
  readonly schema: string | undefined;
  readonly dialect: string | undefined;
  readonly transaction: TransactionState;
}

export type TransactionState = 'open' | 'failed' | undefined;

export interface RunOptions {
  readonly signal: AbortSignal;
  /** As the server reads it (`30s`, `1h`); without it, the server's own. */
  readonly timeout?: string | undefined;
}

/** How long a cancelled statement may take to end by itself before the connection is dropped. */
const cancelGraceMs = 3000;

export class ServerSession {
  readonly client: HttpClient;
  schema: string | undefined;
  dialect: Dialect;
  /** What was begun and not ended; the server rolls it back with the session. */
  transaction: TransactionState = undefined;
  readonly #notice: (text: string) => void;
  #id: string | undefined;

  constructor(client: HttpClient, options: SessionOptions) {
    this.client = client;
    this.schema = options.schema;
    this.dialect = options.dialect;
    this.#notice = options.notice;
  }

  get id(): string | undefined {
    return this.#id;
  }

  /**
   * Runs one statement. Aborting the signal cancels it on the server; the promise, or the batches of
   * the answer, then fail with `CanceledError`.
   */
  async run(sql: string, options: RunOptions): Promise<StatementAnswer> {
    const wasOpen = this.#id !== undefined;
    try {
      return await this.#send(sql, options);
    } catch (error) {
      const isExpired = error instanceof ServerError && error.code === 'SESSION_NOT_FOUND';
      if (!isExpired || !wasOpen) {
        // It fails by most errors, but not by those of a server that was too busy to run anything.
        if (this.transaction !== undefined) await this.#askTransaction();
        throw error;
      }
      if (this.transaction !== undefined) {
        // Run alone, the statement would be committed without those before it.
        this.transaction = undefined;
        this.#id = undefined;
        throw error;
      }
      // The server looks the session up before it touches the statement: nothing has run yet.
      this.#id = undefined;
      const answer = await this.#send(sql, options);
      this.#notice('The session had expired; a new one is open. Temporary views are gone.');
      return answer;
    }
  }

  /** What the server says about the session; `undefined` if it is not open there. */
  async describe(signal: AbortSignal): Promise<SessionDescription | undefined> {
    if (this.#id === undefined) return undefined;
    const path = `/v1/sessions/${encodeURIComponent(this.#id)}`;
    const answer = await this.client
      .json({ method: 'GET', path, signal })
      .catch((error: unknown) => {
        if (error instanceof ServerError && error.code === 'SESSION_NOT_FOUND') return undefined;
        throw error;
      });
    if (!isJsonObject(answer)) return undefined;
    const transaction = stringMember(answer, 'transaction');
    return {
      schema: stringMember(answer, 'schema'),
      dialect: stringMember(answer, 'dialect'),
      transaction: transaction === 'open' || transaction === 'failed' ? transaction : undefined,
    };
  }

  async #askTransaction(): Promise<void> {
    const described = await this.describe(AbortSignal.timeout(cancelGraceMs)).catch(() => ({
      transaction: 'failed' as const,
    }));
    this.transaction = described?.transaction;
  }

  /** Ends the session on the server; a failure to do so is of no interest. */
  async close(): Promise<void> {
    const id = this.#id;
    this.#id = undefined;
    if (id !== undefined) {
      const path = `/v1/sessions/${encodeURIComponent(id)}`;
      await this.client
        .json({ method: 'DELETE', path, signal: AbortSignal.timeout(1000) })
        .catch(() => undefined);
    }
    this.client.close();
  }

  async #open(signal: AbortSignal): Promise<string> {
    const body = new Map<string, JsonValue>([['dialect', this.dialect]]);
    if (this.schema !== undefined) body.set('schema', this.schema);
    const answer = await this.client.json({ method: 'POST', path: '/v1/sessions', body, signal });
    const id = isJsonObject(answer)
      ? (stringMember(answer, 'sessionId') ?? stringMember(answer, 'id'))
      : undefined;
    if (id === undefined) {
      throw new ConnectionError(`${this.client.url} opened a session without an id`, {
        hint: 'Is this the URL of a Levee server?',
      });
    }
    return id;
  }

  async #send(sql: string, { signal, timeout }: RunOptions): Promise<StatementAnswer> {
    const queryId = randomUUID();
    const connection = new AbortController();
    let canceling: Promise<void> | undefined;
    const cancel = (): void => {
      canceling ??= this.#cancel(queryId, connection);
    };
    const failure = (error: unknown): unknown =>
      signal.aborted && !(error instanceof ServerError && error.code !== 'QUERY_CANCELED')
        ? new CanceledError('the statement was cancelled on request')
        : error;
    const detach = (): void => {
      signal.removeEventListener('abort', cancel);
    };

    if (signal.aborted) throw failure(undefined);
    signal.addEventListener('abort', cancel);
    try {
      this.#id ??= await this.#open(connection.signal);
      const response = await this.client.request({
        method: 'POST',
        path: '/v1/sql',
        accept: 'application/x-ndjson',
        headers: { 'x-query-id': queryId },
        body: new Map<string, JsonValue>([
          ['sql', sql],
          ['session', this.#id],
          ['queryId', queryId],
          ...(timeout === undefined ? [] : [['timeout', timeout] as const]),
        ]),
        signal: connection.signal,
      });
      if (!isSuccess(response)) throw await this.client.failure(response);
      const answer = await readAnswer(response);
      this.#follow(sql);
      return { ...answer, batches: guard(answer.batches, signal, failure, detach) };
    } catch (error) {
      detach();
      await canceling;
      throw failure(error);
    }
  }

  /** Asks the server to stop the statement, and hangs up if it does not end soon. */
  async #cancel(queryId: string, connection: AbortController): Promise<void> {
    const path = `/v1/queries/${encodeURIComponent(queryId)}`;
    await this.client
      .json({ method: 'DELETE', path, signal: AbortSignal.timeout(cancelGraceMs) })
      .catch(() => undefined);
    connection.abort();
  }

  /** Keeps what a session must get again when it is opened anew. */
  #follow(text: string): void {
    const sql = text.replace(/^(?:\s+|--[^\n]*\n|\/\*[^]*?\*\/)+/, '');
    const dialect = /^\s*set\s+dialect\s*(?:=|\s+to\s)?\s*['"`]?(\w+)['"`]?\s*$/i.exec(sql)?.[1];
    const found = dialects.find((name) => name === dialect?.toLowerCase());
    if (found !== undefined) this.dialect = found;
    const schema = /^\s*use\s+(?:schema\s+|database\s+)?(.+?)\s*$/is.exec(sql)?.[1];
    if (schema !== undefined) this.schema = plainName(schema);
    const [word] = /^\s*(?:begin|start|commit|rollback)\b/i.exec(sql) ?? [];
    if (word !== undefined) this.transaction = /begin|start/i.test(word) ? 'open' : undefined;
  }
}

/** The schema in the text of a name: the last part, unquoted. */
function plainName(text: string): string {
  const last = /(?:^|\.)\s*(`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^.`"]+)\s*$/.exec(text)?.[1] ?? text;
  const quote = last[0];
  if (quote !== '`' && quote !== '"') return last.trim();
  return last.slice(1, -1).replaceAll(quote + quote, quote);
}

async function* guard<T>(
  batches: AsyncIterable<T>,
  signal: AbortSignal,
  failure: (error: unknown) => unknown,
  detach: () => void,
): AsyncGenerator<T> {
  try {
    for await (const batch of batches) {
      if (signal.aborted) throw failure(undefined);
      yield batch;
    }
  } catch (error) {
    throw failure(error);
  } finally {
    detach();
  }
}
