/**
 * What is known of the rows that a scan needs, as plain data: a condition on columns and constants in
 * the forms of `log/scalar-value.ts`. It holds for every row that is needed; it need not be all that
 * a query asks of them. SQL's three values do not matter here: a row is needed where it is TRUE.
 */
import type { DataType } from './data-type.ts';
import { formatScalar, type ScalarValue } from './log/scalar-value.ts';

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Logical names from the schema's root, as the schema spells them. */
export type ColumnPath = readonly string[];

/** A column with its type, which says what form the constants it is compared with have. */
export interface PredicateColumn {
  readonly path: ColumnPath;
  readonly type: DataType;
}

export type Predicate =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  | {
      readonly kind: 'comparison';
      readonly column: PredicateColumn;
      readonly operator: ComparisonOperator;
      readonly value: ScalarValue;
    }
  | {
      readonly kind: 'in';
      readonly column: PredicateColumn;
      readonly values: readonly ScalarValue[];
    }
  | { readonly kind: 'null'; readonly column: PredicateColumn; readonly isNull: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Predicate[] };

export const alwaysTrue: Predicate = { kind: 'true' };
export const alwaysFalse: Predicate = { kind: 'false' };

export function allOf(parts: readonly Predicate[]): Predicate {
  const flat = parts.flatMap((part) => (part.kind === 'and' ? part.parts : [part]));
  if (flat.some(({ kind }) => kind === 'false')) return alwaysFalse;
  return joined('and', withoutKind(flat, 'true')) ?? alwaysTrue;
}

export function anyOf(parts: readonly Predicate[]): Predicate {
  const flat = parts.flatMap((part) => (part.kind === 'or' ? part.parts : [part]));
  if (flat.some(({ kind }) => kind === 'true')) return alwaysTrue;
  return joined('or', withoutKind(flat, 'false')) ?? alwaysFalse;
}

function withoutKind(parts: readonly Predicate[], kind: Predicate['kind']): readonly Predicate[] {
  return parts.filter((part) => part.kind !== kind);
}

function joined(kind: 'and' | 'or', parts: readonly Predicate[]): Predicate | undefined {
  return parts.length <= 1 ? parts[0] : { kind, parts };
}

/** The columns that a predicate speaks of, each once. */
export function columnsOf(predicate: Predicate): readonly PredicateColumn[] {
  const found = new Map<string, PredicateColumn>();
  function visit(part: Predicate): void {
    switch (part.kind) {
      case 'true':
      case 'false':
        return;
      case 'and':
      case 'or':
        part.parts.forEach(visit);
        return;
      case 'comparison':
      case 'in':
      case 'null':
        found.set(part.column.path.join('\0'), part.column);
    }
  }
  visit(predicate);
  return [...found.values()];
}

/** Values that are shown of an IN list. */
const shownValuesMax = 5;

/** As SQL, for people; long lists of values are cut off. */
export function predicateText(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'true':
    case 'false':
      return predicate.kind;
    case 'comparison': {
      const { column, operator, value } = predicate;
      return `${columnText(column.path)} ${operator} ${valueText(column.type, value)}`;
    }
    case 'in': {
      const { column, values } = predicate;
      const shown = values
        .slice(0, shownValuesMax)
        .map((value) => valueText(column.type, value))
        .concat(values.length > shownValuesMax ? [`... ${values.length} values`] : []);
      return `${columnText(column.path)} IN (${shown.join(', ')})`;
    }
    case 'null':
      return `${columnText(predicate.column.path)} IS ${predicate.isNull ? '' : 'NOT '}NULL`;
    case 'and':
    case 'or':
      return predicate.parts
        .map((part) => {
          const text = predicateText(part);
          return part.kind === 'and' || part.kind === 'or' ? `(${text})` : text;
        })
        .join(predicate.kind === 'and' ? ' AND ' : ' OR ');
  }
}

/** As SQL spells it. */
export function columnText(path: ColumnPath): string {
  return path
    .map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`))
    .join('.');
}

function valueText(type: DataType, value: ScalarValue): string {
  if (typeof value === 'object') return `${value.byteLength} bytes`;
  const text = formatScalar(type, value);
  const isNumber =
    typeof value === 'boolean' ||
    (typeof value === 'number' && type.kind !== 'date') ||
    (typeof value === 'bigint' && (type.kind === 'long' || type.kind === 'decimal'));
  return isNumber ? text : `'${text.replaceAll("'", "''")}'`;
}
