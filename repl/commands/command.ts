/** What a backslash command is. */
import type { CommandText } from '../command-arguments.ts';
import type { ReplContext } from '../repl-context.ts';
import type { ScannedCommand, ScannedStatement, StatementScanner } from '../statement-scanner.ts';

export interface CommandCall extends CommandText {
  readonly context: ReplContext;
  /** Holds the statement being typed. */
  readonly scanner: StatementScanner;
  /** Runs a file of statements and commands; throws `ScriptStopped` if it does not end well. */
  readonly runFile: (path: string) => Promise<void>;
}

/** What is left to do after a command. */
export type CommandOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'quit' }
  /** Statements that an editor gave back complete. */
  | { readonly kind: 'run'; readonly items: readonly (ScannedStatement | ScannedCommand)[] };

export const done: CommandOutcome = { kind: 'done' };

export interface Command {
  /** Without the backslash; the first is the one in the help. */
  readonly names: readonly string[];
  /** What follows the name, for the help. */
  readonly usage: string;
  readonly help: string;
  readonly run: (call: CommandCall) => Promise<CommandOutcome>;
}
