/**
 * `levee demo [NAME]`: a server with an example in its warehouse. The example is loaded over HTTP,
 * as any client would, on the first start only; what is there already is left alone.
 */
import { didYouMean } from '../catalog/closest-name.ts';
import { CodedError } from '../catalog/coded-error.ts';
import type { Example } from '../examples/example.ts';
import { loadExample } from '../examples/load-example.ts';
import { stocksExample } from '../examples/stocks/stocks.ts';
import { loadConfig } from '../server/config.ts';
import { startServer } from '../server/main.ts';

const examples: { readonly [name: string]: () => Example } = { stocks: stocksExample };

/** Takes the settings of `levee serve` after the name. Resolves when the server has stopped. */
export async function demo(argv: readonly string[]): Promise<number> {
  const [first] = argv;
  const named = first !== undefined && !first.startsWith('-') ? first : undefined;
  if (named !== undefined && !Object.hasOwn(examples, named)) {
    const names = Object.keys(examples);
    throw new CodedError('INVALID_CONFIGURATION', `there is no example "${named}"`, {
      hint: didYouMean(named, names) ?? `The examples are: ${names.join(', ')}.`,
    });
  }
  const { config, help } = loadConfig({ argv: named === undefined ? argv : argv.slice(1) });
  if (help) {
    const names = Object.keys(examples).join(', ');
    process.stdout.write(
      `Usage: levee demo [NAME] [settings of levee serve]\n\nExamples: ${names}\n`,
    );
    return 0;
  }
  const chosen = Object.entries(examples).filter(([name]) => named === undefined || name === named);
  const running = await startServer(config);
  const stopping = new AbortController();
  void running.stopped.then(() => stopping.abort());
  try {
    for (const [, makeExample] of chosen) {
      await load(makeExample(), running.url, stopping.signal);
    }
  } catch (error) {
    await running.stop();
    if (stopping.signal.aborted) return 130;
    throw new CodedError('INVALID_INPUT', `the example could not be loaded: ${textOf(error)}`, {
      hint: 'Start with an empty --warehouse, or repair what the message names.',
      cause: error,
    });
  }
  process.stdout.write(greeting(running.url, chosen[0]?.[1]()));
  await running.stopped;
  return 0;
}

async function load(example: Example, url: string, signal: AbortSignal): Promise<void> {
  const { stderr } = process;
  const isTerminal = stderr.isTTY === true;
  const outcome = await loadExample(example, {
    url,
    signal,
    onProgress: (done, all) => {
      if (isTerminal) stderr.write(`\rLoading ${example.name}: ${done} of ${all} commits`);
    },
  });
  if (isTerminal && outcome !== 'already there') stderr.write('\n');
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The URL, and what to try first. The statement is quoted for a POSIX shell. */
function greeting(url: string, example: Example | undefined): string {
  const lines = [`Levee is ready at ${url}`];
  if (example !== undefined) {
    const sql = example.firstQuery.replace(/\s+/g, ' ').replaceAll("'", `'\\''`);
    const { schema } = example;
    lines.push(
      '',
      'Try it:',
      `  curl '${url}/v1/sql?schema=${schema}&dialect=spark' -H 'Content-Type: application/sql' \\`,
      `    -d '${sql}'`,
      `  npm run repl -- ${url} --schema ${schema}`,
      `  ${url}/docs`,
    );
  }
  return `${lines.join('\n')}\n`;
}
