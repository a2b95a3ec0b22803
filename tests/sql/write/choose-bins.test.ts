/** Which files OPTIMIZE writes together, over random sizes and partitions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chooseBins,
  chooseRounds,
  type CandidateFile,
} from '../../../sql/write/maintenance/choose-bins.ts';

const seed = Number(process.env['LEVEE_SEED'] ?? Date.now() % 2 ** 31);

function random(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test(`bins keep to their size and partition, and rounds have each bin once (seed ${seed})`, () => {
  const below = random(seed);
  for (let n = 0; n < 300; n++) {
    const candidates = Array.from({ length: below(60) }, (_, file): CandidateFile => ({
      file,
      sizeBytes: 1 + below(below(5) === 0 ? 200 : 40),
      partition: `p${below(4)}`,
    }));
    const keepsSingles = below(2) === 0;
    const bins = chooseBins(candidates, { binBytesMax: 100, keepsSingles });
    const bytes = (files: readonly CandidateFile[]) =>
      files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { partition, files } of bins) {
      assert.ok(files.every((file) => file.partition === partition));
      assert.ok(bytes(files) <= 100 || files.length === 1);
      assert.ok(files.length > 1 || keepsSingles);
    }
    const chosen = bins.flatMap(({ files }) => files.map(({ file }) => file));
    assert.equal(new Set(chosen).size, chosen.length, 'a file is written once');
    if (keepsSingles) assert.equal(chosen.length, candidates.length);
    const rounds = chooseRounds(bins, { filesMax: 12, bytesMax: 250 });
    assert.deepEqual(new Set(rounds.flat()), new Set(bins));
    assert.equal(rounds.flat().length, bins.length);
    for (const round of rounds) {
      assert.equal(new Set(round.map(({ partition }) => partition)).size, round.length);
      const files = round.flatMap((bin) => bin.files);
      assert.ok(round.length === 1 || (files.length <= 12 && bytes(files) <= 250));
    }
  }
});

test('what was written once at the target size is not written again', () => {
  const files = [256, 250, 256].map((sizeBytes, file) => ({ file, sizeBytes, partition: '' }));
  assert.deepEqual(chooseBins(files, { binBytesMax: 256, keepsSingles: false }), []);
});
