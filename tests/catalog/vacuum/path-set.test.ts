import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PathSet } from '../../../catalog/vacuum/path-set.ts';

test('a path set has what was added, and nothing that was not', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (added, others) => {
      const set = new PathSet();
      for (const path of added) set.add(path);
      assert.equal(set.size, new Set(added).size);
      for (const path of added) assert.ok(set.has(path));
      for (const path of others) assert.equal(set.has(path), added.includes(path), path);
    }),
  );
});

test('paths that are much alike are told apart', () => {
  const set = new PathSet();
  const name = (i: number) => `p=${i % 7}/part-${String(i).padStart(8, '0')}.parquet`;
  for (let i = 0; i < 200_000; i++) set.add(name(i));
  assert.equal(set.size, 200_000);
  for (let i = 0; i < 200_000; i++) assert.ok(set.has(name(i)));
  for (let i = 200_000; i < 400_000; i++) assert.ok(!set.has(name(i)));
});
