/** The names and types that the columns of a table can have. Pure. */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';

/** At any depth. @throws COLUMN_ALREADY_EXISTS, DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES */
export function requireColumnNames(fields: readonly StructField[], mapsColumns: boolean): void {
  const seen = new Set<string>();
  for (const { name, type } of fields) {
    if (seen.has(name.toLowerCase())) {
      throw new CodedError('COLUMN_ALREADY_EXISTS', `The column "${name}" occurs twice.`);
    }
    seen.add(name.toLowerCase());
    if (name === '' || (!mapsColumns && /[ ,;{}()\n\t=]/.test(name))) {
      throw new CodedError(
        'DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES',
        `The column name "${name}" has a character that Parquet columns of Delta tables cannot have without column mapping.`,
      );
    }
    requireNestedNames(type, mapsColumns);
  }
}

function requireNestedNames(type: DataType, mapsColumns: boolean): void {
  if (type.kind === 'struct') requireColumnNames(type.fields, mapsColumns);
  if (type.kind === 'array') requireNestedNames(type.elementType, mapsColumns);
  if (type.kind !== 'map') return;
  requireNestedNames(type.keyType, mapsColumns);
  requireNestedNames(type.valueType, mapsColumns);
}

/** The part of a type that no file can hold. */
export function unwritable(type: DataType): DataType | undefined {
  switch (type.kind) {
    case 'void':
    case 'variant':
      return type;
    case 'array':
      return unwritable(type.elementType);
    case 'map':
      return unwritable(type.keyType) ?? unwritable(type.valueType);
    case 'struct':
      return type.fields.length === 0
        ? type
        : type.fields.map((f) => unwritable(f.type)).find((t) => t !== undefined);
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'string':
    case 'binary':
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'decimal':
      return undefined;
  }
}
