/**
 * `EXPLAIN`: the lake's side of a plan - which tables at which versions, how many files and bytes -
 * and DuckDB's plan below it. With `ANALYZE` the query is run and measured.
 */
import { predicateText } from '../../catalog/predicate.ts';
import { bindQuery } from '../bind/bind-query.ts';
import type { Explain } from '../parse/statement.ts';
import { withPlanConnection } from '../fetch-deleted-rows.ts';
import { planWithShapes } from '../plan-with-shapes.ts';
import type { QueryPlan, SkippedFiles, TableScan } from '../plan/query-plan.ts';
import { inSource, queryScope } from '../run-query.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { staticResult, stringType } from '../static-result.ts';
import { snapshotNote } from './snapshot-note.ts';

export async function explain(
  { query, analyze }: Explain,
  context: StatementContext,
): Promise<StatementResult> {
  const bound = await bindQuery(query, queryScope(context), context);
  const plan = await planWithShapes(bound, context);
  const enginePlan = await inSource(plan, bound, context, () =>
    withPlanConnection(plan, context, (connection) =>
      connection.explain(plan.sql, {
        analyze,
        parameters: context.parameters,
        signal: context.signal,
      }),
    ),
  );
  const lines = [...lakeLines(plan), '', ...enginePlan.split('\n')];
  return staticResult(
    [{ name: 'plan', type: stringType }],
    lines.map((line) => [line]),
    {
      snapshots: context.pins.snapshots,
    },
  );
}

function lakeLines(plan: QueryPlan): readonly string[] {
  const { scans, filesScanned, filesTotal, bytesScanned, isAnsweredFromLog, unskipped } = plan;
  return [
    'Delta',
    ...scans.flatMap(scanLines),
    ...(isAnsweredFromLog ? ['  answered from the log: no file is read'] : []),
    ...(unskipped === undefined ? [] : [`  no file was left out: ${unskipped}`]),
    `  total: ${filesScanned} of ${filesTotal} files, ${bytesScanned} bytes`,
  ];
}

function scanLines({ table, files, bytes, skipped }: TableScan): readonly string[] {
  const { name, snapshot } = table;
  const line =
    `  ${name} version ${snapshot.version} (${snapshotNote(table)}): ` +
    `${files.length} of ${snapshot.files.count} files, ${bytes} bytes`;
  return [line, ...(skipped === undefined ? [] : skippedLines(skipped))];
}

function skippedLines(skipped: SkippedFiles): readonly string[] {
  const { predicate, byPartition, byStatistics, byLimit } = skipped;
  const left = [
    [byPartition, 'by partition values'],
    [byStatistics, 'by statistics'],
    [byLimit, 'beyond the limit'],
  ] as const;
  const parts = left.filter(([count]) => count > 0).map(([count, by]) => `${count} ${by}`);
  return [
    ...(predicate.kind === 'true' ? [] : [`    rows needed: ${predicateText(predicate)}`]),
    ...(parts.length === 0 ? [] : [`    files left out: ${parts.join(', ')}`]),
  ];
}
