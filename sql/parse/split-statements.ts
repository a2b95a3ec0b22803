/**
 * Splits a script at its semicolons, as a REPL and a file of statements need it. Lenient: what cannot
 * be read ends up in the last part, whole, so that parsing it tells what is wrong.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { Dialect } from './dialect.ts';
import { scanToken, type Token } from './tokenize.ts';

export interface ScriptPart {
  /** From the first token to the last, without the semicolon and the blanks around. */
  readonly text: string;
  /** UTF-16 offset of `text` in the script. */
  readonly start: number;
  /** Whether a semicolon follows; only the last part can lack it. */
  readonly isTerminated: boolean;
}

/** Parts without any token are left out. A semicolon inside brackets separates all the same. */
export function splitStatements(script: string, dialect: Dialect): readonly ScriptPart[] {
  const parts: ScriptPart[] = [];
  let tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const token = scanOrRest(script, at, dialect, tokens);
    at = token.end;
    const isSemicolon = token.kind === 'operator' && token.value === ';';
    if (!isSemicolon && token.kind !== 'eof') {
      tokens.push(token);
      continue;
    }
    const [first] = tokens;
    const last = tokens.at(-1);
    if (first !== undefined && last !== undefined) {
      const text = script.slice(first.start, last.end);
      parts.push({ text, start: first.start, isTerminated: isSemicolon });
    }
    tokens = [];
    if (token.kind === 'eof') return parts;
  }
}

/** The next token, or, if none can be read, all the rest as one. */
function scanOrRest(script: string, at: number, dialect: Dialect, before: readonly Token[]): Token {
  try {
    return scanToken(script, at, dialect, before);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const rest = script.slice(at);
    const start = at + rest.length - rest.trimStart().length;
    const end = at + rest.trimEnd().length;
    return { kind: 'word', start, end: Math.max(start, end), value: script.slice(start, end) };
  }
}
