/** CREATE [OR REPLACE] [[GLOBAL] TEMPORARY] VIEW. */
import { syntaxErrorAt } from '../errors.ts';
import { parseProperties } from './parse-properties.ts';
import { queryStart } from './query-start.ts';
import type { CreateView, Property, Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

export function parseCreateView(cursor: TokenCursor): Statement {
  cursor.expectWords('create');
  const orReplace = cursor.takeWords('or', 'replace');
  const scope = parseScope(cursor);
  cursor.expectWords('view');
  const { start } = cursor.peek();
  const ifNotExists = cursor.takeWords('if', 'not', 'exists');
  if (orReplace && ifNotExists) {
    throw syntaxErrorAt(cursor.source, start, 'OR REPLACE and IF NOT EXISTS exclude each other');
  }
  const name = cursor.expectObjectName('the name of a view');
  if (cursor.isWord('using')) {
    cursor.takeRest();
    return {
      kind: 'unsupported',
      name: 'CREATE TEMPORARY VIEW ... USING',
      hint: 'Create the view AS SELECT ... FROM a table.',
    };
  }
  const columns = cursor.isOperator('(') ? parseColumns(cursor) : undefined;
  let comment: string | undefined;
  let properties: readonly Property[] = [];
  while (!cursor.takeWords('as')) {
    if (cursor.takeWords('comment')) comment = cursor.expectString('the comment as a string');
    else if (cursor.takeWords('tblproperties')) properties = parseProperties(cursor);
    else if (cursor.isAnyWord('with', 'schema', 'default')) {
      throw cursor.unsupported(`${cursor.peek().value.toUpperCase()} in CREATE VIEW`);
    } else throw cursor.unexpected('AS and a query');
  }
  if (!cursor.isOperator('(') && queryStart(cursor) !== 'query') throw cursor.unexpected('a query');
  return {
    kind: 'createView',
    name,
    orReplace,
    ifNotExists,
    scope,
    columnNames: columns?.map((column) => column.name),
    columnComments: columns?.map((column) => column.comment),
    comment,
    properties,
    query: cursor.takeRest(),
  };
}

function parseScope(cursor: TokenCursor): CreateView['scope'] {
  const isGlobal = cursor.takeWords('global');
  const isTemporary = cursor.takeAnyWord('temp', 'temporary') !== undefined;
  if (isGlobal && !isTemporary) throw cursor.unexpected('TEMPORARY after GLOBAL');
  if (!isTemporary) return 'persistent';
  return isGlobal ? 'globalTemporary' : 'temporary';
}

interface ViewColumn {
  readonly name: string;
  readonly comment: string | undefined;
}

function parseColumns(cursor: TokenCursor): readonly ViewColumn[] {
  const columns: ViewColumn[] = [];
  cursor.expectOperator('(');
  do {
    const name = cursor.expectName('the name of a column').value;
    const comment = cursor.takeWords('comment')
      ? cursor.expectString('the comment as a string')
      : undefined;
    columns.push({ name, comment });
  } while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return columns;
}
