/** What Spark's Delta refuses in the conditions of statements that change rows; other dialects allow it. */
import { errorAt } from '../../errors.ts';
import { sliceText, type SourceSlice } from '../../parse/source-slice.ts';
import { tokenize, type Token } from '../../parse/tokenize.ts';
import type { StatementContext } from '../../statement-context.ts';

/** Throws DELTA_UNSUPPORTED_SUBQUERY. `operation` completes "not supported in the". */
export function refuseSubquery(
  condition: SourceSlice | undefined,
  operation: string,
  { session, source }: StatementContext,
): void {
  if (condition === undefined || session.dialect !== 'spark') return;
  const tokens = tokensOf(condition);
  const at = tokens.findIndex(
    (token, index) => isOpening(token) && isQueryStart(tokens[index + 1]),
  );
  if (at < 0) return;
  throw errorAt(source, tokens[at]?.start ?? condition.start, {
    code: 'DELTA_UNSUPPORTED_SUBQUERY',
    message: `Subqueries are not supported in the ${operation} (condition = ${sliceText(condition)}).`,
  });
}

/** Throws DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED. */
export function refuseChance(
  condition: SourceSlice | undefined,
  operation: string,
  { session, source }: StatementContext,
): void {
  if (condition === undefined || session.dialect !== 'spark') return;
  const tokens = tokensOf(condition);
  const call = tokens.find(
    (token, index) =>
      token.kind === 'word' &&
      chance.has(token.value.toLowerCase()) &&
      isOpening(tokens[index + 1]),
  );
  if (call === undefined) return;
  throw errorAt(source, call.start, {
    code: 'DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED',
    message: `Non-deterministic functions are not supported in the ${operation} ${sliceText(condition)}.`,
  });
}

/** Functions that give another value for each row; the time is the same for all of a statement. */
const chance: ReadonlySet<string> = new Set(['rand', 'randn', 'random', 'uuid', 'gen_random_uuid']);

function tokensOf({ source, start, end }: SourceSlice): readonly Token[] {
  return tokenize(source, 'spark').filter((token) => token.start >= start && token.end <= end);
}

function isOpening(token: Token | undefined): boolean {
  return token?.kind === 'operator' && token.value === '(';
}

function isQueryStart(token: Token | undefined): boolean {
  return token?.kind === 'word' && ['select', 'with', 'from'].includes(token.value.toLowerCase());
}
