/**
 * Queries that are nothing but aggregates of one table, or of whole partitions of it: `count(*)`,
 * `min(column)`, `max(column)`. The log often knows the answer. Here they are told from the plan, and
 * the answer is made a query without tables.
 */
import type { MetadataAggregates } from '../../catalog/metadata-aggregates.ts';
import { formatScalar, type ScalarValue } from '../../catalog/log/scalar-value.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { duckdbType } from '../types.ts';
import { indexOf, listOf, nodesOf, textOf, type PlanNode } from './plan-json.ts';
import type { PlannedTable, PlanScan } from './push-down.ts';

export type PlanAggregate =
  { readonly kind: 'count' } | { readonly kind: 'min' | 'max'; readonly column: StructField };

export interface PlanAggregates {
  /** The number of the reference. */
  readonly table: number;
  /** The columns of the result. */
  readonly results: readonly { readonly name: string; readonly aggregate: PlanAggregate }[];
}

/**
 * `undefined` unless the plan is: a projection of aggregates, over nothing but projections and
 * filters, over one scan; the filters are part of the scan's predicate, and were all understood.
 */
export function readPlanAggregates(
  plan: PlanNode,
  scans: readonly PlanScan[],
  tables: readonly PlannedTable[],
): PlanAggregates | undefined {
  const [scan] = scans;
  if (scan === undefined || scans.length > 1 || !scan.isExact) return undefined;
  const table = tables[scan.table];
  const group = childOf(plan, 'LOGICAL_PROJECTION');
  if (table === undefined || group?.type !== 'LOGICAL_AGGREGATE_AND_GROUP_BY') return undefined;
  const isGrouped = ['groups', 'grouping_sets', 'grouping_functions'].some(
    (member) => listOf(group, member).length > 0,
  );
  const below = childOf(group, 'LOGICAL_AGGREGATE_AND_GROUP_BY');
  if (isGrouped || below === undefined) return undefined;
  const columns = columnsOf(below, scan);
  const aggregates = nodesOf(group, 'expressions')?.map((expression) =>
    readAggregate(expression, columns, table),
  );
  const results = nodesOf(plan, 'expressions')?.map((expression) => {
    const aggregate = isReference(expression)
      ? aggregates?.[indexOf(expression.index) ?? -1]
      : undefined;
    const name = textOf(expression.alias);
    return aggregate === undefined || name === undefined || name === ''
      ? undefined
      : { name, aggregate };
  });
  if (columns === undefined || results === undefined || results.length === 0) return undefined;
  const known = results.filter((result) => result !== undefined);
  return known.length === results.length ? { table: scan.table, results: known } : undefined;
}

/** The only child of a node of the given type. */
function childOf(node: PlanNode, type: string): PlanNode | undefined {
  const children = nodesOf(node, 'children');
  return node.type === type && children?.length === 1 ? children[0] : undefined;
}

function isReference({ expression_class: kind }: PlanNode): boolean {
  return kind === 'BOUND_REF';
}

/** The table's column for each output of the projections over the scan; -1 for anything else. */
function columnsOf(node: PlanNode, scan: PlanScan): readonly number[] | undefined {
  if (node === scan.node) {
    const projected = listOf(node, 'projection_ids');
    const scanned = (nodesOf(node, 'column_indexes') ?? []).map(
      ({ index }) => indexOf(index) ?? -1,
    );
    return projected.length === 0
      ? scanned
      : projected.map((id) => scanned[indexOf(id) ?? -1] ?? -1);
  }
  if (node.type === 'LOGICAL_FILTER') {
    const child = childOf(node, 'LOGICAL_FILTER');
    const isPlain = listOf(node, 'projection_map').length === 0;
    return child !== undefined && isPlain ? columnsOf(child, scan) : undefined;
  }
  const child = childOf(node, 'LOGICAL_PROJECTION');
  const inner = child === undefined ? undefined : columnsOf(child, scan);
  if (inner === undefined) return undefined;
  return nodesOf(node, 'expressions')?.map((expression) =>
    isReference(expression) ? (inner[indexOf(expression.index) ?? -1] ?? -1) : -1,
  );
}

function readAggregate(
  expression: PlanNode,
  columns: readonly number[] | undefined,
  { fields }: PlannedTable,
): PlanAggregate | undefined {
  const isPlain =
    expression.expression_class === 'BOUND_AGGREGATE' &&
    expression.filter === null &&
    expression.order_bys === null &&
    expression.aggregate_type === 'NON_DISTINCT';
  const children = nodesOf(expression, 'children');
  if (!isPlain || children === undefined) return undefined;
  const name = textOf(expression.name);
  if (name === 'count_star' && children.length === 0) return { kind: 'count' };
  if (name !== 'min' && name !== 'max') return undefined;
  const [child] = children;
  if (child === undefined || children.length > 1 || !isReference(child)) return undefined;
  const column = fields[columns?.[indexOf(child.index) ?? -1] ?? -1];
  return column === undefined ? undefined : { kind: name, column };
}

/** The columns whose bounds are wanted, each once. */
export function boundedColumns({ results }: PlanAggregates): readonly string[] {
  const names = results.flatMap(({ aggregate }) =>
    aggregate.kind === 'count' ? [] : [aggregate.column.name],
  );
  return [...new Set(names)];
}

/**
 * Whether the names in the plan are those of the result for certain. Where the user gave none DuckDB
 * makes one of the expression, and quotes columns in it by rules of its own.
 */
export function areNamesCertain({ results }: PlanAggregates): boolean {
  return results.every(({ name }) => name === 'count_star()' || /^[a-z]\w*$/i.test(name));
}

/** A SELECT of constants; `answer` has the bounds of `boundedColumns`. */
export function answerSql(
  aggregates: PlanAggregates,
  answer: MetadataAggregates,
  names: readonly string[],
): string {
  const columns = boundedColumns(aggregates);
  const list = aggregates.results.map(({ aggregate }, index) => {
    const name = names[index] ?? '';
    if (aggregate.kind === 'count') {
      return `CAST('${answer.rowCount}' AS BIGINT) AS ${quoteIdentifier(name)}`;
    }
    const bounds = answer.bounds[columns.indexOf(aggregate.column.name)];
    const value = bounds?.[aggregate.kind] ?? null;
    return `${constantSql(aggregate.column.type, value)} AS ${quoteIdentifier(name)}`;
  });
  return `SELECT ${list.join(', ')}`;
}

function constantSql(type: DataType, value: ScalarValue | null): string {
  if (value === null) return `CAST(NULL AS ${duckdbType(type)})`;
  if (typeof value === 'object') throw new TypeError('binary has no bounds');
  // Counted from 1970: the text form ends where DuckDB's parser does.
  if (type.kind === 'date') return `make_date(CAST('${String(value)}' AS INTEGER))`;
  return `CAST(${quoteString(formatScalar(type, value))} AS ${duckdbType(type)})`;
}
