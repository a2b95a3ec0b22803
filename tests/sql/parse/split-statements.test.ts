import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitStatements } from '../../../sql/parse/split-statements.ts';

test('splits a script, wherever semicolons hide', () => {
  const script = 'select \';\'; -- a;b\n/* ; */ select "a;b", $$;$$ ;; select `;` from t';
  const parts = splitStatements(script, 'duckdb');
  assert.deepEqual(
    parts.map(({ text, isTerminated }) => [text, isTerminated]),
    [
      ["select ';'", true],
      ['select "a;b", $$;$$', true],
      ['select `;` from t', false],
    ],
  );
  for (const { text, start } of parts) assert.equal(script.slice(start, start + text.length), text);
});

test('keeps the rest of a script whole where it cannot be read', () => {
  for (const rest of ["select 'abc; select 2", 'select /* ; ', 'select \\; select 3']) {
    const parts = splitStatements(`select 1; ${rest}`, 'duckdb');
    assert.deepEqual(
      parts.map(({ text }) => text),
      ['select 1', rest.trim()],
    );
    assert.equal(parts.at(-1)?.isTerminated, false);
  }
});

test('splits a long script in a time that grows with its length', () => {
  const script = "insert into t values (1, 'a;b');\n".repeat(40_000);
  const startedMs = performance.now();
  assert.equal(splitStatements(script, 'spark').length, 40_000);
  assert.ok(performance.now() - startedMs < 5_000);
});
