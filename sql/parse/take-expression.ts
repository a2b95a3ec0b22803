/**
 * Expressions inside a statement, kept as text, from their first token to their last. They end where
 * the statement goes on, which is told by words that cannot stand in an expression outside brackets,
 * but for those of a CASE.
 */
import type { SourceSlice } from './source-slice.ts';
import type { TokenCursor } from './token-cursor.ts';

/** Up to where `isEnd` holds, a bracket closes or the statement ends. Throws when nothing is there. */
export function takeExpression(
  cursor: TokenCursor,
  what: string,
  isEnd: (at: TokenCursor) => boolean,
): SourceSlice {
  let openCases = 0;
  const expression = cursor.takeUntil((at) => {
    // After a dot every word is a name.
    if (at.isOperator('.', -1)) return false;
    if (openCases === 0 && isEnd(at)) return true;
    if (at.isWord('case')) openCases++;
    else if (openCases > 0 && at.isWord('end')) openCases--;
    return false;
  });
  if (expression.start === expression.end) throw cursor.unexpected(what);
  return expression;
}

/** `(expression)`; the slice is without the brackets. */
export function takeBracketed(cursor: TokenCursor, what = 'an expression'): SourceSlice {
  if (!cursor.takeOperator('(')) throw cursor.unexpected(`${what} in brackets`);
  const inner = takeExpression(cursor, what, () => false);
  cursor.expectOperator(')');
  return inner;
}
