/**
 * The filters of a scan in DuckDB's plan -> what is known of the rows that the scan gives. Only forms
 * that are listed here are understood; any other says nothing, and the scan keeps its rows. In an AND
 * the parts that are understood count; an OR counts when all of its parts are understood.
 */
import type { DataType } from '../../catalog/data-type.ts';
import type { ScalarValue } from '../../catalog/log/scalar-value.ts';
import {
  allOf,
  alwaysFalse,
  alwaysTrue,
  anyOf,
  type ComparisonOperator,
  type Predicate,
  type PredicateColumn,
} from '../../catalog/predicate.ts';
import { castComparison } from './cast-comparison.ts';
import {
  isSameType,
  planConstant,
  planType,
  planTypeOf,
  scalarOf,
  type PlanType,
} from './plan-constant.ts';
import { indexOf, isNode, listOf, nodeOf, nodesOf, textOf, type PlanNode } from './plan-json.ts';

export interface Understood {
  readonly predicate: Predicate;
  /** Whether the predicate is the whole filter: rows that meet it pass. */
  readonly isExact: boolean;
}

/** A column, and for the value that a filter or an expression is about, at any depth of structs. */
export type ColumnAt = (index: number) => PredicateColumn | undefined;

const notUnderstood: Understood = { predicate: alwaysTrue, isExact: false };

const operators: { readonly [type: string]: ComparisonOperator } = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};

const flipped: { readonly [K in ComparisonOperator]: ComparisonOperator } = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** A filter of a scan's `table_filters`, which is about one column. */
export function filterPredicate(filter: PlanNode, column: PredicateColumn): Understood {
  switch (textOf(filter.filter_type)) {
    case 'CONSTANT_COMPARISON': {
      const operator = operators[textOf(filter.comparison_type) ?? ''];
      if (operator === undefined) return notUnderstood;
      return comparison(column, undefined, operator, nodeOf(filter, 'constant'));
    }
    case 'IS_NULL':
      return exactly({ kind: 'null', column, isNull: true });
    case 'IS_NOT_NULL':
      return exactly({ kind: 'null', column, isNull: false });
    case 'IN_FILTER':
      return among(column, nodesOf(filter, 'values'));
    case 'CONJUNCTION_AND':
      return conjunction(filter, 'child_filters', (part) => filterPredicate(part, column));
    case 'CONJUNCTION_OR':
      return disjunction(filter, 'child_filters', (part) => filterPredicate(part, column));
    case 'OPTIONAL_FILTER': {
      // Implied by a filter above the scan, so nothing depends on its being understood.
      const child = nodeOf(filter, 'child_filter');
      const { predicate } = child === undefined ? notUnderstood : filterPredicate(child, column);
      return exactly(predicate);
    }
    case 'STRUCT_EXTRACT': {
      const child = nodeOf(filter, 'child_filter');
      const field = fieldOf(column, textOf(filter.child_name));
      return child === undefined || field === undefined
        ? notUnderstood
        : filterPredicate(child, field);
    }
    case 'EXPRESSION_FILTER': {
      const expression = nodeOf(filter, 'expr');
      if (expression === undefined) return notUnderstood;
      return expressionPredicate(expression, (index) => (index === 0 ? column : undefined));
    }
    default:
      return notUnderstood;
  }
}

/** A condition, such as a filter above a scan has. */
export function expressionPredicate(expression: PlanNode, columnAt: ColumnAt): Understood {
  const type = textOf(expression.type) ?? '';
  switch (textOf(expression.expression_class)) {
    case 'BOUND_CONJUNCTION': {
      const read = (part: PlanNode): Understood => expressionPredicate(part, columnAt);
      if (type === 'CONJUNCTION_AND') return conjunction(expression, 'children', read);
      return type === 'CONJUNCTION_OR' ? disjunction(expression, 'children', read) : notUnderstood;
    }
    case 'BOUND_COMPARISON':
      return comparisonExpression(expression, type, columnAt);
    case 'BOUND_OPERATOR':
      return operatorExpression(expression, type, columnAt);
    case 'BOUND_FUNCTION':
      return isColumnExpression(expression)
        ? isTrue(columnOf(expression, columnAt), true)
        : prefixExpression(expression, columnAt);
    case 'BOUND_REF':
      return isTrue(columnOf(expression, columnAt), true);
    case 'BOUND_CONSTANT': {
      const constant = planConstant(nodeOf(expression, 'value'));
      if (constant?.kind === 'null') return exactly(alwaysFalse);
      if (typeof constant?.value !== 'boolean') return notUnderstood;
      return exactly(constant.value ? alwaysTrue : alwaysFalse);
    }
    default:
      return notUnderstood;
  }
}

