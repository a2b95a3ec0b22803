/** What ALTER TABLE does to columns: ADD, REPLACE, ALTER and CHANGE. */
import { parseAddedColumn, parseDefault, parsePosition } from './parse-column.ts';
import { parseDataType } from './parse-data-type.ts';
import type { AddedColumn, AlterTableAction, ColumnChange } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** After ADD COLUMN or ADD COLUMNS. */
export function parseAddColumns(cursor: TokenCursor): AlterTableAction {
  const ifNotExists = cursor.takeWords('if', 'not', 'exists');
  const columns = cursor.isOperator('(') ? parseInBrackets(cursor) : parseList(cursor);
  return { kind: 'addColumns', columns, ifNotExists };
}

/** After REPLACE. */
export function parseReplaceColumns(cursor: TokenCursor): AlterTableAction {
  cursor.expectWords('columns');
  return { kind: 'replaceColumns', columns: parseInBrackets(cursor) };
}

function parseInBrackets(cursor: TokenCursor): readonly AddedColumn[] {
  cursor.expectOperator('(');
  const columns = parseList(cursor);
  cursor.expectOperator(')');
  return columns;
}

function parseList(cursor: TokenCursor): readonly AddedColumn[] {
  const columns: AddedColumn[] = [];
  do columns.push(parseAddedColumn(cursor));
  while (cursor.takeOperator(','));
  return columns;
}

/** After ALTER or CHANGE, of which the latter knows Hive's form too. */
export function parseAlterColumns(cursor: TokenCursor, isChange: boolean): AlterTableAction {
  cursor.takeWords('column');
  const changes: ColumnChange[] = [];
  do {
    const column = cursor.expectColumnName('the name of a column');
    const change = parseChange(cursor);
    if (change === undefined) {
      if (!isChange || changes.length > 0) throw cursor.unexpected(changeWords);
      if (cursor.isAtEnd()) throw cursor.unexpected(`the new name and type, or ${changeWords}`);
      return { kind: 'changeColumn', column, to: parseAddedColumn(cursor) };
    }
    changes.push({ column, change });
  } while (cursor.takeOperator(','));
  return { kind: 'alterColumns', changes };
}

const changeWords = 'TYPE, COMMENT, FIRST, AFTER, SET, DROP or SYNC IDENTITY';

/** `undefined` where another name stands, as in Hive's form. */
function parseChange(cursor: TokenCursor): ColumnChange['change'] | undefined {
  if (cursor.takeWords('sync', 'identity')) return { kind: 'syncIdentity' };
  if (cursor.takeWords('set', 'not', 'null')) return { kind: 'setNotNull' };
  if (cursor.takeWords('drop', 'not', 'null')) return { kind: 'dropNotNull' };
  if (cursor.takeWords('set', 'default')) {
    return { kind: 'setDefault', value: parseDefault(cursor) };
  }
  if (cursor.takeWords('drop', 'default')) return { kind: 'dropDefault' };
  if (cursor.takeWords('set', 'data', 'type') || cursor.takeWords('type')) {
    const type = parseDataType(cursor);
    if (cursor.isWord('using')) throw cursor.unsupported('ALTER COLUMN ... TYPE ... USING');
    return { kind: 'type', type };
  }
  if (
    cursor.isWord('comment') &&
    (cursor.peek(1).kind === 'string' || cursor.peek(1).kind === 'eof')
  ) {
    cursor.next();
    return { kind: 'comment', comment: cursor.expectString('the comment as a string') };
  }
  if (cursor.isWord('set') || cursor.isWord('drop')) {
    const foreign = ['mask', 'tags', 'collation'].find((word) => cursor.isWord(word, 1));
    if (foreign !== undefined)
      throw cursor.unsupported(`ALTER COLUMN ... ${foreign.toUpperCase()}`);
    cursor.next();
    throw cursor.unexpected('NOT NULL or DEFAULT');
  }
  if (cursor.isWord('after') || (cursor.isWord('first') && !isName(cursor, 1))) {
    return { kind: 'position', position: parsePosition(cursor) };
  }
  return undefined;
}

function isName(cursor: TokenCursor, ahead: number): boolean {
  const { kind } = cursor.peek(ahead);
  return kind === 'word' || kind === 'quoted';
}
