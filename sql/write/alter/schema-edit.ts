/**
 * Changes of a schema at a path: `a`, `s.x`, `list.element.x`, `map.value.x`. Names are found without
 * regard to case. Pure.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, StructField, StructType } from '../../../catalog/data-type.ts';
import type { ColumnPosition } from '../../parse/alter-statement.ts';

export interface FoundField {
  readonly field: StructField;
  /** As the schema spells it. */
  readonly path: readonly string[];
  /** What leads on from the field to a part of its type: `element`, `key`, `value`; often nothing. */
  readonly inner: readonly string[];
}

/** The field that a path names, or the nearest around the part of a list or map that it names. */
export function findField(schema: StructType, parts: readonly string[]): FoundField | undefined {
  let found: FoundField | undefined;
  let type: DataType = schema;
  let path: readonly string[] = [];
  for (const part of parts) {
    const step = stepInto(type, part);
    if (step === undefined) return undefined;
    path = [...path, step.name];
    type = step.type;
    if (step.field !== undefined) found = { field: step.field, path, inner: [] };
    else if (found !== undefined) found = { ...found, inner: [...found.inner, step.name] };
  }
  return found;
}

interface Step {
  readonly name: string;
  readonly type: DataType;
  readonly field?: StructField | undefined;
}

function stepInto(type: DataType, part: string): Step | undefined {
  const name = part.toLowerCase();
  if (type.kind === 'struct') {
    const field = type.fields.find((one) => isNamed(one, part));
    return field === undefined ? undefined : { name: field.name, type: field.type, field };
  }
  if (type.kind === 'array' && name === 'element') return { name, type: type.elementType };
  if (type.kind === 'map' && name === 'key') return { name, type: type.keyType };
  if (type.kind === 'map' && name === 'value') return { name, type: type.valueType };
  return undefined;
}

/** @throws COLUMN_NOT_FOUND */
export function requireField(schema: StructType, parts: readonly string[]): FoundField {
  const found = findField(schema, parts);
  if (found !== undefined) return found;
  throw noColumn(parts, schema.fields);
}

export function noColumn(parts: readonly string[], fields: readonly StructField[]): CodedError {
  return new CodedError('COLUMN_NOT_FOUND', `The table has no column "${parts.join('.')}".`, {
    hint: `Its columns are ${fields
      .slice(0, 20)
      .map(({ name }) => name)
      .join(', ')}.`,
  });
}

/**
 * The schema with other fields in the struct at `parents`; `[]` is the table itself.
 *
 * @throws COLUMN_NOT_FOUND; DELTA_ADD_COLUMN_PARENT_NOT_STRUCT
 */
export function editFields(
  schema: StructType,
  parents: readonly string[],
  edit: (fields: readonly StructField[]) => readonly StructField[],
): StructType {
  const within = (type: DataType, parts: readonly string[]): DataType => {
    const [first, ...rest] = parts;
    if (first === undefined) {
      if (type.kind === 'struct') return { kind: 'struct', fields: edit(type.fields) };
      throw new CodedError(
        'DELTA_ADD_COLUMN_PARENT_NOT_STRUCT',
        `"${parents.join('.')}" is no struct: it has no fields.`,
      );
    }
    return intoPart(type, first, (inner) => within(inner, rest), parents, schema);
  };
  const edited = within(schema, parents);
  return edited.kind === 'struct' ? edited : schema;
}

/** The type with another one at the end of `parts`. */
export function editType(
  type: DataType,
  parts: readonly string[],
  edit: (type: DataType) => DataType,
): DataType {
  const [first, ...rest] = parts;
  if (first === undefined) return edit(type);
  const none: StructType = { kind: 'struct', fields: [] };
  return intoPart(type, first, (inner) => editType(inner, rest, edit), parts, none);
}

function intoPart(
  type: DataType,
  part: string,
  edit: (type: DataType) => DataType,
  path: readonly string[],
  schema: StructType,
): DataType {
  if (stepInto(type, part) === undefined) throw noColumn(path, schema.fields);
  switch (type.kind) {
    case 'struct': {
      const fields = type.fields.map((field) =>
        isNamed(field, part) ? { ...field, type: edit(field.type) } : field,
      );
      return { kind: 'struct', fields };
    }
    case 'array':
      return { ...type, elementType: edit(type.elementType) };
    case 'map':
      return part.toLowerCase() === 'key'
        ? { ...type, keyType: edit(type.keyType) }
        : { ...type, valueType: edit(type.valueType) };
    default:
      return type;
  }
}

/** The schema with another field in the place of the one at `path`. */
export function replaceField(
  schema: StructType,
  path: readonly string[],
  change: (field: StructField) => StructField,
): StructType {
  const name = path.at(-1) ?? '';
  return editFields(schema, path.slice(0, -1), (fields) =>
    fields.map((field) => (isNamed(field, name) ? change(field) : field)),
  );
}

/** Puts a field at a position; at the end without one. @throws COLUMN_NOT_FOUND */
export function placeField(
  fields: readonly StructField[],
  field: StructField,
  position: ColumnPosition | undefined,
): readonly StructField[] {
  if (position === undefined) return [...fields, field];
  if (position.kind === 'first') return [field, ...fields];
  const index = fields.findIndex((one) => isNamed(one, position.name));
  if (index < 0) throw noColumn([position.name], fields);
  return [...fields.slice(0, index + 1), field, ...fields.slice(index + 1)];
}

export function isNamed({ name }: StructField, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}