function exactly(predicate: Predicate): Understood {
  return { predicate, isExact: true };
}

function conjunction(
  node: PlanNode,
  member: string,
  read: (part: PlanNode) => Understood,
): Understood {
  const parts = (nodesOf(node, member) ?? []).map(read);
  if (parts.length === 0) return notUnderstood;
  return {
    predicate: allOf(parts.map(({ predicate }) => predicate)),
    isExact: parts.every(({ isExact }) => isExact),
  };
}

function disjunction(
  node: PlanNode,
  member: string,
  read: (part: PlanNode) => Understood,
): Understood {
  const parts = (nodesOf(node, member) ?? []).map(read);
  if (parts.length === 0) return notUnderstood;
  return {
    predicate: anyOf(parts.map(({ predicate }) => predicate)),
    isExact: parts.every(({ isExact }) => isExact),
  };
}

/** The value of a boolean column. */
function isTrue(column: PredicateColumn | undefined, value: boolean): Understood {
  if (column?.type.kind !== 'boolean') return notUnderstood;
  return exactly({ kind: 'comparison', column, operator: '=', value });
}

/** `column <operator> constant`, the column cast to `to` if that is given. */
function comparison(
  column: PredicateColumn,
  to: PlanType | undefined,
  operator: ComparisonOperator,
  constantNode: PlanNode | undefined,
): Understood {
  const constant = planConstant(constantNode);
  if (constant === undefined) return notUnderstood;
  if (constant.kind === 'null') return exactly(alwaysFalse);
  const own = planTypeOf(column.type);
  const compared = to ?? own;
  if (own === undefined || compared === undefined || !isSameType(compared, constant.type)) {
    return notUnderstood;
  }
  if (to !== undefined && !isSameType(to, own)) {
    const predicate = castComparison(column, to, operator, constant.value);
    return predicate === undefined ? notUnderstood : exactly(predicate);
  }
  const value = scalarOf(column.type, constant.value);
  if (value === undefined) return notUnderstood;
  return exactly({ kind: 'comparison', column, operator, value });
}

function among(column: PredicateColumn, nodes: readonly PlanNode[] | undefined): Understood {
  const values: ScalarValue[] = [];
  for (const node of nodes ?? []) {
    const constant = planConstant(node);
    // A NULL in the list makes no row TRUE.
    if (constant?.kind === 'null') continue;
    const value = constant === undefined ? undefined : constantOf(column.type, constant);
    if (value === undefined) return notUnderstood;
    values.push(value);
  }
  return nodes === undefined ? notUnderstood : exactly({ kind: 'in', column, values });
}

function constantOf(
  type: DataType,
  constant: { readonly type: PlanType; readonly value: ScalarValue },
): ScalarValue | undefined {
  const own = planTypeOf(type);
  return own !== undefined && isSameType(own, constant.type)
    ? scalarOf(type, constant.value)
    : undefined;
}

function comparisonExpression(node: PlanNode, type: string, columnAt: ColumnAt): Understood {
  const left = nodeOf(node, 'left');
  const right = nodeOf(node, 'right');
  if (left === undefined || right === undefined) return notUnderstood;
  const isLeftConstant = textOf(left.expression_class) === 'BOUND_CONSTANT';
  const [side, constant] = isLeftConstant ? [right, left] : [left, right];
  if (textOf(constant.expression_class) !== 'BOUND_CONSTANT') return notUnderstood;
  const operand = operandOf(side, columnAt);
  const value = nodeOf(constant, 'value');
  if (operand === undefined) return notUnderstood;
  const { column, to } = operand;
  if (type === 'COMPARE_DISTINCT_FROM' || type === 'COMPARE_NOT_DISTINCT_FROM') {
    return distinct(column, to, type === 'COMPARE_DISTINCT_FROM', value);
  }
  const operator = operators[type];
  if (operator === undefined) return notUnderstood;
  return comparison(column, to, isLeftConstant ? flipped[operator] : operator, value);
}

function distinct(
  column: PredicateColumn,
  to: PlanType | undefined,
  isDistinct: boolean,
  constant: PlanNode | undefined,
): Understood {
  if (planConstant(constant)?.kind === 'null') {
    return exactly({ kind: 'null', column, isNull: !isDistinct });
  }
  const { predicate, isExact } = comparison(column, to, isDistinct ? '<>' : '=', constant);
  if (!isDistinct) return { predicate, isExact };
  return { predicate: anyOf([predicate, { kind: 'null', column, isNull: true }]), isExact };
}

