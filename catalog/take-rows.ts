/** Rows of a vector picked by index, any number of times and in any order. */
import { isPresent, type ColumnVector } from './column-batch.ts';

/** `rows[i]` is the row of `vector` that becomes row `i`. */
export function takeRows(vector: ColumnVector, rows: Int32Array): ColumnVector {
  const length = rows.length;
  const validity = takeValidity(vector, rows);
  switch (vector.kind) {
    case 'boolean':
      return {
        kind: 'boolean',
        length,
        validity,
        values: pick(vector.values, new Uint8Array(length), rows),
      };
    case 'int': {
      const { values } = vector;
      const picked =
        values instanceof Int8Array
          ? pick(values, new Int8Array(length), rows)
          : values instanceof Int16Array
            ? pick(values, new Int16Array(length), rows)
            : pick(values, new Int32Array(length), rows);
      return { kind: 'int', length, validity, values: picked };
    }
    case 'long': {
      const values = new BigInt64Array(length);
      for (let i = 0; i < length; i++) values[i] = vector.values[rows[i] ?? 0] ?? 0n;
      return { kind: 'long', length, validity, values };
    }
    case 'float': {
      const { values } = vector;
      const picked =
        values instanceof Float32Array
          ? pick(values, new Float32Array(length), rows)
          : pick(values, new Float64Array(length), rows);
      return { kind: 'float', length, validity, values: picked };
    }
    case 'decimal': {
      const words = new BigInt64Array(length * 2);
      for (let i = 0; i < length; i++) {
        const row = rows[i] ?? 0;
        words[2 * i] = vector.words[2 * row] ?? 0n;
        words[2 * i + 1] = vector.words[2 * row + 1] ?? 0n;
      }
      return { kind: 'decimal', length, validity, words };
    }
    case 'bytes': {
      const { offsets, source, total } = spread(vector.offsets, rows);
      const bytes = new Uint8Array(total);
      for (let i = 0; i < length; i++) {
        const start = source[i] ?? 0;
        const size = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
        bytes.set(vector.bytes.subarray(start, start + size), offsets[i] ?? 0);
      }
      return { kind: 'bytes', length, validity, offsets, bytes };
    }
    case 'struct':
      return {
        kind: 'struct',
        length,
        validity,
        children: vector.children.map((c) => takeRows(c, rows)),
      };
    case 'list': {
      const { offsets, childRows } = spreadRows(vector.offsets, rows);
      return { kind: 'list', length, validity, offsets, child: takeRows(vector.child, childRows) };
    }
    case 'map': {
      const { offsets, childRows } = spreadRows(vector.offsets, rows);
      const keys = takeRows(vector.keys, childRows);
      return {
        kind: 'map',
        length,
        validity,
        offsets,
        keys,
        values: takeRows(vector.values, childRows),
      };
    }
  }
}

function takeValidity(vector: ColumnVector, rows: Int32Array): Uint8Array | undefined {
  if (vector.validity === undefined) return undefined;
  const validity = new Uint8Array(Math.ceil(rows.length / 8));
  for (let i = 0; i < rows.length; i++) {
    if (isPresent(vector, rows[i] ?? 0))
      validity[i >> 3] = (validity[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return validity;
}

function pick<T extends { [index: number]: number }>(source: T, target: T, rows: Int32Array): T {
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i] ?? 0] ?? 0;
  return target;
}

function spread(
  from: Int32Array,
  rows: Int32Array,
): { offsets: Int32Array; source: Int32Array; total: number } {
  const offsets = new Int32Array(rows.length + 1);
  const source = new Int32Array(rows.length);
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    source[i] = from[row] ?? 0;
    total += (from[row + 1] ?? 0) - (from[row] ?? 0);
    offsets[i + 1] = total;
  }
  return { offsets, source, total };
}

function spreadRows(
  from: Int32Array,
  rows: Int32Array,
): { offsets: Int32Array; childRows: Int32Array } {
  const { offsets, source, total } = spread(from, rows);
  const childRows = new Int32Array(total);
  for (let i = 0; i < rows.length; i++) {
    const start = offsets[i] ?? 0;
    const size = (offsets[i + 1] ?? 0) - start;
    for (let k = 0; k < size; k++) childRows[start + k] = (source[i] ?? 0) + k;
  }
  return { offsets, childRows };
}
