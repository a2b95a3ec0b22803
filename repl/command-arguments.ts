/** The text of a backslash command: its name and its arguments. */
import { UsageError } from './repl-error.ts';

export interface CommandText {
  /** Without the backslash: `d`, `dt+`, `pset`. */
  readonly name: string;
  readonly args: readonly string[];
  /** Everything after the name, as it was written, without a `;` at its end. */
  readonly rest: string;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

/**
 * Splits at spaces. Single quotes hold an argument together (`''` is a quote, `\n` and `\t` are
 * what they are in C); double quotes and backticks do too, but stay, since they belong to a name.
 */
export function parseCommand(text: string): CommandText {
  const [, name = '', after = ''] = /^\\(\?|[^\s'"`]*)([^]*)$/.exec(text) ?? [];
  const rest = after.trim().replace(/;+$/, '').trimEnd();
  return { name, args: splitArguments(rest), rest };
}

function splitArguments(text: string): readonly string[] {
  const args: string[] = [];
  let current: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (/\s/.test(character)) {
      if (current !== undefined) args.push(current);
      current = undefined;
    } else if (character === "'") {
      const [value, end] = readQuoted(text, at);
      current = (current ?? '') + value;
      at = end;
    } else if (character === '"' || character === '`') {
      const end = text.indexOf(character, at + 1);
      if (end < 0) throw new UsageError(`a ${character} without its partner`);
      current = (current ?? '') + text.slice(at, end + 1);
      at = end;
    } else {
      current = (current ?? '') + character;
    }
  }
  if (current !== undefined) args.push(current);
  return args;
}

/** The value of the string that begins at `from`, and the offset of its closing quote. */
function readQuoted(text: string, from: number): readonly [value: string, end: number] {
  let value = '';
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') {
      at += 1;
      value += escapes.get(text[at] ?? '') ?? text[at] ?? '';
    } else if (character !== "'") {
      value += character;
    } else if (text[at + 1] === "'") {
      value += "'";
      at += 1;
    } else {
      return [value, at];
    }
  }
  throw new UsageError("a ' without its partner");
}

/**
 * The parts of a dotted name: `stocks.prices`, `"my schema".t`, `` main.`a.b`.c ``. Unquoted
 * parts may hold the wildcards `*` and `?`.
 */
export function splitName(text: string): readonly string[] {
  const parts: string[] = [];
  const part = /\s*(?:`((?:[^`]|``)*)`|"((?:[^"]|"")*)"|([^.]*))\s*(?:\.|$)/y;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) throw new UsageError(`not a name: ${text}`);
    parts.push(
      found[1]?.replaceAll('``', '`') ?? found[2]?.replaceAll('""', '"') ?? found[3]?.trim() ?? '',
    );
  }
  return parts;
}

/** Whether `name` matches a pattern of `*` and `?`; letter case does not count. */
export function matchesPattern(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(name);
}
