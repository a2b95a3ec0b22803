/** The values that a MERGE takes of identity columns, and what the table remembers of them. */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Metadata } from '../../../catalog/log/actions.ts';
import { identityHighWaterMarks, withHighWaterMarks } from '../identity-columns.ts';
import type { ResolvedMerge } from './merge-clauses.ts';

/**
 * The metadata to commit: that of the table as it will be, with the marks of the values taken;
 * `undefined` where the table has it already.
 *
 * @param taken the identity columns of the rows that clauses insert; two clauses would number their
 *   rows alike
 */
export function withTakenIdentities(
  { becomes, evolves }: ResolvedMerge,
  taken: readonly string[],
  insertedRows: number,
): Metadata | undefined {
  if (new Set(taken).size < taken.length) {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      'Only one clause of MERGE may insert into a table with identity columns.',
      { hint: 'Write one WHEN NOT MATCHED clause with CASE expressions.' },
    );
  }
  const marks = identityHighWaterMarks(becomes.schema.fields, taken, insertedRows);
  if (marks.size === 0 && !evolves) return undefined;
  return withHighWaterMarks(becomes.metadata, becomes.schema, marks);
}
