/** The patterns of `SHOW ... LIKE`: `*` is any text, `|` separates alternatives, case is ignored. */

/** `undefined` matches everything. SQL's `%` and `_` work as well, since users write them here. */
export function matchesShowPattern(name: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  return pattern.split('|').some((alternative) => {
    const source = alternative
      .trim()
      .replace(/[.+?^${}()[\]\\]/g, '\\$&')
      .replace(/[*%]/g, '.*')
      .replace(/_/g, '.');
    return new RegExp(`^${source}$`, 'iu').test(name);
  });
}
