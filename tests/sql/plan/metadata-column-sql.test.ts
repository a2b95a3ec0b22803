import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sparkPath } from '../../../sql/plan/metadata-column-sql.ts';

const paths: readonly (readonly [location: string, path: string])[] = [
  ['/a b/c%20d', 'file:/a%20b/c%2520d'],
  ['/tab\t"q"/<x>|\\^`{}', 'file:/tab%09%22q%22/%3Cx%3E%7C%5C%5E%60%7B%7D'],
  ["/keeps-_.!~*'():@&=+$,;", "file:/keeps-_.!~*'():@&=+$,;"],
  ['/?#[]', 'file:/%3F%23%5B%5D'],
  ['/ü/日本/😀', 'file:/ü/日本/😀'],
  ['/wide\u00a0\u3000space\u0085', 'file:/wide%C2%A0%E3%80%80space%C2%85'],
  ['s3://bucket/a b', 's3://bucket/a%20b'],
];
for (const [location, path] of paths) {
  test(`writes the path ${JSON.stringify(location)} as Java writes a URI`, () => {
    assert.equal(sparkPath(location), path);
  });
}
