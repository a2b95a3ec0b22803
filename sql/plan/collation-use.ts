/**
 * What a query does with strings that have a collation, read off DuckDB's plan of it. DuckDB has no
 * collation that is proven to be Spark's, so such a string may be handed on, counted and asked whether
 * it is NULL, and nothing else: a comparison by its bytes would be a wrong answer. Pure.
 *
 * In the planner's tables the columns have collations of DuckDB's, markers that stand for the table's
 * own. Types carry them through projections, joins, unions and common table expressions.
 *
 * 1. A marked value may stand in a projection as it is, below `count` and below IS [NOT] NULL.
 * 2. Anywhere else - in a function, an order, a group, a condition of a join - it is used.
 * 3. Operators that compare rows without naming a column are not let pass over marked values.
 * 4. A column that has collations within, in an array, say, is a marked string to the planner: it can
 *    be handed on as a whole, and what looks into it cannot be planned.
 */
import type { DataType } from '../../catalog/data-type.ts';
import {
  indexOf,
  isNode,
  listOf,
  nodeOf,
  nodesOf,
  textOf,
  type PlanJson,
  type PlanNode,
} from './plan-json.ts';
import type { PlannedTable } from './push-down.ts';

/**
 * DuckDB's collations that serve as markers, which a query is unlikely to name itself. It may have as
 * many different collated types.
 */
export const collationMarkers: readonly string[] = [
  'wae',
  'yo',
  'uz',
  'ur',
  'to',
  'te',
  'ta',
  'sq',
];

export type CollationUse =
  | {
      readonly kind: 'projected';
      /** By column of the result: the marker, if it has one. */
      readonly results: readonly (string | undefined)[];
    }
  /** `byteOffset`: of the function in the planned text, if DuckDB says. */
  | { readonly kind: 'used'; readonly what: string; readonly byteOffset: number | undefined };

/** Whether a string in the type, at any depth, has a collation. */
export function isCollated(type: DataType): boolean {
  switch (type.kind) {
    case 'string':
      return type.collation !== undefined;
    case 'struct':
      return type.fields.some((field) => isCollated(field.type));
    case 'array':
      return isCollated(type.elementType);
    case 'map':
      return isCollated(type.keyType) || isCollated(type.valueType);
    default:
      return false;
  }
}

/** `tables` as for `readPushDown`. */
export function collationUse(plan: PlanNode, tables: readonly PlannedTable[]): CollationUse {
  const found = findUse(plan, new Map(tables.map((table) => [table.name, table])));
  if (found !== undefined) return { kind: 'used', ...found };
  return { kind: 'projected', results: resultMarkers(plan) };
}

interface Use {
  readonly what: string;
  readonly byteOffset: number | undefined;
}

/** Operators whose rows are those of their children, or depend on what their expressions say alone. */
const transparent: ReadonlySet<string> = new Set([
  'LOGICAL_GET',
  'LOGICAL_PROJECTION',
  'LOGICAL_FILTER',
  'LOGICAL_LIMIT',
  'LOGICAL_ORDER_BY',
  'LOGICAL_UNION',
  'LOGICAL_CROSS_PRODUCT',
  'LOGICAL_COMPARISON_JOIN',
  'LOGICAL_ANY_JOIN',
  'LOGICAL_DELIM_JOIN',
  'LOGICAL_DELIM_GET',
  'LOGICAL_MATERIALIZED_CTE',
  'LOGICAL_CTE_REF',
  'LOGICAL_AGGREGATE_AND_GROUP_BY',
  'LOGICAL_DISTINCT',
  'LOGICAL_WINDOW',
  'LOGICAL_UNNEST',
  'LOGICAL_SAMPLE',
  'LOGICAL_DUMMY_SCAN',
  'LOGICAL_EMPTY_RESULT',
  'LOGICAL_EXPRESSION_GET',
]);

function findUse(node: PlanNode, tables: ReadonlyMap<string, PlannedTable>): Use | undefined {
  const type = textOf(node.type) ?? '';
  const isUnionOfRows = type !== 'LOGICAL_UNION' || node.setop_all === true;
  if ((!transparent.has(type) || !isUnionOfRows) && hasMarker(node)) {
    const words = type.replace('LOGICAL_', '').toLowerCase().replaceAll('_', ' ');
    return { what: words === '' ? 'an unknown operation' : words, byteOffset: undefined };
  }
  if (type === 'LOGICAL_GET') return scanUse(node, tables);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'children') continue;
    const isProjection = type === 'LOGICAL_PROJECTION' && key === 'expressions';
    const use = valueUse(value, isProjection);
    if (use !== undefined) return use;
  }
  for (const child of nodesOf(node, 'children') ?? []) {
    const use = findUse(child, tables);
    if (use !== undefined) return use;
  }
  return undefined;
}

