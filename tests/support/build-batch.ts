/**
 * Column batches from plain values, for tests of whatever takes batches. Values by type: booleans;
 * numbers for byte to integer, date (days), float and double; bigint for long, timestamps (micros)
 * and decimals (unscaled); strings; Uint8Array for binary; arrays; objects by field name for
 * structs; arrays of [key, value] for maps; `null`.
 */
import type { ColumnBatch, ColumnVector } from '../../catalog/column-batch.ts';
import type { DataType } from '../../catalog/data-type.ts';

export function buildBatch(
  types: readonly DataType[],
  rows: readonly (readonly unknown[])[],
): ColumnBatch {
  return {
    rowCount: rows.length,
    columns: types.map((type, index) =>
      buildVector(
        type,
        rows.map((row) => row[index]),
      ),
    ),
  };
}

export function buildVector(type: DataType, values: readonly unknown[]): ColumnVector {
  const base = { length: values.length, validity: validityOf(values) };
  switch (type.kind) {
    case 'boolean':
      return {
        ...base,
        kind: 'boolean',
        values: Uint8Array.from(values, (v) => (v === true ? 1 : 0)),
      };
    case 'byte':
      return { ...base, kind: 'int', values: Int8Array.from(values, numberOf) };
    case 'short':
      return { ...base, kind: 'int', values: Int16Array.from(values, numberOf) };
    case 'integer':
    case 'date':
    case 'void':
      return { ...base, kind: 'int', values: Int32Array.from(values, numberOf) };
    case 'long':
    case 'timestamp':
    case 'timestamp_ntz':
      return { ...base, kind: 'long', values: BigInt64Array.from(values, bigintOf) };
    case 'float':
      return { ...base, kind: 'float', values: Float32Array.from(values, numberOf) };
    case 'double':
      return { ...base, kind: 'float', values: Float64Array.from(values, numberOf) };
    case 'decimal': {
      const words = new BigInt64Array(values.length * 2);
      for (const [index, value] of values.entries()) {
        words[2 * index] = BigInt.asIntN(64, bigintOf(value));
        words[2 * index + 1] = bigintOf(value) >> 64n;
      }
      return { ...base, kind: 'decimal', words };
    }
    case 'string':
    case 'variant':
    case 'binary': {
      const parts = values.map((v) =>
        v instanceof Uint8Array ? v : Buffer.from(typeof v === 'string' ? v : ''),
      );
      return { ...base, kind: 'bytes', offsets: offsetsOf(parts), bytes: Buffer.concat(parts) };
    }
    case 'array': {
      const lists = values.map(listOf);
      const child = buildVector(type.elementType, lists.flat());
      return { ...base, kind: 'list', offsets: offsetsOf(lists), child };
    }
    case 'map': {
      const lists = values.map(listOf) as (readonly [unknown, unknown])[][];
      const entries = lists.flat();
      return {
        ...base,
        kind: 'map',
        offsets: offsetsOf(lists),
        keys: buildVector(
          type.keyType,
          entries.map(([key]) => key),
        ),
        values: buildVector(
          type.valueType,
          entries.map(([, value]) => value),
        ),
      };
    }
    case 'struct': {
      const children = type.fields.map((field, index) =>
        buildVector(
          field.type,
          values.map((value) =>
            Array.isArray(value)
              ? (value[index] as unknown)
              : ((value as Record<string, unknown> | null)?.[field.name] ?? null),
          ),
        ),
      );
      return { ...base, kind: 'struct', children };
    }
  }
}

function validityOf(values: readonly unknown[]): Uint8Array | undefined {
  if (values.every((value) => value !== null && value !== undefined)) return undefined;
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) {
    if (value !== null && value !== undefined)
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits;
}

function offsetsOf(parts: readonly { readonly length: number }[]): Int32Array {
  const offsets = new Int32Array(parts.length + 1);
  for (const [index, part] of parts.entries())
    offsets[index + 1] = (offsets[index] ?? 0) + part.length;
  return offsets;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function bigintOf(value: unknown): bigint {
  return typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : 0n;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
