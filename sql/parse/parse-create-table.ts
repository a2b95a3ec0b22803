/** CREATE [OR REPLACE] TABLE and REPLACE TABLE, with columns, Delta's clauses and AS SELECT. */
import { errorAt, syntaxErrorAt } from '../errors.ts';
import { parseCheck, startsConstraint } from './parse-check.ts';
import { parseClone, parseLike } from './parse-copied-table.ts';
import { parseColumn } from './parse-column.ts';
import { parseDataType } from './parse-data-type.ts';
import { parseProperties } from './parse-properties.ts';
import { queryStart } from './query-start.ts';
import type {
  CheckConstraint,
  ColumnDefinition,
  ColumnName,
  CreateTable,
  ObjectName,
  Property,
  Statement,
} from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What stands before the columns, or before LIKE or CLONE. */
export interface TableHeader {
  readonly name: ObjectName;
  readonly orReplace: boolean;
  readonly mustExist: boolean;
  readonly ifNotExists: boolean;
}

/** At CREATE or REPLACE. */
export function parseCreateTable(cursor: TokenCursor): Statement {
  const mustExist = cursor.takeWords('replace');
  if (!mustExist) cursor.expectWords('create');
  const orReplace = mustExist || cursor.takeWords('or', 'replace');
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
  const header: TableHeader = { name, orReplace, mustExist, ifNotExists };
  if (cursor.isWord('like')) return parseLike(cursor, header);
  if (cursor.isAnyWord('shallow', 'deep', 'clone')) return parseClone(cursor, header);
  return parseDefinition(cursor, header);
}

function parseDefinition(cursor: TokenCursor, header: TableHeader): CreateTable {
  const elements = startsColumns(cursor) ? parseElements(cursor) : undefined;
  const { options, partitionColumns } = parseClauses(cursor);
  const all = [...(elements?.columns ?? []), ...partitionColumns];
  return {
    kind: 'createTable',
    ...header,
    columns: all.length > 0 ? refuseDuplicates(cursor, all) : undefined,
    constraints: elements?.constraints ?? [],
    ...options,
    asQuery: parseAsQuery(cursor),
  };
}

function startsColumns(cursor: TokenCursor): boolean {
  return (
    cursor.isOperator('(') && !['select', 'with', 'from'].some((word) => cursor.isWord(word, 1))
  );
}

/** Columns and constraints, in brackets. */
function parseElements(cursor: TokenCursor): {
  readonly columns: readonly ColumnDefinition[];
  readonly constraints: readonly CheckConstraint[];
} {
  const columns: ColumnDefinition[] = [];
  const constraints: CheckConstraint[] = [];
  cursor.expectOperator('(');
  do {
    if (startsConstraint(cursor)) {
      constraints.push(parseCheck(cursor));
      continue;
    }
    const parsed = parseColumn(cursor);
    columns.push(parsed.column);
    constraints.push(...parsed.constraints);
  } while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return { columns, constraints };
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

type Options = Pick<
  CreateTable,
  'using' | 'location' | 'comment' | 'partitionedBy' | 'clusterBy' | 'properties'
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
  let clusterBy: readonly ColumnName[] = [];
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
    if (clusterBy.length > 0 && partitionedBy.length > 0) {
      throw errorAt(cursor.source, start, {
        code: 'SPECIFY_CLUSTER_BY_WITH_PARTITIONED_BY_IS_NOT_ALLOWED',
        message: 'A table is either clustered or partitioned',
      });
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
    partitionColumns.push(parseTypedName(cursor, name, start));
  } while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return { partitionedBy, partitionColumns };
}

/** The rest of `a INT [NOT NULL] [COMMENT 'c']`. */
export function parseTypedName(cursor: TokenCursor, name: string, start: number): ColumnDefinition {
  const type = parseDataType(cursor);
  const notNull = cursor.takeWords('not', 'null');
  const comment = cursor.takeWords('comment')
    ? cursor.expectString('the comment as a string')
    : undefined;
  return { name, type, notNull, comment, defaultValue: undefined, generated: undefined, start };
}

/** After CLUSTER BY. */
export function parseClustering(cursor: TokenCursor): readonly ColumnName[] {
  if (cursor.takeWords('none')) return [];
  if (cursor.isWord('auto')) throw cursor.unsupported('CLUSTER BY AUTO');
  if (!cursor.isOperator('(')) throw cursor.unexpected('the columns in brackets, or NONE');
  return cursor.expectColumnList('the name of a column');
}

function parseAsQuery(cursor: TokenCursor): CreateTable['asQuery'] {
  const hasAs = cursor.takeWords('as');
  if (cursor.isOperator('(') || queryStart(cursor) === 'query') return cursor.takeRest();
  if (hasAs) throw cursor.unexpected('a query');
  if (cursor.isAtEnd()) return undefined;
  if (cursor.isAnyWord(...foreignClauses)) {
    throw cursor.unsupported(`${cursor.peek().value.toUpperCase()} in CREATE TABLE`);
  }
  throw cursor.unexpected(
    'USING, PARTITIONED BY, CLUSTER BY, LOCATION, COMMENT, TBLPROPERTIES or AS',
  );
}
