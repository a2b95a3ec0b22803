/**
 * What the parts of the REPL share: the session, the settings, where output goes, and the user's
 * surroundings. Made by `main.ts`; tests make their own.
 */
import type { Readable, Writable } from 'node:stream';
import type { Interrupts } from './interrupts.ts';
import type { StreamOutput } from './output.ts';
import { PagedOutput, type TextOutput } from './output.ts';
import type { RenderOptions } from './render/render-options.ts';
import type { ServerSession } from './server-session.ts';
import type { Settings } from './settings.ts';

/** The process's streams and environment; `process.env` is read nowhere else in the REPL. */
export interface Surroundings {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Writable & {
    readonly isTTY?: boolean | undefined;
    readonly columns?: number | undefined;
    readonly rows?: number | undefined;
  };
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined };
  readonly environment: NodeJS.ProcessEnv;
}

export interface ReplContext {
  readonly surroundings: Surroundings;
  readonly interrupts: Interrupts;
  readonly isInteractive: boolean;
  session: ServerSession;
  settings: Settings;
  /** Of `\o`; `undefined` for standard output. */
  redirected: TextOutput | undefined;
  readonly standardOutput: StreamOutput;
  /** The statement before the one being typed, for `\g` and `\watch` alone on a line. */
  lastStatement: string | undefined;
  /** Runs what edits a text in the user's editor; `undefined` where there is no terminal. */
  readonly editText: ((text: string) => Promise<string>) | undefined;
  /** Makes a session on another server. */
  readonly connect: (url: string) => Promise<ServerSession>;
}

/** Tells the user something on standard error. */
export function notify(context: ReplContext, text: string): void {
  context.surroundings.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Where the next result goes: the file of `\o`, or standard output with the pager if it applies. */
export function openOutput(context: ReplContext): TextOutput {
  if (context.redirected !== undefined) return keepOpen(context.redirected);
  const { stdin, stdout, environment } = context.surroundings;
  const command = environment['LEVEE_PAGER'] ?? environment['PAGER'] ?? 'less';
  const isUsable = stdin.isTTY === true && stdout.isTTY === true && command.trim() !== '';
  if (!isUsable || !context.settings.pager) return context.standardOutput;
  const { columns = 80, rows = 24 } = stdout;
  return new PagedOutput(context.standardOutput, { command, environment, columns, rows });
}

/** The settings with the width that counts now. */
export function renderOptions(context: ReplContext): RenderOptions {
  const { render, columns } = context.settings;
  const isTerminal = context.redirected === undefined && context.surroundings.stdout.isTTY === true;
  const width =
    columns > 0 ? columns : isTerminal ? context.surroundings.stdout.columns : undefined;
  return { ...render, width };
}

function keepOpen(output: TextOutput): TextOutput {
  return { write: (text) => output.write(text), end: () => Promise.resolve() };
}
