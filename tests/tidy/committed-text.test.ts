import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText, repositoryFiles } from './source-files.ts';

/** Text that belongs to one machine or one moment and would mislead everybody else. */
const banned: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a home folder', pattern: /(?<![\w.])\/(home|Users)\/[a-z][\w.-]*\//i },
  { what: "root's home folder", pattern: /(?<![\w./])\/root\// },
  { what: 'a working folder of one machine', pattern: /(?<![\w./])\/work\/(main|shared)\b/ },
  { what: 'a temporary folder of one machine', pattern: /(?<![\w./])\/tmp\/[\w.-]+\// },
  { what: 'a package mirror', pattern: /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/ },
  { what: 'a package mirror setting', pattern: /^\s*(registry|index-url|_authToken)\s*=/m },
  { what: 'a note to oneself', pattern: /\b(TODO|FIXME|XXX|HACK)\b(?!0)/ },
  { what: 'a conflict marker', pattern: /^(<{7}|>{7}) /m },
];

/** This file names what it bans. */
const exempt = new Set(['tests/tidy/committed-text.test.ts']);

for (const { what, pattern } of banned) {
  test(`no committed text has ${what}`, () => {
    const found = repositoryFiles
      .filter((path) => !exempt.has(path) && !isBinary(path))
      .flatMap((path) => {
        const text = readText(path);
        const match = pattern.exec(text);
        if (match === null) return [];
        const line = text.slice(0, match.index).split('\n').length;
        return [`${path}:${line} ${match[0].trim()}`];
      });
    assert.deepEqual(found, []);
  });
}

test('text files end with a newline and have no carriage returns', () => {
  const wrong = repositoryFiles
    .filter((path) => /\.(ts|mjs|cjs|js|json|md|sql|test|yaml|yml)$/.test(path))
    .filter((path) => !isBinary(path) && !path.startsWith('tests/tables/'))
    .filter((path) => {
      const text = readText(path);
      return text !== '' && (!text.endsWith('\n') || text.includes('\r'));
    });
  assert.deepEqual(wrong, []);
});

function isBinary(path: string): boolean {
  return /\.(parquet|bin|png|gz|arrow|crc|wasm)$/.test(path);
}
