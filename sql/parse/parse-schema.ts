/** CREATE SCHEMA, DROP of schemas, tables and views, UNDROP TABLE and TRUNCATE TABLE. */
import { syntaxErrorAt } from '../errors.ts';
import { parseProperties } from './parse-properties.ts';
import type { CreateSchema, Property, Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';
import { unsupportedStatement } from './unsupported-statement.ts';

export function parseCreateSchema(cursor: TokenCursor): CreateSchema {
  cursor.expectWords('create');
  if (cursor.isWord('or')) {
    throw syntaxErrorAt(cursor.source, cursor.peek().start, 'A schema cannot be replaced');
  }
  if (cursor.takeAnyWord('schema', 'database') === undefined) throw cursor.unexpected('SCHEMA');
  const ifNotExists = cursor.takeWords('if', 'not', 'exists');
  const name = cursor.expectObjectName('the name of a schema');
  let comment: string | undefined;
  let location: string | undefined;
  let properties: readonly Property[] = [];
  while (!cursor.isAtEnd()) {
    if (cursor.takeWords('comment')) {
      comment = cursor.expectString('the comment as a string');
    } else if (cursor.areWords('managed', 'location')) {
      throw cursor.unsupported('MANAGED LOCATION');
    } else if (cursor.takeWords('location')) {
      location = cursor.expectString('the location as a string');
    } else if (cursor.takeWords('with', 'dbproperties') || cursor.takeWords('with', 'properties')) {
      properties = parseProperties(cursor);
    } else {
      throw cursor.unexpected('COMMENT, LOCATION or WITH DBPROPERTIES');
    }
  }
  return { kind: 'createSchema', name, ifNotExists, comment, location, properties };
}

export function parseUndrop(cursor: TokenCursor): Statement {
  cursor.expectWords('undrop', 'table');
  if (cursor.areWords('with', 'id')) throw cursor.unsupported('UNDROP TABLE WITH ID');
  return { kind: 'undropTable', name: cursor.expectObjectName('the name of a table') };
}

export function parseTruncate(cursor: TokenCursor): Statement {
  cursor.expectWords('truncate', 'table');
  const target = cursor.expectObjectName('the name of a table');
  if (cursor.isWord('partition')) {
    throw cursor.unsupported('TRUNCATE TABLE ... PARTITION', 'Use DELETE FROM ... WHERE.');
  }
  return { kind: 'truncateTable', target };
}

export function parseDrop(cursor: TokenCursor): Statement {
  if (cursor.takeWords('drop', 'table')) {
    const ifExists = cursor.takeWords('if', 'exists');
    const name = cursor.expectObjectName('the name of a table');
    cursor.takeWords('purge');
    return { kind: 'dropTable', name, ifExists };
  }
  if (cursor.takeWords('drop', 'view')) {
    const ifExists = cursor.takeWords('if', 'exists');
    return { kind: 'dropView', name: cursor.expectObjectName('the name of a view'), ifExists };
  }
  if (cursor.takeWords('drop', 'schema') || cursor.takeWords('drop', 'database')) {
    const ifExists = cursor.takeWords('if', 'exists');
    const name = cursor.expectObjectName('the name of a schema');
    const cascade = cursor.takeAnyWord('cascade', 'restrict') === 'cascade';
    return { kind: 'dropSchema', name, ifExists, cascade };
  }
  const refusal = unsupportedStatement(cursor, undefined);
  if (refusal.name === 'DROP') {
    cursor.next();
    throw cursor.unexpected('TABLE, VIEW or SCHEMA');
  }
  cursor.takeRest();
  return refusal;
}
