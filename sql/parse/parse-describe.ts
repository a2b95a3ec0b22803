/** DESCRIBE of tables, queries, schemas, and Delta's HISTORY and DETAIL. */
import { syntaxErrorAt } from '../errors.ts';
import { queryStart } from './query-start.ts';
import type { Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';
import { unsupportedStatement } from './unsupported-statement.ts';

export function parseDescribe(cursor: TokenCursor): Statement {
  const refusal = unsupportedStatement(cursor, undefined);
  cursor.next();
  if (cursor.isAtEnd()) throw cursor.unexpected('the name of a table or view');
  // A table may be called "history" or "detail": the word is a keyword where a name follows.
  const named = cursor.peek(1).kind !== 'eof' && !cursor.isOperator('.', 1);
  if (!named) return describeTable(cursor);

  if (refusal.name !== 'DESCRIBE') {
    cursor.takeRest();
    return refusal;
  }
  if (cursor.takeWords('history')) {
    const target = cursor.expectNameOrPath('the name or path of a table');
    return { kind: 'describeHistory', target, limit: parseLimit(cursor) };
  }
  if (cursor.takeWords('detail')) {
    return {
      kind: 'describeDetail',
      target: cursor.expectNameOrPath('the name or path of a table'),
    };
  }
  if (cursor.takeAnyWord('schema', 'database', 'namespace') !== undefined) {
    const extended = cursor.takeWords('extended');
    return {
      kind: 'describeSchema',
      schema: cursor.expectObjectName('the name of a schema'),
      extended,
    };
  }
  const isQuery = cursor.takeWords('query');
  if (isQuery || cursor.isOperator('(') || startsQuery(cursor)) {
    if (isQuery && !cursor.isOperator('(') && queryStart(cursor) !== 'query')
      throw cursor.unexpected('a query');
    return { kind: 'describeQuery', query: cursor.takeRest() };
  }
  return describeTable(cursor);
}

/** TABLE is a query elsewhere, but here it announces a name. */
function startsQuery(cursor: TokenCursor): boolean {
  return !cursor.isWord('table') && queryStart(cursor) === 'query';
}

function describeTable(cursor: TokenCursor): Statement {
  if (cursor.peek(1).kind !== 'eof') cursor.takeAnyWord('table', 'view');
  const extended =
    cursor.peek(1).kind !== 'eof' && cursor.takeAnyWord('extended', 'formatted') !== undefined;
  const table = cursor.expectNameOrPath('the name of a table or view');
  if (cursor.isWord('partition')) throw cursor.unsupported('DESCRIBE of a partition');
  if (cursor.areWords('as', 'json')) throw cursor.unsupported('DESCRIBE ... AS JSON');
  const column = cursor.isAtEnd() ? undefined : cursor.expectDottedName('the name of a column');
  return { kind: 'describeTable', table, extended, column };
}

function parseLimit(cursor: TokenCursor): number | undefined {
  if (!cursor.takeWords('limit')) return undefined;
  const token = cursor.peek();
  if (token.kind !== 'number' || !/^\d+$/.test(token.value))
    throw cursor.unexpected('a number of versions');
  const limit = Number(token.value);
  if (!Number.isSafeInteger(limit)) {
    throw syntaxErrorAt(cursor.source, token.start, `The limit ${token.value} is too large`);
  }
  cursor.next();
  return limit;
}
