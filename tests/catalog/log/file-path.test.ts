import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalPath, encodePath, fileLocation } from '../../../catalog/log/file-path.ts';

const locations: readonly (readonly [path: string, location: string])[] = [
  ['part-0.parquet', '/t/part-0.parquet'],
  ['p=a%20b/part-0', '/t/p=a b/part-0'],
  ['special%20p@%23h', '/t/special p@#h'],
  ['p=%2525/x', '/t/p=%25/x'],
  ['letter=%252F%252520%2525f/x', '/t/letter=%2F%2520%25f/x'],
  ['p=%C3%BC/x', '/t/p=ü/x'],
  ['bar%2Dbar', '/t/bar-bar'],
  ['a+b', '/t/a+b'],
  ['p=../q=../x', '/t/p=../q=../x'],
  ['./a/./b', '/t/a/b'],
  ['a//b', '/t/a/b'],
  ['../other/x', '/other/x'],
  ['..//other/x', '/other/x'],
  ['/abs/x', '/abs/x'],
  ['/abs/a%20b', '/abs/a b'],
  ['file:/abs/x', '/abs/x'],
  ['file:///abs/x', '/abs/x'],
  ['file://localhost/abs/x', '/abs/x'],
  ['file:///abs/../x%20y', '/x y'],
  ['s3://bucket/a%20b', 's3://bucket/a b'],
  ['s3a://bucket/x', 's3a://bucket/x'],
  ['abfss://c@a.dfs.core.windows.net/x', 'abfss://c@a.dfs.core.windows.net/x'],
  ['time=12:30/x', '/t/time=12:30/x'],
];
for (const [path, location] of locations) {
  test(`${path} is read from ${location}`, () =>
    assert.equal(fileLocation('/t', canonicalPath(path) ?? ''), location));
}

test('a path above the root of an object store stays in its bucket', () => {
  assert.equal(fileLocation('s3://bucket/a/t', canonicalPath('../u/x') ?? ''), 's3://bucket/a/u/x');
  assert.equal(fileLocation('s3://bucket/t', canonicalPath('../../../x') ?? ''), 's3://bucket/x');
});

for (const path of ['100%', 'a%2', 'a%zz', '%ff', 'a%C3']) {
  test(`${path} is no path`, () => assert.equal(canonicalPath(path), undefined));
}

for (const path of ['p=a b/x', 'ü/%/#?', 'a+b=c,d&e;f@g$h', 'a:b', 'x/y z']) {
  test(`${path} survives encoding`, () => assert.equal(canonicalPath(encodePath(path)), path));
}
