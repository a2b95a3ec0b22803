/** Every table that a statement names, inside its queries and expressions too, for tests. */
import type { Dialect } from '../../../sql/parse/dialect.ts';
import { toDuckdbQuery } from '../../../sql/parse/query-text.ts';
import type { SourceSlice } from '../../../sql/parse/source-slice.ts';
import { statementParts } from '../../../sql/parse/statement-parts.ts';
import type { Statement } from '../../../sql/parse/statement.ts';
import { parseWithDuckdb, tablesOf } from './duckdb-parser.ts';

/** `write sales`, `read main.updates`, `text bad` for one inside a slice; sorted, each once. */
export async function namedTables(
  statement: Statement,
  dialect: Dialect,
): Promise<readonly string[]> {
  const { tables, queries, expressions } = statementParts(statement);
  const named = tables.map(({ name, use }) => `${use} ${name.parts.join('.')}`);
  const inside = await Promise.all([
    ...queries.map((slice) => tablesIn(slice, dialect, (text) => text)),
    ...expressions.map((slice) => tablesIn(slice, dialect, (text) => `SELECT ${text}`)),
  ]);
  return [...new Set([...named, ...inside.flat()])].sort();
}

async function tablesIn(
  slice: SourceSlice,
  dialect: Dialect,
  asQuery: (text: string) => string,
): Promise<readonly string[]> {
  const { text } = toDuckdbQuery(slice, dialect);
  const parsed = await parseWithDuckdb(asQuery(text));
  if (parsed.kind === 'error') throw new Error(`${parsed.message}: ${text}`);
  return tablesOf(parsed.tree).map(({ parts }) => `text ${parts.join('.')}`);
}
