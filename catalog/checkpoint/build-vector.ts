/**
 * Plain values to `ColumnVector`s: what few rows of a checkpoint hold. Files come by column and do
 * not pass through here.
 *
 *     primitive types   as in `log/scalar-value.ts`; a long may be a safe integer, too
 *     struct            an object with the fields' names
 *     array             an array
 *     map               an object; its keys are strings
 *     NULL              null or undefined
 */
import type { BooleanVector, BytesVector, ColumnVector, StructVector } from '../column-batch.ts';
import type { DataType, StructField, StructType } from '../data-type.ts';

export type Value =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [name: string]: Value };

const encoder = new TextEncoder();

export function vectorOf(type: DataType, values: readonly Value[]): ColumnVector {
  const length = values.length;
  const validity = validityOf(length, (i) => values[i] !== null && values[i] !== undefined);
  switch (type.kind) {
    case 'boolean':
      return {
        kind: 'boolean',
        length,
        validity,
        values: Uint8Array.from(values, (value) => (value === true ? 1 : 0)),
      } satisfies BooleanVector;
    case 'byte':
      return { kind: 'int', length, validity, values: Int8Array.from(values, toNumber) };
    case 'short':
      return { kind: 'int', length, validity, values: Int16Array.from(values, toNumber) };
    case 'integer':
    case 'date':
      return { kind: 'int', length, validity, values: Int32Array.from(values, toNumber) };
    case 'long':
    case 'timestamp':
    case 'timestamp_ntz':
      return { kind: 'long', length, validity, values: BigInt64Array.from(values, toBigInt) };
    case 'float':
      return { kind: 'float', length, validity, values: Float32Array.from(values, toNumber) };
    case 'double':
      return { kind: 'float', length, validity, values: Float64Array.from(values, toNumber) };
    case 'decimal': {
      const words = new BigInt64Array(2 * length);
      for (const [i, value] of values.entries()) {
        const unscaled = toBigInt(value);
        words[2 * i] = BigInt.asIntN(64, unscaled);
        words[2 * i + 1] = unscaled >> 64n;
      }
      return { kind: 'decimal', length, validity, words };
    }
    case 'string':
    case 'binary':
      return bytesVector(values.map(toBytes), validity);
    case 'array': {
      const lists = values.map((value) => (isList(value) ? value : []));
      const child = vectorOf(type.elementType, lists.flat());
      return { kind: 'list', length, validity, offsets: offsetsOf(lists), child };
    }
    case 'map': {
      const entries = values.map((value) => (isRecord(value) ? Object.entries(value) : []));
      const all = entries.flat();
      return {
        kind: 'map',
        length,
        validity,
        offsets: offsetsOf(entries),
        keys: vectorOf(
          type.keyType,
          all.map(([key]) => key),
        ),
        values: vectorOf(
          type.valueType,
          all.map(([, value]) => value),
        ),
      };
    }
    case 'struct': {
      const children = type.fields.map((field) =>
        vectorOf(
          field.type,
          values.map((value) => (isRecord(value) ? value[field.name] : undefined)),
        ),
      );
      return { kind: 'struct', length, validity, children } satisfies StructVector;
    }
    case 'variant':
    case 'void':
      throw new TypeError(`no vector holds ${type.kind} values`);
  }
}

/** NULL in every row. */
export function nullVector(type: DataType, length: number): ColumnVector {
  if (type.kind !== 'struct') return vectorOf(type, new Array<null>(length).fill(null));
  const validity = new Uint8Array((length + 7) >> 3);
  const children = type.fields.map((field) => nullVector(field.type, length));
  return { kind: 'struct', length, validity, children };
}

export function bytesVector(
  parts: readonly Uint8Array[],
  validity: Uint8Array | undefined,
): BytesVector {
  const offsets = new Int32Array(parts.length + 1);
  let total = 0;
  for (const [i, part] of parts.entries()) {
    total += part.length;
    offsets[i + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (const [i, part] of parts.entries()) bytes.set(part, offsets[i] ?? 0);
  return { kind: 'bytes', length: parts.length, validity, offsets, bytes };
}

/** `undefined` when no row is NULL. */
export function validityOf(
  length: number,
  isThere: (row: number) => boolean,
): Uint8Array | undefined {
  let validity: Uint8Array | undefined;
  for (let row = 0; row < length; row++) {
    if (isThere(row)) continue;
    validity ??= new Uint8Array((length + 7) >> 3).fill(0xff);
    validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7));
  }
  return validity;
}

export function structType(fields: { readonly [name: string]: DataType }): StructType {
  return {
    kind: 'struct',
    fields: Object.entries(fields).map(([name, type]) => field(name, type)),
  };
}

export function field(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}

/** Whether every engine takes these names in one struct: DuckDB tells none apart by case. */
export function canBeStruct(fields: readonly StructField[]): boolean {
  const names = new Set(fields.map(({ name }) => name.toLowerCase()));
  return names.size === fields.length && !names.has('');
}

function offsetsOf(lists: readonly { readonly length: number }[]): Int32Array {
  const offsets = new Int32Array(lists.length + 1);
  for (const [i, { length }] of lists.entries()) offsets[i + 1] = (offsets[i] ?? 0) + length;
  return offsets;
}

function toNumber(value: Value): number {
  return typeof value === 'number' ? value : 0;
}

function toBigInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' ? BigInt(value) : 0n;
}

function toBytes(value: Value): Uint8Array {
  if (typeof value === 'string') return encoder.encode(value);
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isRecord(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !isList(value);
}
