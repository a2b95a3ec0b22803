/** The dialects a user can name. A client imports nothing of the server but its types. */
import type { Dialect } from '../sql/parse/dialect.ts';

export const dialects = ['duckdb', 'spark'] as const satisfies readonly Dialect[];
