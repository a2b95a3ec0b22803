/**
 * DuckDB's vectors -> `ColumnVector`. Copies raw buffers; builds no JavaScript value per cell.
 *
 * Lists are pairs of u64 (offset, length) into a child vector, as in DuckDB's C API
 * (https://duckdb.org/docs/stable/clients/c/vector); the other buffers are in `raw-vector.ts`.
 */
import duckdb from '@duckdb/node-bindings';
import type { ColumnVector } from '../../catalog/column-batch.ts';
import type { ResultType } from './result-type.ts';
import { takeRows } from '../../catalog/take-rows.ts';
import { formatInterval, formatTime, formatUuid } from '../value-text.ts';
import type { BatchMemory } from './batch-memory.ts';
import {
  copyBuffer,
  copyBytes,
  readBytes,
  readValidity,
  takeBytes,
  takeOffsets,
  textVector,
} from './raw-vector.ts';
import { readVariantVector } from './variant-vector.ts';
import { variantJson } from '../variant/variant-json.ts';
import { requireDecimal38, type DecimalLimit } from './decimal-limit.ts';

/** @param memory where the buffers lie; without it each is allocated */
export function readVector(
  vector: duckdb.Vector,
  type: ResultType,
  length: number,
  memory?: BatchMemory,
): ColumnVector {
  const validity = readValidity(vector, length, memory);
  switch (type.layout) {
    case 'boolean':
      return { kind: 'boolean', length, validity, values: copyBytes(vector, length, memory) };
    case 'int8':
      return {
        kind: 'int',
        length,
        validity,
        values: new Int8Array(...copied(vector, length, 1, memory)),
      };
    case 'int16':
      return {
        kind: 'int',
        length,
        validity,
        values: new Int16Array(...copied(vector, length, 2, memory)),
      };
    case 'int32':
      return {
        kind: 'int',
        length,
        validity,
        values: new Int32Array(...copied(vector, length, 4, memory)),
      };
    case 'uint8': {
      const values = Int16Array.from(new Uint8Array(copyBuffer(vector, length)));
      return { kind: 'int', length, validity, values };
    }
    case 'uint16': {
      const values = Int32Array.from(new Uint16Array(copyBuffer(vector, length * 2)));
      return { kind: 'int', length, validity, values };
    }
    case 'uint32': {
      const source = new Uint32Array(copyBuffer(vector, length * 4));
      const values = new BigInt64Array(length);
      for (let i = 0; i < length; i++) values[i] = BigInt(source[i] ?? 0);
      return { kind: 'long', length, validity, values };
    }
    case 'int64':
      return {
        kind: 'long',
        length,
        validity,
        values: new BigInt64Array(...copied(vector, length, 8, memory)),
      };
    case 'seconds':
    case 'milliseconds': {
      const values = new BigInt64Array(copyBuffer(vector, length * 8));
      scaleToMicros(values, type.layout === 'seconds' ? 1_000_000n : 1_000n);
      return { kind: 'long', length, validity, values };
    }
    case 'float32':
      return {
        kind: 'float',
        length,
        validity,
        values: new Float32Array(...copied(vector, length, 4, memory)),
      };
    case 'float64':
      return {
        kind: 'float',
        length,
        validity,
        values: new Float64Array(...copied(vector, length, 8, memory)),
      };
    case 'decimal16':
      return widen(new Int16Array(copyBuffer(vector, length * 2)), length, validity, memory);
    case 'decimal32':
      return widen(new Int32Array(copyBuffer(vector, length * 4)), length, validity, memory);
    case 'decimal64': {
      const source = new Int32Array(...copied(vector, 2 * length, 4, memory));
      const words = takeBytes(length * 16, memory);
      const halves = new Int32Array(words.buffer, words.byteOffset, length * 4);
      for (let i = 0; i < length; i++) {
        const high = source[2 * i + 1] ?? 0;
        halves[4 * i] = source[2 * i] ?? 0;
        halves[4 * i + 1] = high;
        halves[4 * i + 2] = high >> 31;
        halves[4 * i + 3] = high >> 31;
      }
      return { kind: 'decimal', length, validity, words: asWords(words) };
    }
    case 'uint64': {
      const source = new BigInt64Array(copyBuffer(vector, length * 8));
      const words = new BigInt64Array(length * 2);
      for (let i = 0; i < length; i++) words[2 * i] = source[i] ?? 0n;
      return { kind: 'decimal', length, validity, words };
    }
    case 'decimal128':
      return {
        kind: 'decimal',
        length,
        validity,
        words: new BigInt64Array(...copied(vector, 2 * length, 8, memory)),
      };
    case 'hugeint':
    case 'uhugeint': {
      const words = new BigInt64Array(copyBuffer(vector, length * 16));
      const limit: DecimalLimit = type.layout;
      requireDecimal38({ kind: 'decimal', length, validity, words }, limit);
      return { kind: 'decimal', length, validity, words };
    }
    case 'bytes':
      return readBytes(vector, length, validity, memory);
    case 'time': {
      const micros = new BigInt64Array(copyBuffer(vector, length * 8));
      return textVector(length, validity, (i) => formatTime(micros[i] ?? 0n));
    }
    case 'uuid': {
      const words = new BigInt64Array(copyBuffer(vector, length * 16));
      return textVector(length, validity, (i) =>
        formatUuid(words[2 * i] ?? 0n, words[2 * i + 1] ?? 0n),
      );
    }
    case 'interval': {
      const view = new DataView(copyBuffer(vector, length * 16));
      return textVector(length, validity, (i) =>
        formatInterval(
          view.getInt32(i * 16, true),
          view.getInt32(i * 16 + 4, true),
          view.getBigInt64(i * 16 + 8, true),
        ),
      );
    }
    case 'enum8':
    case 'enum16':
    case 'enum32': {
      const { members } = type;
      const indices =
        type.layout === 'enum8'
          ? new Uint8Array(copyBuffer(vector, length))
          : type.layout === 'enum16'
            ? new Uint16Array(copyBuffer(vector, length * 2))
            : new Uint32Array(copyBuffer(vector, length * 4));
      return textVector(length, validity, (i) => members[indices[i] ?? 0] ?? '');
    }
    case 'variant': {
      const column = readVariantVector(vector, length);
      return textVector(length, validity, (i) => variantJson(column, i));
    }
    case 'struct': {
      const children = type.children.map((child, index) =>
        readVector(duckdb.struct_vector_get_child(vector, index), child, length, memory),
      );
      return { kind: 'struct', length, validity, children: type.empty ? [] : children };
    }
    case 'fixedList': {
      const { size } = type;
      const items = duckdb.array_vector_get_child(vector);
      const child = readVector(items, type.child, length * size, memory);
      const offsets = new Int32Array(length + 1);
      for (let i = 0; i <= length; i++) offsets[i] = i * size;
      return { kind: 'list', length, validity, offsets, child };
    }
    case 'list': {
      const { offsets, child } = readList(vector, type.child, length, validity, memory);
      return { kind: 'list', length, validity, offsets, child };
    }
    case 'map': {
      const { offsets, child } = readList(vector, type.entries, length, validity, memory);
      if (child.kind !== 'struct') throw new TypeError('a map is a list of structs');
      const [keys, values] = child.children;
      if (keys === undefined || values === undefined)
        throw new TypeError('a map has keys and values');
      return { kind: 'map', length, validity, offsets, keys, values };
    }
  }
}

