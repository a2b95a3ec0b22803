/** Tells whether a query begins at a place, looking past the CTEs of a WITH. */
import { isName } from './table-reference.ts';
import type { TokenCursor } from './token-cursor.ts';

const queryWords = ['select', 'from', 'values', 'table'];
const unanalysed = ['pivot', 'unpivot', 'pivot_wider', 'pivot_longer', 'summarize'];

/**
 * 'query' where a SELECT, FROM, VALUES, TABLE or WITH begins one; the name of the statement where a
 * WITH leads to something else (INSERT, MERGE) or a query of a kind that cannot be analysed begins;
 * `undefined` where neither does. An opening bracket is left to the caller.
 */
export function queryStart(cursor: TokenCursor): string | undefined {
  if (queryWords.some((word) => cursor.isWord(word))) return 'query';
  const direct = unanalysed.find((word) => cursor.isWord(word));
  if (direct !== undefined) return direct.toUpperCase();
  if (!cursor.isWord('with')) return undefined;
  const body = aheadOfCtes(cursor);
  if (cursor.isOperator('(', body) || queryWords.some((word) => cursor.isWord(word, body))) {
    return 'query';
  }
  const other = [...unanalysed, 'insert', 'update', 'delete', 'merge'].find((word) =>
    cursor.isWord(word, body),
  );
  // A WITH that is not well formed is DuckDB's to complain about.
  return other === undefined ? 'query' : `WITH ... ${other.toUpperCase()}`;
}

/** How far away the query is, after `WITH [RECURSIVE] a [(x)] AS [NOT] [MATERIALIZED] (...), b AS ...`. */
function aheadOfCtes(cursor: TokenCursor): number {
  let ahead = cursor.isWord('recursive', 1) ? 2 : 1;
  const skipWord = (word: string) => {
    if (cursor.isWord(word, ahead)) ahead++;
  };
  const skipBrackets = () => {
    const opens = cursor.isOperator('(', ahead);
    if (opens) ahead = cursor.aheadOfBrackets(ahead);
    return opens;
  };
  while (isName(cursor.peek(ahead))) {
    ahead++;
    skipBrackets();
    if (cursor.isWord('using', ahead) && cursor.isWord('key', ahead + 1)) {
      ahead += 2;
      skipBrackets();
    }
    skipWord('as');
    skipWord('not');
    skipWord('materialized');
    if (!skipBrackets() || !cursor.isOperator(',', ahead)) break;
    ahead++;
  }
  return ahead;
}
