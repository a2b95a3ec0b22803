/**
 * How the values of a column lie in a file, where that is not simply as the column's type: what
 * `read_parquet` must be told to read them as, and what `logical-value-sql.ts` must make of them.
 * Pure.
 *
 * Sources: the Delta protocol on variants
 * (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#variant-data-type), Parquet on strings
 * (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#string), Spark's
 * `DataSourceUtils` on calendars.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { quoteIdentifier } from '../quote.ts';
import { duckdbType } from '../types.ts';
import { getByName, type FileCalendar, type FileType, type VariantNulls } from './file-shape.ts';

export type StoredType =
  /** As the column's type; a narrower number is widened by DuckDB itself. */
  | { readonly kind: 'same' }
  /** A string without the annotation that makes a text of its bytes. */
  | { readonly kind: 'bytes' }
  /** A binary with that annotation. */
  | { readonly kind: 'text' }
  /** A variant without annotation: a struct of two blobs. */
  | { readonly kind: 'variantBytes' }
  /** An annotated variant, which DuckDB reads without telling NULL from a variant's `null`. */
  | { readonly kind: 'variant'; readonly nulls: Exclude<VariantNulls, 'sql'> }
  /** Days and instants counted in the hybrid calendar. */
  | { readonly kind: 'hybridDate' }
  | { readonly kind: 'hybridTimestamp'; readonly zone: string | undefined }
  | { readonly kind: 'struct'; readonly fields: readonly StoredType[] }
  | { readonly kind: 'array'; readonly element: StoredType }
  | { readonly kind: 'map'; readonly key: StoredType; readonly value: StoredType };

export const same: StoredType = Object.freeze({ kind: 'same' });

export interface FileFacts {
  readonly calendar: FileCalendar;
  /** Whether the file may have dates and instants that the hybrid calendar counts differently. */
  readonly mayBeOld: boolean;
  /** By the path in the file, joined by NUL. */
  readonly variantNulls: ReadonlyMap<string, VariantNulls>;
}

/**
 * How `field`, under the names that files use, is stored in a file's column of the type `file`.
 * Throws UNSUPPORTED_FEATURE for variants that are stored in no way that Levee reads.
 */
export function storedType(field: StructField, file: FileType, facts: FileFacts): StoredType {
  return new Comparison(facts, field.name).compare(field.type, file, [field.name]);
}

class Comparison {
  readonly #facts: FileFacts;
  readonly #columnName: string;

  constructor(facts: FileFacts, columnName: string) {
    this.#facts = facts;
    this.#columnName = columnName;
  }

  compare(type: DataType, file: FileType, path: readonly string[]): StoredType {
    switch (type.kind) {
      case 'variant':
        return this.#variant(file, path);
      case 'string':
        return isLeaf(file, 'BLOB') ? { kind: 'bytes' } : same;
      case 'binary':
        return isLeaf(file, 'VARCHAR') || isLeaf(file, 'JSON') ? { kind: 'text' } : same;
      case 'date': {
        const { calendar, mayBeOld } = this.#facts;
        return mayBeOld && calendar.dates === 'hybrid' ? { kind: 'hybridDate' } : same;
      }
      case 'timestamp': {
        const { calendar, mayBeOld } = this.#facts;
        if (!mayBeOld || calendar.timestamps !== 'hybrid') return same;
        return { kind: 'hybridTimestamp', zone: calendar.zone };
      }
      case 'struct': {
        if (file.kind !== 'struct') return same;
        const fields = type.fields.map((field) => {
          const found = getByName(file.fields, field.name);
          return found === undefined
            ? same
            : this.compare(field.type, found, [...path, field.name]);
        });
        return fields.every(isSame) ? same : { kind: 'struct', fields };
      }
      case 'array': {
        if (file.kind !== 'list') return same;
        const element = this.compare(type.elementType, file.element, [...path, '[]']);
        return isSame(element) ? same : { kind: 'array', element };
      }
      case 'map': {
        if (file.kind !== 'map') return same;
        const key = this.compare(type.keyType, file.key, [...path, 'key']);
        const value = this.compare(type.valueType, file.value, [...path, 'value']);
        return isSame(key) && isSame(value) ? same : { kind: 'map', key, value };
      }
      case 'boolean':
      case 'byte':
      case 'short':
      case 'integer':
      case 'long':
      case 'float':
      case 'double':
      case 'decimal':
      case 'timestamp_ntz':
      case 'void':
        return same;
    }
  }

  #variant(file: FileType, path: readonly string[]): StoredType {
    if (isLeaf(file, 'VARIANT')) {
      const nulls = this.#facts.variantNulls.get(path.join('\0')) ?? 'unknown';
      return nulls === 'sql' ? same : { kind: 'variant', nulls };
    }
    if (file.kind === 'struct') {
      const { fields } = file;
      const [value, metadata] = [fields.get('value'), fields.get('metadata')];
      const hasBoth = isLeaf(value, 'BLOB') && isLeaf(metadata, 'BLOB');
      if (hasBoth && fields.size === 2) return { kind: 'variantBytes' };
    }
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `The variant column "${this.#columnName}" lies in a data file in a form that Levee does not ` +
        'read: neither as value and metadata alone nor annotated as a variant (variantShredding ' +
        'without annotation).',
    );
  }
}

function isLeaf(type: FileType | undefined, name: string): boolean {
  return type?.kind === 'leaf' && type.name === name;
}

export function isSame(stored: StoredType): boolean {
  return stored.kind === 'same';
}

/** The DuckDB type that `read_parquet` is told to read the stored values as. */
export function storedDuckdbType(type: DataType, stored: StoredType): string {
  switch (stored.kind) {
    case 'same':
    case 'variant':
    case 'hybridDate':
    case 'hybridTimestamp':
      return duckdbType(type);
    case 'bytes':
      return 'BLOB';
    case 'text':
      return 'VARCHAR';
    case 'variantBytes':
      return 'STRUCT(metadata BLOB, value BLOB)';
    case 'struct': {
      if (type.kind !== 'struct' || type.fields.length === 0) return duckdbType(type);
      const fields = type.fields.map(
        ({ name, type: fieldType }, index) =>
          `${quoteIdentifier(name)} ${storedDuckdbType(fieldType, stored.fields[index] ?? same)}`,
      );
      return `STRUCT(${fields.join(', ')})`;
    }
    case 'array':
      if (type.kind !== 'array') return duckdbType(type);
      return `${storedDuckdbType(type.elementType, stored.element)}[]`;
    case 'map': {
      if (type.kind !== 'map') return duckdbType(type);
      const key = storedDuckdbType(type.keyType, stored.key);
      return `MAP(${key}, ${storedDuckdbType(type.valueType, stored.value)})`;
    }
  }
}
