/**
 * The second opinion on what a query reads: another parser, written by other people, must not see a
 * table that the first one missed. It may fail to parse; then the first reading stands, guarded by
 * DuckDB's own lock-down.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { secondOpinionTables } from '../parse/second-opinion.ts';
import type { QueryReferences } from './query-references.ts';

/** Throws UNSUPPORTED_STATEMENT when the two readings differ on the tables. */
export function requireSecondOpinion(text: string, references: QueryReferences): void {
  const seen = secondOpinionTables(text);
  if (seen === undefined) return;
  const known = new Set([
    ...references.tables.map(({ name }) => name.at(-1)?.toLowerCase()),
    ...references.cteNames,
    ...references.aliases,
    ...references.functions.filter(({ isTable }) => isTable).map(({ name }) => name),
  ]);
  for (const { table } of seen) {
    if (known.has(table.toLowerCase())) continue;
    throw new CodedError(
      'UNSUPPORTED_STATEMENT',
      `Two parsers disagree on whether the query reads "${table}", so it is not run.`,
      { hint: 'Put the names of tables and aliases between double quotes.' },
    );
  }
}
