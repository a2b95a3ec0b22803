/** Whether the rows that a table has keep a rule that it is about to get. */
import { fetchForPlan } from '../../fetch-for-plan.ts';
import type { ObjectName } from '../../parse/statement.ts';
import type { StatementContext } from '../../statement-context.ts';
import type { PinnedTable } from '../../bind/snapshot-pins.ts';
import type { RowRule } from '../row-rules.ts';
import { ownQuery, planRows } from '../dml/row-query.ts';
import { withWorkContext } from '../dml/work-context.ts';

/** How many rows break it. A rule that gives NULL is broken. Reads the columns of all files. */
export async function countViolations(
  table: PinnedTable,
  name: ObjectName,
  { holds }: RowRule,
  context: StatementContext,
): Promise<number> {
  return await withWorkContext(context, async (work) => {
    const query = ownQuery(
      name.start,
      'SELECT count(*) FROM ',
      { relation: { kind: 'table', table }, alias: 'existing' },
      ` WHERE NOT coalesce(${holds}, false)`,
    );
    const plan = await planRows(query, 'violations', work);
    await fetchForPlan(plan, work.connection, work);
    const [row] = await work.connection.rows(plan.sql, work.signal);
    return Number(row?.[0]);
  });
}
