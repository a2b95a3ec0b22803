/** Constants of DuckDB's plan -> values in the forms of `catalog/log/scalar-value.ts`. */
import type { DataType } from '../../catalog/data-type.ts';
import type { ScalarValue } from '../../catalog/log/scalar-value.ts';
import { doubleOf, indexOf, integerOf, nodeOf, textOf, type PlanNode } from './plan-json.ts';

/** A type as a plan spells it. */
export interface PlanType {
  readonly id: string;
  /** Of a DECIMAL. */
  readonly width: number | undefined;
  readonly scale: number | undefined;
}

export function planType(node: PlanNode | undefined): PlanType | undefined {
  const id = node === undefined ? undefined : textOf(node.id);
  if (node === undefined || id === undefined) return undefined;
  const info = nodeOf(node, 'type_info');
  // A string with a collation compares in another way.
  if (id === 'VARCHAR' && info !== undefined) return undefined;
  return {
    id,
    width: info === undefined ? undefined : indexOf(info.width),
    scale: info === undefined ? undefined : indexOf(info.scale),
  };
}

/** The type of a constant, or of a column's values, that a predicate can be about. */
export function planTypeOf(type: DataType): PlanType | undefined {
  const id = typeIds[type.kind];
  if (id === undefined) return undefined;
  return type.kind === 'decimal'
    ? { id, width: type.precision, scale: type.scale }
    : { id, width: undefined, scale: undefined };
}

const typeIds: { readonly [K in DataType['kind']]: string | undefined } = {
  boolean: 'BOOLEAN',
  byte: 'TINYINT',
  short: 'SMALLINT',
  integer: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  decimal: 'DECIMAL',
  string: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
  binary: undefined,
  variant: undefined,
  void: undefined,
  struct: undefined,
  array: undefined,
  map: undefined,
};

export function isSameType(left: PlanType, right: PlanType): boolean {
  return left.id === right.id && left.width === right.width && left.scale === right.scale;
}

export type PlanConstant =
  | { readonly kind: 'null' }
  | { readonly kind: 'value'; readonly type: PlanType; readonly value: ScalarValue };

/** A serialized value `{type, is_null, value}`; integers of all widths and decimals as bigints. */
export function planConstant(node: PlanNode | undefined): PlanConstant | undefined {
  if (node === undefined) return undefined;
  if (node.is_null === true) return { kind: 'null' };
  const type = planType(nodeOf(node, 'type'));
  const value = type === undefined ? undefined : rawValue(type, node);
  return type === undefined || value === undefined ? undefined : { kind: 'value', type, value };
}

function rawValue({ id }: PlanType, node: PlanNode): ScalarValue | undefined {
  const json = node.value;
  switch (id) {
    case 'BOOLEAN':
      return typeof json === 'boolean' ? json : undefined;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'DATE':
    case 'TIMESTAMP':
    case 'TIMESTAMP WITH TIME ZONE':
      return integerOf(json);
    case 'HUGEINT':
    case 'DECIMAL':
      return integerOf(json) ?? wideInteger(nodeOf(node, 'value'));
    case 'FLOAT':
    case 'DOUBLE':
      return doubleOf(json);
    case 'VARCHAR': {
      const text = textOf(json);
      // Bytes that are no UTF-8 were replaced when the plan was written.
      return text?.includes('\ufffd') === true ? undefined : text;
    }
    default:
      return undefined;
  }
}

/** `{upper, lower}`, two halves of 128 bits. */
function wideInteger(node: PlanNode | undefined): bigint | undefined {
  if (node === undefined) return undefined;
  const upper = integerOf(node.upper);
  const lower = integerOf(node.lower);
  return upper === undefined || lower === undefined ? undefined : (upper << 64n) + lower;
}

/** The value in the form that the Delta type has: small integers and days are numbers. */
export function scalarOf(type: DataType, value: ScalarValue): ScalarValue | undefined {
  switch (type.kind) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'date': {
      if (typeof value !== 'bigint') return undefined;
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : undefined;
    }
    case 'long':
    case 'decimal':
    case 'timestamp':
    case 'timestamp_ntz':
      return typeof value === 'bigint' ? value : undefined;
    case 'float':
    case 'double':
      return typeof value === 'number' ? value : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'binary':
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return undefined;
  }
}
