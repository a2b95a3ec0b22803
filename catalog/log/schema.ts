/**
 * Delta's schema JSON to `StructType` and back.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#schema-serialization-format
 *
 * `char(n)` and `varchar(n)`, which only some writers leave in the log, are read as `string`.
 */
import { CodedError } from '../coded-error.ts';
import type { DataType, JsonValue, PrimitiveName, StructField, StructType } from '../data-type.ts';

const primitives: ReadonlySet<string> = new Set<PrimitiveName>([
  'boolean',
  'byte',
  'short',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'variant',
  'void',
]);
const depthMax = 200;

/**
 * The schema in `schemaString`. `table` names the table in messages. Throws DELTA_LOG_CORRUPT for
 * what is not a schema and UNSUPPORTED_DATATYPE, naming the column, for a type not known here.
 */
export function parseSchema(schemaString: string, table: string): StructType {
  let json: unknown;
  try {
    json = JSON.parse(schemaString);
  } catch (cause) {
    throw corrupt(table, 'it is not JSON', cause);
  }
  const type = readType(json, [], table);
  if (type.kind !== 'struct') throw corrupt(table, `it is a ${type.kind}, not a struct`);
  return type;
}

/** The JSON text for `metaData.schemaString`. */
export function serializeSchema(schema: StructType): string {
  return JSON.stringify(typeJson(schema));
}

function corrupt(table: string, what: string, cause?: unknown): CodedError {
  return new CodedError('DELTA_LOG_CORRUPT', `The schema of ${table} is damaged: ${what}.`, {
    cause,
  });
}

function readType(json: unknown, path: readonly string[], table: string): DataType {
  if (path.length > depthMax)
    throw corrupt(table, `it is nested more than ${depthMax} levels deep`);
  if (typeof json === 'string') return readNamedType(json, path, table);
  if (!isRecord(json)) throw corrupt(table, `${columnText(path)} has no type`);
  switch (json['type']) {
    case 'struct':
      return readStruct(json, path, table);
    case 'array':
      return {
        kind: 'array',
        elementType: readType(json['elementType'], [...path, 'element'], table),
        containsNull: readFlag(json, 'containsNull', path, table),
      };
    case 'map':
      return {
        kind: 'map',
        keyType: readType(json['keyType'], [...path, 'key'], table),
        valueType: readType(json['valueType'], [...path, 'value'], table),
        valueContainsNull: readFlag(json, 'valueContainsNull', path, table),
      };
    default:
      if (typeof json['type'] === 'string') throw unsupported(json['type'], path, table);
      throw corrupt(table, `${columnText(path)} has no type`);
  }
}

function readStruct(
  json: { readonly [key: string]: unknown },
  path: readonly string[],
  table: string,
): StructType {
  const fields = json['fields'];
  if (!Array.isArray(fields)) throw corrupt(table, `${columnText(path)} has no list of fields`);
  const names = new Set<string>();
  return {
    kind: 'struct',
    fields: fields.map((field: unknown) => {
      const read = readField(field, path, table);
      const key = read.name.toLowerCase();
      if (names.has(key))
        throw corrupt(table, `it has two columns ${columnText([...path, read.name])}`);
      names.add(key);
      return read;
    }),
  };
}

function readField(json: unknown, path: readonly string[], table: string): StructField {
  if (!isRecord(json) || typeof json['name'] !== 'string') {
    throw corrupt(table, `a field of ${columnText(path)} has no name`);
  }
  const { name, metadata = {} } = json;
  const fieldPath = [...path, name];
  if (metadata !== null && !isRecord(metadata)) {
    throw corrupt(table, `the metadata of ${columnText(fieldPath)} is not an object`);
  }
  const type = readType(json['type'], fieldPath, table);
  return {
    name,
    type: collatedType(type, metadata ?? {}, fieldPath, table),
    nullable: readFlag(json, 'nullable', fieldPath, table),
    metadata: (metadata ?? {}) as { readonly [key: string]: JsonValue },
  };
}

