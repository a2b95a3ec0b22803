/**
 * SQL text -> tokens with their places. The one lexer of Levee: it knows where strings and comments
 * are in either dialect, and it must agree with DuckDB's scanner on the text that DuckDB will see
 * (`query-text.ts` rewrites what DuckDB reads differently). Linear in the length of the text.
 *
 * Source: DuckDB's scanner (third_party/libpg_query/scan.l) and Spark's SqlBaseLexer.g4.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { errorAt, syntaxErrorAt } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { canEndExpression, infixWords } from './keywords.ts';
import {
  scanDollarString,
  scanDollarTag,
  scanDoubledQuotes,
  scanDuckdbString,
  scanRawString,
  scanSparkString,
  type ScannedString,
} from './scan-string.ts';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'operator' | 'eof';

export interface Token {
  readonly kind: TokenKind;
  /** UTF-16 offsets into the text; the end is exclusive. */
  readonly start: number;
  readonly end: number;
  /**
   * word, number, operator: as written. quoted, string: what the quotes hold. parameter: the number
   * of `$1`, the name of `:name` and `$name`, nothing for `?`.
   */
  readonly value: string;
}

/** In UTF-8 bytes. */
export const statementBytesMax = 1024 * 1024;
/** Depth of brackets; DuckDB and node-sql-parser recurse, this lexer does not. */
export const nestingMax = 200;
/**
 * AND, OR and set operations in one statement: DuckDB's parser takes a time that grows with the square
 * of their number, a minute for a mebibyte of them, and cannot be interrupted.
 */
export const connectivesMax = 10_000;

/**
 * The tokens of `text`, the last one `eof`. Throws PARSE_SYNTAX_ERROR for what cannot be a statement
 * (unterminated literals, brackets that do not match, characters outside SQL), STATEMENT_TOO_LARGE
 * and STATEMENT_TOO_COMPLEX; all but the size with a position.
 */
export function tokenize(text: string, dialect: Dialect): readonly Token[] {
  refuseUnreadable(text);
  const tokens: Token[] = [];
  const open: Token[] = [];
  let at = 0;
  let connectives = 0;
  for (;;) {
    const token = scanToken(text, at, dialect, tokens);
    tokens.push(token);
    if (token.kind === 'eof') break;
    if (token.kind === 'operator') trackBrackets(text, token, open);
    if (token.kind === 'word' && connectiveWord.test(token.value)) connectives++;
    if (connectives > connectivesMax) throw tooManyConnectives(text, token);
    at = token.end;
  }
  const unclosed = open.at(-1);
  if (unclosed) throw syntaxErrorAt(text, unclosed.start, `"${unclosed.value}" is never closed`);
  return tokens;
}

const connectiveWord = /^(?:and|or|union|except|intersect)$/i;

function tooManyConnectives(text: string, token: Token): CodedError {
  return errorAt(text, token.start, {
    code: 'STATEMENT_TOO_COMPLEX',
    message: `The statement has more than ${connectivesMax} of AND, OR, UNION and their kin`,
    hint: 'Use IN with a list, or VALUES.',
  });
}