function operatorExpression(node: PlanNode, type: string, columnAt: ColumnAt): Understood {
  const children = nodesOf(node, 'children') ?? [];
  const [first, ...rest] = children;
  const column = first === undefined ? undefined : columnOf(first, columnAt);
  if (column === undefined) return notUnderstood;
  switch (type) {
    case 'OPERATOR_IS_NULL':
      return exactly({ kind: 'null', column, isNull: true });
    case 'OPERATOR_IS_NOT_NULL':
      return exactly({ kind: 'null', column, isNull: false });
    case 'OPERATOR_NOT':
      return isTrue(column, false);
    case 'COMPARE_IN': {
      const values = rest.map((child) => nodeOf(child, 'value'));
      const areConstants = rest.every(
        (child) => textOf(child.expression_class) === 'BOUND_CONSTANT',
      );
      return areConstants && values.every(isNode) ? among(column, values) : notUnderstood;
    }
    default:
      return notUnderstood;
  }
}

/** `prefix(column, 'abc')`, which LIKE 'abc%' and starts_with become. */
function prefixExpression(node: PlanNode, columnAt: ColumnAt): Understood {
  if (!['prefix', 'starts_with', '^@'].includes(textOf(node.name) ?? '')) return notUnderstood;
  const [subject, prefixNode] = nodesOf(node, 'children') ?? [];
  if (subject === undefined || prefixNode === undefined) return notUnderstood;
  const column = columnOf(subject, columnAt);
  const isConstant = textOf(prefixNode.expression_class) === 'BOUND_CONSTANT';
  const constant = isConstant ? planConstant(nodeOf(prefixNode, 'value')) : undefined;
  if (column?.type.kind !== 'string' || constant?.kind !== 'value') return notUnderstood;
  const prefix = constant.value;
  if (typeof prefix !== 'string' || prefix === '') return notUnderstood;
  const from: Predicate = { kind: 'comparison', column, operator: '>=', value: prefix };
  const behind = behindPrefix(prefix);
  if (behind === undefined) return { predicate: from, isExact: false };
  return exactly(allOf([from, { kind: 'comparison', column, operator: '<', value: behind }]));
}

/** The least text that comes after all that begin with `prefix`, by UTF-8 bytes. */
function behindPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last >= 0x10ffff) continue;
    // The next character; surrogates are none.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}

/** A column, or a column cast to another type. */
function operandOf(
  node: PlanNode,
  columnAt: ColumnAt,
): { readonly column: PredicateColumn; readonly to: PlanType | undefined } | undefined {
  if (textOf(node.expression_class) !== 'BOUND_CAST') {
    const column = columnOf(node, columnAt);
    return column === undefined ? undefined : { column, to: undefined };
  }
  const child = nodeOf(node, 'child');
  const to = planType(nodeOf(node, 'return_type'));
  const column = child === undefined ? undefined : columnOf(child, columnAt);
  if (column === undefined || to === undefined || node.try_cast !== false) return undefined;
  return { column, to };
}

function isColumnExpression(node: PlanNode): boolean {
  return (
    textOf(node.expression_class) === 'BOUND_FUNCTION' && textOf(node.name) === 'struct_extract'
  );
}

/** The column that a reference, or a field of a struct, is. */
function columnOf(node: PlanNode, columnAt: ColumnAt): PredicateColumn | undefined {
  if (textOf(node.expression_class) === 'BOUND_REF') {
    const index = indexOf(node.index);
    return index === undefined ? undefined : columnAt(index);
  }
  if (!isColumnExpression(node)) return undefined;
  const [struct, name] = listOf(node, 'children');
  if (!isNode(struct) || !isNode(name)) return undefined;
  const constant = planConstant(nodeOf(name, 'value'));
  const column = columnOf(struct, columnAt);
  if (column === undefined || constant?.kind !== 'value') return undefined;
  return typeof constant.value === 'string' ? fieldOf(column, constant.value) : undefined;
}

/** A field of a struct column; DuckDB's names know no case. */
function fieldOf(
  { path, type }: PredicateColumn,
  name: string | undefined,
): PredicateColumn | undefined {
  if (type.kind !== 'struct' || name === undefined) return undefined;
  const lower = name.toLowerCase();
  const fields = type.fields.filter((field) => field.name.toLowerCase() === lower);
  const [field] = fields;
  if (field === undefined || fields.length > 1) return undefined;
  return { path: [...path, field.name], type: field.type };
}
