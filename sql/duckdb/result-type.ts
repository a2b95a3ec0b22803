/**
 * The types of a DuckDB result: what each becomes in an answer, and how its vectors are laid out.
 * The table is the one of the public interface ("Result types"); what has no exact counterpart is
 * refused by name with the CAST to use, never changed silently.
 */
import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, PrimitiveName, StructField } from '../../catalog/data-type.ts';
import { emptyStructField } from '../types.ts';

type FlatLayout =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'decimal16'
  | 'decimal32'
  | 'decimal64'
  | 'decimal128'
  | 'hugeint'
  | 'uhugeint'
  | 'seconds'
  | 'milliseconds'
  | 'bytes'
  | 'time'
  | 'uuid'
  | 'interval'
  | 'variant';

export type ResultType = { readonly dataType: DataType } & (
  | { readonly layout: FlatLayout }
  | { readonly layout: 'enum8' | 'enum16' | 'enum32'; readonly members: readonly string[] }
  | { readonly layout: 'struct'; readonly children: readonly ResultType[]; readonly empty: boolean }
  | { readonly layout: 'list'; readonly child: ResultType }
  | { readonly layout: 'fixedList'; readonly child: ResultType; readonly size: number }
  | { readonly layout: 'map'; readonly entries: ResultType }
);

const flat: { readonly [id: number]: readonly [FlatLayout, PrimitiveName] | undefined } = {
  [DuckDBTypeId.BOOLEAN]: ['boolean', 'boolean'],
  [DuckDBTypeId.TINYINT]: ['int8', 'byte'],
  [DuckDBTypeId.SMALLINT]: ['int16', 'short'],
  [DuckDBTypeId.INTEGER]: ['int32', 'integer'],
  [DuckDBTypeId.BIGINT]: ['int64', 'long'],
  [DuckDBTypeId.UTINYINT]: ['uint8', 'short'],
  [DuckDBTypeId.USMALLINT]: ['uint16', 'integer'],
  [DuckDBTypeId.UINTEGER]: ['uint32', 'long'],
  [DuckDBTypeId.FLOAT]: ['float32', 'float'],
  [DuckDBTypeId.DOUBLE]: ['float64', 'double'],
  [DuckDBTypeId.VARCHAR]: ['bytes', 'string'],
  [DuckDBTypeId.BLOB]: ['bytes', 'binary'],
  [DuckDBTypeId.DATE]: ['int32', 'date'],
  [DuckDBTypeId.TIMESTAMP]: ['int64', 'timestamp_ntz'],
  [DuckDBTypeId.TIMESTAMP_TZ]: ['int64', 'timestamp'],
  [DuckDBTypeId.TIMESTAMP_S]: ['seconds', 'timestamp_ntz'],
  [DuckDBTypeId.TIMESTAMP_MS]: ['milliseconds', 'timestamp_ntz'],
  [DuckDBTypeId.TIME]: ['time', 'string'],
  [DuckDBTypeId.UUID]: ['uuid', 'string'],
  [DuckDBTypeId.INTERVAL]: ['interval', 'string'],
  [DuckDBTypeId.SQLNULL]: ['int32', 'void'],
  [DuckDBTypeId.VARIANT]: ['variant', 'variant'],
};

/** What to write instead, for the types that have no exact counterpart. */
const casts: { readonly [id: number]: string | undefined } = {
  [DuckDBTypeId.TIMESTAMP_NS]: 'TIMESTAMP',
  [DuckDBTypeId.TIME_TZ]: 'VARCHAR',
  [DuckDBTypeId.TIME_NS]: 'TIME',
};

/** Throws UNSUPPORTED_RESULT_TYPE for a type that cannot be answered exactly. */
export function resultType(type: DuckDBType, columnName: string): ResultType {
  const simple = flat[type.typeId];
  if (simple !== undefined) return { layout: simple[0], dataType: { kind: simple[1] } };
  switch (type.typeId) {
    case DuckDBTypeId.UBIGINT:
      return { layout: 'uint64', dataType: { kind: 'decimal', precision: 20, scale: 0 } };
    case DuckDBTypeId.HUGEINT:
      return { layout: 'hugeint', dataType: { kind: 'decimal', precision: 38, scale: 0 } };
    case DuckDBTypeId.UHUGEINT:
      return { layout: 'uhugeint', dataType: { kind: 'decimal', precision: 38, scale: 0 } };
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type;
      const dataType: DataType = { kind: 'decimal', precision: width, scale };
      if (width <= 4) return { layout: 'decimal16', dataType };
      if (width <= 9) return { layout: 'decimal32', dataType };
      return { layout: width <= 18 ? 'decimal64' : 'decimal128', dataType };
    }
    case DuckDBTypeId.ENUM: {
      const { values, internalTypeId } = type;
      const layout =
        internalTypeId === DuckDBTypeId.UTINYINT
          ? 'enum8'
          : internalTypeId === DuckDBTypeId.USMALLINT
            ? 'enum16'
            : 'enum32';
      return { layout, members: values, dataType: { kind: 'string' } };
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type;
      const children = entryTypes.map((entry) => resultType(entry, columnName));
      const empty = entryNames.length === 1 && entryNames[0] === emptyStructField;
      const fields = children.map((child, index) =>
        nullableField(entryNames[index] ?? '', child.dataType),
      );
      return {
        layout: 'struct',
        children,
        empty,
        dataType: { kind: 'struct', fields: empty ? [] : fields },
      };
    }
    case DuckDBTypeId.LIST: {
      const child = resultType(type.valueType, columnName);
      return { layout: 'list', child, dataType: arrayOf(child) };
    }
    case DuckDBTypeId.ARRAY: {
      const { valueType, length } = type;
      const child = resultType(valueType, columnName);
      return { layout: 'fixedList', child, size: length, dataType: arrayOf(child) };
    }
    case DuckDBTypeId.MAP: {
      const { keyType, valueType } = type;
      const keys = resultType(keyType, columnName);
      const values = resultType(valueType, columnName);
      const entries: ResultType = {
        layout: 'struct',
        children: [keys, values],
        empty: false,
        dataType: {
          kind: 'struct',
          fields: [nullableField('key', keys.dataType), nullableField('value', values.dataType)],
        },
      };
      const dataType: DataType = {
        kind: 'map',
        keyType: keys.dataType,
        valueType: values.dataType,
        valueContainsNull: true,
      };
      return { layout: 'map', entries, dataType };
    }
    default:
      throw new CodedError(
        'UNSUPPORTED_RESULT_TYPE',
        `The column "${columnName}" has the type ${type.toString()}, which has no counterpart in an answer.`,
        { hint: `Write CAST(... AS ${casts[type.typeId] ?? 'VARCHAR'}) in the query.` },
      );
  }
}

function nullableField(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}

function arrayOf(child: ResultType): DataType {
  return { kind: 'array', elementType: child.dataType, containsNull: true };
}
