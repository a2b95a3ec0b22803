/**
 * The second opinion on which table an UPDATE, a DELETE or an INSERT of VALUES changes: another
 * parser, reading the same text, must not see another one. It may fail to parse, and knows nothing of
 * the other statements; then the first reading stands. What the statement reads is compared where its
 * queries are bound.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { errorAt } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { toDuckdbQuery } from './query-text.ts';
import { secondOpinionTables, type SeenTable } from './second-opinion.ts';
import { wholeText } from './source-slice.ts';
import type { Delete, Insert, ObjectName, Statement, Update } from './statement.ts';

/** `source` is the statement's own text. Throws UNSUPPORTED_STATEMENT when the two readings differ. */
export function requireTargetOpinion(statement: Statement, source: string, dialect: Dialect): void {
  if (statement.kind !== 'update' && statement.kind !== 'delete' && statement.kind !== 'insert') {
    return;
  }
  const text = comparableText(statement, source, dialect);
  const seen = text === undefined ? undefined : secondOpinionTables(text);
  const { target } = statement;
  const other = seen?.find(
    (table) =>
      table.action !== 'select' && !isTarget(table, target) && !isQualifier(table, statement),
  );
  if (other === undefined) return;
  throw errorAt(source, target.start, {
    code: 'UNSUPPORTED_STATEMENT',
    message: `Two parsers disagree on whether the statement changes "${other.table}", so it is not run`,
    hint: 'Put the names of tables and columns between double quotes.',
  });
}

/** In the words that the other parser knows; `undefined` when there are none. */
function comparableText(
  statement: Update | Delete | Insert,
  source: string,
  dialect: Dialect,
): string | undefined {
  try {
    if (statement.kind !== 'insert') return toDuckdbQuery(wholeText(source), dialect).text;
    // The values have been read as a query; a value for each column stands for them.
    const { query, columns } = statement;
    if (!/^values\b/i.test(source.slice(query.start, query.end))) return undefined;
    const head = toDuckdbQuery(wholeText(source.slice(0, query.start)), dialect);
    return `${head.text} VALUES (${(columns ?? ['']).map(() => '1').join(', ')})`;
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

function isTarget({ schema, table }: SeenTable, { parts }: ObjectName): boolean {
  if (table.toLowerCase() !== parts.at(-1)?.toLowerCase()) return false;
  const rest = parts.slice(0, -1).join('.').toLowerCase();
  return schema === undefined || schema.toLowerCase() === rest;
}

/** In `SET a.b = 1` it takes `a`, an alias or a struct, for a table that is changed. */
function isQualifier({ schema, table }: SeenTable, statement: Update | Delete | Insert): boolean {
  if (schema !== undefined || statement.kind !== 'update') return false;
  return statement.assignments.some(
    ({ column: { parts } }) => parts.length > 1 && parts[0]?.toLowerCase() === table.toLowerCase(),
  );
}
