/** Names as a statement writes them, before anybody looks them up. Offsets are UTF-16 units. */

/**
 * The name of a table, view or schema: one to three parts, unquoted. A path is `['delta', path]`,
 * whether it was written ``delta.`/path` `` or, where that is allowed, `'/path'`.
 */
export interface ObjectName {
  readonly parts: readonly string[];
  readonly start: number;
}

/** A column, or a field inside one: `a.b.c`, unquoted. What its first part is, the binder knows. */
export interface ColumnName {
  readonly parts: readonly string[];
  readonly start: number;
}
