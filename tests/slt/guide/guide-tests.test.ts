import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { guideTests } from './write-guide-tests.ts';

const folder = dirname(fileURLToPath(import.meta.url));

test('the written guide tests are those that write-guide-tests.ts makes', () => {
  for (const [name, text] of guideTests()) {
    assert.equal(readFileSync(join(folder, name), 'utf8'), text, `${name}: write it again`);
  }
});

test('every guide test that is committed has a maker', () => {
  const committed = readdirSync(folder).filter((name) => name.endsWith('.test'));
  assert.deepEqual(committed.sort(), [...guideTests().keys()].sort());
});
