/** `\x`, `\timing`, `\t`, `\a`, `\pset`: the form of results. */
import { confirm, showResult } from '../execute-statement.ts';
import type { ReplContext } from '../repl-context.ts';
import { listResult } from '../result.ts';
import { changeSetting, settingTable } from '../settings.ts';
import { done, type Command, type CommandOutcome } from './command.ts';

export const settingsCommands: readonly Command[] = [
  {
    names: ['x'],
    usage: '[on|off|auto]',
    help: 'one line for each value (auto: when a table is too wide)',
    run: async ({ context, args }) => change(context, 'expanded', args[0]),
  },
  {
    names: ['timing'],
    usage: '[on|off]',
    help: 'show how long statements take',
    run: async ({ context, args }) => change(context, 'timing', args[0]),
  },
  {
    names: ['t'],
    usage: '[on|off]',
    help: 'only the rows, without names and count',
    run: async ({ context, args }) => change(context, 'tuples_only', args[0]),
  },
  {
    names: ['a'],
    usage: '',
    help: 'change between the aligned and the unaligned format',
    run: async ({ context }) => {
      const isAligned = context.settings.render.format === 'table';
      return change(context, 'format', isAligned ? 'unaligned' : 'table');
    },
  },
  {
    names: ['pset'],
    usage: '[NAME [VALUE]]',
    help: 'show the settings, or change one',
    run: async ({ context, args }) => {
      const [name, value] = args;
      if (name !== undefined) return change(context, name, value);
      const rows = [...settingTable].map(([key, { show, help }]) => [
        key,
        show(context.settings),
        help,
      ]);
      await showResult(context, listResult(['Setting', 'Value', 'Meaning'], rows));
      return done;
    },
  },
];

function change(context: ReplContext, name: string, value: string | undefined): CommandOutcome {
  context.settings = changeSetting(context.settings, name, value);
  confirm(context, `${name} is ${settingTable.get(name)?.show(context.settings) ?? ''}.`);
  return done;
}
