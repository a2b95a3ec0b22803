/**
 * `ANALYZE TABLE ... COMPUTE [DELTA] STATISTICS`: statistics for the files that lack some, or whose bounds
 * are not exact any more since rows of theirs were deleted. The files are listed anew with them; no row
 * changes, and files that have all of their statistics are not opened.
 *
 * Levee keeps no other statistics of a table, so that the forms without DELTA do the same, whatever
 * columns they name, and NOSCAN has nothing to do.
 */
import type { FileHandle } from '../../../catalog/active-files.ts';
import type { AddFile } from '../../../catalog/log/actions.ts';
import {
  columnMappingMode,
  leafColumns,
  physicalField,
  type LeafColumn,
} from '../../../catalog/log/column-mapping.ts';
import { enforcedFeatures, supportsFeature } from '../../../catalog/log/protocol.ts';
import type { AnalyzeTable } from '../../parse/statement.ts';
import { rowNumberBits } from '../../plan/row-columns.ts';
import { quoteIdentifier } from '../../quote.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { emptyResult } from '../../static-result.ts';
import { fetchForPlan } from '../../fetch-for-plan.ts';
import { changeRows } from '../dml/change-rows.ts';
import { overFiles, ownQuery, planRows } from '../dml/row-query.ts';
import { openRowTarget, type RowTarget } from '../dml/row-target.ts';
import type { WorkContext } from '../dml/work-context.ts';
import { fileStatsJson, reportedPath, type ReportedColumns } from '../file-stats-json.ts';
import { indexedColumns } from '../indexed-columns.ts';
import { dataFields, type WriteTarget } from '../write-target.ts';

/** Files that one query looks at. */
const filesAtOnceMax = 200;

export async function analyzeTable(
  statement: AnalyzeTable,
  context: StatementContext,
): Promise<StatementResult> {
  if (statement.scope.kind === 'sizes') return emptyResult();
  await changeRows(context, (work) => analyzeOnce(statement, work));
  return emptyResult();
}

async function analyzeOnce({ target: name }: AnalyzeTable, context: WorkContext): Promise<void> {
  const { services, signal } = context;
  const target = await openRowTarget(name, undefined, false, context);
  const { snapshot } = target;
  const columns = boundedColumns(snapshot);
  const lacking = [...snapshot.files].filter((file) =>
    isIncomplete(snapshot.files.stats(file), columns),
  );
  if (lacking.length === 0) return;
  const transaction = services.transactions.begin(snapshot);
  transaction.readFiles(lacking.map((file) => snapshot.files.rawPath(file)));
  transaction.enforces(enforcedFeatures);
  for (let start = 0; start < lacking.length; start += filesAtOnceMax) {
    const files = lacking.slice(start, start + filesAtOnceMax);
    transaction.add(await filesWithStatistics(files, columns, target, context));
  }
  await transaction.commit(
    {
      operation: 'COMPUTE STATS',
      operationParameters: { predicate: '[]' },
      operationMetrics: { numFilesAnalyzed: String(lacking.length) },
      rowTrackingPreserved: true,
    },
    signal,
  );
}

/** The columns that statistics are kept of: those that `delta.dataSkipping...` choose and have a form. */
export function boundedColumns(snapshot: WriteTarget): readonly LeafColumn[] {
  const mode = columnMappingMode(snapshot);
  const fields = dataFields(snapshot);
  const indexed = indexedColumns(fields, mode, snapshot.metadata.configuration);
  return leafColumns({ kind: 'struct', fields }, mode).filter(
    ({ physicalPath, type: { kind } }) =>
      indexed.has(reportedPath(physicalPath)) && kind !== 'array' && kind !== 'map',
  );
}

function isIncomplete(stats: string | undefined, columns: readonly LeafColumn[]): boolean {
  if (stats === undefined) return true;
  let parsed: { readonly [name: string]: unknown };
  try {
    parsed = JSON.parse(stats) as typeof parsed;
  } catch {
    return true;
  }
  const { numRecords, nullCount, tightBounds } = parsed;
  if (typeof numRecords !== 'number' || tightBounds === false) return true;
  return columns.some(({ physicalPath }) => {
    let at: unknown = nullCount;
    for (const name of physicalPath) at = (at as { [key: string]: unknown } | undefined)?.[name];
    return typeof at !== 'number';
  });
}

async function filesWithStatistics(
  files: readonly FileHandle[],
  columns: readonly LeafColumn[],
  target: RowTarget,
  context: WorkContext,
): Promise<readonly AddFile[]> {
  const { snapshot, name } = target;
  const items = statisticsSql(columns);
  const query = ownQuery(
    name.start,
    `SELECT ${[`t.${quoteIdentifier(target.address)} >> ${rowNumberBits}`, 'count(*)', ...items].join(', ')} FROM `,
    { relation: { kind: 'table', table: target.table }, alias: 't' },
    ' GROUP BY 1',
  );
  const plan = await planRows(overFiles(query, files), 'analyzed', context);
  await fetchForPlan(plan, context.connection, context);
  const rows = await context.connection.rows(plan.sql, context.signal);
  const found = new Map(rows.map((row) => [Number(row[0]), row]));
  const mode = columnMappingMode(snapshot);
  const fields = dataFields(snapshot).map((field) => physicalField(field, mode));
  const indexed = new Set(columns.map(({ physicalPath }) => reportedPath(physicalPath)));
  return files.map((file): AddFile => {
    const row = found.get(file);
    const deleted = snapshot.files.deletionVector(file)?.cardinality ?? 0;
    return {
      ...snapshot.files.addFile(file),
      stats: fileStatsJson({
        rowCount: Number(row?.[1] ?? 0) + deleted,
        fields,
        reported: reportedOf(row, columns),
        indexed,
        tightBounds: supportsFeature(snapshot.protocol, 'deletionVectors'),
      }),
    };
  });
}

/** Four aggregates for each column, over rows called `t`. */
export function statisticsSql(columns: readonly LeafColumn[]): readonly string[] {
  return columns.flatMap(({ logicalPath, type }) => {
    const column = ['t', ...logicalPath].map(quoteIdentifier).join('.');
    const isReal = type.kind === 'float' || type.kind === 'double';
    return [
      `CAST(min(${column}) AS VARCHAR)`,
      `CAST(max(${column}) AS VARCHAR)`,
      `CAST(count(*) - count(${column}) AS VARCHAR)`,
      isReal ? `CAST(coalesce(bool_or(isnan(${column})), false) AS VARCHAR)` : 'NULL',
    ];
  });
}

/**
 * As DuckDB reports a file that it wrote.
 *
 * @param row what stands before the aggregates of `statisticsSql` being two columns
 */
export function reportedOf(
  row: readonly unknown[] | undefined,
  columns: readonly LeafColumn[],
): ReportedColumns {
  return new Map(
    columns.map(({ physicalPath }, index) => {
      const [min, max, nulls, hasNan] = row?.slice(2 + index * 4, 6 + index * 4) ?? [];
      const facts = [
        ['min', min],
        ['max', max],
        ['null_count', nulls ?? '0'],
        ['has_nan', hasNan],
      ] as const;
      const known = facts.flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value] as const] : [],
      );
      return [reportedPath(physicalPath), new Map(known)] as const;
    }),
  );
}
