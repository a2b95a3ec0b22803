/**
 * Whether changes written under one schema can be read with another. Adding columns is fine, and so
 * is widening a type; what was dropped, renamed, retyped or partitioned otherwise cannot be told
 * truly in the other schema, so Delta refuses the range.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#change-data-files
 */
import type { DataType, StructField, StructType } from './data-type.ts';
import { physicalName, type ColumnMappingMode } from './log/column-mapping.ts';

export interface MappedSchema {
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  readonly mode: ColumnMappingMode;
}

/** What of `written` cannot be read as `read`, in words; `undefined` when all can. */
export function schemaDifference(written: MappedSchema, read: MappedSchema): string | undefined {
  const partitions = (schema: MappedSchema): string => JSON.stringify(schema.partitionColumns);
  if (partitions(written) !== partitions(read)) {
    return `the partition columns ${partitions(written)} became ${partitions(read)}`;
  }
  return fieldsDifference(written.schema, read.schema, '', { written, read });
}

interface Modes {
  readonly written: { readonly mode: ColumnMappingMode };
  readonly read: { readonly mode: ColumnMappingMode };
}

function fieldsDifference(
  written: StructType,
  read: StructType,
  prefix: string,
  modes: Modes,
): string | undefined {
  const later = new Map<string, StructField>(
    read.fields.map((field) => [physicalName(field, modes.read.mode), field]),
  );
  for (const field of written.fields) {
    const name = `${prefix}${field.name}`;
    const found = later.get(physicalName(field, modes.written.mode));
    if (found === undefined) return `the column "${name}" is gone`;
    if (found.name !== field.name) return `the column "${name}" became "${found.name}"`;
    const difference = typeDifference(field.type, found.type, name, modes);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function typeDifference(
  written: DataType,
  read: DataType,
  name: string,
  modes: Modes,
): string | undefined {
  if (written.kind === 'struct' && read.kind === 'struct') {
    return fieldsDifference(written, read, `${name}.`, modes);
  }
  if (written.kind === 'array' && read.kind === 'array') {
    return typeDifference(written.elementType, read.elementType, `${name}.element`, modes);
  }
  if (written.kind === 'map' && read.kind === 'map') {
    return (
      typeDifference(written.keyType, read.keyType, `${name}.key`, modes) ??
      typeDifference(written.valueType, read.valueType, `${name}.value`, modes)
    );
  }
  if (isWidened(written, read)) return undefined;
  return `the type of "${name}" became ${read.kind}, from ${written.kind}`;
}

const integers = ['byte', 'short', 'integer', 'long'];
/** Digits that the integers need before the point. */
const integerDigits: readonly number[] = [3, 5, 10, 19];

/**
 * The same type, or one that holds all its values:
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#type-widening
 */
function isWidened(from: DataType, to: DataType): boolean {
  const integer = integers.indexOf(from.kind);
  if (to.kind === 'decimal') {
    const digits = to.precision - to.scale;
    if (from.kind === 'decimal') {
      return to.scale >= from.scale && digits >= from.precision - from.scale;
    }
    return integer >= 0 && digits >= (integerDigits[integer] ?? 0);
  }
  if (from.kind === to.kind) return true;
  if (integer >= 0 && integers.includes(to.kind)) return integers.indexOf(to.kind) > integer;
  if (to.kind === 'double') return from.kind === 'float' || (integer >= 0 && integer <= 2);
  return from.kind === 'date' && to.kind === 'timestamp_ntz';
}
