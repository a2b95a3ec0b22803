/**
 * The language a statement is written in. Chosen by the request or the session, never guessed:
 * a text can be valid in both and mean different things (`"x"`, `arr[0]`, NULL order).
 */
export type Dialect = 'duckdb' | 'spark';

export const dialects: readonly Dialect[] = ['duckdb', 'spark'];
