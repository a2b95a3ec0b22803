import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableFromIPC, type Vector } from 'apache-arrow';
import type { DataType } from '../../catalog/data-type.ts';
import { arrowEncoder } from '../../server/encode/arrow/arrow.ts';
import { ByteWriter } from '../../server/encode/byte-writer.ts';
import { buildBatch } from '../support/build-batch.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const scalars: readonly DataType[] = [
  { kind: 'boolean' },
  { kind: 'byte' },
  { kind: 'short' },
  { kind: 'integer' },
  { kind: 'long' },
  { kind: 'float' },
  { kind: 'double' },
  { kind: 'string' },
  { kind: 'binary' },
  { kind: 'date' },
  { kind: 'timestamp' },
  { kind: 'timestamp_ntz' },
  { kind: 'variant' },
  { kind: 'void' },
  { kind: 'decimal', precision: 4, scale: 2 },
  { kind: 'decimal', precision: 38, scale: 10 },
];

function randomType(random: SeededRandom, depth: number): DataType {
  const kind = depth === 0 ? 3 : random.below(6);
  const inner = (): DataType => randomType(random, depth - 1);
  if (kind === 0) return { kind: 'array', elementType: inner(), containsNull: true };
  if (kind === 1) {
    const keyType: DataType = { kind: random.below(2) === 0 ? 'string' : 'long' };
    return { kind: 'map', keyType, valueType: inner(), valueContainsNull: true };
  }
  if (kind === 2) {
    const fields = Array.from({ length: random.below(4) }, (_, index) => ({
      name: `f${index}`,
      type: inner(),
      nullable: true,
      metadata: {},
    }));
    return { kind: 'struct', fields };
  }
  return scalars[random.below(scalars.length)] ?? { kind: 'long' };
}

function randomValue(random: SeededRandom, type: DataType): unknown {
  if (type.kind === 'void' || random.below(4) === 0) return null;
  return present(random, type);
}

function present(random: SeededRandom, type: DataType): unknown {
  const signed = (bits: number): number => random.below(2 ** bits) - 2 ** (bits - 1);
  switch (type.kind) {
    case 'boolean':
      return random.below(2) === 0;
    case 'byte':
      return signed(8);
    case 'short':
      return signed(16);
    case 'integer':
      return signed(32);
    case 'date':
      return signed(20);
    case 'long':
      return BigInt(signed(32)) * 4294967296n + BigInt(random.below(2 ** 32));
    case 'timestamp':
    case 'timestamp_ntz':
      return BigInt(signed(32)) * 1_000_000n;
    case 'float':
      return signed(24) / 64;
    case 'double':
      return signed(32) / 3;
    case 'decimal':
      return type.precision < 10 ? BigInt(signed(13)) : BigInt(signed(32)) * 10n ** 27n;
    case 'variant':
      return `{"a":${signed(16)}}`;
    case 'string':
      return ['', 'é', '🦀 crab', 'a longer text than twelve bytes'][random.below(4)];
    case 'binary':
      return Uint8Array.from({ length: random.below(20) }, () => random.below(256));
    case 'array':
      return Array.from({ length: random.below(4) }, () => randomValue(random, type.elementType));
    case 'map':
      return Array.from({ length: random.below(4) }, (_, index) => [
        type.keyType.kind === 'string' ? `k${index}` : BigInt(index),
        randomValue(random, type.valueType),
      ]);
    case 'struct':
      return Object.fromEntries(
        type.fields.map((field) => [field.name, randomValue(random, field.type)]),
      );
    case 'void':
      return null;
  }
}

