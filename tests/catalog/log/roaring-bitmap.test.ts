import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bitsOf,
  forEachRange,
  positionsOf,
  readPositionSet,
} from '../../../catalog/log/roaring-bitmap.ts';
import { decodeBase85, encodeBase85 } from '../../../catalog/log/base85.ts';

type Block =
  | { readonly high: number; readonly values: readonly number[]; readonly as: 'array' | 'bitset' }
  | {
      readonly high: number;
      readonly runs: readonly (readonly [number, number])[];
      readonly as: 'runs';
    };

const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];

/** A 32-bit Roaring bitmap byte by byte, after https://github.com/RoaringBitmap/RoaringFormatSpec. */
function bitmap(blocks: readonly Block[]): number[] {
  const hasRuns = blocks.some(({ as }) => as === 'runs');
  const flags = new Array<number>(Math.ceil(blocks.length / 8)).fill(0);
  blocks.forEach(({ as }, i) => {
    if (as === 'runs') flags[i >> 3] = (flags[i >> 3] ?? 0) | (1 << (i & 7));
  });
  const cookie = hasRuns
    ? [...u32(12347 | ((blocks.length - 1) << 16)), ...flags]
    : [...u32(12346), ...u32(blocks.length)];
  const header = blocks.flatMap((block) => [...u16(block.high), ...u16(cardinalityOf(block) - 1)]);
  const offsets = !hasRuns || blocks.length >= 4 ? blocks.flatMap(() => u32(0)) : [];
  return [...cookie, ...header, ...offsets, ...blocks.flatMap(body)];
}

function cardinalityOf(block: Block): number {
  if (block.as !== 'runs') return block.values.length;
  return block.runs.reduce((sum, [start, end]) => sum + end - start + 1, 0);
}

function body(block: Block): number[] {
  if (block.as === 'array') return block.values.flatMap(u16);
  if (block.as === 'runs') {
    return [
      ...u16(block.runs.length),
      ...block.runs.flatMap(([start, end]) => [...u16(start), ...u16(end - start)]),
    ];
  }
  const bytes = new Array<number>(8192).fill(0);
  for (const value of block.values)
    bytes[value >> 3] = (bytes[value >> 3] ?? 0) | (1 << (value & 7));
  return bytes;
}

function portable(
  buckets: readonly (readonly [key: number, blocks: readonly Block[]])[],
): Uint8Array {
  const bodies = buckets.flatMap(([key, blocks]) => [...u32(key), ...bitmap(blocks)]);
  return Uint8Array.from([...u32(1681511377), ...u32(buckets.length), ...u32(0), ...bodies]);
}

const array = (high: number, ...values: number[]): Block => ({ high, values, as: 'array' });
const runs = (high: number, ...pairs: [number, number][]): Block => ({
  high,
  runs: pairs,
  as: 'runs',
});
const evens = Array.from({ length: 5000 }, (_, i) => 2 * i);
const bitset: Block = { high: 1, values: evens, as: 'bitset' };

test('reads array, bit set and run containers over several buckets', () => {
  const set = readPositionSet(
    portable([
      [0, [array(0, 0, 7, 65_535), bitset, runs(9, [0, 2], [10, 10])]],
      [3, [array(2, 5)]],
    ]),
  );
  const expected = [
    ...[0, 7, 65_535],
    ...evens.map((value) => 65_536 + value),
    ...[0, 1, 2, 10].map((value) => 9 * 65_536 + value),
    3 * 2 ** 32 + 2 * 65_536 + 5,
  ];
  assert.equal(set.cardinality, expected.length);
  assert.deepEqual([...positionsOf(set)], expected);
});

test('reads four and more containers with runs, which have a table of offsets', () => {
  const blocks = [0, 1, 2, 3, 4].map((high) => runs(high, [1, 2]));
  const set = readPositionSet(portable([[0, blocks]]));
  assert.deepEqual([...positionsOf(set)].slice(-2), [4 * 65_536 + 1, 4 * 65_536 + 2]);
});

test('reads a full run container', () => {
  const set = readPositionSet(portable([[0, [runs(0, [0, 65_535])]]]));
  assert.equal(set.cardinality, 65_536);
  const ranges: [number, number][] = [];
  forEachRange(set, (start, end) => ranges.push([start, end]));
  assert.deepEqual(ranges, [[0, 65_536]]);
});