function refuseUnreadable(text: string): void {
  // Three bytes is the most a UTF-16 unit can take.
  if (text.length * 3 > statementBytesMax && Buffer.byteLength(text) > statementBytesMax) {
    throw new CodedError(
      'STATEMENT_TOO_LARGE',
      `The statement has ${Buffer.byteLength(text)} bytes; at most ${statementBytesMax} are allowed`,
    );
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) throw syntaxErrorAt(text, nul, 'The statement contains the character NUL');
  const half = text.search(/\p{Surrogate}/u);
  if (half >= 0) {
    throw syntaxErrorAt(text, half, 'The statement contains half of a surrogate pair');
  }
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function trackBrackets(text: string, token: Token, open: Token[]): void {
  const { value } = token;
  if (value === '(' || value === '[' || value === '{') {
    if (open.length >= nestingMax) {
      throw errorAt(text, token.start, {
        code: 'STATEMENT_TOO_COMPLEX',
        message: `Brackets are nested more than ${nestingMax} deep`,
      });
    }
    open.push(token);
  } else if (value === ')' || value === ']' || value === '}') {
    const opener = open.pop();
    if (opener === undefined) throw syntaxErrorAt(text, token.start, `"${value}" closes nothing`);
    const expected = closers[opener.value];
    if (expected !== value) {
      throw syntaxErrorAt(text, token.start, `Expected "${expected}" before "${value}"`);
    }
  }
}

/** Beyond ASCII everything is a letter but the blanks of `unicodeBlank`, which end a word. */
const letter =
  'A-Za-z_\\u0080-\\u0084\\u0086-\\u009f\\u00a1-\\u1fff\\u200c-\\u2027\\u202a-\\u202e' +
  '\\u2030-\\u205e\\u2061-\\u2fff\\u3001-\\ufefe\\uff00-\\uffff';
const wordPattern = new RegExp(`[${letter}][0-9$${letter}]*`, 'y');
const namePattern = new RegExp(`[${letter}][0-9${letter}]*`, 'y');
const digitsPattern = /[0-9](?:_?[0-9])*/y;
const numberPattern =
  /0[xX][0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*|(?:[0-9](?:_?[0-9])*(?:\.(?!\.)(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)(?:[eE][-+]?[0-9](?:_?[0-9])*)?/y;
/** Spark's type letters of a number: `10L`, `1.5D`, `2.0BD`. */
const sparkSuffix = /(?:BD|[YSLFD])(?![A-Za-z0-9_])/iy;
const operatorRun = /[~!@^&|+\-*/%<>=]+/y;
const sparkOperator = /<=>|<>|!=|<=|>=|==|->|=>|\|\||\|>|<<|>>>?|[~!@^&|+\-*/%<>=]/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/**
 * The token at or after `at`, given the tokens before it: they decide whether `:name` is a
 * parameter. Knows neither the size limit nor brackets.
 */
export function scanToken(
  text: string,
  at: number,
  dialect: Dialect,
  before: readonly Token[],
): Token {
  const start = skipBlanks(text, at, dialect);
  if (start >= text.length) return { kind: 'eof', start: text.length, end: text.length, value: '' };
  const unit = text.charAt(start);
  const spark = dialect === 'spark';

  if (unit === "'")
    return spark ? sparkString(text, start, start) : duckdbString(text, start, start);
  if (unit === '"' && spark) return sparkString(text, start, start);
  if (unit === '"' || unit === '`') return quotedName(text, start);
  if (unit === '$') return dollar(text, start, dialect);
  if (unit === '?') {
    const digits = match(digitsPattern, text, start + 1) ?? '';
    return { kind: 'parameter', start, end: start + 1 + digits.length, value: digits };
  }

  const word = match(wordPattern, text, start);
  if (word !== undefined)
    return prefixedString(text, start, word, dialect) ?? token('word', start, word);

  const number = match(numberPattern, text, start);
  if (number !== undefined) {
    const suffix = spark ? (match(sparkSuffix, text, start + number.length) ?? '') : '';
    return token('number', start, number + suffix);
  }

  if (unit === ':') return colon(text, start, dialect, before);
  const operator = scanOperator(text, start, dialect);
  if (operator !== undefined) return token('operator', start, operator);
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  throw syntaxErrorAt(text, start, `Unexpected character ${JSON.stringify(character)}`);
}

function token(kind: TokenKind, start: number, value: string): Token {
  return { kind, start, end: start + value.length, value };
}

// --- white space and comments ---------------------------------------------------------------

/** What DuckDB strips as white space, and line separators, which it would take for letters. */
const unicodeBlank = /[\u0085\u00a0\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/;

function skipBlanks(text: string, from: number, dialect: Dialect): number {
  let at = from;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === 32 || unit === 9 || unit === 10 || unit === 13 || unit === 12) at++;
    else if (unit === 45 && text.charCodeAt(at + 1) === 45) at = lineCommentEnd(text, at, dialect);
    else if (unit === 47 && text.charCodeAt(at + 1) === 42) at = blockCommentEnd(text, at);
    else if (unit > 127 && unicodeBlank.test(text.charAt(at))) at++;
    else break;
  }
  return at;
}

function lineCommentEnd(text: string, start: number, dialect: Dialect): number {
  for (let at = start + 2; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== 10 && unit !== 13) continue;
    // Spark's comment goes on after a backslash at the end of the line.
    if (dialect === 'spark' && unit === 10 && text.charAt(at - 1) === '\\') continue;
    return at;
  }
  return text.length;
}

/** Block comments nest in both dialects. */
function blockCommentEnd(text: string, start: number): number {
  let depth = 1;
  for (let at = start + 2; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 47 && text.charCodeAt(at + 1) === 42) {
      depth++;
      at++;
    } else if (unit === 42 && text.charCodeAt(at + 1) === 47) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  throw syntaxErrorAt(text, start, 'The comment is never closed', 'Close it with */.');
}

// --- literals and names ---------------------------------------------------------------------

function literal(text: string, start: number, scanned: ScannedString | undefined): Token {
  if (scanned === undefined) throw syntaxErrorAt(text, start, 'The string is never closed');
  return { kind: 'string', start, end: scanned.end, value: scanned.value };
}

function duckdbString(text: string, start: number, quote: number): Token {
  const escapes = /^e$/i.test(text.slice(start, quote));
  return literal(text, start, scanDuckdbString(text, quote, escapes));
}

function sparkString(text: string, start: number, quote: number): Token {
  const raw = /^r$/i.test(text.slice(start, quote));
  return literal(text, start, raw ? scanRawString(text, quote) : scanSparkString(text, quote));
}

/** `E'..'`, `x'..'`, `b'..'` of DuckDB, `r'..'` and `x'..'` of Spark. */
function prefixedString(
  text: string,
  start: number,
  word: string,
  dialect: Dialect,
): Token | undefined {
  if (word.length !== 1) return undefined;
  const quote = text.charAt(start + 1);
  if (dialect === 'duckdb') {
    return quote === "'" && /[ebx]/i.test(word) ? duckdbString(text, start, start + 1) : undefined;
  }
  const opens = quote === "'" || quote === '"';
  return opens && /[rx]/i.test(word) ? sparkString(text, start, start + 1) : undefined;
}

function quotedName(text: string, start: number): Token {
  const scanned = scanDoubledQuotes(text, start);
  if (scanned === undefined) throw syntaxErrorAt(text, start, 'The quoted name is never closed');
  if (scanned.value === '') throw syntaxErrorAt(text, start, 'The quoted name is empty');
  return { kind: 'quoted', start, end: scanned.end, value: scanned.value };
}

/** `$1`, `$name`, `$"name"`, and DuckDB's dollar-quoted strings. */
function dollar(text: string, start: number, dialect: Dialect): Token {
  const tag = scanDollarTag(text, start);
  if (tag !== undefined) {
    if (dialect === 'spark')
      throw syntaxErrorAt(text, start, 'Dollar-quoted strings are not Spark SQL');
    return literal(text, start, scanDollarString(text, start, tag));
  }
  const name = match(digitsPattern, text, start + 1) ?? match(namePattern, text, start + 1);
  if (name !== undefined)
    return { kind: 'parameter', start, end: start + 1 + name.length, value: name };
  if (text.charAt(start + 1) === '"')
    return { ...quotedName(text, start + 1), kind: 'parameter', start };
  throw syntaxErrorAt(text, start, 'Unexpected character "$"');
}

// --- operators ------------------------------------------------------------------------------

function scanOperator(text: string, start: number, dialect: Dialect): string | undefined {
  const unit = text.charAt(start);
  if (unit === '.') return text.charAt(start + 1) === '.' ? '..' : '.';
  if (',;()[]{}#'.includes(unit)) return unit;
  if (dialect === 'spark') return match(sparkOperator, text, start);
  const run = match(operatorRun, text, start);
  return run && trimOperator(run);
}

/** PostgreSQL's rule: an operator ends before a comment, and before a sign that is not its own. */
function trimOperator(run: string): string {
  const comment = run.slice(1).search(/--|\/\*/);
  let operator = comment < 0 ? run : run.slice(0, comment + 1);
  while (operator.length > 1 && /[+-]$/.test(operator) && operator !== '->') {
    if (/[~!@^&|%]/.test(operator.slice(0, -1))) break;
    operator = operator.slice(0, -1);
  }
  return operator;
}

/** `::`, `:=`, the parameter `:name`, or the colon of a slice, a struct, an alias, a lambda. */
function colon(text: string, start: number, dialect: Dialect, before: readonly Token[]): Token {
  const next = text.charAt(start + 1);
  if (next === ':' || next === '=') return token('operator', start, `:${next}`);
  const name = match(namePattern, text, start + 1);
  if (name !== undefined && expressionMayStart(dialect, before)) {
    return { kind: 'parameter', start, end: start + 1 + name.length, value: name };
  }
  return token('operator', start, ':');
}

/**
 * Whether an expression can start after these tokens. Where one has just ended (`a :b` in a slice, a
 * struct, an alias, a lambda) a colon separates; after the `[` of a subscript it does so too
 * (`a[:n]`), but after the `[` of a list it cannot (`[:a, :b]`).
 */
function expressionMayStart(dialect: Dialect, before: readonly Token[]): boolean {
  const last = before.at(-1);
  if (last === undefined) return true;
  if (last.kind === 'word') return !endsExpression(last) || isInfix(last, before.at(-2));
  if (endsExpression(last)) return false;
  if (last.value !== '[' || dialect === 'spark') return true;
  const opened = before.at(-2);
  return opened === undefined || !endsExpression(opened);
}

/** `x BETWEEN`, `AS OF`: words that could be names, but not here. */
function isInfix(word: Token, previous: Token | undefined): boolean {
  if (previous === undefined) return false;
  const name = word.value.toLowerCase();
  if (name === 'of') return previous.kind === 'word' && /^as$/i.test(previous.value);
  return infixWords.has(name) && endsExpression(previous);
}

function endsExpression(last: Token): boolean {
  switch (last.kind) {
    case 'quoted':
    case 'string':
    case 'number':
    case 'parameter':
      return true;
    case 'word':
      return canEndExpression(last.value.toLowerCase());
    case 'operator':
      return last.value === ')' || last.value === ']' || last.value === '}';
    case 'eof':
      return false;
  }
}
