/**
 * What SET assigns, column by column and field by field: the names are found in the table, and each is
 * set once. Source: Delta's UpdateExpressionsSupport.
 */
import { didYouMean } from '../../../catalog/closest-name.ts';
import type { CodedError } from '../../../catalog/coded-error.ts';
import type { StructField } from '../../../catalog/data-type.ts';
import { errorAt } from '../../errors.ts';
import type { SourceSlice } from '../../parse/source-slice.ts';
import type { AssignedValue, Assignment } from '../../parse/statement.ts';
import { typeName } from '../../types.ts';
import { identityOf } from '../identity-columns.ts';
import { findField } from '../insert-columns.ts';
import type { RowTarget } from './row-target.ts';

export type RowValue =
  | { readonly kind: 'user'; readonly expression: SourceSlice }
  /** A column of the source, as SQL. */
  | { readonly kind: 'source'; readonly sql: string; readonly start: number }
  | { readonly kind: 'default'; readonly start: number };

export type Assigned =
  | { readonly kind: 'value'; readonly value: RowValue }
  /** Fields of a struct by their names; the others keep their values. */
  | { readonly kind: 'fields'; readonly fields: ReadonlyMap<string, Assigned> };

/** By the names that the schema has. A column that is not in it keeps its value. */
export type AssignedColumns = ReadonlyMap<string, Assigned>;

/** A name in SET, without the table's. */
interface Path {
  readonly parts: readonly string[];
  readonly start: number;
  readonly value: RowValue;
}

export function valueOf(value: AssignedValue): RowValue {
  return value.kind === 'default'
    ? { kind: 'default', start: value.start }
    : { kind: 'user', expression: value.expression };
}

/**
 * @param source the statement's text, for positions
 * @throws DELTA_MISSING_SET_COLUMN, DELTA_CONFLICT_SET_COLUMN,
 *   DELTA_UNSUPPORTED_FIELD_UPDATE_NON_STRUCT, DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED
 */
export function assignedColumns(
  assignments: readonly Assignment[],
  fields: readonly StructField[],
  target: Pick<RowTarget, 'name' | 'alias'>,
  source: string,
): AssignedColumns {
  const paths = assignments.map(({ column, value }): Path => ({
    parts: withoutTable(column.parts, fields, target),
    start: column.start,
    value: valueOf(value),
  }));
  const assigned = assignFields(paths, fields, '', source);
  for (const path of paths) {
    const field = findField(fields, path.parts[0] ?? '');
    if (field === undefined || identityOf(field) === undefined) continue;
    throw errorAt(source, path.start, {
      code: 'DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED',
      message: `UPDATE on IDENTITY column ${field.name} is not supported.`,
    });
  }
  return assigned;
}

/** The parts behind the table's own name or alias, where those before are that. */
function withoutTable(
  parts: readonly string[],
  fields: readonly StructField[],
  { name, alias }: Pick<RowTarget, 'name' | 'alias'>,
): readonly string[] {
  const names =
    alias === undefined ? name.parts.map((_, from) => name.parts.slice(from)) : [[alias]];
  const own = names.find(
    (qualifier) =>
      qualifier.length < parts.length &&
      qualifier.every((part, index) => isSame(part, parts[index] ?? '')) &&
      findField(fields, parts[qualifier.length] ?? '') !== undefined,
  );
  return own === undefined ? parts : parts.slice(own.length);
}

function assignFields(
  paths: readonly Path[],
  fields: readonly StructField[],
  prefix: string,
  source: string,
): ReadonlyMap<string, Assigned> {
  const groups = new Map<StructField, Path[]>();
  for (const path of paths) {
    const [first = ''] = path.parts;
    const field = findField(fields, first);
    if (field === undefined) throw missing(path, fields, prefix, source);
    const group = groups.get(field);
    if (group === undefined) groups.set(field, [path]);
    else group.push(path);
  }
  return new Map(
    [...groups].map(([field, group]) => [field.name, assignField(field, group, prefix, source)]),
  );
}

function assignField(
  field: StructField,
  paths: readonly Path[],
  prefix: string,
  source: string,
): Assigned {
  const name = `${prefix}${field.name}`;
  const [first, second] = paths;
  const whole = paths.find(({ parts }) => parts.length === 1);
  if (whole !== undefined) {
    if (second === undefined) return { kind: 'value', value: whole.value };
    const names = paths.map(({ parts }) => `${prefix}${parts.join('.')}`).join(', ');
    throw errorAt(source, second.start, {
      code: 'DELTA_CONFLICT_SET_COLUMN',
      message: `There is a conflict from these SET columns: ${names}.`,
    });
  }
  if (field.type.kind !== 'struct') {
    throw errorAt(source, first?.start ?? 0, {
      code: 'DELTA_UNSUPPORTED_FIELD_UPDATE_NON_STRUCT',
      message: `Fields can be set of structs only, but "${name}" is ${typeName(field.type)}.`,
    });
  }
  const inner = paths.map((path) => ({ ...path, parts: path.parts.slice(1) }));
  return { kind: 'fields', fields: assignFields(inner, field.type.fields, `${name}.`, source) };
}

function missing(
  { parts, start }: Path,
  fields: readonly StructField[],
  prefix: string,
  source: string,
): CodedError {
  const names = fields.map(({ name }) => name);
  return errorAt(source, start, {
    code: 'DELTA_MISSING_SET_COLUMN',
    message: `SET column ${prefix}${parts.join('.')} not found given columns: ${names.join(', ')}.`,
    hint: didYouMean(parts[0] ?? '', names),
  });
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
