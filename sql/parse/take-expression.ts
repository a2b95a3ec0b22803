/**
 * Expressions inside a statement, kept as text, from their first token to their last. They end where
 * the statement goes on, which is told by words that cannot stand in an expression outside brackets,
 * but for those of a CASE.
 */
import type { SourceSlice } from './source-slice.ts';
import type { TokenCursor } from './token-cursor.ts';

type Ends = (at: TokenCursor) => boolean;

/**
 * One expression, up to a comma, to where `isEnd` holds, a bracket closes or the statement ends.
 * Brackets in it match. Throws when nothing is there.
 */
export function takeExpression(cursor: TokenCursor, what: string, isEnd: Ends): SourceSlice {
  return takeText(cursor, what, (at) => at.isOperator(',') || isEnd(at));
}

/** The same with commas in it: a query, a list. */
export function takeText(cursor: TokenCursor, what: string, isEnd: Ends): SourceSlice {
  let openCases = 0;
  const text = cursor.takeUntil((at) => {
    // After a dot every word is a name.
    if (at.isOperator('.', -1)) return false;
    if (openCases === 0 && isEnd(at)) return true;
    if (at.isWord('case')) openCases++;
    else if (openCases > 0 && at.isWord('end')) openCases--;
    return false;
  });
  if (text.start === text.end) throw cursor.unexpected(what);
  return text;
}

/** `(expression)`; the slice is without the brackets. */
export function takeBracketed(cursor: TokenCursor, what = 'an expression'): SourceSlice {
  if (!cursor.takeOperator('(')) throw cursor.unexpected(`${what} in brackets`);
  const inner = takeExpression(cursor, what, () => false);
  cursor.expectOperator(')');
  return inner;
}
