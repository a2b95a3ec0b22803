/**
 * DuckDB's optimized plan of a query over empty tables -> what the query needs of each reference to a
 * table: which rows, which columns, how many rows at the most.
 *
 * Rules that keep it right
 * 1. A reference has a table of its own in the plan, and may be scanned more than once, as a common
 *    table expression is that was expanded twice: what is needed is what any of its scans needs.
 * 2. A filter counts for the scan it is part of, or stands upon with nothing but projections and
 *    other filters in between.
 * 3. A reference that is not in the plan is needed as a whole, unless DuckDB has found that a part of
 *    the plan has no rows and says so.
 * 4. A plan with anything unexpected where scans are says nothing at all.
 */
import type { StructField } from '../../catalog/data-type.ts';
import { allOf, alwaysFalse, alwaysTrue, anyOf, type Predicate } from '../../catalog/predicate.ts';
import { expressionPredicate, filterPredicate, type Understood } from './filter-predicate.ts';
import { readPlanAggregates, type PlanAggregates } from './plan-aggregates.ts';
import {
  indexOf,
  integerOf,
  isNode,
  listOf,
  nodeOf,
  nodesOf,
  textOf,
  type PlanJson,
  type PlanNode,
} from './plan-json.ts';

/** The table that stands for one reference in the plan. */
export interface PlannedTable {
  /** Its name in the plan. */
  readonly name: string;
  /** Its columns, in order. */
  readonly fields: readonly StructField[];
}

export interface ReferenceNeeds {
  /** Holds for every row that is needed. */
  readonly predicate: Predicate;
  /** Whether every row for which it holds is needed. */
  readonly isExact: boolean;
  /** Any so many of these rows are enough. */
  readonly rowsMax: number | undefined;
  /** Names of the columns that are read, those of filters included. */
  readonly columns: readonly string[];
}

export interface PushDown {
  /** One for each table, in order. */
  readonly references: readonly ReferenceNeeds[];
  /** When the whole query is aggregates of one reference. */
  readonly aggregates: PlanAggregates | undefined;
  /** Whether the query is one scan of a reference, filtered and projected and nothing else. */
  readonly isOneScan: boolean;
}

/** What a plan scans, and where. */
export interface PlanScan {
  readonly table: number;
  readonly node: PlanNode;
  readonly predicate: Predicate;
  readonly isExact: boolean;
  readonly rowsMax: number | undefined;
  readonly columns: readonly number[];
}

/** `undefined` for a plan that is not understood. */
export function readPushDown(
  plan: PlanNode,
  tables: readonly PlannedTable[],
): PushDown | undefined {
  const numbers = new Map(tables.map(({ name }, number) => [name, number]));
  const scans: PlanScan[] = [];
  let isUnderstood = true;

  function visit(node: PlanNode, above: Above): void {
    const children = nodesOf(node, 'children');
    if (children === undefined) {
      isUnderstood = false;
      return;
    }
    switch (textOf(node.type)) {
      case 'LOGICAL_GET': {
        const number = tableNumber(node, numbers);
        const table = number === undefined ? undefined : tables[number];
        if (number !== undefined && table !== undefined) {
          const scan = readScan(node, { number, table }, above);
          if (scan === undefined) isUnderstood = false;
          else scans.push(scan);
        }
        children.forEach((child) => visit(child, nothingAbove));
        return;
      }
      case 'LOGICAL_FILTER':
        children.forEach((child) => visit(child, belowFilter(node, above)));
        return;
      case 'LOGICAL_LIMIT':
        children.forEach((child) => visit(child, { filters: [], rowsMax: rowsOfLimit(node) }));
        return;
      case 'LOGICAL_PROJECTION':
        children.forEach((child) => visit(child, belowProjection(node, above)));
        return;
      default:
        children.forEach((child) => visit(child, nothingAbove));
    }
  }

  visit(plan, nothingAbove);
  const everywhere = countNodes(plan, (node) => tableNumber(node, numbers) !== undefined);
  if (!isUnderstood || everywhere !== scans.length) return undefined;
  const hasEmptyPart = countNodes(plan, ({ type }) => type === 'LOGICAL_EMPTY_RESULT') > 0;
  return {
    references: tables.map((table, number) =>
      needsOf(
        table,
        scans.filter((scan) => scan.table === number),
        hasEmptyPart,
      ),
    ),
    aggregates: readPlanAggregates(plan, scans, tables),
    isOneScan: isOneScan(plan, numbers),
  };
}

function isOneScan(plan: PlanNode, numbers: ReadonlyMap<string, number>): boolean {
  let node = plan;
  for (;;) {
    const children = nodesOf(node, 'children') ?? [];
    if (tableNumber(node, numbers) !== undefined) return children.length === 0;
    const [only] = children;
    const isThrough = node.type === 'LOGICAL_PROJECTION' || node.type === 'LOGICAL_FILTER';
    if (!isThrough || only === undefined || children.length > 1) return false;
    node = only;
  }
}

/** What lies upon a node: conditions on its rows, and how many of them are enough. */
interface Above {
  readonly filters: readonly FilterAbove[];
  readonly rowsMax: number | undefined;
}
interface FilterAbove {
  readonly expression: PlanNode;
  /** The node's output for a number in the expression; `undefined` for what is none of them. */
  readonly outputAt: (index: number) => number | undefined;
}
const nothingAbove: Above = { filters: [], rowsMax: undefined };

function belowFilter(node: PlanNode, { filters }: Above): Above {
  const own = listOf(node, 'expressions').map((expression) => ({
    expression: isNode(expression) ? expression : {},
    outputAt: (index: number) => index,
  }));
  const isPlain = listOf(node, 'projection_map').length === 0;
  return {
    filters: [...own, ...(isPlain ? filters : unknownFilters(filters))],
    rowsMax: undefined,
  };
}

