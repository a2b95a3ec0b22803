/** Starts `statement-child.ts`, asks it statements and kills it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Dialect } from '../../sql/parse/dialect.ts';
import { repositoryRoot } from './shared-folder.ts';
import type { CellValue } from './sql-client.ts';

export interface ChildRequest {
  readonly id: number;
  readonly sql: string;
  readonly dialect: Dialect;
  /** Says the newest version of this table, too. */
  readonly table?: string | undefined;
}

export interface ChildFailure {
  /** Empty for what is no `CodedError`. */
  readonly code: string;
  readonly sqlState: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface ChildReply {
  readonly id: number;
  readonly rows?: readonly (readonly CellValue[])[];
  readonly version?: number | undefined;
  readonly failure?: ChildFailure;
}

/** The process ended before it answered. */
export class ChildDied extends Error {}

export interface ChildOptions {
  readonly warehouse: string;
  /** At which call of its own that changes the disk it kills itself. */
  readonly death?: { readonly at: number; readonly when: 'before' | 'after' } | undefined;
  /** A program that starts it, with its arguments. */
  readonly through?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export class StatementProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: ChildReply | undefined) => void>();
  readonly #ended: Promise<unknown>;
  #ids = 0;
  #isOver = false;
  #log = '';

  private constructor({ warehouse, death, through = [], env = {} }: ChildOptions) {
    const program = join(repositoryRoot, 'tests/support/statement-child.ts');
    const [command = '', ...rest] = [...through, process.execPath, '--import', 'tsx', program];
    const deathArguments = death === undefined ? [] : [String(death.at), death.when];
    this.#child = spawn(command, [...rest, warehouse, ...deathArguments], {
      cwd: repositoryRoot,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '16', ...env },
    });
    const { stdin, stdout, stderr } = this.#child;
    stdin?.on('error', () => undefined);
    stderr?.on(
      'data',
      (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-9000)),
    );
    if (stdout !== null) createInterface(stdout).on('line', (line) => this.#take(line));
    this.#ended = once(this.#child, 'close').then(() => {
      this.#isOver = true;
      for (const settle of this.#waiting.values()) settle(undefined);
    });
  }

  /** Resolves once it takes statements. Throws `ChildDied` when it ends before. */
  static async start(options: ChildOptions): Promise<StatementProcess> {
    const started = new StatementProcess(options);
    await started.#answer(0);
    return started;
  }

  get log(): string {
    return this.#log;
  }

  #take(line: string): void {
    const reply = JSON.parse(line) as ChildReply;
    this.#waiting.get(reply.id)?.(reply);
    this.#waiting.delete(reply.id);
  }

  async #answer(id: number): Promise<ChildReply> {
    const reply = await new Promise<ChildReply | undefined>((resolve) => {
      if (this.#isOver) resolve(undefined);
      else this.#waiting.set(id, resolve);
    });
    if (reply === undefined) throw new ChildDied(`the process has ended: ${this.#log}`);
    return reply;
  }

  /** Throws `ChildDied`; failures of the statement are in the reply. */
  ask(sql: string, table?: string, dialect: Dialect = 'duckdb'): Promise<ChildReply> {
    const id = ++this.#ids;
    const request: ChildRequest = { id, sql, dialect, table };
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.#answer(id);
  }

  /** The rows. Throws an error with the code when the statement fails. */
  async rows(sql: string): Promise<readonly (readonly CellValue[])[]> {
    const { rows, failure } = await this.ask(sql);
    if (rows === undefined) throw new Error(`${failure?.code}: ${failure?.message} (${sql})`);
    return rows;
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Lets it end what it has begun. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}