function scaleToMicros(values: BigInt64Array, factor: bigint): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0n) * factor;
}

/** The vector's values, copied, as the arguments of a typed array. */
function copied(
  vector: duckdb.Vector,
  count: number,
  width: number,
  memory: BatchMemory | undefined,
): [ArrayBuffer, number, number] {
  const { buffer, byteOffset } = copyBytes(vector, count * width, memory);
  return [buffer, byteOffset, count];
}

function asWords({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): BigInt64Array {
  return new BigInt64Array(buffer, byteOffset, byteLength >> 3);
}

/** In halves of words, as a bigint for each value would cost more than the rest. */
function widen(
  source: Int16Array | Int32Array,
  length: number,
  validity: Uint8Array | undefined,
  memory: BatchMemory | undefined,
): ColumnVector {
  const words = takeBytes(length * 16, memory);
  const halves = new Int32Array(words.buffer, words.byteOffset, length * 4);
  for (let i = 0; i < length; i++) {
    const value = source[i] ?? 0;
    const sign = value >> 31;
    halves[4 * i] = value;
    halves[4 * i + 1] = sign;
    halves[4 * i + 2] = sign;
    halves[4 * i + 3] = sign;
  }
  return { kind: 'decimal', length, validity, words: asWords(words) };
}

/**
 * A list's child rows brought into the order of the lists. DuckDB's lists may point anywhere into
 * the child vector: they overlap, leave gaps or go backwards after a filter or a sort.
 */
function readList(
  vector: duckdb.Vector,
  childType: ResultType,
  length: number,
  validity: Uint8Array | undefined,
  memory: BatchMemory | undefined,
): { offsets: Int32Array; child: ColumnVector } {
  const entries = new BigUint64Array(copyBuffer(vector, length * 16));
  const childLength = duckdb.list_vector_get_size(vector);
  const child = readVector(duckdb.list_vector_get_child(vector), childType, childLength, memory);
  const offsets = takeOffsets(length + 1, memory);
  let inOrder = true;
  let total = 0;
  for (let i = 0; i < length; i++) {
    const present = validity === undefined || ((validity[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    const size = present ? Number(entries[2 * i + 1] ?? 0n) : 0;
    if (size > 0 && Number(entries[2 * i] ?? 0n) !== total) inOrder = false;
    total += size;
    offsets[i + 1] = total;
  }
  if (inOrder && total === childLength) return { offsets, child };
  const rows = new Int32Array(total);
  let next = 0;
  for (let i = 0; i < length; i++) {
    const size = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
    const start = size === 0 ? 0 : Number(entries[2 * i] ?? 0n);
    for (let k = 0; k < size; k++) rows[next++] = start + k;
  }
  return { offsets, child: takeRows(child, rows) };
}
