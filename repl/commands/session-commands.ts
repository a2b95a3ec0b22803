/** `\?`, `\q`, `\c`, `\conninfo`, `\i`, `\o`, `\echo`, `\copy`: the session and its files. */
import { confirm, showText } from '../execute-statement.ts';
import { openFileOutput } from '../output.ts';
import { UsageError } from '../repl-error.ts';
import type { ReplContext } from '../repl-context.ts';
import { done, type Command } from './command.ts';

export const sessionCommands: readonly Command[] = [
  {
    names: ['q', 'quit'],
    usage: '',
    help: 'quit',
    run: async () => ({ kind: 'quit' }),
  },
  {
    names: ['c', 'connect'],
    usage: '[URL]',
    help: 'connect to another server, or open a new session',
    run: async ({ context, args }) => {
      const session = await context.connect(args[0] ?? context.session.client.url);
      await context.session.close();
      context.session = session;
      confirm(context, `Connected to ${session.client.url}.`);
      return done;
    },
  },
  {
    names: ['conninfo'],
    usage: '',
    help: 'show where statements go',
    run: async ({ context }) => {
      await showText(context, await connectionText(context));
      return done;
    },
  },
  {
    names: ['i', 'include'],
    usage: 'FILE',
    help: 'run the statements of a file',
    run: async ({ args, runFile }) => {
      if (args[0] === undefined) throw new UsageError('\\i needs the name of a file');
      await runFile(args[0]);
      return done;
    },
  },
  {
    names: ['o', 'out'],
    usage: '[FILE]',
    help: 'send results to a file, or back to standard output',
    run: async ({ context, args }) => {
      const before = context.redirected;
      context.redirected = args[0] === undefined ? undefined : await openFileOutput(args[0]);
      await before?.end();
      return done;
    },
  },
  {
    names: ['echo'],
    usage: '[TEXT]',
    help: 'write a text to standard output',
    run: async ({ context, args }) => {
      await context.standardOutput.write(`${args.join(' ')}\n`);
      return done;
    },
  },
  {
    names: ['copy'],
    usage: '',
    help: 'not there yet; \\o and \\pset format csv write a result to a file',
    run: async () => {
      throw new UsageError(
        '\\copy is not there yet: \\pset format csv with \\g FILE writes a result to a file',
      );
    },
  },
];

/** As the server sees it, as far as there is a session there. */
async function connectionText(context: ReplContext): Promise<string> {
  const { client, id, schema, dialect } = context.session;
  const record = await context.interrupts.during((signal) => context.session.describe(signal));
  return (
    `Server:  ${client.url}\n` +
    `Session: ${id ?? 'opened by the first statement'}\n` +
    `Schema:  ${record?.schema ?? schema ?? 'default'}\n` +
    `Dialect: ${record?.dialect ?? dialect}\n` +
    `Token:   ${client.token === undefined ? 'none' : 'sent'}\n`
  );
}
