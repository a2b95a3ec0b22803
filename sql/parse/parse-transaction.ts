/** BEGIN, START TRANSACTION, COMMIT and ROLLBACK, which have no options here. */
import type { Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `undefined` when the cursor is at none of them. */
export function parseTransaction(cursor: TokenCursor): Statement | undefined {
  if (cursor.takeWords('start', 'transaction')) return atEnd(cursor, 'beginTransaction');
  const word = cursor.takeAnyWord('begin', 'commit', 'rollback');
  if (word === undefined) return undefined;
  cursor.takeAnyWord('transaction', 'work');
  switch (word) {
    case 'begin':
      return atEnd(cursor, 'beginTransaction');
    case 'commit':
      return atEnd(cursor, 'commitTransaction');
    default:
      return atEnd(cursor, 'rollbackTransaction');
  }
}

type Kind = 'beginTransaction' | 'commitTransaction' | 'rollbackTransaction';

function atEnd(cursor: TokenCursor, kind: Kind): Statement {
  const mode = ['read', 'isolation', 'atomic', 'to'].find((word) => cursor.isWord(word));
  if (mode !== undefined) throw cursor.unsupported(`${mode.toUpperCase()} of a transaction`);
  if (!cursor.isAtEnd()) throw cursor.unexpected('the end of the statement');
  return { kind };
}
