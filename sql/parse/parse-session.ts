/** USE, SET and RESET. */
import { parsePropertyValue } from './parse-properties.ts';
import type { Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** After USE. */
export function parseUse(cursor: TokenCursor): Statement {
  // A schema may be called "schema": the word is a keyword only where a name follows.
  const named = cursor.peek(1).kind !== 'eof' && !cursor.isOperator('.', 1);
  if (named && cursor.takeWords('catalog')) {
    const token = cursor.peek();
    if (token.kind !== 'string') {
      return { kind: 'useCatalog', catalog: cursor.expectObjectName('the name of a catalog') };
    }
    cursor.next();
    return { kind: 'useCatalog', catalog: { parts: [token.value], start: token.start } };
  }
  if (named) cursor.takeAnyWord('schema', 'database', 'namespace');
  return { kind: 'use', schema: cursor.expectObjectName('the name of a schema') };
}

const scopes = ['global', 'variable', 'var', 'local'];

/** At SET. */
export function parseSet(cursor: TokenCursor): Statement {
  cursor.expectWords('set');
  if (cursor.isAtEnd()) return { kind: 'showSettings', key: undefined };
  const scope = scopes.find((word) => cursor.isWord(word));
  const isScope =
    scope !== undefined && (cursor.peek(1).kind === 'word' || cursor.peek(1).kind === 'quoted');
  if (isScope && !cursor.isWord('to', 1)) {
    cursor.takeRest();
    return {
      kind: 'unsupported',
      name: `SET ${scope.toUpperCase()}`,
      hint: 'Set the session: SET key = value.',
    };
  }
  if (cursor.isWord('session') && cursor.peek(1).kind === 'word' && !cursor.isWord('to', 1))
    cursor.next();
  const { start } = cursor.peek();
  if (cursor.takeWords('time', 'zone')) {
    const value = cursor.isAtEnd() ? undefined : cursor.takeRest();
    if (value === undefined) throw cursor.unexpected('a time zone');
    const text = value.source.slice(value.start, value.end);
    return { kind: 'set', key: 'TimeZone', value: unquote(text), start };
  }
  const key = cursor.expectDottedName('the key of a setting').join('.');
  if (cursor.isAtEnd()) return { kind: 'showSettings', key };
  if (!cursor.takeOperator('=') && !cursor.takeWords('to')) throw cursor.unexpected('"="');
  return { kind: 'set', key, value: parseSetValue(cursor), start };
}

/** One literal, or, as Spark takes it, everything that follows, as written. */
function parseSetValue(cursor: TokenCursor): string {
  if (cursor.isAtEnd()) throw cursor.unexpected('a value');
  if (cursor.peek(1).kind === 'eof') return parsePropertyValue(cursor);
  const { source, start, end } = cursor.takeRest();
  return source.slice(start, end);
}

function unquote(text: string): string {
  return /^(['"]).*\1$/s.test(text) ? text.slice(1, -1) : text;
}

/** After RESET. */
export function parseReset(cursor: TokenCursor): Statement {
  if (cursor.isAtEnd()) return { kind: 'reset', key: undefined };
  return { kind: 'reset', key: cursor.expectDottedName('the key of a setting').join('.') };
}
