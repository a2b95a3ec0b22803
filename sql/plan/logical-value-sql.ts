/**
 * The value of a column out of a file -> the value of the table's type: nested fields under their
 * logical names, variants decoded, bytes made texts, days of the hybrid calendar counted anew.
 */
import type { DataType } from '../../catalog/data-type.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { raisedText } from '../raise.ts';
import { hybridDateSql, hybridTimestampSql } from './hybrid-calendar-sql.ts';
import { same, type StoredType } from './stored-type.ts';

/** The types of one value: in the files by name, in the table, and how it is stored. */
export interface ValueTypes {
  readonly physical: DataType;
  readonly logical: DataType;
  readonly stored: StoredType;
}

/** `sql` is read as `storedDuckdbType` says. The same text where nothing is to be done. */
export function logicalValueSql(sql: string, types: ValueTypes, depth = 0): string {
  const { physical, logical, stored } = types;
  if (stored.kind === 'same' && hasSameNames(physical, logical)) return sql;
  switch (stored.kind) {
    case 'bytes':
      return `decode(${sql})`;
    case 'text':
      return `encode(${sql})`;
    case 'variantBytes':
      return `__levee_variant(struct_extract(${sql}, 'metadata'), struct_extract(${sql}, 'value'))`;
    case 'variant':
      return `CASE WHEN ${sql} IS NULL THEN ${missingVariantSql(stored.nulls)} ELSE ${sql} END`;
    case 'hybridDate':
      return hybridDateSql(sql);
    case 'hybridTimestamp':
      return hybridTimestampSql(sql, stored.zone);
    case 'same':
    case 'struct':
    case 'array':
    case 'map':
      return nestedValueSql(sql, types, depth);
  }
}

function nestedValueSql(
  sql: string,
  { physical, logical, stored }: ValueTypes,
  depth: number,
): string {
  if (physical.kind === 'struct' && logical.kind === 'struct') {
    if (logical.fields.length === 0) return sql;
    const fields = logical.fields.map((field, index) => {
      const from = physical.fields[index] ?? field;
      const value = logicalValueSql(
        `struct_extract(${sql}, ${quoteString(from.name)})`,
        {
          physical: from.type,
          logical: field.type,
          stored: stored.kind === 'struct' ? (stored.fields[index] ?? same) : same,
        },
        depth,
      );
      return `${quoteIdentifier(field.name)} := ${value}`;
    });
    return `CASE WHEN ${sql} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`;
  }
  const element = `__levee_e${depth}`;
  if (physical.kind === 'array' && logical.kind === 'array') {
    const value = logicalValueSql(
      element,
      {
        physical: physical.elementType,
        logical: logical.elementType,
        stored: stored.kind === 'array' ? stored.element : same,
      },
      depth + 1,
    );
    return `list_transform(${sql}, lambda ${element}: ${value})`;
  }
  if (physical.kind === 'map' && logical.kind === 'map') {
    const isStored = stored.kind === 'map';
    const key = logicalValueSql(
      `${element}.key`,
      {
        physical: physical.keyType,
        logical: logical.keyType,
        stored: isStored ? stored.key : same,
      },
      depth + 1,
    );
    const value = logicalValueSql(
      `${element}.value`,
      {
        physical: physical.valueType,
        logical: logical.valueType,
        stored: isStored ? stored.value : same,
      },
      depth + 1,
    );
    const entries = `list_transform(map_entries(${sql}), lambda ${element}: struct_pack(key := ${key}, value := ${value}))`;
    return `CASE WHEN ${sql} IS NULL THEN NULL ELSE map_from_entries(${entries}) END`;
  }
  return sql;
}

/** What stands for a NULL that DuckDB read: the variant `null`, or the refusal to guess. */
function missingVariantSql(nulls: 'variant' | 'unknown'): string {
  if (nulls === 'variant') return `__levee_variant('\\x01\\x00\\x00'::BLOB, '\\x00'::BLOB)`;
  const message = raisedText(
    'UNSUPPORTED_FEATURE',
    'A variant of an annotated Parquet column is NULL or the JSON value null; which of the two it ' +
      'is cannot be told, so the rows are not read.',
  );
  return `error(${quoteString(message)})::VARIANT`;
}

function hasSameNames(a: DataType, b: DataType): boolean {
  if (a.kind === 'struct' && b.kind === 'struct') {
    return (
      a.fields.length === b.fields.length &&
      a.fields.every((field, index) => {
        const other = b.fields[index];
        return (
          other !== undefined && other.name === field.name && hasSameNames(field.type, other.type)
        );
      })
    );
  }
  if (a.kind === 'array' && b.kind === 'array') return hasSameNames(a.elementType, b.elementType);
  if (a.kind === 'map' && b.kind === 'map') {
    return hasSameNames(a.keyType, b.keyType) && hasSameNames(a.valueType, b.valueType);
  }
  return true;
}
