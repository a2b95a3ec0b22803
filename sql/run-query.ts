/**
 * THE READ PATH: the text of a query becomes tables at snapshots, those become lists of files, those
 * become one SELECT, and DuckDB's rows are streamed out.
 */
import { CodedError } from '../catalog/coded-error.ts';
import { bindQuery, type QueryScope } from './bind/bind-query.ts';
import { cacheKey } from './bind/cache-key.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import { collatedColumns, collatedTypes } from './collations.ts';
import { EngineError } from './duckdb/duckdb-errors.ts';
import type { EngineConnection } from './duckdb/engine-connection.ts';
import { fetchForPlan, withPlanConnection } from './fetch-for-plan.ts';
import { positionAt } from './errors.ts';
import { limitRows } from './limit-rows.ts';
import { byteOffsets } from './parse/byte-offsets.ts';
import type { SourceSlice } from './parse/source-slice.ts';
import { planForColumns } from './plan/plan-query.ts';
import { planWithShapes } from './plan-with-shapes.ts';
import type { QueryPlan } from './plan/query-plan.ts';
import type { ResultColumn, StatementResult } from './sql-engine.ts';
import { emptyResult } from './static-result.ts';
import type { StatementContext } from './statement-context.ts';
import { statementStatistics } from './statement-statistics.ts';

export async function runQuery(
  slice: SourceSlice,
  context: StatementContext,
): Promise<StatementResult> {
  const { stages, pins } = context;
  const bound = await stages.time('bind', () => bindQuery(slice, queryScope(context), context));
  // Uncommitted rows have no version that could name them.
  const key =
    context.transaction === undefined
      ? cacheKey(bound, context.parameters, context.identity)
      : undefined;
  if (key !== undefined && context.knownCacheKeys.includes(key)) {
    return {
      ...emptyResult({ snapshots: pins.snapshots, timings: stages.timings }),
      cacheKey: key,
    };
  }
  const plan = await stages.time('plan', () => planWithShapes(bound, context));
  context.transaction?.recordReads(plan.scans);
  const connection = await context.services.duckdb.connect();
  try {
    await stages.time('fetch', () => fetchForPlan(plan, connection, context));
    const result = await stages.time('execute', () => execute(plan, bound, connection, context));
    return {
      columns: collatedColumns(result.columns, plan.collations),
      batches: limitRows(result.batches, context.rowLimit),
      snapshots: pins.snapshots,
      statistics: statementStatistics(plan, pins.tables),
      timings: stages.timings,
      cacheKey: key,
      close: async () => {
        await result.batches.return();
        connection.close();
      },
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The columns a query has, without running it; `viewStack` are the views it is the text of. */
export async function describeQuery(
  slice: SourceSlice,
  context: StatementContext,
  viewStack: readonly string[] = [],
): Promise<readonly ResultColumn[]> {
  const bound = await bindQuery(slice, { ...queryScope(context), viewStack }, context);
  const collations = await collatedTypes(bound, context);
  const plan = planForColumns(bound, context.services.fileShapes);
  const columns = await inSource(plan, bound, context, () =>
    withPlanConnection(plan, context, (connection) =>
      connection.describe(plan.sql, context.parameters),
    ),
  );
  return collatedColumns(columns, collations);
}

/** The names of a statement's own text are relative to its session. */
export function queryScope({ session }: StatementContext): QueryScope {
  return { dialect: session.dialect, defaultSchema: session.currentSchema, viewStack: [] };
}

async function execute(
  plan: QueryPlan,
  bound: BoundQuery,
  connection: EngineConnection,
  context: StatementContext,
) {
  return await inSource(plan, bound, context, () =>
    connection.stream(plan.sql, context.parameters, context.signal),
  );
}

/** Errors of DuckDB have a place in the SQL it was given; the user is shown the place in his. */
export async function inSource<T>(
  plan: QueryPlan,
  bound: BoundQuery,
  context: StatementContext,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const named = nameGroupingError(error, bound);
    if (error.byteOffset === undefined) throw named;
    const offset = plan.toSource(byteOffsets(plan.sql).toUtf16(error.byteOffset));
    throw named.at(positionAt(context.source, offset));
  }
}

/** Spark tells a missing GROUP BY from one that lacks a column; DuckDB does not. */
function nameGroupingError(error: EngineError, bound: BoundQuery): CodedError {
  if (error.code !== 'GROUPING_ERROR' || bound.hasGroupBy) return error;
  return new CodedError('MISSING_GROUP_BY', error.message, { cause: error });
}