/**
 * The type with the collations that the field's metadata gives its strings, those in arrays and maps
 * included. Only UTF8_BINARY is the order of bytes.
 */
function collatedType(
  type: DataType,
  metadata: { readonly [key: string]: unknown },
  path: readonly string[],
  table: string,
): DataType {
  const collations = metadata['__COLLATIONS'];
  if (!isRecord(collations)) return type;
  const left = new Map(Object.entries(collations));
  const collate = (of: DataType, at: string): DataType => {
    switch (of.kind) {
      case 'string': {
        const collation = collationName(left.get(at));
        if (collation === undefined) return of;
        left.delete(at);
        return collation === 'UTF8_BINARY' ? of : { kind: 'string', collation };
      }
      case 'array':
        return { ...of, elementType: collate(of.elementType, `${at}.element`) };
      case 'map': {
        const keyType = collate(of.keyType, `${at}.key`);
        return { ...of, keyType, valueType: collate(of.valueType, `${at}.value`) };
      }
      default:
        return of;
    }
  };
  const collated = collate(type, path.at(-1) ?? '');
  const [unknown] = left;
  if (unknown === undefined) return collated;
  throw new CodedError(
    'UNSUPPORTED_DATATYPE',
    `Column ${columnText(path)} of ${table} has the collation ${String(unknown[1])} at ` +
      `"${unknown[0]}", where it has no string.`,
    { hint: 'Read the table with an engine that supports collations.' },
  );
}

/** `UNICODE_CI` of `icu.UNICODE_CI` or `icu.UNICODE_CI.75.1`: provider, name, version. */
function collationName(text: unknown): string | undefined {
  const name =
    typeof text === 'string' ? /^(?:\w+\.)?([A-Za-z]\w*)(?:\.[\d.]+)?$/.exec(text) : null;
  return name?.[1];
}

/** Absent means true, the weaker promise. */
function readFlag(
  json: { readonly [key: string]: unknown },
  name: string,
  path: readonly string[],
  table: string,
): boolean {
  const value = json[name] ?? true;
  if (typeof value === 'boolean') return value;
  throw corrupt(table, `"${name}" of ${columnText(path)} is neither true nor false`);
}

function readNamedType(name: string, path: readonly string[], table: string): DataType {
  if (primitives.has(name)) return { kind: name as PrimitiveName };
  if (name === 'null') return { kind: 'void' };
  if (name === 'decimal') return { kind: 'decimal', precision: 10, scale: 0 };
  if (/^(var)?char\(\s*\d+\s*\)$/.test(name)) return { kind: 'string' };
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/.exec(name);
  if (decimal === null) throw unsupported(name, path, table);
  const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    throw unsupported(name, path, table);
  }
  return { kind: 'decimal', precision, scale };
}

function unsupported(name: string, path: readonly string[], table: string): CodedError {
  return new CodedError(
    'UNSUPPORTED_DATATYPE',
    `The column ${columnText(path)} of ${table} has the type ${name}, which Levee cannot read.`,
  );
}

function columnText(path: readonly string[]): string {
  return path.length === 0 ? 'the table' : `"${path.join('.')}"`;
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeJson(type: DataType): JsonValue {
  switch (type.kind) {
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map(({ name, type: fieldType, nullable, metadata }) => ({
          name,
          type: typeJson(fieldType),
          nullable,
          metadata,
        })),
      };
    case 'array': {
      const { elementType, containsNull } = type;
      return { type: 'array', elementType: typeJson(elementType), containsNull };
    }
    case 'map': {
      const { keyType, valueType, valueContainsNull } = type;
      return {
        type: 'map',
        keyType: typeJson(keyType),
        valueType: typeJson(valueType),
        valueContainsNull,
      };
    }
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
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
    case 'variant':
    case 'void':
      return type.kind;
  }
}
