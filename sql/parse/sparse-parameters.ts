/**
 * Positions of parameters that a text has not all of: `$3` alone, because `$1` and `$2` stood in a
 * time travel clause that is gone from what DuckDB is given. DuckDB binds positions only if none is
 * missing, but any names; so the positions are spelled as names of the same length, digit by digit,
 * and every offset in the text stays what it was.
 */
import { tokenize } from './tokenize.ts';

const letters = 'abcdefghij';

/** `$12` -> `$bc`. */
export function namePositions(sql: string): string {
  let named = '';
  let from = 0;
  for (const { kind, start, end } of tokenize(sql, 'duckdb')) {
    const text = sql.slice(start, end);
    if (kind !== 'parameter' || !/^\$\d+$/.test(text)) continue;
    named += sql.slice(from, start) + text.replace(/\d/g, (digit) => letters[Number(digit)] ?? '');
    from = end;
  }
  return named + sql.slice(from);
}

/** `bc` -> 12. */
export function positionNamed(name: string): number {
  return Number([...name.toLowerCase()].map((letter) => letters.indexOf(letter)).join(''));
}
