import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, excerpt } from '../../repl/error-text.ts';
import { parseJson, type JsonObject } from '../../repl/lossless-json.ts';
import { ServerError } from '../../repl/repl-error.ts';

function serverError(problem: object): ServerError {
  return new ServerError(parseJson(JSON.stringify(problem)) as JsonObject, 400);
}

test('shows code, SQLSTATE, message, line, detail and hint', () => {
  const error = serverError({
    code: 'COLUMN_NOT_FOUND',
    sqlState: '42703',
    detail: 'there is no column "b"\nThe table has a.',
    hint: 'Did you mean "a"?',
    position: { line: 2, column: 3 },
  });
  assert.equal(
    errorText(error, { sql: 'select\n  b\nfrom t' }),
    'ERROR:  COLUMN_NOT_FOUND (42703): there is no column "b"\n' +
      'LINE 2:   b\n' +
      '          ^\n' +
      'DETAIL:  The table has a.\n' +
      'HINT:  Did you mean "a"?\n',
  );
});

test('shows what there is when the server says little', () => {
  assert.equal(errorText(serverError({})), 'ERROR:  the server answered with status 400\n');
  assert.equal(errorText(serverError({ title: 'Bad' })), 'ERROR:  Bad\n');
  assert.equal(errorText(new Error('oh')), 'ERROR:  oh\n');
});

test('lets no control character of the server through', () => {
  assert.equal(
    errorText(serverError({ detail: 'a\u001b[2Jb', hint: '\u202ex' })),
    'ERROR:  a\\x1b[2Jb\nHINT:  \\u202ex\n',
  );
});

for (const [name, sql, line, column, lines] of [
  ['the first column', 'abc', 1, 1, ['LINE 1: abc', '        ^']],
  ['after the last column', 'abc', 1, 4, ['LINE 1: abc', '           ^']],
  ['a column beyond the line', 'abc', 1, 99, ['LINE 1: abc', '           ^']],
  ['wide characters before it', '株価 x', 1, 4, ['LINE 1: 株価 x', '             ^']],
  ['a tab before it', '\tx', 1, 2, ['LINE 1:  x', '         ^']],
  ['a line that is not there', 'abc', 7, 1, []],
] as const) {
  test(`puts the caret at ${name}`, () => {
    assert.deepEqual(excerpt(sql, { line, column }), lines);
  });
}

test('cuts a long line around the position', () => {
  const sql = `${'a'.repeat(500)}X${'b'.repeat(500)}`;
  const [text = '', caret = ''] = excerpt(sql, { line: 1, column: 501 });
  assert.ok(text.length < 90);
  assert.equal(text[caret.indexOf('^')], 'X');
  assert.match(text, /^LINE 1: \.\.\.a+Xb+\.\.\.$/);
});

test('cuts no character in two', () => {
  const sql = '🚀'.repeat(200);
  for (let column = 1; column < 400; column += 1) {
    const [text = ''] = excerpt(sql, { line: 1, column });
    // It refuses half a character.
    assert.doesNotThrow(() => encodeURIComponent(text), `at column ${column}`);
  }
});
