/** SHOW SCHEMAS, TABLES, VIEWS, COLUMNS, CREATE TABLE, TBLPROPERTIES, CATALOGS. */
import { parsePropertyKey } from './parse-properties.ts';
import type { ObjectName, Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

export function parseShow(cursor: TokenCursor): Statement {
  cursor.expectWords('show');
  if (cursor.isAtEnd()) throw cursor.unexpected('what to show: TABLES, SCHEMAS, VIEWS, COLUMNS');
  if (cursor.takeAnyWord('schemas', 'databases', 'namespaces') !== undefined) {
    const catalog = takeIn(cursor, 'the name of a catalog');
    return { kind: 'showSchemas', catalog, like: takeLike(cursor) };
  }
  if (cursor.takeWords('tables', 'dropped')) {
    return { kind: 'showDroppedTables', schema: takeIn(cursor, 'the name of a schema') };
  }
  if (cursor.takeWords('tables')) {
    const schema = takeIn(cursor, 'the name of a schema');
    return { kind: 'showTables', schema, like: takeLike(cursor) };
  }
  if (cursor.takeWords('views')) {
    const schema = takeIn(cursor, 'the name of a schema');
    return { kind: 'showViews', schema, like: takeLike(cursor) };
  }
  if (cursor.takeWords('catalogs')) return { kind: 'showCatalogs', like: takeLike(cursor) };
  if (cursor.takeWords('columns')) return parseShowColumns(cursor);
  if (cursor.takeWords('create', 'table')) {
    return { kind: 'showCreateTable', table: cursor.expectObjectName('the name of a table') };
  }
  if (cursor.takeWords('tblproperties')) {
    const table = cursor.expectObjectName('the name of a table');
    if (!cursor.takeOperator('(')) return { kind: 'showProperties', table, key: undefined };
    const key = parsePropertyKey(cursor);
    cursor.expectOperator(')');
    return { kind: 'showProperties', table, key };
  }
  const [first, second] = [cursor.peek(), cursor.peek(1)];
  if (first.kind !== 'word') throw cursor.unexpected('what to show');
  // The second word belongs to the kind in SHOW TABLE EXTENDED, SHOW CURRENT SCHEMA and the like.
  const isLong = /^(all|create|current|primary|system|table|user)$/i.test(first.value);
  const name = isLong && second.kind === 'word' ? `${first.value} ${second.value}` : first.value;
  cursor.takeRest();
  return { kind: 'unsupported', name: `SHOW ${name.toUpperCase()}`, hint: undefined };
}

/** `SHOW COLUMNS IN t [IN s]`: the schema may stand apart from the table. */
function parseShowColumns(cursor: TokenCursor): Statement {
  const table = takeIn(cursor, 'the name of a table');
  if (table === undefined) throw cursor.unexpected('IN and the name of a table');
  const schema = takeIn(cursor, 'the name of a schema');
  const isBare = schema === undefined || table.parts.length > 1;
  return {
    kind: 'showColumns',
    table: isBare ? table : { parts: [...schema.parts, ...table.parts], start: table.start },
  };
}

function takeIn(cursor: TokenCursor, what: string): ObjectName | undefined {
  return cursor.takeAnyWord('in', 'from') === undefined ? undefined : cursor.expectObjectName(what);
}

/** `LIKE 'pattern'`, or the pattern alone. */
function takeLike(cursor: TokenCursor): string | undefined {
  if (cursor.takeWords('like') || cursor.peek().kind === 'string')
    return cursor.expectString('a pattern');
  return undefined;
}
