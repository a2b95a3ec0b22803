/** CREATE [OR REPLACE] TABLE with columns, Delta's clauses and AS SELECT. */
import { syntaxErrorAt } from '../errors.ts';
import { parseColumn } from './parse-column.ts';
import { parseDataType } from './parse-data-type.ts';
import { parseProperties } from './parse-properties.ts';
import { queryStart } from './query-start.ts';
import type { ColumnDefinition, CreateTable, Property, Statement } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

export function parseCreateTable(cursor: TokenCursor): Statement {
  cursor.expectWords('create');
  const orReplace = cursor.takeWords('or', 'replace');
  const temporary = cursor.takeAnyWord('global', 'temp', 'temporary');
  if (temporary !== undefined) {
    cursor.takeRest();
    return {
      kind: 'unsupported',
      name: 'CREATE TEMPORARY TABLE',
      hint: 'Create a temporary view, or a table.',
    };
  }
  cursor.takeWords('external');
  cursor.expectWords('table');
  const { start } = cursor.peek();
  const ifNotExists = cursor.takeWords('if', 'not', 'exists');
  if (orReplace && ifNotExists) {
    throw syntaxErrorAt(cursor.source, start, 'OR REPLACE and IF NOT EXISTS exclude each other');
  }
  const name = cursor.expectObjectName('the name of a table');
  const copy = cursor.takeAnyWord('like', 'shallow', 'deep', 'clone');
  if (copy !== undefined) {
    cursor.takeRest();
    const what = copy === 'like' ? 'LIKE' : 'CLONE';
    return {
      kind: 'unsupported',
      name: `CREATE TABLE ... ${what}`,
      hint: 'Use CREATE TABLE ... AS SELECT.',
    };
  }
  const columns = startsColumns(cursor) ? parseColumns(cursor) : undefined;
  const clauses = parseClauses(cursor);
  const all = [...(columns ?? []), ...clauses.partitionColumns];
  return {
    kind: 'createTable',
    name,
    orReplace,
    ifNotExists,
    columns: all.length > 0 ? refuseDuplicates(cursor, all) : undefined,
    ...clauses.options,
    asQuery: parseAsQuery(cursor),
  };
}

function startsColumns(cursor: TokenCursor): boolean {
  return (
    cursor.isOperator('(') && !['select', 'with', 'from'].some((word) => cursor.isWord(word, 1))
  );
}

function parseColumns(cursor: TokenCursor): readonly ColumnDefinition[] {
  const columns: ColumnDefinition[] = [];
  cursor.expectOperator('(');
  do columns.push(parseColumn(cursor));
  while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return columns;
}

function refuseDuplicates(
  cursor: TokenCursor,
  columns: readonly ColumnDefinition[],
): readonly ColumnDefinition[] {
  const names = new Set<string>();
  for (const { name, start } of columns) {
    if (names.has(name.toLowerCase())) {
      throw syntaxErrorAt(cursor.source, start, `The column "${name}" is defined twice`);
    }
    names.add(name.toLowerCase());
  }
  return columns;
}

type Options = Omit<
  CreateTable,
  'kind' | 'name' | 'orReplace' | 'ifNotExists' | 'columns' | 'asQuery'
>;

interface Clauses {
  readonly options: Options;
  /** Columns that PARTITIONED BY defines itself, with their types. */
  readonly partitionColumns: readonly ColumnDefinition[];
}

function parseClauses(cursor: TokenCursor): Clauses {
  let using: string | undefined;
  let location: string | undefined;
  let comment: string | undefined;
  let partitionedBy: readonly string[] = [];
  let partitionColumns: readonly ColumnDefinition[] = [];
  let clusterBy: readonly string[] = [];
  let properties: readonly Property[] = [];
  const seen = new Set<string>();
  for (;;) {
    const { start } = cursor.peek();
    const clause = clauses.find((words) => cursor.takeWords(...words));
    if (clause === undefined) break;
    const [first] = clause;
    if (seen.has(first)) {
      throw syntaxErrorAt(cursor.source, start, `${clause.join(' ').toUpperCase()} is given twice`);
    }
    seen.add(first);
    switch (first) {
      case 'using':
        using = cursor.expectName('a format').value.toLowerCase();
        break;
      case 'location':
        location = cursor.expectString('the location as a string');
        break;
      case 'comment':
        comment = cursor.expectString('the comment as a string');
        break;
      case 'partitioned':
        ({ partitionedBy, partitionColumns } = parsePartitioning(cursor));
        break;
      case 'cluster':
        clusterBy = parseClustering(cursor);
        break;
      case 'tblproperties':
        properties = parseProperties(cursor);
        break;
    }
  }
  const options = { using, location, comment, partitionedBy, clusterBy, properties };
  return { options, partitionColumns };
}

const clauses = [
  ['using'],
  ['location'],
  ['comment'],
  ['partitioned', 'by'],
  ['cluster', 'by'],
  ['tblproperties'],
] as const;

const foreignClauses = ['options', 'row', 'stored', 'clustered', 'skewed', 'with', 'default', 'on'];

/** `(a, b)`, or with types, which then are columns of their own. */
function parsePartitioning(cursor: TokenCursor): {
  readonly partitionedBy: readonly string[];
  readonly partitionColumns: readonly ColumnDefinition[];
} {
  const partitionedBy: string[] = [];
  const partitionColumns: ColumnDefinition[] = [];
  cursor.expectOperator('(');
  do {
    const { value: name, start } = cursor.expectName('the name of a column');
    if (cursor.isOperator('(')) {
      throw cursor.unsupported(
        `PARTITIONED BY ${name}(...)`,
        'Partition by a column, generated if need be.',
        start,
      );
    }
    partitionedBy.push(name);
    if (cursor.isOperator(',') || cursor.isOperator(')')) continue;
    const type = parseDataType(cursor);
    const comment = cursor.takeWords('comment')
      ? cursor.expectString('the comment as a string')
      : undefined;
    partitionColumns.push({
      name,
      type,
      notNull: false,
      comment,
      defaultValue: undefined,
      generated: undefined,
      start,
    });
  } while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return { partitionedBy, partitionColumns };
}

function parseClustering(cursor: TokenCursor): readonly string[] {
  if (cursor.takeWords('none')) return [];
  if (cursor.isWord('auto')) throw cursor.unsupported('CLUSTER BY AUTO');
  return cursor.expectNameList('the name of a column');
}

function parseAsQuery(cursor: TokenCursor): CreateTable['asQuery'] {
  const hasAs = cursor.takeWords('as');
  if (cursor.isOperator('(') || queryStart(cursor) === 'query') return cursor.takeRest();
  if (hasAs) throw cursor.unexpected('a query');
  if (cursor.isAtEnd()) return undefined;
  if (cursor.isAnyWord(...foreignClauses)) {
    throw cursor.unsupported(`${cursor.peek().value.toUpperCase()} in CREATE TABLE`);
  }
  throw cursor.unexpected('USING, PARTITIONED BY, LOCATION, COMMENT, TBLPROPERTIES or AS');
}
