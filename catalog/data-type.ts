/**
 * The types of the Delta protocol as values
 * (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#schema-serialization-format).
 * `log/schema.ts` reads and writes their JSON; `sql/types.ts` maps them to DuckDB, JSON and text.
 */
export type PrimitiveName =
  | 'boolean'
  | 'byte'
  | 'short'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'variant'
  | 'void';

export interface PrimitiveType {
  readonly kind: PrimitiveName;
  /** Of a string whose order and equality are not those of its bytes: `UNICODE_CI`. */
  readonly collation?: string | undefined;
}
export interface DecimalType {
  readonly kind: 'decimal';
  /** 1 to 38. */
  readonly precision: number;
  readonly scale: number;
}
export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly StructField[];
}
export interface ArrayType {
  readonly kind: 'array';
  readonly elementType: DataType;
  readonly containsNull: boolean;
}
export interface MapType {
  readonly kind: 'map';
  readonly keyType: DataType;
  readonly valueType: DataType;
  readonly valueContainsNull: boolean;
}
export type DataType = PrimitiveType | DecimalType | StructType | ArrayType | MapType;

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export interface StructField {
  /** The logical name; the physical one is in the metadata when column mapping is on. */
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata: { readonly [key: string]: JsonValue };
}
