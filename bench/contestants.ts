/**
 * Who takes part in a benchmark: Levee by its engine and over HTTP, and the peers of `peers.py`, each
 * in a process of its own. They are asked in turn, so that a busy machine is busy for all of them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

export interface Measured {
  readonly ms: number;
  /** Processor time of all threads, which a busy machine changes little; not known over HTTP. */
  readonly cpuMs?: number | undefined;
  readonly rows: number;
  /** The first row, for comparing answers by eye. */
  readonly value: string;
  /** Levee alone tells. */
  readonly filesScanned?: number | undefined;
  /** Those that writers tell they met. */
  readonly conflicts?: number | undefined;
}

export interface Contestant {
  readonly name: string;
  /** Makes a table known, with a snapshot of its own; counts as part of a cold query. */
  open(table: string, path: string): Promise<Pick<Measured, 'ms' | 'cpuMs'>>;
  /** `{t}` stands for the table `t`. */
  ask(sql: string): Promise<Measured>;
  close(): Promise<void>;
}

export interface ContestantOptions {
  /** All tables lie below it. */
  readonly root: string;
  readonly threads: number;
  /** A Python with duckdb, deltalake, polars; without it Levee is alone. */
  readonly python: string | undefined;
}

export const peerNames = ['duckdb-files', 'duckdb-delta', 'delta-rs', 'polars'] as const;
export type ContestantName = 'levee' | 'levee-http' | (typeof peerNames)[number];

/** An answer that takes longer is given up, and its contestant with it, unless it has longer. */
const askMsMax = 60_000;

/** Throws what keeps it from starting. */
export async function startContestant(
  name: ContestantName,
  options: ContestantOptions,
): Promise<Contestant> {
  if (name === 'levee') return await startLevee(options);
  if (name === 'levee-http') return await startServer(options);
  if (options.python === undefined) throw new Error('--python is not given');
  const peers = fileURLToPath(new URL('peers.py', import.meta.url));
  const worker = await Worker.start(options.python, [peers, name, String(options.threads)]);
  const named = (sql: string): string => sql.replace(/\{(\w+)\}/g, '$1');
  return {
    name,
    open: async (table, path) => await worker.call({ op: 'open', name: table, path }),
    ask: async (sql) => await worker.call({ op: 'ask', sql: named(sql) }),
    close: () => worker.close(),
  };
}

class PathNames {
  readonly #paths = new Map<string, string>();

  set(table: string, path: string): boolean {
    const isKnown = this.#paths.has(table);
    this.#paths.set(table, path);
    return isKnown;
  }

  inText(sql: string): string {
    return sql.replace(/\{(\w+)\}/g, (_, table: string) => `delta.\`${this.#paths.get(table)}\``);
  }
}

async function startLevee({ root, threads }: ContestantOptions): Promise<Contestant> {
  const script = fileURLToPath(new URL('levee-worker.ts', import.meta.url));
  const args = ['--import', 'tsx', script, root, String(threads)];
  const worker = await Worker.start(process.execPath, args, { UV_THREADPOOL_SIZE: '16' });
  const paths = new PathNames();
  return {
    name: 'levee',
    async open(table, path) {
      // A path needs no name; a new snapshot needs an engine that knows none.
      if (paths.set(table, path)) await worker.call({ op: 'forget' });
      return { ms: 0, cpuMs: 0 };
    },
    ask: async (sql) => await worker.call({ op: 'ask', sql: paths.inText(sql) }),
    close: () => worker.close(),
  };
}

async function startServer({ root, threads }: ContestantOptions): Promise<Contestant> {
  const paths = new PathNames();
  let server = await Server.start(root, threads);
  return {
    name: 'levee-http',
    async open(table, path) {
      if (!paths.set(table, path)) return { ms: 0 };
      await server.close();
      server = await Server.start(root, threads);
      await server.ask('SELECT 1');
      return { ms: 0 };
    },
    ask: async (sql) => await server.ask(paths.inText(sql)),
    close: () => server.close(),
  };
}

/** `levee serve` on a free port. */
class Server {
  readonly #process: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#process = child;
    this.#url = url;
  }

  static async start(root: string, threads: number): Promise<Server> {
    const script = fileURLToPath(new URL('serve.ts', import.meta.url));
    const args = ['--warehouse', root, '--port', '0', '--engine-threads', String(threads)];
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url !== undefined) return new Server(child, url.replace(/\/$/, ''));
    }
    throw new Error('the server did not start');
  }

  async ask(sql: string): Promise<Measured> {
    const startMs = performance.now();
    const reply = await fetch(`${this.#url}/v1/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/sql', accept: 'application/json' },
      body: sql,
    });
    const text = await reply.text();
    const ms = performance.now() - startMs;
    if (!reply.ok) throw new Error(text.slice(0, 300));
    const body = JSON.parse(text) as {
      rows: readonly unknown[];
      statistics: { filesScanned: number };
    };
    const { filesScanned } = body.statistics;
    return { ms, rows: body.rows.length, value: JSON.stringify(body.rows[0] ?? []), filesScanned };
  }

  async close(): Promise<void> {
    await stop(this.#process);
  }
}

/** A child that answers one line of JSON to each line of JSON. */
export class Worker {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #answerMsMax: number;

  private constructor(child: ChildProcess, answerMsMax: number) {
    this.#process = child;
    this.#answerMsMax = answerMsMax;
    if (child.stdout === null) throw new TypeError('a worker has standard output');
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start(
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    answerMsMax = askMsMax,
  ): Promise<Worker> {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    });
    child.on('error', () => undefined);
    const worker = new Worker(child, answerMsMax);
    await worker.#next();
    return worker;
  }

  async call(request: object): Promise<Measured> {
    this.#process.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = (await this.#next()) as Measured & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async #next(): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const failure = new Error(`over ${this.#answerMsMax / 1000} s`);
      timer = setTimeout(() => reject(failure), this.#answerMsMax);
    });
    try {
      const line = await Promise.race([this.#lines.next(), late]);
      if (line.done === true) throw new Error('the process has ended');
      return JSON.parse(line.value);
    } catch (error) {
      this.#process.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#process.stdin?.end();
    await stop(this.#process);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}
