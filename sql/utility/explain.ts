/**
 * `EXPLAIN`: the lake's side of a plan - which tables at which versions, what of their logs was read,
 * which files are left out and why, how many files and bytes - and DuckDB's plan below it. With `ANALYZE` the query is run and measured.
 */
import type { LogReads } from '../../catalog/log-reads.ts';
import { predicateText } from '../../catalog/predicate.ts';
import type { PrunedFiles } from '../../catalog/pruning-steps.ts';
import { bindQuery } from '../bind/bind-query.ts';
import type { Explain } from '../parse/statement.ts';
import { withPlanConnection } from '../fetch-for-plan.ts';
import { planWithShapes } from '../plan-with-shapes.ts';
import {
  deletedRowsOf,
  type QueryPlan,
  type SkippedFiles,
  type TableScan,
} from '../plan/query-plan.ts';
import { inSource, queryScope } from '../run-query.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { staticResult, stringType } from '../static-result.ts';
import { snapshotNote } from './snapshot-note.ts';
import { statementStatistics } from '../statement-statistics.ts';

export async function explain(
  { query, analyze }: Explain,
  context: StatementContext,
): Promise<StatementResult> {
  const { stages, pins } = context;
  const bound = await stages.time('bind', () => bindQuery(query, queryScope(context), context));
  const plan = await stages.time('plan', () => planWithShapes(bound, context));
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
      snapshots: pins.snapshots,
      timings: stages.timings,
      statistics: statementStatistics(plan, pins.tables),
    },
  );
}

function lakeLines(plan: QueryPlan): readonly string[] {
  const { scans, filesScanned, filesTotal, bytesScanned, isAnsweredFromLog, unskipped } = plan;
  return [
    'Delta',
    ...scans.flatMap((scan) => scanLines(scan, plan)),
    ...(isAnsweredFromLog ? ['  answered from the log: no file is read'] : []),
    ...(unskipped === undefined ? [] : [`  no file was left out: ${unskipped}`]),
    `  total: ${filesScanned} of ${filesTotal} files, ${bytesScanned} bytes`,
  ];
}

function scanLines(scan: TableScan, plan: QueryPlan): readonly string[] {
  const { table, files, bytes, skipped } = scan;
  const { name, snapshot, logReads } = table;
  const deletedRows = deletedRowsOf(scan, plan);
  return [
    `  ${name} version ${snapshot.version} (${snapshotNote(table)}): ` +
      `${files.length} of ${snapshot.files.count} files, ${bytes} bytes`,
    ...(logReads === undefined ? [] : logLines(logReads)),
    ...(skipped === undefined ? [] : skippedLines(skipped)),
    ...(deletedRows === 0 ? [] : [`    rows removed by deletion vectors: ${deletedRows}`]),
  ];
}

function logLines(reads: readonly LogReads[]): readonly string[] {
  if (reads.length === 0) return ['    log: known, no file read'];
  return reads.map(({ checkpointFiles, commits, bytes, advancedFrom }) => {
    const files = [
      ...(checkpointFiles === 0 ? [] : [counted(checkpointFiles, 'checkpoint file')]),
      counted(commits, 'commit'),
    ].join(' and ');
    const known = advancedFrom === undefined ? '' : `version ${advancedFrom} known, `;
    return `    log: ${known}${files} read, ${bytes} bytes`;
  });
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function skippedLines({ predicate, pruned }: SkippedFiles): readonly string[] {
  return [
    ...(predicate.kind === 'true' ? [] : [`    rows needed: ${predicateText(predicate)}`]),
    ...pruned.map((reason) => `    files left out: ${reason.files} ${reasonText(reason)}`),
  ];
}

function reasonText({ by, columns, evidence }: PrunedFiles): string {
  const names = columns.join(', ');
  switch (by) {
    case 'partition':
      return `by partition values of ${names}`;
    case 'statistics':
      return `by ${evidence.join(', ')} of ${names}`;
    case 'never':
      return 'as no row can be needed';
    case 'limit':
      return 'beyond the limit';
  }
}
