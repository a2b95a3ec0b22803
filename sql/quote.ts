/** SQL text for names and values. Every piece of text that becomes SQL passes through here. */

/** `name` as a delimited identifier of DuckDB. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `text` as a string literal of DuckDB. NUL cannot be written in SQL text and is cut in by `chr(0)`. */
export function quoteString(text: string): string {
  const literal = `'${text.replaceAll("'", "''")}'`;
  return literal.includes('\0') ? `(${literal.replaceAll('\0', "' || chr(0) || '")})` : literal;
}

/** A file name for `read_parquet`, which takes it as a glob pattern. */
export function quoteFileName(location: string): string {
  return quoteString(location.replace(/[[*?]/g, (c) => `[${c}]`));
}
