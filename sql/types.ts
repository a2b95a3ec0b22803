/**
 * The one type table: what each Delta type is called in answers, and what it is in DuckDB.
 * The way back, from the types of a DuckDB result, is `duckdb/result-type.ts`; the JSON forms of
 * the values are in `server/encode/`. Source of the names: Spark SQL's data types and the Delta
 * protocol's schema serialization.
 */
import type { DataType } from '../catalog/data-type.ts';
import { quoteIdentifier } from './quote.ts';

/**
 * The type's name as Spark and Databricks write it, `DECIMAL(18,4)`, `ARRAY<STRUCT<a: BIGINT>>`.
 */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'byte':
      return 'TINYINT';
    case 'short':
      return 'SMALLINT';
    case 'integer':
      return 'INT';
    case 'long':
      return 'BIGINT';
    case 'float':
      return 'FLOAT';
    case 'double':
      return 'DOUBLE';
    case 'string':
      return type.collation === undefined ? 'STRING' : `STRING COLLATE ${type.collation}`;
    case 'binary':
      return 'BINARY';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP';
    case 'timestamp_ntz':
      return 'TIMESTAMP_NTZ';
    case 'variant':
      return 'VARIANT';
    case 'void':
      return 'VOID';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `ARRAY<${typeName(type.elementType)}>`;
    case 'map':
      return `MAP<${typeName(type.keyType)}, ${typeName(type.valueType)}>`;
    case 'struct':
      return `STRUCT<${type.fields.map((f) => `${fieldName(f.name)}: ${typeName(f.type)}`).join(', ')}>`;
  }
}

/** A plain field name as it is, any other between backticks, as Spark prints it. */
function fieldName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/**
 * The DuckDB type that holds every value of the Delta type.
 * A struct without fields, which DuckDB does not have, gets one hidden field: see
 * `emptyStructField`.
 */
export function duckdbType(type: DataType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'byte':
      return 'TINYINT';
    case 'short':
      return 'SMALLINT';
    case 'integer':
      return 'INTEGER';
    case 'long':
      return 'BIGINT';
    case 'float':
      return 'FLOAT';
    case 'double':
      return 'DOUBLE';
    case 'string':
      return 'VARCHAR';
    case 'binary':
      return 'BLOB';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP WITH TIME ZONE';
    case 'timestamp_ntz':
      return 'TIMESTAMP';
    case 'variant':
      return 'VARIANT';
    case 'void':
      return 'INTEGER';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `${duckdbType(type.elementType)}[]`;
    case 'map':
      return `MAP(${duckdbType(type.keyType)}, ${duckdbType(type.valueType)})`;
    case 'struct': {
      if (type.fields.length === 0) return `STRUCT(${quoteIdentifier(emptyStructField)} BOOLEAN)`;
      const fields = type.fields.map((f) => `${quoteIdentifier(f.name)} ${duckdbType(f.type)}`);
      return `STRUCT(${fields.join(', ')})`;
    }
  }
}

/** The one field of the DuckDB struct that stands for a Delta struct without fields. */
export const emptyStructField = '__levee_empty';
