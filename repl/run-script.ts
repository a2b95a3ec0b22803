/**
 * Runs statements and backslash commands as their lines come, from a terminal, a file or a pipe,
 * and reports what fails. A file stops at its first error, a terminal goes on.
 */
import { createReadStream } from 'node:fs';
import { runCommand } from './commands/run-command.ts';
import { errorText } from './error-text.ts';
import { executeStatement } from './execute-statement.ts';
import { readLines } from './read-lines.ts';
import {
  CanceledError,
  ConnectionError,
  OutputClosedError,
  ServerError,
  UsageError,
} from './repl-error.ts';
import { notify, type ReplContext } from './repl-context.ts';
import {
  StatementScanner,
  type ScannedCommand,
  type ScannedStatement,
} from './statement-scanner.ts';

export type Outcome =
  | 'done'
  | 'quit'
  | 'statement failed'
  | 'connection failed'
  | 'usage failed'
  | 'canceled'
  | 'output closed';

export const exitCodes: Readonly<Record<Outcome, number>> = {
  done: 0,
  quit: 0,
  'statement failed': 1,
  'connection failed': 2,
  'usage failed': 1,
  canceled: 130,
  // Whoever closed the pipe had enough, and that is no failure of ours.
  'output closed': 0,
};

/** A file within a file ended like this; it has been reported. */
class ScriptStopped extends Error {
  override readonly name = 'ScriptStopped';
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super('the script stopped');
    this.outcome = outcome;
  }
}

/** Files that include files, this deep at most. */
const includeDepthMax = 16;

export interface ScriptOptions {
  /** For messages: `load.sql`, `<stdin>`; `undefined` where lines have no numbers that help. */
  readonly sourceName: string | undefined;
  readonly stopsAtError: boolean;
  readonly depth: number;
}

export class ScriptRunner {
  readonly scanner: StatementScanner;
  readonly #context: ReplContext;
  readonly #options: ScriptOptions;

  constructor(context: ReplContext, options: ScriptOptions) {
    this.#context = context;
    this.#options = options;
    this.scanner = new StatementScanner(context.session.dialect);
  }

  /** Runs what the line completes. Failures are reported and end up in the outcome. */
  async takeLine(line: string): Promise<Outcome> {
    this.scanner.feed(line);
    let last: Outcome = 'done';
    for (;;) {
      // `SET dialect` and `\c` change how the rest is read.
      this.scanner.dialect = this.#context.session.dialect;
      const item = this.scanner.next();
      if (item === undefined) return last;
      const outcome = await this.#runReported(item);
      if (outcome !== 'done') last = outcome;
      if (this.#ends(outcome)) return outcome;
    }
  }

  /** Runs a last statement without `;`. */
  async finish(): Promise<Outcome> {
    const statement = this.scanner.finish();
    return statement === undefined ? 'done' : this.#runReported(statement);
  }

  async takeAll(lines: AsyncIterable<string>): Promise<Outcome> {
    for await (const line of lines) {
      const outcome = await this.takeLine(line);
      if (this.#ends(outcome)) return outcome;
    }
    return this.finish();
  }

  #ends(outcome: Outcome): boolean {
    if (outcome === 'done') return false;
    return this.#options.stopsAtError || outcome === 'quit' || outcome === 'canceled';
  }

  async #runReported(item: ScannedStatement | ScannedCommand): Promise<Outcome> {
    try {
      return await this.#run(item);
    } catch (error) {
      if (error instanceof ScriptStopped) return error.outcome;
      if (!(error instanceof OutputClosedError)) notify(this.#context, this.#report(item, error));
      return outcomeOf(error);
    }
  }

  async #run(item: ScannedStatement | ScannedCommand): Promise<Outcome> {
    if (item.kind === 'statement') {
      await executeStatement(this.#context, item.text);
      return 'done';
    }
    const outcome = await runCommand(item.text, {
      context: this.#context,
      scanner: this.scanner,
      runFile: (path) => this.#runFile(path),
    });
    switch (outcome.kind) {
      case 'done':
        return 'done';
      case 'quit':
        return 'quit';
      case 'run':
        for (const inner of outcome.items) {
          const result = await this.#runReported(inner);
          if (result !== 'done') return result;
        }
        return 'done';
    }
  }

  async #runFile(path: string): Promise<void> {
    if (this.#options.depth >= includeDepthMax) {
      throw new UsageError(`files include files more than ${includeDepthMax} deep: ${path}`);
    }
    const outcome = await runFile(this.#context, path, this.#options.depth + 1);
    if (outcome !== 'done' && outcome !== 'quit') throw new ScriptStopped(outcome);
  }

  /** With the place in the file, as `psql` and compilers write it. */
  #report(item: ScannedStatement | ScannedCommand, error: unknown): string {
    const isStatement = item.kind === 'statement';
    const failed = isStatement
      ? { sql: item.text }
      : this.#context.lastStatement === undefined
        ? undefined
        : { sql: this.#context.lastStatement };
    const text = errorText(error, failed);
    if (this.#options.sourceName === undefined) return text;
    const within =
      error instanceof ServerError && isStatement ? (error.position?.line ?? 1) - 1 : 0;
    const line = (isStatement ? item.start.line : item.line) + within;
    return `levee:${this.#options.sourceName}:${line}: ${text}`;
  }
}

/** Runs a file. Throws `UsageError` if it cannot be read. */
export async function runFile(context: ReplContext, path: string, depth = 0): Promise<Outcome> {
  const stream = createReadStream(path, { encoding: 'utf8' });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => {
      resolve();
    });
    stream.once('error', (error: NodeJS.ErrnoException) => {
      reject(new UsageError(`cannot read ${path}: ${error.code ?? error.message}`));
    });
  });
  const runner = new ScriptRunner(context, { sourceName: path, stopsAtError: true, depth });
  return runner.takeAll(readLines(stream as AsyncIterable<string>));
}

export function outcomeOf(error: unknown): Outcome {
  if (error instanceof OutputClosedError) return 'output closed';
  if (error instanceof ConnectionError) return 'connection failed';
  if (error instanceof CanceledError) return 'canceled';
  if (error instanceof Error && error.name === 'AbortError') return 'canceled';
  if (error instanceof UsageError) return 'usage failed';
  return 'statement failed';
}
