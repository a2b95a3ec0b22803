/** Runs one statement and shows its result: send, render as the rows come, time. */
import { openOutput, renderOptions, type ReplContext } from './repl-context.ts';
import { renderResult } from './render/render-result.ts';
import type { RenderOptions } from './render/render-options.ts';
import { OutputClosedError } from './repl-error.ts';
import type { Result } from './result.ts';
import type { AnswerEnd } from './statement-answer.ts';
import type { TextOutput } from './output.ts';

export interface ExecuteOptions {
  /** Instead of where results go now. */
  readonly output?: TextOutput | undefined;
  /** Other than the settings, this once. */
  readonly render?: Partial<RenderOptions> | undefined;
}

/** Throws what the statement fails with; the result up to there has been shown. */
export async function executeStatement(
  context: ReplContext,
  sql: string,
  options: ExecuteOptions = {},
): Promise<void> {
  context.lastStatement = sql;
  await context.interrupts.during(async (signal) => {
    const startedMs = performance.now();
    const answer = await context.session.run(sql, { signal, timeout: context.settings.timeout });
    // A statement without a result has nothing to show; it is read to its end all the same.
    if (answer.columns.length === 0) {
      for await (const _batch of answer.batches);
      if (context.isInteractive) await showText(context, 'OK\n');
    } else {
      await showResult(context, answer, options);
    }
    if (context.settings.timing) {
      await showText(context, timingText(performance.now() - startedMs, answer.end()));
    }
  });
}

/** Shows a result where results go. A user who leaves the pager wants no more of it: no error. */
export async function showResult(
  context: ReplContext,
  result: Result,
  { output = openOutput(context), render = {} }: ExecuteOptions = {},
): Promise<void> {
  try {
    try {
      for await (const text of renderResult(result, { ...renderOptions(context), ...render })) {
        await output.write(text);
      }
    } finally {
      await output.end();
    }
  } catch (error) {
    const hasLeftPager = error instanceof OutputClosedError && output !== context.standardOutput;
    if (!hasLeftPager) throw error;
  }
}

export async function showText(context: ReplContext, text: string): Promise<void> {
  const output = openOutput(context);
  await output.write(text);
  await output.end();
}

/** Confirms what a command changed; a batch needs no confirmations. */
export function confirm(context: ReplContext, text: string): void {
  if (context.isInteractive) context.surroundings.stdout.write(`${text}\n`);
}

export function timingText(ms: number, end: AnswerEnd | undefined): string {
  const parts: string[] = [];
  if (end?.elapsedMs !== undefined) parts.push(`server ${formatMs(end.elapsedMs)}`);
  if (end?.filesScanned !== undefined && (end.filesTotal ?? 0) > 0) {
    parts.push(`${end.filesScanned} of ${end.filesTotal} files`);
  }
  const about = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  const pinned = (end?.snapshots ?? []).map(({ table, version }) => `${table}@v${version}`);
  const read = pinned.length === 0 ? '' : `Read: ${pinned.join(', ')}\n`;
  return `Time: ${formatMs(ms)}${about}\n${read}`;
}

function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms * 1000) / 1000} ms`.replace(/(\.\d{3})\d*/, '$1');
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(3)} s`;
  return `${Math.floor(seconds / 60)} min ${(seconds % 60).toFixed(1)} s`;
}
