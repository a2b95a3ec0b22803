/** COMMENT ON a table, view, schema or column. */
import { syntaxErrorAt } from '../errors.ts';
import type { CommentOn, Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';
import { unsupportedStatement } from './unsupported-statement.ts';

/** At COMMENT ON. */
export function parseCommentOn(cursor: TokenCursor): Statement {
  const refusal = unsupportedStatement(cursor, undefined);
  if (refusal.name !== 'COMMENT ON') {
    cursor.takeRest();
    return refusal;
  }
  cursor.expectWords('comment', 'on');
  const object = parseObject(cursor);
  cursor.expectWords('is');
  if (cursor.takeWords('null')) return { kind: 'commentOn', object, comment: undefined };
  return { kind: 'commentOn', object, comment: cursor.expectString('the comment as a string') };
}

function parseObject(cursor: TokenCursor): CommentOn['object'] {
  if (cursor.takeWords('table')) {
    return { kind: 'table', name: cursor.expectObjectName('the name of a table') };
  }
  if (cursor.takeWords('view')) {
    return { kind: 'view', name: cursor.expectObjectName('the name of a view') };
  }
  if (cursor.takeAnyWord('schema', 'database') !== undefined) {
    return { kind: 'schema', name: cursor.expectObjectName('the name of a schema') };
  }
  if (!cursor.takeWords('column')) throw cursor.unexpected('TABLE, VIEW, SCHEMA or COLUMN');
  const { parts, start } = cursor.expectColumnName('table.column');
  const column = parts.at(-1);
  if (parts.length < 2 || parts.length > 4 || column === undefined) {
    throw syntaxErrorAt(
      cursor.source,
      start,
      `Expected table.column, but found ${parts.length === 1 ? 'one name' : 'too many names'}`,
    );
  }
  return { kind: 'column', table: { parts: parts.slice(0, -1), start }, column };
}
