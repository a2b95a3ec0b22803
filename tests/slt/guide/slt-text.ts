/**
 * The pieces that the makers of the guide's SQL tests share: rows as text, groups, times.
 */
export type Cell = string | number | null;
export type Row = readonly Cell[];

export function header(what: string): string {
  return `# ${what}
# Written by write-guide-tests.ts, which computes the expected rows without SQL.
`;
}

export function insert(into: string, rows: readonly Row[]): string {
  const lines = rows.map((row) => `(${row.join(', ')})`);
  return `statement ok\nINSERT INTO ${into} VALUES\n${lines.join(',\n')}\n`;
}

/** Rows as they stand below `----`. */
export function table(rows: readonly Row[]): string {
  return rows.map((row) => row.map((cell) => cell ?? 'NULL').join('\t')).join('\n');
}

export function isoTime(text: string): string {
  return `${text.replace(' ', 'T')}Z`;
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Groups in the order of their keys. */
export function groupBy<T, K extends string | number>(
  rows: readonly T[],
  key: (row: T) => K,
): [K, T[]][] {
  const groups = new Map<K, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
