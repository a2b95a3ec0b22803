/**
 * `levee sql`: a client of a Levee server, over HTTP only. With `-c`, `-f` or a pipe it runs what
 * it is given and ends; at a terminal it prompts.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { parseReplArguments, usageText, type ReplArguments } from './arguments.ts';
import { editInEditor } from './edit-text.ts';
import { errorText } from './error-text.ts';
import { HistoryFile } from './history-file.ts';
import { HttpClient, parseServerUrl } from './http-client.ts';
import { runInteractive } from './interactive.ts';
import { Interrupts } from './interrupts.ts';
import { openFileOutput, StreamOutput } from './output.ts';
import { readLines } from './read-lines.ts';
import type { ReplContext, Surroundings } from './repl-context.ts';
import { ConnectionError, OutputClosedError, UsageError } from './repl-error.ts';
import { exitCodes, outcomeOf, runFile, ScriptRunner, type Outcome } from './run-script.ts';
import { ServerSession } from './server-session.ts';
import { defaultSettings, type Settings } from './settings.ts';

const urlDefault = 'http://127.0.0.1:8080';

/** Runs `levee sql` with the arguments after `sql`; the result is the exit code. */
export async function runRepl(argv: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr, env: environment } = process;
  return runReplWith(argv, { stdin, stdout, stderr, environment });
}

/** The same with other streams and another environment. */
export async function runReplWith(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr } = surroundings;
  let parsed: ReplArguments;
  let url: URL;
  try {
    parsed = parseReplArguments(argv);
    url = parseServerUrl(parsed.url ?? surroundings.environment['LEVEE_URL'] ?? urlDefault);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`levee sql: ${error.message}\nTry "levee sql --help".\n`);
    return 2;
  }
  if (parsed.help) {
    stdout.write(usageText);
    return 0;
  }
  const context = makeContext(parsed, url, surroundings);
  process.on('SIGINT', context.interrupts.interrupt);
  try {
    if (parsed.output !== undefined) context.redirected = await openFileOutput(parsed.output);
    const outcome = context.isInteractive
      ? await startInteractive(context)
      : await runBatch(context, parsed);
    await context.redirected?.end();
    await context.standardOutput.end();
    return exitCodes[outcome];
  } catch (error) {
    if (error instanceof OutputClosedError) return 0;
    stderr.write(errorText(error));
    const outcome = outcomeOf(error);
    return outcome === 'statement failed' ? 2 : exitCodes[outcome];
  } finally {
    process.off('SIGINT', context.interrupts.interrupt);
    await context.session.close();
  }
}

function makeContext(parsed: ReplArguments, url: URL, surroundings: Surroundings): ReplContext {
  const { stdin, stdout, stderr, environment } = surroundings;
  const isInteractive = parsed.parts.length === 0 && stdin.isTTY === true && stdout.isTTY === true;
  const token = parsed.token ?? nonEmpty(environment['LEVEE_TOKEN']);
  const notice = (text: string): void => {
    stderr.write(`NOTICE:  ${text}\n`);
  };
  const { schema, dialect } = parsed;
  const connect = async (text: string): Promise<ServerSession> => {
    const target = parseServerUrl(text);
    // A token belongs to the server it was given for.
    const isSame = target.origin === url.origin;
    if (!isSame && token !== undefined) notice(`The token is not sent to ${target.origin}.`);
    const client = new HttpClient(target, isSame ? token : undefined);
    await client.json({ method: 'GET', path: '/healthz' });
    return new ServerSession(client, { schema, dialect, notice });
  };
  return {
    surroundings,
    isInteractive,
    // Nothing runs: in a batch that is a moment between two statements, and the end.
    interrupts: new Interrupts(() => {
      if (!isInteractive) process.exit(exitCodes.canceled);
    }),
    session: new ServerSession(new HttpClient(url, token), { schema, dialect, notice }),
    settings: initialSettings(parsed, isInteractive),
    redirected: undefined,
    standardOutput: new StreamOutput(stdout, {
      isTerminal: stdout.isTTY === true,
      endsStream: false,
    }),
    lastStatement: undefined,
    editText: isInteractive ? (text) => editInEditor(text, environment) : undefined,
    connect,
  };
}

function initialSettings(parsed: ReplArguments, isInteractive: boolean): Settings {
  const { render } = defaultSettings;
  const expanded = parsed.expanded ? 'on' : isInteractive ? 'auto' : 'off';
  return {
    ...defaultSettings,
    render: {
      ...render,
      format: parsed.format ?? render.format,
      nullText: parsed.nullText ?? render.nullText,
      tuplesOnly: parsed.tuplesOnly,
      expanded,
    },
    pager: parsed.pager,
    timing: parsed.timing,
    timeout: parsed.timeout,
  };
}

async function startInteractive(context: ReplContext): Promise<Outcome> {
  const { stdout, environment } = context.surroundings;
  try {
    await context.session.client.json({ method: 'GET', path: '/healthz' });
  } catch (error) {
    // Another answer than "yes, well" is no reason to leave; no answer is.
    if (error instanceof ConnectionError) throw error;
  }
  stdout.write(`levee at ${context.session.client.url}. \\? for help, \\q to quit.\n`);
  const path = environment['LEVEE_HISTORY'] ?? join(homedir(), '.levee_history');
  await runInteractive(context, new HistoryFile(nonEmpty(path)));
  return 'done';
}

async function runBatch(context: ReplContext, { parts }: ReplArguments): Promise<Outcome> {
  const { stdin } = context.surroundings;
  if (parts.length === 0) return runStandardInput(context, stdin);
  for (const part of parts) {
    const outcome = await (part.kind === 'command'
      ? runCommandText(context, part.text)
      : part.path === '-'
        ? runStandardInput(context, stdin)
        : runFile(context, part.path));
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}

async function runCommandText(context: ReplContext, text: string): Promise<Outcome> {
  const runner = new ScriptRunner(context, { sourceName: undefined, stopsAtError: true, depth: 0 });
  async function* chunks(): AsyncGenerator<string> {
    yield text;
  }
  return runner.takeAll(readLines(chunks()));
}

async function runStandardInput(context: ReplContext, stdin: Readable): Promise<Outcome> {
  const runner = new ScriptRunner(context, { sourceName: '<stdin>', stopsAtError: true, depth: 0 });
  stdin.setEncoding('utf8');
  return runner.takeAll(readLines(stdin as AsyncIterable<string>));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
