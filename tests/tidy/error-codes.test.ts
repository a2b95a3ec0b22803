import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCodes, type ErrorCode } from '../../catalog/error-codes.ts';
import { statusOf } from '../../server/error-reply.ts';
import { readText } from './source-files.ts';

/** ``| `CODE` | `SQLSTATE` | status | hint |`` */
const row = /^\| `([A-Z_]+)` \| `([0-9A-Z]{5})` \| (\d{3}) \| (.*) \|$/gm;

test('docs/errors.md lists every error code, as it is, and no other', () => {
  const documented = [...readText('docs/errors.md').matchAll(row)].map(
    ([, code, sqlState, status, hint]) => `${code} ${sqlState} ${status} ${hint}`,
  );
  const defined = Object.entries(errorCodes).map(
    ([code, { sqlState, hint }]) =>
      `${code} ${sqlState} ${statusOf(code as ErrorCode, sqlState)} ${hint}`,
  );
  assert.deepEqual(documented.sort(), defined.sort());
});

test('every SQLSTATE has five characters and every hint is a sentence', () => {
  for (const [code, { sqlState, hint }] of Object.entries(errorCodes)) {
    assert.match(sqlState, /^[0-9A-Z]{5}$/, code);
    assert.match(hint, /^\S.*\.$/, code);
  }
});