/** What `vector.get` of the reader gives, in the form the test's values have. */
function readBack(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'date':
      return Number(value) / 86_400_000;
    case 'timestamp':
    case 'timestamp_ntz':
      return BigInt(Math.round(Number(value) * 1000));
    case 'decimal': {
      const [a = 0, b = 0, c = 0, d = 0] = value as Uint32Array;
      const low = BigInt(a) | (BigInt(b) << 32n) | (BigInt(c) << 64n) | (BigInt(d) << 96n);
      return BigInt.asIntN(128, low);
    }
    case 'binary':
      return Uint8Array.from(value as Uint8Array);
    case 'array':
      return Array.from(value as Vector, (element) => readBack(type.elementType, element));
    case 'map':
      return Array.from(value as Iterable<[unknown, unknown]>, ([key, entry]) => [
        readBack(type.keyType, key),
        readBack(type.valueType, entry),
      ]);
    case 'struct': {
      const row = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        type.fields.map((field) => [field.name, readBack(field.type, row[field.name])]),
      );
    }
    default:
      return value;
  }
}

function encode(
  types: readonly DataType[],
  batches: readonly (readonly (readonly unknown[])[])[],
  random: SeededRandom,
): Buffer {
  const columns = types.map((type, index) => ({ name: `c${index}`, type, nullable: true }));
  const out = new ByteWriter();
  const encoder = arrowEncoder({ queryId: 'q', columns, snapshots: [], binary: 'base64' });
  encoder.head(out);
  let rowCount = 0;
  for (const rows of batches) {
    const batch = buildBatch(types, rows);
    rowCount += rows.length;
    // A batch may come in spans, and a client that waits is given what there is.
    const middle = random.below(rows.length + 1);
    encoder.rows(batch, { start: 0, end: middle, sizeMax: 1 }, out);
    if (random.below(3) === 0) encoder.flush?.(out);
    encoder.rows(batch, { start: middle, end: rows.length, sizeMax: 1 }, out);
  }
  encoder.end({ rowCount, truncated: undefined, elapsedMs: 0, statistics: {} as never }, out);
  return out.take();
}

for (const seed of [1, 2, 3, Date.now() % 1_000_000]) {
  test(`random rows of random types come back from Arrow as they were (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 25; round++) {
      const types = Array.from({ length: 1 + random.below(4) }, () => randomType(random, 2));
      const batches = Array.from({ length: random.below(4) }, () =>
        Array.from({ length: random.below(40) }, () =>
          types.map((type) => randomValue(random, type)),
        ),
      );
      const table = tableFromIPC(encode(types, batches, random));
      const rows = batches.flat();
      assert.equal(table.numRows, rows.length);
      for (const [index, type] of types.entries()) {
        const vector = table.getChildAt(index);
        const read = rows.map((_, row) => readBack(type, vector?.get(row)));
        assert.deepEqual(
          read,
          rows.map((row) => row[index]),
          `round ${round}, column ${index}, ${JSON.stringify(type)}`,
        );
      }
    }
  });
}

test('a result without rows is a schema and the end of the stream', () => {
  const table = tableFromIPC(encode([{ kind: 'long' }], [], new SeededRandom(1)));
  assert.deepEqual([table.numRows, String(table.schema.fields[0]?.type)], [0, 'Int64']);
});

test('small batches are put together, and a stream without its end is told from a whole one', () => {
  const rows = Array.from({ length: 2048 }, (_, index) => [BigInt(index)]);
  const types = [{ kind: 'long' }] as const;
  const columns = [{ name: 'a', type: types[0], nullable: true }];
  const out = new ByteWriter();
  const encoder = arrowEncoder({ queryId: 'q', columns, snapshots: [], binary: 'base64' });
  encoder.head(out);
  const batch = buildBatch(types, rows);
  for (let count = 0; count < 40; count++) {
    encoder.rows(batch, { start: 0, end: 2048, sizeMax: 1 }, out);
  }
  assert.equal(encoder.fail({} as never, 0, out), false);
  const cutOff = Buffer.from(out.view());
  encoder.end(
    { rowCount: 81920, truncated: undefined, elapsedMs: 0, statistics: {} as never },
    out,
  );
  const whole = out.take();
  const table = tableFromIPC(whole);
  assert.equal(table.numRows, 81920);
  assert.equal(table.batches.length, 3);
  assert.deepEqual([...whole.subarray(-8)], [255, 255, 255, 255, 0, 0, 0, 0]);
  assert.notDeepEqual([...cutOff.subarray(-8)], [255, 255, 255, 255, 0, 0, 0, 0]);
});
