/** ALTER TABLE and ALTER VIEW; the columns' part is in `parse-alter-columns.ts`. */
import { parseAddColumns, parseAlterColumns, parseReplaceColumns } from './parse-alter-columns.ts';
import { parseCheck } from './parse-check.ts';
import { parseClustering } from './parse-create-table.ts';
import { parseProperties, parsePropertyKey } from './parse-properties.ts';
import { queryStart } from './query-start.ts';
import type { AlterTableAction, AlterView, Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** At ALTER TABLE or ALTER VIEW. */
export function parseAlter(cursor: TokenCursor): Statement {
  cursor.expectWords('alter');
  if (cursor.takeWords('view')) return parseAlterView(cursor);
  cursor.expectWords('table');
  if (cursor.areWords('if', 'exists')) throw cursor.unsupported('ALTER TABLE IF EXISTS');
  const table = cursor.expectObjectName('the name of a table');
  if (cursor.isWord('partition')) throw cursor.unsupported('ALTER TABLE ... PARTITION');
  return { kind: 'alterTable', table, action: parseAction(cursor) };
}

function parseAction(cursor: TokenCursor): AlterTableAction {
  const foreign = foreignActions.find((words) => cursor.areWords(...words));
  if (foreign !== undefined) throw refuse(cursor, foreign);
  const { start } = cursor.peek();
  if (cursor.takeWords('add')) return parseAdd(cursor, start);
  if (cursor.takeWords('drop')) return parseDrop(cursor, start);
  if (cursor.takeWords('rename')) return parseRename(cursor);
  const alter = cursor.takeAnyWord('alter', 'change');
  if (alter !== undefined) return parseAlterColumns(cursor, alter === 'change');
  if (cursor.takeWords('replace')) return parseReplaceColumns(cursor);
  if (cursor.takeWords('cluster')) {
    cursor.expectWords('by');
    return { kind: 'clusterBy', columns: parseClustering(cursor) };
  }
  if (cursor.takeWords('set', 'location')) {
    return { kind: 'setLocation', location: cursor.expectString('the location as a string') };
  }
  const properties = parsePropertyChange(cursor);
  if (properties !== undefined) return properties;
  if (cursor.takeWords('set')) throw cursor.unexpected('TBLPROPERTIES or LOCATION');
  throw cursor.unexpected(
    'ADD, DROP, RENAME, ALTER, CHANGE, REPLACE COLUMNS, SET, UNSET or CLUSTER BY',
  );
}

/** After RENAME. */
function parseRename(cursor: TokenCursor): AlterTableAction {
  if (cursor.takeWords('to')) {
    return { kind: 'rename', to: cursor.expectObjectName('the new name of the table') };
  }
  if (!cursor.takeWords('column')) throw cursor.unexpected('COLUMN or TO');
  const column = cursor.expectColumnName('the name of a column');
  cursor.expectWords('to');
  return { kind: 'renameColumn', column, to: cursor.expectName('the new name').value };
}

/** What Spark, Databricks and DuckDB can do to a table beyond this; refused by name. */
const foreignActions: readonly (readonly string[])[] = [
  ['recover', 'partitions'],
  ['rename', 'partition'],
  ['rename', 'constraint'],
  ['set', 'row', 'filter'],
  ['set', 'serde'],
  ['set', 'serdeproperties'],
  ['set', 'tags'],
  ['set', 'owner'],
  ['set', 'managed'],
  ['unset', 'tags'],
  ['owner', 'to'],
  ['enable', 'predictive'],
  ['disable', 'predictive'],
  ['inherit', 'predictive'],
];

function refuse(cursor: TokenCursor, words: readonly string[], start?: number) {
  return cursor.unsupported(`ALTER TABLE ... ${words.join(' ').toUpperCase()}`, undefined, start);
}

/** After ADD. */
function parseAdd(cursor: TokenCursor, start: number): AlterTableAction {
  if (cursor.takeAnyWord('columns', 'column') !== undefined) return parseAddColumns(cursor);
  if (cursor.takeWords('feature')) return { kind: 'addFeature', feature: expectFeature(cursor) };
  if (cursor.isWord('constraint')) {
    return { kind: 'addConstraint', constraint: parseCheck(cursor) };
  }
  const foreign = ['partition', 'primary', 'foreign', 'unique', 'check', 'if', 'row'].find((word) =>
    cursor.isWord(word),
  );
  if (foreign === undefined) throw cursor.unexpected('COLUMN, COLUMNS, CONSTRAINT or FEATURE');
  if (foreign !== 'check') throw refuse(cursor, ['add', foreign], start);
  throw cursor.unexpected('CONSTRAINT and a name before CHECK');
}

/** After DROP. */
function parseDrop(cursor: TokenCursor, start: number): AlterTableAction {
  if (cursor.takeAnyWord('columns', 'column') !== undefined) {
    const ifExists = cursor.takeWords('if', 'exists');
    const columns = cursor.isOperator('(')
      ? cursor.expectColumnList('the name of a column')
      : cursor.expectColumnNames('the name of a column');
    return { kind: 'dropColumns', columns, ifExists };
  }
  if (cursor.takeWords('constraint')) {
    const ifExists = cursor.takeWords('if', 'exists');
    const { value: name } = cursor.expectName('the name of a constraint');
    cursor.takeAnyWord('cascade', 'restrict');
    return { kind: 'dropConstraint', name, ifExists };
  }
  if (cursor.takeWords('feature')) {
    const feature = expectFeature(cursor);
    const truncateHistory = cursor.takeWords('truncate', 'history');
    return { kind: 'dropFeature', feature, truncateHistory };
  }
  const foreign = ['partition', 'primary', 'foreign', 'if', 'row'].find((word) =>
    cursor.isWord(word),
  );
  if (foreign !== undefined) throw refuse(cursor, ['drop', foreign], start);
  throw cursor.unexpected('COLUMN, COLUMNS, CONSTRAINT or FEATURE');
}

function expectFeature(cursor: TokenCursor): string {
  if (cursor.peek().kind === 'string') return cursor.next().value;
  return cursor.expectName('the name of a table feature').value;
}

type PropertyChange = Extract<AlterTableAction, { kind: 'setProperties' | 'unsetProperties' }>;

function parsePropertyChange(cursor: TokenCursor): PropertyChange | undefined {
  if (cursor.takeWords('set', 'tblproperties')) {
    return { kind: 'setProperties', properties: parseProperties(cursor) };
  }
  if (!cursor.takeWords('unset')) return undefined;
  cursor.expectWords('tblproperties');
  const ifExists = cursor.takeWords('if', 'exists');
  const keys: string[] = [];
  cursor.expectOperator('(');
  do keys.push(parsePropertyKey(cursor));
  while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return { kind: 'unsetProperties', keys, ifExists };
}

/** After ALTER VIEW. */
function parseAlterView(cursor: TokenCursor): AlterView {
  const view = cursor.expectObjectName('the name of a view');
  return { kind: 'alterView', view, action: parseViewAction(cursor) };
}

function parseViewAction(cursor: TokenCursor): AlterView['action'] {
  if (cursor.takeWords('rename', 'to')) {
    return { kind: 'rename', to: cursor.expectObjectName('the new name of the view') };
  }
  const properties = parsePropertyChange(cursor);
  if (properties !== undefined) return properties;
  const foreign = [
    ['with', 'schema'],
    ['set', 'tags'],
    ['unset', 'tags'],
    ['owner', 'to'],
    ['set', 'owner'],
  ];
  const refused = foreign.find((words) => cursor.areWords(...words));
  if (refused !== undefined) {
    throw cursor.unsupported(`ALTER VIEW ... ${refused.join(' ').toUpperCase()}`);
  }
  const hasAs = cursor.takeWords('as');
  if (cursor.isOperator('(') || queryStart(cursor) === 'query') {
    return { kind: 'query', query: cursor.takeRest() };
  }
  throw cursor.unexpected(
    hasAs ? 'a query' : 'AS and a query, RENAME TO, SET TBLPROPERTIES or UNSET TBLPROPERTIES',
  );
}