/** A scan's filters; its types are those of the whole table, read or not. */
function scanUse(node: PlanNode, tables: ReadonlyMap<string, PlannedTable>): Use | undefined {
  const name = textOf(nodeOf(node, 'function_data')?.table);
  const table = name === undefined ? undefined : tables.get(name);
  const fieldAt = (index: PlanJson | undefined) => table?.fields[indexOf(index) ?? -1];
  const filters = nodeOf(node, 'table_filters');
  for (const { key, value } of (filters && nodesOf(filters, 'filters')) ?? []) {
    const field = fieldAt(key);
    const filter = isNode(value) ? value : {};
    const isExpression = filter.filter_type === 'EXPRESSION_FILTER';
    const isNullCheck = filter.filter_type === 'IS_NULL' || filter.filter_type === 'IS_NOT_NULL';
    const use = valueUse(value, false);
    if (use !== undefined) return use;
    if (field === undefined || !isCollated(field.type) || isExpression || isNullCheck) continue;
    return { what: 'a comparison', byteOffset: undefined };
  }
  return undefined;
}

/** What uses a marked value in expressions, or in anything that holds some. */
function valueUse(json: PlanJson | undefined, isProjection: boolean): Use | undefined {
  if (Array.isArray(json)) {
    for (const item of json) {
      const use = isProjection && isMarkedReference(item) ? undefined : valueUse(item, false);
      if (use !== undefined) return use;
    }
    return undefined;
  }
  if (!isNode(json) || passes(json)) return undefined;
  if (isMarkedReference(json)) return { what: 'a comparison', byteOffset: undefined };
  for (const value of Object.values(json)) {
    const use = valueUse(value, false);
    if (use !== undefined) return nameUse(use, json);
  }
  return undefined;
}

/** The innermost function with a name is what the user wrote. */
function nameUse(use: Use, expression: PlanNode): Use {
  const name = textOf(expression.name);
  const offset = indexOf(expression.query_location);
  if (use.what !== 'a comparison' || name === undefined || offset === undefined) return use;
  return { what: `the function ${name}`, byteOffset: offset };
}

/** Expressions that do not look at the characters of what they are given. */
function passes(expression: PlanNode): boolean {
  const { expression_class: kind, type } = expression;
  const children = listOf(expression, 'children');
  if (!children.every((child) => isMarkedReference(child))) return false;
  if (kind === 'BOUND_OPERATOR') {
    return type === 'OPERATOR_IS_NULL' || type === 'OPERATOR_IS_NOT_NULL';
  }
  return (
    kind === 'BOUND_AGGREGATE' &&
    expression.name === 'count' &&
    expression.aggregate_type === 'NON_DISTINCT' &&
    expression.filter === null &&
    expression.order_bys === null
  );
}

function isMarkedReference(json: PlanJson): boolean {
  return isReference(json) && markerOf(json) !== undefined;
}

function isReference(json: PlanJson): json is PlanNode {
  return isNode(json) && json.expression_class === 'BOUND_REF';
}

function markerOf(expression: PlanNode): string | undefined {
  const type = nodeOf(expression, 'return_type');
  const collation = textOf(type && nodeOf(type, 'type_info')?.collation);
  return collation === '' ? undefined : collation;
}

function hasMarker(json: PlanJson): boolean {
  if (Array.isArray(json)) return json.some(hasMarker);
  return isNode(json) && (isMarkedReference(json) || Object.values(json).some(hasMarker));
}

/** What the markers of the result's columns are, where the plan shows them. */
function resultMarkers(plan: PlanNode): readonly (string | undefined)[] {
  let node: PlanNode | undefined = plan;
  while (node !== undefined) {
    if (node.type === 'LOGICAL_PROJECTION') {
      return listOf(node, 'expressions').map((expression) =>
        isReference(expression) ? markerOf(expression) : undefined,
      );
    }
    const children: readonly PlanNode[] = nodesOf(node, 'children') ?? [];
    node = node.type === 'LOGICAL_MATERIALIZED_CTE' ? children.at(-1) : children[0];
  }
  return [];
}
