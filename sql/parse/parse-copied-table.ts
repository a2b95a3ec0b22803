/** CREATE TABLE ... LIKE and CREATE TABLE ... [SHALLOW | DEEP] CLONE. */
import { syntaxErrorAt } from '../errors.ts';
import type { TableHeader } from './parse-create-table.ts';
import { parseProperties } from './parse-properties.ts';
import { parseVersionedTable } from './parse-table-version.ts';
import type { CloneTable, CreateTableLike, Property } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** At LIKE. */
export function parseLike(cursor: TokenCursor, header: TableHeader): CreateTableLike {
  const { name, ifNotExists } = header;
  if (header.orReplace) {
    throw syntaxErrorAt(
      cursor.source,
      cursor.peek().start,
      'LIKE makes a new table: it cannot replace one',
    );
  }
  cursor.expectWords('like');
  const source = cursor.expectObjectName('the name of a table');
  const options = parseOptions(cursor, ['using', 'location', 'comment', 'tblproperties']);
  return { kind: 'createTableLike', name, ifNotExists, source, ...options };
}

/** At SHALLOW, DEEP or CLONE. */
export function parseClone(cursor: TokenCursor, header: TableHeader): CloneTable {
  const depth = cursor.takeAnyWord('shallow', 'deep') === 'shallow' ? 'shallow' : 'deep';
  cursor.expectWords('clone');
  const { name: source, version } = parseVersionedTable(cursor, 'the name of a table');
  const { location, properties } = parseOptions(cursor, ['location', 'tblproperties']);
  return { kind: 'cloneTable', ...header, depth, source, version, properties, location };
}

type Option = 'using' | 'location' | 'comment' | 'tblproperties';

/** The clauses after the source, in any order, each at most once. */
function parseOptions(cursor: TokenCursor, allowed: readonly Option[]) {
  let using: string | undefined;
  let location: string | undefined;
  let comment: string | undefined;
  let properties: readonly Property[] = [];
  const left = new Set(allowed);
  while (!cursor.isAtEnd()) {
    const option = [...left].find((word) => cursor.takeWords(word));
    if (option === undefined) {
      const words = [...left, 'the end of the statement'];
      throw cursor.unexpected(
        words.map((word) => (word.includes(' ') ? word : word.toUpperCase())).join(' or '),
      );
    }
    left.delete(option);
    switch (option) {
      case 'using':
        using = cursor.expectName('a format').value.toLowerCase();
        break;
      case 'location':
        location = cursor.expectString('the location as a string');
        break;
      case 'comment':
        comment = cursor.expectString('the comment as a string');
        break;
      case 'tblproperties':
        properties = parseProperties(cursor);
        break;
    }
  }
  return { using, location, comment, properties };
}
