/**
 * The prompt: lines from Node's readline, with history of whole statements, completion, and
 * Ctrl-C. While a statement runs the terminal is left in its normal mode, so that Ctrl-C is a
 * signal, what the user types ahead stays in the terminal, and a pager can take over.
 */
import readline from 'node:readline';
import { CatalogCache } from './catalog-cache.ts';
import { commandNames } from './commands/run-command.ts';
import { complete, type Completions } from './completion.ts';
import type { HistoryFile } from './history-file.ts';
import { historyEntriesMax } from './history-file.ts';
import type { ReplContext } from './repl-context.ts';
import { ScriptRunner } from './run-script.ts';
import { settingTable } from './settings.ts';
import { promptFor } from './statement-scanner.ts';

/** Words that mean a command when they are all there is on a line, as in psql. */
const bareCommands: ReadonlyMap<string, string> = new Map([
  ['help', '\\?'],
  ['quit', '\\q'],
  ['exit', '\\q'],
]);

const changesCatalog = /\b(?:create|drop|alter|rename|use|replace)\b/i;

/** Reads and runs statements until `\q` or Ctrl-D. */
export async function runInteractive(context: ReplContext, history: HistoryFile): Promise<void> {
  const { stdin, stdout } = context.surroundings;
  const runner = new ScriptRunner(context, {
    sourceName: undefined,
    stopsAtError: false,
    depth: 0,
  });
  const { scanner } = runner;
  const cache = new CatalogCache(() => context.session.client);
  const entries = [...(await history.load())];

  const lines: string[] = [];
  let isClosed = false;
  let wake = (): void => undefined;
  let isPasting = false;
  // Readline's own array: it changes with every line, statements take the place of their lines.
  let known: string[] = entries;
  let typed: string[] = [];

  // A tab that came together with what follows it is text in a paste, not a request.
  const notePaste = (chunk: Buffer | string): void => {
    const at = chunk.indexOf('\t');
    isPasting = at >= 0 && at < chunk.length - 1;
  };
  stdin.prependListener('data', notePaste);

  const line = readline.createInterface({
    input: stdin,
    output: stdout,
    terminal: true,
    history: entries,
    historySize: historyEntriesMax,
    removeHistoryDuplicates: false,
    tabSize: 4,
    completer: (
      before: string,
      callback: (error: Error | null, found: [string[], string]) => void,
    ) => {
      if (isPasting || before.trim() === '') {
        callback(null, [[`${before}${isPasting ? '\t' : '    '}`], before]);
        return;
      }
      const statement = scanner.buffer === '' ? '' : `${scanner.buffer}\n`;
      complete({
        before: statement + before,
        statement: statement + line.line,
        currentSchema: context.session.schema,
        catalog: cache,
        commandNames,
        settingNames: [...settingTable.keys()],
      }).then(
        ({ candidates, word }: Completions) => {
          callback(null, [[...candidates], word]);
        },
        () => {
          callback(null, [[], before]);
        },
      );
    },
  });
  line.on('history', (current: string[]) => {
    known = current;
  });
  line.on('line', (text) => {
    lines.push(text);
    wake();
  });
  line.on('close', () => {
    isClosed = true;
    wake();
  });
  line.on('SIGINT', () => {
    // Whatever was typed of the statement is dropped, as in psql.
    stdout.write('^C\n');
    scanner.reset();
    typed = [];
    lines.length = 0;
    clearLine(line);
    prompt();
  });
  line.on('SIGCONT', () => {
    prompt();
  });

  function prompt(): void {
    line.setPrompt(promptFor(scanner.state, context.session.transaction));
    line.prompt(true);
  }

  async function nextLine(): Promise<string | undefined> {
    while (lines.length === 0) {
      if (isClosed) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return lines.shift();
  }

  /** One entry for the statement in the place of one for each of its lines. */
  function remember(text: string): void {
    typed.push(text);
    if (scanner.buffer !== '') return;
    const entry = typed.join('\n').trimEnd();
    if (typed.length > 1) {
      const added = typed.filter((one) => one.trim() !== '').length;
      known.splice(0, Math.min(added, known.length), entry);
    }
    if (entry.trim() !== '') history.add(entry);
    typed = [];
  }

  try {
    prompt();
    for (let text = await nextLine(); text !== undefined; text = await nextLine()) {
      const command =
        scanner.state === 'nothing'
          ? bareCommands.get(text.trim().replace(/;$/, '').toLowerCase())
          : undefined;
      if (changesCatalog.test(text)) cache.clear();
      line.pause();
      setRawMode(context, false);
      let outcome;
      try {
        // An entry of several lines that was taken from the history comes as one.
        outcome = 'done';
        for (const part of (command ?? text).split('\n')) outcome = await runner.takeLine(part);
      } finally {
        setRawMode(context, true);
      }
      if (isClosed) break;
      line.resume();
      remember(text);
      if (outcome === 'quit') break;
      if (outcome === 'canceled') lines.length = 0;
      if (lines.length === 0) prompt();
    }
  } finally {
    if (isClosed) stdout.write('\n');
    stdin.off('data', notePaste);
    line.close();
    await history.close();
  }
}

/** Empties the line being edited without running it. */
function clearLine(line: readline.Interface): void {
  const editable = line as { line: string; cursor: number };
  editable.line = '';
  editable.cursor = 0;
}

function setRawMode(context: ReplContext, isRaw: boolean): void {
  const stdin = context.surroundings.stdin as { setRawMode?: (isRaw: boolean) => void };
  stdin.setRawMode?.(isRaw);
}
