/**
 * Rewrites what DuckDB's scanner reads differently from ours, token by token: backticks, comments and
 * unusual blanks, parameters, and in the Spark dialect strings, typed numbers and `<=>`, with what
 * `spark-calls.ts` knows of calls. Clauses of Spark are not its business.
 */
import { syntaxErrorAt } from '../errors.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { sparkCalls } from './spark-calls.ts';
import type { Dialect } from './dialect.ts';
import type { TextEdit } from './text-edits.ts';
import type { Token } from './tokenize.ts';

export type QueryParameters =
  | { readonly kind: 'none' }
  /** `$1` to `$count`. */
  | { readonly kind: 'positional'; readonly count: number }
  /** In order of first use; names that differ in case only are one. */
  | { readonly kind: 'named'; readonly names: readonly string[] };

const parametersMax = 65_535;

export interface LexicalEdits {
  readonly edits: readonly TextEdit[];
  readonly parameters: QueryParameters;
}

/**
 * Edits for the tokens of one query, in coordinates of `text`. `questionMarksBefore` counts the `?`
 * of the statement before this query, for their numbers.
 */
export function lexicalEdits(
  tokens: readonly Token[],
  text: string,
  options: {
    readonly dialect: Dialect;
    readonly start: number;
    readonly end: number;
    readonly questionMarksBefore: number;
  },
): LexicalEdits {
  const edits: TextEdit[] = [];
  const parameters = parameterCollector(text, options.questionMarksBefore);
  const calls = options.dialect === 'spark' ? sparkCalls(tokens) : undefined;
  let gapStart = options.start;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) break;
    editGap(edits, text, { start: gapStart, end: token.start, isOuter: index === 0 });
    const last = options.dialect === 'spark' ? lastOfStrings(tokens, index) : index;
    const lastToken = tokens[last] ?? token;
    const run = last === index ? [token] : tokens.slice(index, last + 1);
    const edited = calls?.get(index) ?? translate(run, text, options.dialect, parameters);
    const original = text.slice(token.start, lastToken.end);
    const spaced = separate(edited ?? original, text, token, tokens[index - 1], options.dialect);
    if (spaced !== original) edits.push({ start: token.start, end: lastToken.end, text: spaced });
    gapStart = lastToken.end;
    index = last;
  }
  editGap(edits, text, { start: gapStart, end: options.end, isOuter: true });
  return { edits, parameters: parameters.result() };
}

/** Comments and blanks beyond ASCII become one space; around the query, nothing. */
function editGap(
  edits: TextEdit[],
  text: string,
  gap: { readonly start: number; readonly end: number; readonly isOuter: boolean },
): void {
  if (gap.start >= gap.end) return;
  const blanks = text.slice(gap.start, gap.end);
  if (gap.isOuter) edits.push({ start: gap.start, end: gap.end, text: '' });
  else if (/[^ \t\n\r\f]/.test(blanks)) edits.push({ start: gap.start, end: gap.end, text: ' ' });
}

/** Spark joins neighbouring string literals; index of the last of those that start at `index`. */
function lastOfStrings(tokens: readonly Token[], index: number): number {
  let last = index;
  if (tokens[index]?.kind !== 'string') return index;
  while (tokens[last + 1]?.kind === 'string') last++;
  return last;
}

/** The text for DuckDB; `undefined` when it may stay as it is. */
function translate(
  run: readonly Token[],
  text: string,
  dialect: Dialect,
  parameters: ParameterCollector,
): string | undefined {
  const token = run[0];
  if (token === undefined) return undefined;
  switch (token.kind) {
    case 'quoted':
      return text.charAt(token.start) === '`' ? quoteIdentifier(token.value) : undefined;
    case 'string':
      return dialect === 'spark' ? sparkLiteral(run, text) : plainLiteral(token, text);
    case 'number':
      return dialect === 'spark' ? sparkNumber(token.value) : undefined;
    case 'parameter': {
      const name = parameters.add(token);
      const touches = /[A-Za-z0-9_$\u0080-\uffff]/.test(text.charAt(token.end));
      return touches ? `${name} ` : name;
    }
    case 'operator':
      return dialect === 'spark' && token.value === '<=>' ? ' IS NOT DISTINCT FROM ' : undefined;
    case 'word':
    case 'eof':
      return undefined;
  }
}

/**
 * A space in front where DuckDB would read the token and what it touches as one: `a?` as `a$1`, `e"x"`
 * as an escape string, `&-` as one operator.
 */
