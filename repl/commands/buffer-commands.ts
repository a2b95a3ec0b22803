/** `\g`, `\gx`, `\watch`, `\e`, `\p`, `\r`: what to do with the statement being typed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { confirm, executeStatement, showText } from '../execute-statement.ts';
import { openFileOutput, type TextOutput } from '../output.ts';
import { CanceledError, UsageError } from '../repl-error.ts';
import { done, type Command, type CommandCall, type CommandOutcome } from './command.ts';

const watchSecondsDefault = 2;

export const bufferCommands: readonly Command[] = [
  {
    names: ['g'],
    usage: '[FILE]',
    help: 'run the statement (or the last one again), its result into FILE',
    run: (call) => runBuffer(call, 'settings'),
  },
  {
    names: ['gx'],
    usage: '[FILE]',
    help: 'the same, with one line for each value',
    run: (call) => runBuffer(call, 'expanded'),
  },
  {
    names: ['watch'],
    usage: '[SECONDS] [c=COUNT]',
    help: `run the statement again and again (every ${watchSecondsDefault} s)`,
    run: watch,
  },
  {
    names: ['e', 'edit'],
    usage: '',
    help: 'edit the statement (or the last one) with $EDITOR',
    run: edit,
  },
  {
    names: ['p', 'print'],
    usage: '',
    help: 'show the statement being typed',
    run: async ({ context, scanner }) => {
      const text = scanner.buffer || context.lastStatement;
      await showText(context, `${text ?? 'There is no statement.'}\n`);
      return done;
    },
  },
  {
    names: ['r', 'reset'],
    usage: '',
    help: 'forget the statement being typed',
    run: async ({ context, scanner }) => {
      scanner.clear();
      confirm(context, 'The statement was forgotten.');
      return done;
    },
  },
];

/** The statement being typed, which then is no longer being typed, or the last one. */
function takeStatement({ context, scanner, name }: CommandCall): string {
  const sql = scanner.buffer || context.lastStatement;
  scanner.clear();
  if (sql === undefined) throw new UsageError(`\\${name}: there is no statement to run`);
  return sql;
}

async function runBuffer(
  call: CommandCall,
  form: 'settings' | 'expanded',
): Promise<CommandOutcome> {
  const sql = takeStatement(call);
  const path = call.args[0];
  if (path?.startsWith('|') === true) throw new UsageError('\\g cannot write into a program yet');
  const output: TextOutput | undefined =
    path === undefined ? undefined : await openFileOutput(path);
  const render = form === 'expanded' ? { format: 'expanded' as const } : undefined;
  await executeStatement(call.context, sql, { output, render });
  return done;
}

async function watch(call: CommandCall): Promise<CommandOutcome> {
  let seconds = watchSecondsDefault;
  let count = Infinity;
  for (const argument of call.args) {
    const [, name, value] = /^(?:(i|c)=)?(\d+(?:\.\d+)?)$/.exec(argument) ?? [];
    if (value === undefined) throw new UsageError(`\\watch: not a number: "${argument}"`);
    if (name === 'c') count = Number(value);
    else seconds = Number(value);
  }
  if (seconds > 86_400) throw new UsageError('\\watch: at most 86400 seconds');
  const { context } = call;
  const sql = takeStatement(call);
  try {
    await context.interrupts.during(async (signal) => {
      for (let runs = 1; runs <= count; runs += 1) {
        const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
        await showText(context, `${now} (every ${seconds} s)\n`);
        // Without a pager: the next result shall come by itself.
        await executeStatement(context, sql, {
          output: context.redirected ?? context.standardOutput,
        });
        if (runs < count) await sleep(seconds * 1000, undefined, { signal });
      }
    });
  } catch (error) {
    const isStopped = error instanceof Error && error.name === 'AbortError';
    if (!isStopped && !(error instanceof CanceledError)) throw error;
    // Ctrl-C is how a user ends it; a batch ends with it.
    if (!context.isInteractive) throw new CanceledError('cancelled on request');
  }
  return done;
}

async function edit({ context, scanner }: CommandCall): Promise<CommandOutcome> {
  if (context.editText === undefined) throw new UsageError('\\e needs a terminal');
  const edited = await context.editText(scanner.buffer || (context.lastStatement ?? ''));
  const items = scanner.replace(edited);
  if (scanner.buffer !== '') confirm(context, scanner.buffer);
  return { kind: 'run', items };
}