test('reads the older dense form', () => {
  const first = bitmap([array(0, 3)]);
  const second = bitmap([array(0, 4)]);
  const bytes = Uint8Array.from([
    ...[...u32(1681511376), ...u32(2)],
    ...[...u32(first.length), ...first, ...u32(second.length), ...second],
  ]);
  assert.deepEqual([...positionsOf(readPositionSet(bytes))], [3, 2 ** 32 + 4]);
});

test('an empty set has no positions', () => {
  for (const bytes of [portable([]), portable([[0, []]])]) {
    const set = readPositionSet(bytes);
    assert.equal(set.cardinality, 0);
    assert.deepEqual(bitsOf(set, 9), new Uint8Array(2));
  }
});

test('bits are set for the positions below the row count and no others', () => {
  const set = readPositionSet(portable([[0, [array(0, 0, 9, 10, 500)]]]));
  assert.deepEqual([...bitsOf(set, 10)], [1, 2]);
});

test('a view that begins at an odd byte reads the same', () => {
  const bytes = portable([[0, [array(0, 1, 2), bitset]]]);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  assert.deepEqual(
    positionsOf(readPositionSet(shifted.subarray(1))),
    positionsOf(readPositionSet(bytes)),
  );
});

const damaged: readonly [name: string, bytes: Uint8Array][] = [
  ['no bytes', new Uint8Array()],
  ['another magic number', portable([]).with(0, 0)],
  ['another cookie', portable([[0, [array(0, 1)]]]).with(16, 0)],
  ['bytes behind the end', Uint8Array.from([...portable([]), 0])],
  [
    'bucket keys that fall',
    portable([
      [1, []],
      [0, []],
    ]),
  ],
  [
    'a bucket key twice',
    portable([
      [1, []],
      [1, []],
    ]),
  ],
  ['a bucket beyond 2^53', portable([[2 ** 21, [array(0, 1)]]])],
  ['more than 2^32 buckets', portable([]).with(8, 1)],
  ['containers that fall', portable([[0, [array(1, 1), array(0, 1)]]])],
  ['positions that fall', portable([[0, [array(0, 2, 1)]]])],
  ['a position twice', portable([[0, [array(0, 1, 1)]]])],
  ['runs that overlap', portable([[0, [runs(0, [0, 5], [5, 6])]]])],
  ['a bit too many', portable([[0, [bitset]]]).with(-1 + portable([[0, [bitset]]]).length, 128)],
];
for (const [name, bytes] of damaged) {
  test(`refuses ${name}`, () => {
    assert.throws(() => readPositionSet(bytes), RangeError);
  });
}

test('every prefix of a bitmap is refused', () => {
  const bytes = portable([
    [0, [array(0, 1, 2), runs(1, [3, 9])]],
    [1, [array(0, 7)]],
  ]);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => readPositionSet(bytes.subarray(0, length)), RangeError, `length ${length}`);
  }
});

test('any bytes are a set or refused, without hanging', () => {
  const start = portable([[0, [array(0, 1, 2), runs(1, [3, 9])]]]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 4 }),
      (edits) => {
        const bytes = Uint8Array.from(start);
        for (const [at, value] of edits) bytes[at] = value;
        try {
          readPositionSet(bytes);
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('Base85 gives back every four bytes, and the example of its specification', () => {
  assert.equal(
    encodeBase85(Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b)),
    'HelloWorld',
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const decoded = decodeBase85(encodeBase85(bytes));
      assert.deepEqual(decoded?.subarray(0, bytes.length), bytes);
      assert.ok(decoded.length - bytes.length < 4);
    }),
  );
});

test('Base85 refuses other characters, and other lengths', () => {
  for (const text of ['abcd', 'abc"d', 'abcdé', 'ab\u{1F600}cd']) {
    assert.equal(decodeBase85(text), undefined, text);
  }
});

test('Base85 drops what goes beyond 32 bits', () => {
  assert.deepEqual(decodeBase85('##093'), Uint8Array.of(0x08, 0x6e, 0xb2, 0xd8));
});
