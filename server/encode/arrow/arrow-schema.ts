/**
 * The Arrow schema of a result (https://arrow.apache.org/docs/format/Columnar.html). Every type has
 * an exact counterpart, so that a value is the same in every reader:
 *
 * - TIMESTAMP is microseconds with the zone UTC, TIMESTAMP_NTZ the same without a zone;
 * - DECIMAL is decimal128 whatever its precision; VOID is null;
 * - VARIANT is its JSON, with the canonical extension type `arrow.json`;
 * - MAP has keys that are not null, as Arrow demands; a VOID inside is null as well.
 */
import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  Map_ as MapType,
  Null,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  type DataType as ArrowType,
  type TypeMap,
} from 'apache-arrow';
import type { DataType } from '../../../catalog/data-type.ts';
import type { ResultColumn } from '../../../sql/sql-engine.ts';
import { typeName } from '../../../sql/types.ts';

/** Under this key a field's metadata names its type as answers in JSON do: `DECIMAL(18,4)`. */
export const typeNameKey = 'levee.type';

export function arrowSchema(
  columns: readonly ResultColumn[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Schema {
  const fields = columns.map(({ name, type, nullable }) => {
    const about = new Map([[typeNameKey, typeName(type)], ...extension(type)]);
    return new Field(name, arrowType(type), nullable, about);
  });
  return new Schema(fields, new Map(metadata));
}

export function arrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case 'boolean':
      return new Bool();
    case 'byte':
      return new Int8();
    case 'short':
      return new Int16();
    case 'integer':
      return new Int32();
    case 'long':
      return new Int64();
    case 'float':
      return new Float32();
    case 'double':
      return new Float64();
    case 'string':
    case 'variant':
      return new Utf8();
    case 'binary':
      return new Binary();
    case 'date':
      return new DateDay();
    case 'timestamp':
      return new TimestampMicrosecond('UTC');
    case 'timestamp_ntz':
      return new TimestampMicrosecond();
    case 'void':
      return new Null();
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128);
    case 'array':
      return new List(nested('element', type.elementType, type.containsNull));
    case 'map':
      return new MapType(
        new Field(
          'entries',
          new Struct<{ key: ArrowType; value: ArrowType }>([
            nested('key', type.keyType, false),
            nested('value', type.valueType, type.valueContainsNull),
          ]),
          false,
        ),
      );
    case 'struct':
      return new Struct<TypeMap>(
        type.fields.map((field) => nested(field.name, field.type, field.nullable)),
      );
  }
}

function nested(name: string, type: DataType, nullable: boolean): Field<ArrowType> {
  return new Field(name, arrowType(type), nullable, new Map(extension(type)));
}

/** https://arrow.apache.org/docs/format/CanonicalExtensions.html#json */
function extension(type: DataType): readonly (readonly [string, string])[] {
  if (type.kind !== 'variant') return [];
  return [
    ['ARROW:extension:name', 'arrow.json'],
    ['ARROW:extension:metadata', ''],
  ];
}
