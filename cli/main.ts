/**
 * `levee`: chooses the command and turns what it throws into one line on standard error and an exit
 * code: 0 done, 1 failed, 2 wrongly called. The launcher `levee.cjs` calls `main`.
 */
import { CodedError } from '../catalog/coded-error.ts';
import { didYouMean } from '../catalog/closest-name.ts';
import { version } from '../server/version.ts';

interface Command {
  readonly summary: string;
  /** Gives the exit code. */
  readonly run: (argv: readonly string[]) => Promise<number>;
}

/** Each loads its own part of the program, so that the REPL starts without the engine. */
const commands: { readonly [name: string]: Command } = {
  serve: {
    summary: 'run the server',
    run: async (argv) => (await import('../server/main.ts')).serve(argv),
  },
  sql: {
    summary: 'ask a server: a REPL, or one statement with -c',
    run: async (argv) => (await import('../repl/main.ts')).runRepl(argv),
  },
  demo: {
    summary: 'fill a warehouse with an example and serve it',
    run: async (argv) => (await import('./demo.ts')).demo(argv),
  },
  genotype: {
    summary: 'joint genotyping of gVCF files',
    run: async () => {
      throw new CodedError('COMMAND_NOT_AVAILABLE', '"levee genotype" is not built yet');
    },
  },
};

export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv);
}

async function run([name, ...rest]: readonly string[]): Promise<number> {
  if (name === '--version' || name === '-V') {
    process.stdout.write(`levee ${version}\n`);
    return 0;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return 0;
  }
  if (name === undefined) {
    process.stderr.write(usage());
    return 2;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const hint = didYouMean(name, Object.keys(commands)) ?? 'levee --help lists the commands.';
    process.stderr.write(`levee: there is no command "${name}". ${hint}\n`);
    return 2;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CodedError) {
    const { message, detail, hint, code } = error;
    const lines = [`levee: ${message}`, detail, hint].filter((line) => line !== undefined);
    process.stderr.write(`${lines.join('\n  ')}\n`);
    return code === 'INVALID_CONFIGURATION' ? 2 : 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`levee: this is a defect of Levee.\n${text}\n`);
  return 1;
}

function usage(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  levee ${name.padEnd(10)} ${summary}`,
  );
  return `Usage: levee COMMAND [arguments]\n\n${lines.join('\n')}\n\nlevee COMMAND --help says more. levee --version prints ${version}.\n`;
}
