/** Finds and runs a backslash command; `\?` lists them all. */
import { parseCommand } from '../command-arguments.ts';
import { showText } from '../execute-statement.ts';
import { UsageError } from '../repl-error.ts';
import { bufferCommands } from './buffer-commands.ts';
import { done, type Command, type CommandCall, type CommandOutcome } from './command.ts';
import { describeCommands } from './describe-commands.ts';
import { sessionCommands } from './session-commands.ts';
import { settingsCommands } from './settings-commands.ts';

const helpCommand: Command = {
  names: ['?', 'help', 'h'],
  usage: '',
  help: 'this list',
  run: async ({ context }) => {
    await showText(context, helpText());
    return done;
  },
};

const groups: readonly (readonly [title: string, commands: readonly Command[]])[] = [
  ['General', [helpCommand, ...sessionCommands]],
  ['Statement', bufferCommands],
  ['Catalog', describeCommands],
  ['Results', settingsCommands],
];

const byName = new Map(
  groups.flatMap(([, commands]) =>
    commands.flatMap((command) => command.names.map((name) => [name, command] as const)),
  ),
);

/** All names, without their backslash, for completion. */
export const commandNames: readonly string[] = [...byName.keys()];

export async function runCommand(
  text: string,
  call: Omit<CommandCall, 'name' | 'args' | 'rest'>,
): Promise<CommandOutcome> {
  const parsed = parseCommand(text);
  const command = byName.get(parsed.name);
  if (command === undefined) {
    throw new UsageError(`unknown command \\${parsed.name}; \\? lists the commands`);
  }
  return command.run({ ...call, ...parsed });
}

export function helpText(): string {
  const sections = groups.map(([title, commands]) => {
    const lines = commands.map(({ names, usage, help }) => {
      const call = `\\${names[0]} ${usage}`.trimEnd();
      return `  ${call.padEnd(28)} ${help}\n`;
    });
    return `${title}\n${lines.join('')}`;
  });
  return `${sections.join('\n')}\nA statement ends with ";" and may take several lines.\n`;
}
