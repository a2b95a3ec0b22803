/** INSERT INTO and OVERWRITE, by position or by name, and REPLACE WHERE. */
import { queryStart } from './query-start.ts';
import type { Insert, Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';
import { unsupportedStatement } from './unsupported-statement.ts';

export function parseInsert(cursor: TokenCursor): Statement {
  if (cursor.isWord('or', 1) || cursor.isWord('directory', 2) || cursor.isWord('local', 2)) {
    const refusal = unsupportedStatement(cursor, undefined);
    cursor.takeRest();
    return refusal;
  }
  cursor.expectWords('insert');
  const word = cursor.takeAnyWord('into', 'overwrite');
  if (word === undefined) throw cursor.unexpected('INTO or OVERWRITE');
  cursor.takeWords('table');
  const target = cursor.expectObjectName('the name of a table');
  if (cursor.isWord('partition')) {
    throw cursor.unsupported(
      'INSERT ... PARTITION',
      'Select the partition columns like any other.',
    );
  }
  if (cursor.areWords('if', 'not', 'exists')) throw cursor.unsupported('INSERT ... IF NOT EXISTS');
  const columns = startsColumns(cursor) ? cursor.expectNameList('the name of a column') : undefined;
  const byName = cursor.takeWords('by', 'name');
  if (!byName) cursor.takeWords('by', 'position');
  const mode: Insert['mode'] = word === 'overwrite' ? { kind: 'overwrite' } : parseReplace(cursor);
  if (cursor.areWords('default', 'values')) throw cursor.unsupported('INSERT ... DEFAULT VALUES');
  if (!cursor.isOperator('(') && queryStart(cursor) !== 'query')
    throw cursor.unexpected('VALUES or a query');
  return { kind: 'insert', target, columns, byName, mode, query: parseSource(cursor) };
}

/** Brackets after the target hold column names, or a query. */
function startsColumns(cursor: TokenCursor): boolean {
  if (!cursor.isOperator('(')) return false;
  const queryWords = ['select', 'with', 'from', 'values', 'table'];
  return !cursor.isOperator('(', 1) && !queryWords.some((word) => cursor.isWord(word, 1));
}

function parseReplace(cursor: TokenCursor): Insert['mode'] {
  if (!cursor.isWord('replace')) return { kind: 'append' };
  if (!cursor.isWord('where', 1)) throw cursor.unsupported('INSERT ... REPLACE USING or ON');
  cursor.expectWords('replace', 'where');
  const condition = cursor.takeUntil(
    (at) =>
      at.isAnyWord('select', 'with', 'table', 'values') ||
      (at.isWord('from') && !at.isWord('distinct', -1)),
  );
  if (condition.start === condition.end) throw cursor.unexpected('a condition after REPLACE WHERE');
  return { kind: 'replaceWhere', condition };
}

/** The query to the end; clauses of DuckDB's INSERT that follow it are not ours. */
function parseSource(cursor: TokenCursor): Insert['query'] {
  const query = cursor.takeUntil((at) => at.isWord('returning') || at.areWords('on', 'conflict'));
  if (cursor.isWord('returning')) throw cursor.unsupported('INSERT ... RETURNING');
  if (cursor.isWord('on')) throw cursor.unsupported('INSERT ... ON CONFLICT', 'Use MERGE INTO.');
  return query;
}