/** They still hold, so the scan's rows are not all needed; but which ones is not known. */
function unknownFilters(filters: readonly FilterAbove[]): readonly FilterAbove[] {
  return filters.map(({ expression }) => ({ expression, outputAt: () => undefined }));
}

/** A projection gives one row for each row: conditions and limits upon it are some below it. */
function belowProjection(node: PlanNode, { filters, rowsMax }: Above): Above {
  const inputs = listOf(node, 'expressions').map((expression) =>
    isNode(expression) && expression.expression_class === 'BOUND_REF'
      ? indexOf(expression.index)
      : undefined,
  );
  return {
    filters: filters.map(({ expression, outputAt }) => ({
      expression,
      outputAt: (index) => inputs[outputAt(index) ?? -1],
    })),
    rowsMax,
  };
}

function tableNumber(node: PlanNode, numbers: ReadonlyMap<string, number>): number | undefined {
  if (node.type !== 'LOGICAL_GET') return undefined;
  const data = nodeOf(node, 'function_data');
  const name = data === undefined ? undefined : textOf(data.table);
  return name === undefined ? undefined : numbers.get(name);
}

function readScan(
  node: PlanNode,
  { number, table }: { readonly number: number; readonly table: PlannedTable },
  above: Above,
): PlanScan | undefined {
  const indexes = nodesOf(node, 'column_indexes');
  const filters = nodeOf(node, 'table_filters');
  const names = listOf(node, 'names').map(textOf);
  const isExpected = table.fields.every(({ name }, index) => names[index] === name);
  if (indexes === undefined || filters === undefined || !isExpected) return undefined;
  // An index that is no column's stands for the row itself: nothing of it is read.
  const columns = indexes.map(({ index }) => indexOf(index) ?? -1);
  const understood = [
    ...scanFilters(filters, table),
    ...filtersAbove(above.filters, node, columns, table),
  ];
  const isExact =
    understood.every((filter) => filter.isExact) && nodeOf(sampleOf(node), 'options') === undefined;
  return {
    table: number,
    node,
    predicate: allOf(understood.map(({ predicate }) => predicate)),
    isExact,
    rowsMax: isExact ? above.rowsMax : undefined,
    columns: columns.filter((index) => index >= 0 && index < table.fields.length),
  };
}

/** A scan may take a sample of the table only. */
function sampleOf(node: PlanNode): PlanNode {
  const options = nodeOf(node, 'extra_info')?.sample_options;
  return isNode(options) ? { options } : {};
}

function scanFilters(filters: PlanNode, { fields }: PlannedTable): readonly Understood[] {
  return (nodesOf(filters, 'filters') ?? [{}]).map((entry) => {
    const filter = nodeOf(entry, 'value');
    // The key is the column's number in the table.
    const index = indexOf(entry.key);
    const field = index === undefined ? undefined : fields[index];
    if (filter === undefined || field === undefined) return unknownFilter;
    return filterPredicate(filter, { path: [field.name], type: field.type });
  });
}

const unknownFilter: Understood = { predicate: alwaysTrue, isExact: false };

function filtersAbove(
  filters: readonly FilterAbove[],
  scan: PlanNode,
  columns: readonly number[],
  { fields }: PlannedTable,
): readonly Understood[] {
  const projected = listOf(scan, 'projection_ids');
  return filters.map(({ expression, outputAt }) =>
    expressionPredicate(expression, (index) => {
      const output = outputAt(index);
      if (output === undefined) return undefined;
      const position = projected.length === 0 ? output : indexOf(projected[output]);
      const field = position === undefined ? undefined : fields[columns[position] ?? -1];
      return field === undefined ? undefined : { path: [field.name], type: field.type };
    }),
  );
}

/** Rows that a LIMIT needs, those it skips included. */
function rowsOfLimit(node: PlanNode): number | undefined {
  const limit = constantRows(nodeOf(node, 'limit_val'));
  const offset = constantRows(nodeOf(node, 'offset_val'));
  return limit === undefined || offset === undefined ? undefined : limit + offset;
}

function constantRows(value: PlanNode | undefined): number | undefined {
  if (value?.type === 'UNSET') return 0;
  if (value?.type !== 'CONSTANT_VALUE') return undefined;
  const rows = integerOf(value.constant_integer);
  return rows === undefined || rows > 2n ** 50n ? undefined : Number(rows);
}

function needsOf(
  { fields }: PlannedTable,
  scans: readonly PlanScan[],
  hasEmptyPart: boolean,
): ReferenceNeeds {
  if (scans.length === 0) {
    return hasEmptyPart
      ? { predicate: alwaysFalse, isExact: true, rowsMax: undefined, columns: [] }
      : {
          predicate: alwaysTrue,
          isExact: false,
          rowsMax: undefined,
          columns: fields.map(({ name }) => name),
        };
  }
  const [only] = scans;
  const columns = [...new Set(scans.flatMap((scan) => scan.columns))].sort((a, b) => a - b);
  return {
    predicate: anyOf(scans.map(({ predicate }) => predicate)),
    isExact: scans.every(({ isExact }) => isExact),
    rowsMax: scans.length === 1 ? only?.rowsMax : undefined,
    columns: columns.flatMap((index) => fields[index]?.name ?? []),
  };
}

function countNodes(json: PlanJson, isIt: (node: PlanNode) => boolean): number {
  if (Array.isArray(json))
    return json.reduce((sum: number, item) => sum + countNodes(item, isIt), 0);
  if (!isNode(json)) return 0;
  let count = isIt(json) ? 1 : 0;
  for (const value of Object.values(json)) count += countNodes(value, isIt);
  return count;
}
