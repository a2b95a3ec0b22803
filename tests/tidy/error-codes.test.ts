import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCodes } from '../../catalog/error-codes.ts';
import { readText } from './source-files.ts';

/** The rows of the tables in docs/errors.md: ``| `CODE` | `SQLSTATE` | ... |``. */
function documentedCodes(): Map<string, string> {
  const rows = readText('docs/errors.md').matchAll(
    /^\|\s*`([A-Z_]+)`\s*\|\s*`?([0-9A-Z]{5})`?\s*\|/gm,
  );
  return new Map([...rows].map(([, code, sqlState]) => [code ?? '', sqlState ?? '']));
}

test('every error code is documented with its SQLSTATE, and every documented code exists', () => {
  const defined = new Map(
    Object.entries(errorCodes).map(([code, { sqlState }]) => [code, sqlState]),
  );
  assert.deepEqual(
    Object.fromEntries([...documentedCodes()].sort()),
    Object.fromEntries([...defined].sort()),
  );
});

test('every SQLSTATE has five characters and every hint is a sentence', () => {
  for (const [code, { sqlState, hint }] of Object.entries(errorCodes)) {
    assert.match(sqlState, /^[0-9A-Z]{5}$/, code);
    assert.match(hint, /^\S.*\.$/, code);
  }
});
