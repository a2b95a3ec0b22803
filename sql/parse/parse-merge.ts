/**
 * MERGE INTO. The clauses of one kind are tried in their order, so only the last of a kind may lack a
 * condition; clauses of different kinds never meet the same row and may stand in any order.
 *
 * Source: Spark's SqlBaseParser.g4 (mergeIntoTable),
 * https://docs.databricks.com/en/sql/language-manual/delta-merge-into.html
 */
import type { ErrorCode } from '../../catalog/error-codes.ts';
import { errorAt, syntaxErrorAt } from '../errors.ts';
import { parseAssignments, parseValueList } from './parse-assignments.ts';
import { parseVersionedTable } from './parse-table-version.ts';
import { columnAliases, parseAlias, parseWriteTarget } from './parse-write-target.ts';
import { queryStart } from './query-start.ts';
import type { SourceSlice } from './source-slice.ts';
import type {
  ColumnName,
  MatchedAction,
  Merge,
  MergeClause,
  MergeSource,
  NotMatchedAction,
  NotMatchedBySourceAction,
} from './statement.ts';
import { takeExpression, takeText } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';

/** At MERGE. */
export function parseMerge(cursor: TokenCursor): Merge {
  const { start } = cursor.next();
  const schemaEvolution = cursor.isWord('with');
  if (schemaEvolution) cursor.expectWords('with', 'schema', 'evolution');
  cursor.expectWords('into');
  const { target, alias: targetAlias } = parseWriteTarget(cursor, 'MERGE', 'using');
  cursor.expectWords('using');
  const source = parseSource(cursor);
  const sourceAlias = parseAlias(cursor, 'on');
  const sourceColumns = parseSourceColumns(cursor, sourceAlias);
  if (cursor.isWord('using')) throw cursor.unsupported('MERGE ... USING (columns)', 'Use ON.');
  cursor.expectWords('on');
  const condition = takeExpression(cursor, 'a condition', (at) => at.isWord('when'));
  const clauses = parseClauses(cursor, start);
  return {
    kind: 'merge',
    schemaEvolution,
    target,
    targetAlias,
    source,
    sourceAlias,
    sourceColumns,
    condition,
    ...clauses,
  };
}

function parseSource(cursor: TokenCursor): MergeSource {
  const { start } = cursor.peek();
  if (cursor.takeOperator('(')) {
    if (!cursor.isOperator('(') && queryStart(cursor) !== 'query')
      throw cursor.unexpected('a query');
    const query = takeText(cursor, 'a query', () => false);
    cursor.expectOperator(')');
    return { kind: 'query', query };
  }
  if (cursor.isWord('on')) throw cursor.unexpected('a table or a query in brackets');
  const { name, version } = parseVersionedTable(cursor, 'a table or a query in brackets');
  if (version === undefined && cursor.isOperator('(')) {
    cursor.takeBrackets();
    return { kind: 'function', call: cursor.sliceFrom(start) };
  }
  return { kind: 'table', name, version, reference: cursor.sliceFrom(start) };
}

/** Spark refuses them; DuckDB's users write `(VALUES ...) AS s(a, b)`. */
function parseSourceColumns(
  cursor: TokenCursor,
  alias: string | undefined,
): readonly string[] | undefined {
  if (alias === undefined || !cursor.isOperator('(')) return undefined;
  if (cursor.dialect === 'spark') throw columnAliases(cursor, 'MERGE');
  return cursor.expectNameList('the name of a column');
}

type Clauses = Pick<Merge, 'matched' | 'notMatched' | 'notMatchedBySource'>;

function parseClauses(cursor: TokenCursor, mergeStart: number): Clauses {
  const matched: MergeClause<MatchedAction>[] = [];
  const notMatched: MergeClause<NotMatchedAction>[] = [];
  const notMatchedBySource: MergeClause<NotMatchedBySourceAction>[] = [];
  while (!cursor.isAtEnd()) {
    const { start } = cursor.peek();
    cursor.expectWords('when');
    if (cursor.takeWords('matched')) {
      const condition = parseClauseCondition(cursor);
      matched.push({ condition, action: parseMatchedAction(cursor), start });
      continue;
    }
    if (!cursor.takeWords('not')) throw cursor.unexpected('MATCHED or NOT MATCHED');
    cursor.expectWords('matched');
    const bySource = cursor.takeWords('by', 'source');
    if (!bySource && cursor.takeWords('by') && !cursor.takeWords('target')) {
      throw cursor.unexpected('SOURCE or TARGET');
    }
    const condition = parseClauseCondition(cursor);
    if (bySource) {
      notMatchedBySource.push({ condition, action: parseChange(cursor, ''), start });
    } else {
      notMatched.push({ condition, action: parseInsert(cursor), start });
    }
  }
  if (matched.length + notMatched.length + notMatchedBySource.length === 0) {
    throw errorAt(cursor.source, mergeStart, {
      code: 'MERGE_WITHOUT_WHEN',
      message: 'There must be at least one WHEN clause in a MERGE statement',
    });
  }
  refuseUnreachable(cursor, 'MATCHED', matched);
  refuseUnreachable(cursor, 'NOT MATCHED BY TARGET', notMatched);
  refuseUnreachable(cursor, 'NOT MATCHED BY SOURCE', notMatchedBySource);
  return { matched, notMatched, notMatchedBySource };
}

