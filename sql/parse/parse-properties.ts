/** `TBLPROPERTIES ('a' = 'b', c.d = 1)` and its kin, from the opening bracket. */
import { syntaxErrorAt } from '../errors.ts';
import type { Property } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

export function parseProperties(cursor: TokenCursor): readonly Property[] {
  const properties = new Map<string, string>();
  cursor.expectOperator('(');
  do {
    const { start } = cursor.peek();
    const key = parsePropertyKey(cursor);
    if (!cursor.takeOperator('=')) cursor.takeOperator('==');
    if (properties.has(key)) {
      throw syntaxErrorAt(cursor.source, start, `The property "${key}" is given twice`);
    }
    properties.set(key, parsePropertyValue(cursor));
  } while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return [...properties].map(([key, value]) => ({ key, value }));
}

export function parsePropertyKey(cursor: TokenCursor): string {
  if (cursor.peek().kind === 'string') return cursor.next().value;
  return cursor.expectDottedName('the key of a property').join('.');
}

/** A string, a number with its sign, or a word such as `true`. */
export function parsePropertyValue(cursor: TokenCursor): string {
  const sign = cursor.takeOperator('-') ? '-' : '';
  const { kind } = cursor.peek();
  const isValue =
    kind === 'number' ||
    (sign === '' && (kind === 'string' || kind === 'word' || kind === 'quoted'));
  if (!isValue) throw cursor.unexpected('the value of a property');
  return sign + cursor.next().value;
}
