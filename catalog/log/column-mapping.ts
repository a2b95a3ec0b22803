/**
 * Column mapping: under which physical names and field ids the columns lie in the data files,
 * in partition values and in statistics.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping
 *
 * Mode `none`: physical names are the logical ones. `name`: found by physical name. `id`: found by
 * the Parquet field id; partition values and statistics still go by physical name.
 */
import { CodedError } from '../coded-error.ts';
import type { DataType, StructField, StructType } from '../data-type.ts';
import type { Metadata, Protocol } from './actions.ts';
import { supportsFeature } from './protocol.ts';

export type ColumnMappingMode = 'none' | 'name' | 'id';

const modeKey = 'delta.columnMapping.mode';
const nameKey = 'delta.columnMapping.physicalName';
const idKey = 'delta.columnMapping.id';

/**
 * The mode of a table (a snapshot has both fields). Without the table feature the property means
 * nothing and the mode is `none`.
 *
 * @throws DELTA_LOG_CORRUPT for a mode there is not
 */
export function columnMappingMode(table: {
  readonly protocol: Protocol;
  readonly metadata: Metadata;
}): ColumnMappingMode {
  const { configuration } = table.metadata;
  const mode = Object.hasOwn(configuration, modeKey) ? configuration[modeKey] : undefined;
  if (mode === undefined || !supportsFeature(table.protocol, 'columnMapping')) return 'none';
  if (mode === 'none' || mode === 'name' || mode === 'id') return mode;
  throw new CodedError('DELTA_LOG_CORRUPT', `The table has ${modeKey} = ${JSON.stringify(mode)}.`);
}

/** @throws DELTA_LOG_CORRUPT when the mode needs a physical name and the field has none */
export function physicalName(field: StructField, mode: ColumnMappingMode): string {
  if (mode === 'none') return field.name;
  const name = field.metadata[nameKey];
  if (typeof name === 'string' && name !== '') return name;
  throw missing(field, nameKey);
}

/** The Parquet field id. @throws DELTA_LOG_CORRUPT when the field has none */
export function fieldId(field: StructField): number {
  const id = field.metadata[idKey];
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id;
  throw missing(field, idKey);
}

function missing(field: StructField, key: string): CodedError {
  const value = field.metadata[key];
  const found = value === undefined ? 'none' : JSON.stringify(value);
  return new CodedError(
    'DELTA_LOG_CORRUPT',
    `Column "${field.name}" of a table with column mapping needs ${key}, and has ${found}.`,
  );
}

/** The field as the data files have it: it and every field nested in it under physical names. */
export function physicalField(field: StructField, mode: ColumnMappingMode): StructField {
  if (mode === 'none') return field;
  return { ...field, name: physicalName(field, mode), type: physicalType(field.type, mode) };
}

/**
 * The schema under physical names.
 *
 * @throws DELTA_LOG_CORRUPT when a name is missing, or two fields of a struct share a name or an id
 */
export function physicalSchema(schema: StructType, mode: ColumnMappingMode): StructType {
  if (mode === 'none') return schema;
  requireDistinct(schema.fields, (field) => physicalName(field, mode), nameKey);
  if (mode === 'id') requireDistinct(schema.fields, fieldId, idKey);
  return { kind: 'struct', fields: schema.fields.map((field) => physicalField(field, mode)) };
}

function physicalType(type: DataType, mode: ColumnMappingMode): DataType {
  if (type.kind === 'struct') return physicalSchema(type, mode);
  if (type.kind === 'array') {
    return { ...type, elementType: physicalType(type.elementType, mode) };
  }
  if (type.kind !== 'map') return type;
  const { keyType, valueType } = type;
  return {
    ...type,
    keyType: physicalType(keyType, mode),
    valueType: physicalType(valueType, mode),
  };
}

function requireDistinct(
  fields: readonly StructField[],
  keyOf: (field: StructField) => string | number,
  key: string,
): void {
  const seen = new Map<string | number, string>();
  for (const field of fields) {
    const value = keyOf(field);
    const other = seen.get(value);
    if (other !== undefined) {
      throw new CodedError(
        'DELTA_LOG_CORRUPT',
        `Columns "${other}" and "${field.name}" have the same ${key}, ${JSON.stringify(value)}.`,
      );
    }
    seen.set(value, field.name);
  }
}

/** A column without parts of its own, however deep in structs: what statistics are kept for. */
export interface LeafColumn {
  readonly logicalPath: readonly string[];
  readonly physicalPath: readonly string[];
  readonly type: DataType;
}

/** The leaves of a schema in order. Arrays and maps are leaves: nothing is known of their parts. */
export function leafColumns(schema: StructType, mode: ColumnMappingMode): readonly LeafColumn[] {
  const leaves: LeafColumn[] = [];
  function visit(fields: readonly StructField[], logical: string[], physical: string[]): void {
    for (const field of fields) {
      const logicalPath = [...logical, field.name];
      const physicalPath = [...physical, physicalName(field, mode)];
      if (field.type.kind === 'struct') visit(field.type.fields, logicalPath, physicalPath);
      else leaves.push({ logicalPath, physicalPath, type: field.type });
    }
  }
  visit(schema.fields, [], []);
  return leaves;
}