function refuseUnreachable(
  cursor: TokenCursor,
  kind: 'MATCHED' | 'NOT MATCHED BY TARGET' | 'NOT MATCHED BY SOURCE',
  clauses: readonly MergeClause<unknown>[],
): void {
  const open = clauses.slice(0, -1).find(({ condition }) => condition === undefined);
  if (open === undefined) return;
  throw errorAt(cursor.source, open.start, {
    code: openClauseCodes[kind],
    message: `When there are more than one ${kind} clauses in a MERGE statement, only the last ${kind} clause can omit the condition`,
  });
}

const openClauseCodes = {
  MATCHED: 'NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION',
  'NOT MATCHED BY TARGET': 'NON_LAST_NOT_MATCHED_BY_TARGET_CLAUSE_OMIT_CONDITION',
  'NOT MATCHED BY SOURCE': 'NON_LAST_NOT_MATCHED_BY_SOURCE_CLAUSE_OMIT_CONDITION',
} as const satisfies Record<string, ErrorCode>;

/** `[AND condition] THEN`. */
function parseClauseCondition(cursor: TokenCursor): SourceSlice | undefined {
  const condition = cursor.takeWords('and')
    ? takeExpression(cursor, 'a condition', (at) => at.isAnyWord('then', 'when'))
    : undefined;
  if (!cursor.takeWords('then')) {
    throw cursor.unexpected(condition === undefined ? 'AND and a condition, or THEN' : 'THEN');
  }
  return condition;
}

function parseMatchedAction(cursor: TokenCursor): MatchedAction {
  if (cursor.areWords('update', 'set') && cursor.isOperator('*', 2)) {
    cursor.expectWords('update', 'set');
    return { kind: 'updateAll', except: parseStar(cursor) };
  }
  return parseChange(cursor, '"*" or ');
}

/** DELETE, or UPDATE with assignments. */
function parseChange(cursor: TokenCursor, star: string): NotMatchedBySourceAction {
  if (cursor.takeWords('delete')) return { kind: 'delete' };
  refuseForeignAction(cursor);
  if (!cursor.takeWords('update')) throw cursor.unexpected('UPDATE SET or DELETE');
  if (cursor.isAtEnd() || cursor.isWord('when') || cursor.areWords('by', 'name')) {
    throw cursor.unsupported('UPDATE without SET in MERGE', 'Write UPDATE SET *.');
  }
  cursor.expectWords('set');
  const isName = cursor.peek().kind === 'word' || cursor.peek().kind === 'quoted';
  if (!isName && !cursor.isOperator('(')) throw cursor.unexpected(`${star}the name of a column`);
  const assignments = parseAssignments(cursor, (at) => at.isWord('when') || at.isWord('where'));
  if (cursor.isWord('where')) throw cursor.unexpected('WHEN or the end of the statement');
  return { kind: 'update', assignments };
}

function parseInsert(cursor: TokenCursor): NotMatchedAction {
  refuseForeignAction(cursor);
  if (!cursor.takeWords('insert')) throw cursor.unexpected('INSERT');
  if (cursor.isOperator('*')) return { kind: 'insertAll', except: parseStar(cursor) };
  if (cursor.isAtEnd() || cursor.isAnyWord('by', 'values', 'default', 'when')) {
    throw cursor.unsupported(
      'INSERT without columns in MERGE',
      'Write INSERT *, or list the columns.',
    );
  }
  if (!cursor.isOperator('(')) throw cursor.unexpected('"*" or the columns in brackets');
  const columns = cursor.expectColumnList('the name of a column');
  cursor.expectWords('values');
  const { start } = cursor.peek();
  const values = parseValueList(cursor);
  if (columns.length !== values.length) {
    throw syntaxErrorAt(
      cursor.source,
      start,
      `The clause inserts into ${columns.length} columns, but has ${values.length} values`,
    );
  }
  return { kind: 'insert', columns, values };
}

/** `* [EXCEPT (a, b)]`. */
function parseStar(cursor: TokenCursor): readonly ColumnName[] {
  cursor.expectOperator('*');
  if (!cursor.takeWords('except')) return [];
  return cursor.expectColumnList('the name of a column');
}

function refuseForeignAction(cursor: TokenCursor): void {
  if (cursor.areWords('do', 'nothing')) throw cursor.unsupported('DO NOTHING in MERGE');
  if (cursor.isWord('error')) throw cursor.unsupported('ERROR in MERGE');
}
