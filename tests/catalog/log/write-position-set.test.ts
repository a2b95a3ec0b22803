import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { deletionVectorSource, readDeletionVector } from '../../../catalog/log/deletion-vector.ts';
import { deletionVectorFile } from '../../../catalog/log/deletion-vector-file.ts';
import { positionsOf, readPositionSet } from '../../../catalog/log/roaring-bitmap.ts';
import { PositionSetBuilder, writePositionSet } from '../../../catalog/log/write-position-set.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';

function setOf(positions: Iterable<number>) {
  const builder = new PositionSetBuilder();
  for (const position of positions) builder.add(position);
  return builder.finish();
}

function backAndForth(positions: readonly number[]): number[] {
  return [...positionsOf(readPositionSet(writePositionSet(setOf(positions))))];
}

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);

const cases: readonly [name: string, positions: readonly number[], kinds: readonly string[]][] = [
  ['no position', [], []],
  ['one position', [0], ['array']],
  ['the last of a container and the first of the next', [65_535, 65_536], ['array', 'array']],
  ['a run', range(10, 2000), ['runs']],
  ['a run over the edges of words and containers', range(30, 140_000), ['runs', 'runs', 'runs']],
  ['a whole container', range(0, 65_536), ['runs']],
  ['4,096 positions apart', range(0, 2 * 4096, 2), ['array']],
  ['4,097 positions apart', range(0, 2 * 4097, 2), ['bitset']],
  [
    'all three forms',
    [3, 9, ...range(65_536, 90_000, 2), ...range(131_072, 140_000)],
    ['array', 'bitset', 'runs'],
  ],
  ['positions beyond 2^32', [5, 2 ** 32 + 5, 3 * 2 ** 32 + 65_536], ['array', 'array', 'array']],
  [
    'four runs, which have a table of offsets',
    [0, 1, 2, 3].flatMap((i) => range(i * 65_536, i * 65_536 + 9)),
    ['runs', 'runs', 'runs', 'runs'],
  ],
];
for (const [name, positions, kinds] of cases) {
  test(`writes what the reader reads: ${name}`, () => {
    assert.deepEqual(backAndForth(positions), [...positions]);
    assert.deepEqual(
      setOf(positions).containers.map(({ kind }) => kind),
      kinds,
    );
  });
}

test('any set of positions, in any order and with repeats, comes back sorted and once each', () => {
  const position = fc.oneof(
    fc.nat({ max: 100 }),
    fc.integer({ min: 65_000, max: 66_000 }),
    fc.nat({ max: 10_000_000 }),
    fc.maxSafeNat(),
  );
  const seed = Number(process.env.LEVEE_SEED ?? Date.now() % 2 ** 31);
  fc.assert(
    fc.property(fc.array(position, { maxLength: 3000 }), (positions) => {
      const expected = [...new Set(positions)].sort((a, b) => a - b);
      assert.deepEqual(backAndForth(positions), expected);
    }),
    { seed, numRuns: 60 },
  );
});

test('the union with a set that was read has the positions of both', () => {
  const old = readPositionSet(writePositionSet(setOf([1, 2, 3, 70_000])));
  const builder = new PositionSetBuilder();
  builder.addAll(old);
  builder.add(2);
  builder.add(9);
  assert.deepEqual([...positionsOf(builder.finish())], [1, 2, 3, 9, 70_000]);
});

test('the bytes are those of the reference implementation', () => {
  // Of CRoaring's portable serialisation, within Delta's array of one bitmap.
  const bytes = writePositionSet(setOf([3, 4, 7, 11, 18, 29]));
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    'd1d339640100000000000000' +
      '00000000' +
      '3a30000001000000' +
      '00000500' +
      '10000000' +
      '030004000700' +
      '0b0012001d00',
  );
});

test('a file holds several vectors, each found by its descriptor', () => {
  const uuid = '0123a456-789b-cdef-0123-456789abcdef';
  const sets = [setOf([1]), setOf(range(0, 100_000, 3)), setOf(range(5, 5000))];
  const file = deletionVectorFile(uuid, sets);
  assert.equal(file.name, `deletion_vector_${uuid}.bin`);
  assert.equal(file.bytes[0], 1);
  file.descriptors.forEach((descriptor, n) => {
    const source = deletionVectorSource(descriptor, '/t');
    assert.ok(source.kind === 'file');
    assert.equal(source.location, `/t/${file.name}`);
    const { start, end } = source.range;
    const set = readDeletionVector(descriptor, source, file.bytes.subarray(start, end));
    assert.deepEqual(positionsOf(set), positionsOf(sets[n] ?? setOf([])));
  });
});

test(
  'the vectors of the corpus come back the same when written again',
  { skip: skipWithoutShared('corpus') },
  () => {
    const corpus = requireShared('corpus');
    let files = 0;
    for (const path of readdirSync(corpus, { recursive: true, encoding: 'utf8' })) {
      if (!/deletion_vector_[^/]*\.bin$/.test(path)) continue;
      const bytes = readFileSync(join(corpus, path));
      let offset = 1;

      while (offset < bytes.length) {
        const size = bytes.readUInt32BE(offset);
        const set = readPositionSet(bytes.subarray(offset + 4, offset + 4 + size));
        const again = writePositionSet(setOf(positionsOf(set)));
        assert.deepEqual(
          positionsOf(readPositionSet(again)),
          positionsOf(set),
          `${dirname(path)} ${offset}`,
        );
        assert.ok(again.length <= size, `${path} ${offset}: ${again.length} bytes, not ${size}`);
        offset += 8 + size;
      }
      files++;
    }
    assert.ok(files > 0);
  },
);
