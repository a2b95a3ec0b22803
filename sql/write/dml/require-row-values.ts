/**
 * Values and conditions of statements that change rows are about one row each. What looks at others, a
 * window, or makes several rows of one, `unnest`, is refused; inside a subquery it is fine.
 */
import { errorAt } from '../../errors.ts';
import type { SourceSlice } from '../../parse/source-slice.ts';
import { tokenize, type Token } from '../../parse/tokenize.ts';
import type { StatementContext } from '../../statement-context.ts';

/** Throws UNSUPPORTED_FEATURE with the place. */
export function requireRowValues(
  pieces: readonly (SourceSlice | undefined)[],
  { session, source }: StatementContext,
): void {
  const tokens = tokenize(source, session.dialect);
  for (const piece of pieces) {
    if (piece === undefined) continue;
    const own = tokens.filter(({ start, end }) => start >= piece.start && end <= piece.end);
    const found = manyRows(own);
    if (found === undefined) continue;
    const name = found.value.toLowerCase();
    throw errorAt(source, found.start, {
      code: 'UNSUPPORTED_FEATURE',
      message:
        name === 'over'
          ? 'A window function is not allowed here: each row is changed by itself.'
          : `${name} is not allowed here: it makes several rows of one.`,
      hint: 'Compute the values in the source of a MERGE, or in a subquery.',
    });
  }
}

const makesRows: ReadonlySet<string> = new Set(['unnest', 'unlist', 'explode', 'posexplode']);

/** The first token of what is refused, outside of subqueries. */
function manyRows(tokens: readonly Token[]): Token | undefined {
  const brackets: boolean[] = [];
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    if (token.kind === 'operator') {
      if (token.value === '(') brackets.push(isQueryStart(next));
      else if (token.value === ')') brackets.pop();
      continue;
    }
    if (token.kind !== 'word' || brackets.includes(true)) continue;
    const word = token.value.toLowerCase();
    const isCalled = next?.kind === 'operator' && next.value === '(';
    const previous = tokens[index - 1];
    const followsCall = previous?.kind === 'operator' && previous.value === ')';
    if (word === 'over' && followsCall) return token;
    if (makesRows.has(word) && isCalled) return token;
  }
  return undefined;
}

function isQueryStart(token: Token | undefined): boolean {
  return (
    token?.kind === 'word' &&
    ['select', 'with', 'from', 'values', 'table'].includes(token.value.toLowerCase())
  );
}
