/** The command line of `levee sql`. */
import { dialects } from './dialects.ts';
import { parseArgs } from 'node:util';
import type { Dialect } from '../sql/parse/dialect.ts';
import { findFormat, outputFormats, type OutputFormat } from './render/render-options.ts';
import { UsageError } from './repl-error.ts';

export const usageText = `levee sql [URL] [options]

Runs SQL on a Levee server: at a prompt, or from -c, -f or a pipe.
URL is that of the server; without it LEVEE_URL, or http://127.0.0.1:8080.

  -c, --command SQL    run SQL (several statements, or a backslash command) and end
  -f, --file FILE      run the statements of FILE ("-" is standard input) and end
      --format FORMAT  ${outputFormats.join(', ')}
  -o, --output FILE    write results to FILE
  -s, --schema SCHEMA  where table names are looked up first
      --dialect NAME   ${dialects.join(' or ')}
      --token TOKEN    sent as a bearer token; without it LEVEE_TOKEN
      --null TEXT      shown for NULL
  -t, --tuples-only    only the rows, without names and count
  -x, --expanded       one line for each value
      --timing         show how long statements take
      --timeout TIME   of a statement, like 90s or 1h; without it that of the server
      --no-pager       never use a pager
  -h, --help           this text

-c and -f may be repeated and run in their order, in one session; the first error ends them.
Exit code: 0 all went well, 1 a statement failed, 2 no connection or a wrong command line,
130 interrupted.
`;

export type ScriptPart =
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

export interface ReplArguments {
  readonly url: string | undefined;
  /** Of `-c` and `-f`, in their order. */
  readonly parts: readonly ScriptPart[];
  readonly format: OutputFormat | undefined;
  readonly output: string | undefined;
  readonly schema: string | undefined;
  readonly dialect: Dialect;
  readonly token: string | undefined;
  readonly nullText: string | undefined;
  readonly tuplesOnly: boolean;
  readonly expanded: boolean;
  readonly timing: boolean;
  readonly timeout: string | undefined;
  readonly pager: boolean;
  readonly help: boolean;
}

const options = {
  command: { type: 'string', short: 'c', multiple: true },
  file: { type: 'string', short: 'f', multiple: true },
  format: { type: 'string' },
  output: { type: 'string', short: 'o' },
  schema: { type: 'string', short: 's' },
  dialect: { type: 'string' },
  token: { type: 'string' },
  null: { type: 'string' },
  'tuples-only': { type: 'boolean', short: 't' },
  expanded: { type: 'boolean', short: 'x' },
  timing: { type: 'boolean' },
  timeout: { type: 'string' },
  'no-pager': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Throws `UsageError` that says what is wrong with them. */
export function parseReplArguments(argv: readonly string[]): ReplArguments {
  const parsed = parseStrictly(argv);
  const { values, positionals, tokens } = parsed;
  if (positionals.length > 1) {
    throw new UsageError(
      `one URL is enough, there are ${positionals.length}: ${positionals.join(' ')}`,
    );
  }
  const parts = tokens.flatMap((token): readonly ScriptPart[] => {
    if (token.kind !== 'option' || token.value === undefined) return [];
    if (token.name === 'command') return [{ kind: 'command', text: token.value }];
    return token.name === 'file' ? [{ kind: 'file', path: token.value }] : [];
  });
  return {
    url: positionals[0],
    parts,
    format: values.format === undefined ? undefined : readFormat(values.format),
    output: values.output,
    schema: values.schema,
    dialect: values.dialect === undefined ? 'duckdb' : readDialect(values.dialect),
    token: values.token,
    nullText: values.null,
    tuplesOnly: values['tuples-only'] === true,
    expanded: values.expanded === true,
    timing: values.timing === true,
    timeout: values.timeout,
    pager: values['no-pager'] !== true,
    help: values.help === true,
  };
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, tokens: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readFormat(name: string): OutputFormat {
  const format = findFormat(name);
  if (format !== undefined) return format;
  throw new UsageError(`unknown format "${name}"; there are ${outputFormats.join(', ')}`);
}

function readDialect(name: string): Dialect {
  const dialect = dialects.find((item) => item === name.toLowerCase());
  if (dialect !== undefined) return dialect;
  throw new UsageError(`unknown dialect "${name}"; there are ${dialects.join(', ')}`);
}