function separate(
  edited: string,
  text: string,
  token: Token,
  previous: Token | undefined,
  dialect: Dialect,
): string {
  if (previous === undefined || previous.end !== token.start) return edited;
  const before = text.charAt(token.start - 1);
  const first = edited.charAt(0);
  const quotes = first === "'" || first === '"';
  if (token.kind === 'parameter' || token.kind === 'string') {
    if (/[A-Za-z0-9_$\u0080-\uffff]/.test(before)) return ` ${edited}`;
  }
  if (quotes && before === '&') return ` ${edited}`;
  const isSparkPair =
    dialect === 'spark' && token.kind === 'operator' && previous.kind === 'operator';
  const signs = /[~!@^&|+\-*/%<>=]/;
  return isSparkPair && signs.test(before) && signs.test(first) ? ` ${edited}` : edited;
}

/** A literal of several parts is put together; others stay. */
function plainLiteral(token: Token, text: string): string | undefined {
  return text.charAt(token.start) === "'" ? quoteString(token.value) : undefined;
}

function sparkLiteral(run: readonly Token[], text: string): string | undefined {
  const hex = run.find((part) => /x/i.test(text.charAt(part.start)));
  if (hex !== undefined) {
    if (run.length === 1) return binaryLiteral(hex, text);
    throw syntaxErrorAt(text, hex.start, 'A binary literal cannot be joined with another literal');
  }
  const value = run.map((part) => part.value).join('');
  return quoteString(value);
}

/** DuckDB has no literal of this form; to it `x'00'` is the text x00. */
function binaryLiteral({ value, start }: Token, text: string): string {
  if (!/^[0-9a-f]*$/i.test(value)) {
    throw syntaxErrorAt(text, start, 'A binary literal holds hexadecimal digits only');
  }
  const digits = value.length % 2 === 0 ? value : `0${value}`;
  return `CAST('${digits.replace(/../g, (byte) => `\\x${byte}`)}' AS BLOB)`;
}

const numberTypes: Readonly<Record<string, string>> = {
  Y: 'TINYINT',
  S: 'SMALLINT',
  L: 'BIGINT',
  F: 'FLOAT',
  D: 'DOUBLE',
};

function sparkNumber(number: string): string | undefined {
  if (/^0x/i.test(number)) return undefined;
  const [, digits, suffix] = /^(.*?)(BD|[YSLFD])?$/i.exec(number) ?? [];
  if (digits === undefined || suffix === undefined) return undefined;
  const type = numberTypes[suffix.toUpperCase()];
  return type === undefined ? digits : `CAST(${digits} AS ${type})`;
}

interface ParameterCollector {
  /** How DuckDB has to read the parameter. */
  add(token: Token): string;
  result(): QueryParameters;
}

function parameterCollector(text: string, questionMarksBefore: number): ParameterCollector {
  let questionMarks = questionMarksBefore;
  let count = 0;
  const names = new Map<string, string>();
  let first: { readonly token: Token; readonly style: string } | undefined;

  function keepStyle(token: Token, style: string): void {
    first ??= { token, style };
    if (first.style === style) return;
    throw syntaxErrorAt(
      text,
      token.start,
      `The statement mixes ${first.style} and ${style} parameters`,
      'Use one kind of parameter: ?, $1 or :name.',
    );
  }

  function position(token: Token, number: number): string {
    if (number < 1 || number > parametersMax) {
      throw syntaxErrorAt(
        text,
        token.start,
        `A parameter's number lies between 1 and ${parametersMax}`,
      );
    }
    count = Math.max(count, number);
    return `$${number}`;
  }

  return {
    add(token) {
      if (token.value === '') {
        keepStyle(token, 'unnumbered');
        questionMarks++;
        return position(token, questionMarks);
      }
      if (/^\d/.test(token.value) && text.charAt(token.start + 1) !== '"') {
        keepStyle(token, 'numbered');
        return position(token, Number(token.value.replaceAll('_', '')));
      }
      keepStyle(token, 'named');
      const key = token.value.toLowerCase();
      if (!names.has(key)) names.set(key, token.value);
      return /^[A-Za-z_][A-Za-z0-9_]*$/.test(token.value)
        ? `$${token.value}`
        : `$${quoteIdentifier(token.value)}`;
    },
    result() {
      if (first === undefined) return { kind: 'none' };
      return names.size > 0
        ? { kind: 'named', names: [...names.values()] }
        : { kind: 'positional', count };
    },
  };
}
