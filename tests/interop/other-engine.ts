/**
 * Another engine as a process that answers requests, one line of JSON each. The programs are Python:
 * `delta_rs.py`, `duckdb_delta.py` and `spark.py` beside this file; `setup.sh` installs what they need.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const installed = join(dirname(dirname(here)), '.interop');

export type EngineName = 'delta-rs' | 'duckdb' | 'spark';

const programs: { readonly [K in EngineName]: readonly string[] } = {
  'delta-rs': ['delta_rs.py'],
  duckdb: ['duckdb_delta.py'],
  spark: ['spark.py', join(installed, 'jars')],
};

/**
 * `false`, or why the tests of an engine are left out. The gate installs delta-rs, so with CI=true its
 * absence is a failure; Spark belongs to the nightly tests of those who have Java.
 */
export function skipWithout(engine: EngineName): string | false {
  if (existsSync(join(installed, engine, 'bin', 'python'))) return false;
  const reason = `needs ${engine}: tests/interop/setup.sh ${engine}`;
  if (process.env.CI === 'true' && engine === 'delta-rs') throw new Error(reason);
  return reason;
}

export interface EngineRows {
  readonly version?: number;
  readonly columns: readonly string[];
  /** In the form of `support/canonical-json.ts`, sorted. */
  readonly rows: readonly string[];
}

export class EngineFailure extends Error {
  override readonly name = 'EngineFailure';
}

export class OtherEngine {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  #log = '';

  /** `more` are further arguments of its program. */
  constructor(engine: EngineName, ...more: readonly string[]) {
    const [program = '', ...rest] = programs[engine];
    const python = join(installed, engine, 'bin', 'python');
    const options = { env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } };
    this.#process = spawn(python, [join(here, program), ...rest, ...more], options);
    this.#lines = createInterface(this.#process.stdout);
    this.#answers = this.#lines[Symbol.asyncIterator]();
    this.#process.stderr.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-20_000);
    });
  }

  /** Throws EngineFailure with what the engine says. One request at a time. */
  async call(op: string, request: { readonly [name: string]: unknown }): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify({ op, ...request })}\n`);
    const line = await this.#answers.next();
    if (line.done === true) throw new EngineFailure(`it has ended: ${this.#log}`);
    const answer = JSON.parse(line.value) as { readonly ok?: unknown; readonly error?: string };
    if (answer.error !== undefined) throw new EngineFailure(answer.error);
    return answer.ok;
  }

  /** All rows of the table at `path`. */
  async read(path: string, version?: number): Promise<EngineRows> {
    return (await this.call('read', { path, version })) as EngineRows;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin.end();
    await ended;
  }
}
