/** Runs `levee sql` as a process of its own, without the terminal and the settings of the tester. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = join(dirname(fileURLToPath(import.meta.url)), 'run-repl.ts');

/** What to run: `node` with its arguments, to which those of `levee sql` are added. */
export const replCommand: readonly [string, ...string[]] = [
  process.execPath,
  '--import',
  'tsx',
  entry,
];

export interface ReplRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ReplRunOptions {
  readonly stdin?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Called with all of standard output so far. */
  readonly onStdout?: ((text: string, interrupt: () => void) => void) | undefined;
  /** Called once the process runs. */
  readonly onStart?: ((interrupt: () => void, closeStdout: () => void) => void) | undefined;
}

/** The environment that `levee sql` runs in: nothing of `LEVEE_*`, no history. */
export function replEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('LEVEE_') && !/^(?:PAGER|LESS|EDITOR|VISUAL|NODE_.*)$/.test(name),
  );
  return { ...Object.fromEntries(kept), LEVEE_HISTORY: '', ...more };
}

export async function runReplProcess(
  args: readonly string[],
  options: ReplRunOptions = {},
): Promise<ReplRun> {
  const [program, ...before] = replCommand;
  const child = spawn(program, [...before, ...args], {
    env: replEnvironment(options.environment),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const interrupt = (): void => {
    child.kill('SIGINT');
  };
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    options.onStdout?.(stdout, interrupt);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  options.onStart?.(interrupt, () => {
    child.stdout.destroy();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}
