/** The columns in which files keep what tracked rows have; none of them where rows are not tracked. */
import { quoteIdentifier } from '../../quote.ts';
import type { RowTarget } from './row-target.ts';

type Tracked = Pick<RowTarget, 'tracking'>;

/** Their names in the files. */
export function trackedNames({ tracking }: Tracked): readonly string[] {
  return tracking === undefined ? [] : [tracking.physicalRowId, tracking.physicalRowCommitVersion];
}

/** Their values for rows that stay, as items of a SELECT over the table under the alias `t`. */
export function trackedValues({ tracking }: Tracked): readonly string[] {
  if (tracking === undefined) return [];
  return [
    `t.${quoteIdentifier(tracking.rowId)} AS ${quoteIdentifier(tracking.physicalRowId)}`,
    `t.${quoteIdentifier(tracking.rowCommitVersion)} AS ${quoteIdentifier(tracking.physicalRowCommitVersion)}`,
  ];
}

/**
 * Their values for rows that are new or changed: the commit gives what is NULL.
 *
 * @param rowIdSql the id that a changed row keeps; absent for new rows
 */
export function trackedExtra(
  target: Tracked,
  rowIdSql?: string,
): readonly { readonly name: string; readonly sql: string }[] {
  const none = 'CAST(NULL AS BIGINT)';
  return trackedNames(target).map((name, index) => ({
    name,
    sql: index === 0 ? (rowIdSql ?? none) : none,
  }));
}
