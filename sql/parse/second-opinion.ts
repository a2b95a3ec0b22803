/**
 * A second parser's view of which tables a query reads, for authorisation: node-sql-parser, written
 * by other people from another grammar, must not see a table that the first reading missed.
 *
 * Its view is used for nothing else. It misreads some joins, changes values when it prints, and
 * fails on much of DuckDB's SQL: so it never prints, and a failure means "no opinion". Only its
 * PostgreSQL build is loaded, which is a tenth of the package.
 */
import nodeSqlParser from 'node-sql-parser/build/postgresql.js';

export interface SeenTable {
  /** `select`, or what would be done to the table otherwise, in lower case. */
  readonly action: string;
  readonly schema: string | undefined;
  readonly table: string;
}

/** UTF-16 units. It takes up to 20 ms for a kilobyte, during which nothing else runs. */
const textMax = 16 * 1024;
const cachedTextsMax = 256;

/** Oldest use first. `null` stands for no opinion. */
const cache = new Map<string, readonly SeenTable[] | null>();
const parser = new nodeSqlParser.Parser();

/**
 * The tables in a query of DuckDB's dialect, names of CTEs among them; `undefined` when the text is too
 * long or cannot be parsed. Never throws.
 */
export function secondOpinionTables(duckdbText: string): readonly SeenTable[] | undefined {
  if (duckdbText.length > textMax) return undefined;
  const cached = cache.get(duckdbText);
  const seen = cached === undefined ? readTables(duckdbText) : cached;
  cache.delete(duckdbText);
  cache.set(duckdbText, seen);
  if (cache.size > cachedTextsMax) {
    const oldest = cache.keys().next();
    if (oldest.done !== true) cache.delete(oldest.value);
  }
  return seen ?? undefined;
}

function readTables(text: string): readonly SeenTable[] | null {
  try {
    // Each entry is `action::schema::table`; "null" for no schema.
    return parser.tableList(text, { database: 'PostgreSQL' }).map(readEntry);
  } catch {
    // A syntax error of its own, or a RangeError where it recurses too deep.
    return null;
  }
}

function readEntry(entry: string): SeenTable {
  const [action = '', schema = '', ...table] = entry.split('::');
  return {
    action: action.toLowerCase(),
    schema: schema === 'null' || schema === '' ? undefined : schema,
    table: table.join('::'),
  };
}
