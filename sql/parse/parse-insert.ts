/** INSERT INTO and OVERWRITE, by position or by name, REPLACE WHERE and REPLACE USING. */
import { syntaxErrorAt } from '../errors.ts';
import { parseNewest } from './parse-write-target.ts';
import { takeValueRows } from './parse-values.ts';
import { queryStart } from './query-start.ts';
import type { DefaultItem, Insert, PartitionColumn, Statement } from './statement.ts';
import { takeExpression } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';
import { unsupportedStatement } from './unsupported-statement.ts';

/** At INSERT. */
export function parseInsert(cursor: TokenCursor): Statement {
  if (cursor.isWord('or', 1) || isDirectory(cursor)) {
    const refusal = unsupportedStatement(cursor, undefined);
    cursor.takeRest();
    return refusal;
  }
  cursor.expectWords('insert');
  const schemaEvolution = cursor.isWord('with');
  if (schemaEvolution) cursor.expectWords('with', 'schema', 'evolution');
  const word = cursor.takeAnyWord('into', 'overwrite');
  if (word === undefined) throw cursor.unexpected('INTO or OVERWRITE');
  cursor.takeWords('table');
  const target = parseNewest(cursor);
  const partition = cursor.isWord('partition') ? parsePartition(cursor) : [];
  if (cursor.areWords('if', 'not', 'exists')) throw cursor.unsupported('INSERT ... IF NOT EXISTS');
  const columns = startsColumns(cursor) ? cursor.expectNameList('the name of a column') : undefined;
  const byName = parseByName(cursor, columns !== undefined);
  const mode: Insert['mode'] = word === 'overwrite' ? { kind: 'overwrite' } : parseReplace(cursor);
  if (cursor.areWords('default', 'values')) throw cursor.unsupported('INSERT ... DEFAULT VALUES');
  if (!cursor.isOperator('(') && queryStart(cursor) !== 'query')
    throw cursor.unexpected('VALUES or a query');
  return {
    kind: 'insert',
    target,
    schemaEvolution,
    partition,
    columns,
    byName,
    mode,
    ...parseSource(cursor),
  };
}

/** `INSERT OVERWRITE [LOCAL] DIRECTORY '/path'`; a table may be called so all the same. */
function isDirectory(cursor: TokenCursor): boolean {
  if (cursor.isWord('local', 2)) return cursor.isWord('directory', 3);
  return cursor.isWord('directory', 2) && cursor.peek(3).kind === 'string';
}

/** `PARTITION (a = 1, b)`. */
function parsePartition(cursor: TokenCursor): readonly PartitionColumn[] {
  cursor.expectWords('partition');
  const columns: PartitionColumn[] = [];
  const names = new Set<string>();
  cursor.expectOperator('(');
  do {
    const { value: name, start } = cursor.expectName('the name of a partition column');
    if (names.has(name.toLowerCase())) {
      throw syntaxErrorAt(cursor.source, start, `The partition column "${name}" is given twice`);
    }
    names.add(name.toLowerCase());
    const isGiven = cursor.takeOperator('=') || cursor.takeOperator('==');
    const value = isGiven ? takeExpression(cursor, 'a value', () => false) : undefined;
    columns.push({ name, value, start });
  } while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return columns;
}

/** Brackets after the target hold column names, or a query. */
function startsColumns(cursor: TokenCursor): boolean {
  if (!cursor.isOperator('(')) return false;
  const queryWords = ['select', 'with', 'from', 'values', 'table'];
  return !cursor.isOperator('(', 1) && !queryWords.some((word) => cursor.isWord(word, 1));
}

function parseByName(cursor: TokenCursor, hasColumns: boolean): boolean {
  const { start } = cursor.peek();
  const byName = cursor.takeWords('by', 'name');
  if (byName && hasColumns) {
    throw syntaxErrorAt(cursor.source, start, 'BY NAME and a list of columns exclude each other');
  }
  if (!byName) cursor.takeWords('by', 'position');
  return byName;
}

function parseReplace(cursor: TokenCursor): Insert['mode'] {
  if (!cursor.takeWords('replace')) return { kind: 'append' };
  if (cursor.takeWords('using')) {
    return { kind: 'replaceUsing', columns: cursor.expectColumnList('the name of a column') };
  }
  if (cursor.isWord('on')) throw cursor.unsupported('INSERT ... REPLACE ON', 'Use REPLACE WHERE.');
  if (!cursor.takeWords('where')) throw cursor.unexpected('WHERE or USING');
  const condition = takeExpression(
    cursor,
    'a condition',
    (at) =>
      at.isAnyWord('select', 'table', 'values') ||
      (at.isWord('with') && !at.isWord('time', 1)) ||
      (at.isWord('from') && !at.isWord('distinct', -1)),
  );
  return { kind: 'replaceWhere', condition };
}

/** The query to the end; clauses of DuckDB's INSERT that follow it are not ours. */
function parseSource(cursor: TokenCursor): {
  readonly query: Insert['query'];
  readonly defaults: readonly DefaultItem[];
} {
  const { start } = cursor.peek();
  const defaults = cursor.isWord('values') ? takeValueRows(cursor) : [];
  cursor.takeUntil((at) => at.isWord('returning') || at.areWords('on', 'conflict'));
  if (cursor.isWord('returning')) throw cursor.unsupported('INSERT ... RETURNING');
  if (cursor.isWord('on')) throw cursor.unsupported('INSERT ... ON CONFLICT', 'Use MERGE INTO.');
  return { query: cursor.sliceFrom(start), defaults };
}
