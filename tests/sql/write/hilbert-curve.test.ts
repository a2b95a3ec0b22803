/** The curves that OPTIMIZE orders rows along. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hilbertSteps } from '../../../sql/write/maintenance/hilbert-curve.ts';
import { curveKeySql } from '../../../sql/write/maintenance/curve-key.ts';
import { openRawDuckdb } from '../../support/raw-duckdb.ts';

function hilbertIndex(point: readonly number[], bits: number): number {
  const { steps } = hilbertSteps(point.length);
  let state = 0;
  let index = 0;
  for (let bit = bits - 1; bit >= 0; bit--) {
    const corner = point.reduce((sum, value, i) => sum | (((value >> bit) & 1) << i), 0);
    const step = steps[(state << point.length) | corner] ?? Number.NaN;
    state = step >> point.length;
    index = index * 2 ** point.length + (step & (2 ** point.length - 1));
  }
  return index;
}

function* points(dimensions: number, size: number): Generator<readonly number[]> {
  for (let n = 0; n < size ** dimensions; n++) {
    yield Array.from({ length: dimensions }, (_, i) => Math.floor(n / size ** i) % size);
  }
}

for (const [dimensions, bits] of [
  [2, 1],
  [2, 5],
  [3, 3],
  [4, 2],
  [5, 2],
] as const) {
  test(`in ${dimensions} dimensions of ${bits} bits the curve meets every cell, each next to the one before`, () => {
    const size = 2 ** bits;
    const byIndex = new Map([...points(dimensions, size)].map((p) => [hilbertIndex(p, bits), p]));
    assert.equal(byIndex.size, size ** dimensions);
    for (let n = 1; n < size ** dimensions; n++) {
      const [before, here] = [byIndex.get(n - 1), byIndex.get(n)];
      assert.ok(before !== undefined && here !== undefined, `no cell ${n}`);
      const distance = here.reduce((sum, value, i) => sum + Math.abs(value - (before[i] ?? 0)), 0);
      assert.equal(distance, 1, `cells ${n - 1} and ${n}: ${before.join()} and ${here.join()}`);
    }
  });
}

test('SQL computes the same indexes: Hilbert, and bits in turn for Z-order', async (t) => {
  const duckdb = await openRawDuckdb(t);
  const cells = '(SELECT (x * 97) % 1024 AS a, (x * 193) % 1024 AS b, x AS n FROM range(500) r(x))';
  const key = (curve: 'zorder' | 'hilbert') =>
    curveKeySql({ curve, ranks: ['a', 'b'], kept: 'n', key: 'k', from: `${cells} AS cells` });
  for (const curve of ['zorder', 'hilbert'] as const) {
    const rows = await duckdb.rows(
      `SELECT CAST(n AS INT), CAST(k AS BIGINT) FROM (${key(curve)}) q`,
    );
    assert.equal(rows.length, 500);
    for (const [n, k] of rows) {
      const point = [(Number(n) * 97) % 1024, (Number(n) * 193) % 1024];
      const expected =
        curve === 'hilbert'
          ? hilbertIndex(point, 10)
          : Array.from({ length: 10 }, (_, bit) =>
              point.reduce((sum, v, i) => sum + ((v >> bit) & 1) * 2 ** (2 * bit + 1 - i), 0),
            ).reduce((a, b) => a + b, 0);
      assert.equal(Number(k), expected, `${curve} of ${point.join()}`);
    }
  }
});
