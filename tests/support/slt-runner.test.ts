import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSltFile } from './slt-file.ts';
import { renderCell, runSltFile } from './slt-runner.ts';
import { parseKeepingDigits, SqlFailure, type Answer, type SqlClient } from './sql-client.ts';

/** Answers by the statement's text; anything else is an unknown statement. */
function fakeClient(answers: Record<string, Answer>): SqlClient {
  return {
    run: async ({ sql, dialect }) => {
      const answer = answers[`${dialect}: ${sql}`];
      if (answer !== undefined) return answer;
      throw new SqlFailure({
        code: 'PARSE_SYNTAX_ERROR',
        sqlState: '42601',
        message: `no ${sql}`,
        position: { line: 1, column: 8 },
      });
    },
    close: async () => {},
  };
}

const client = fakeClient({
  'duckdb: SELECT 1': { columns: [{ name: 'a', type: 'INT' }], rows: [[1]] },
  'duckdb: SELECT two': {
    columns: [
      { name: 'b', type: 'STRING' },
      { name: 'c', type: 'DOUBLE' },
    ],
    rows: [
      ['y', 0.1],
      [null, 0.30000000000000004],
    ],
  },
  'spark: SELECT 1': { columns: [{ name: 'a', type: 'STRING' }], rows: [['spark']] },
  'duckdb: SELECT `/w/t`': { columns: [{ name: 'a', type: 'STRING' }], rows: [['']] },
});

const run = (text: string) =>
  runSltFile('x.test', parseSltFile('x.test', text), { client, warehouse: '/w' });

const passing = {
  'a query with the right rows': 'query I\nSELECT 1\n----\n1\n',
  'rows in any order': 'query TR rowsort\nSELECT two\n----\nNULL\t0.3\ny\t0.1\n',
  'names of columns': 'names b, c\nquery TR rowsort\nSELECT two\n----\ny\t0.1\nNULL\t0.3\n',
  'the dialect, until it is changed': 'dialect spark\n\nquery T\nSELECT 1\n----\nspark\n',
  'the warehouse, and an empty text': 'query T\nSELECT `${WAREHOUSE}/t`\n----\n(empty)\n',
  'a statement that is ok': '# why\nstatement ok\nSELECT 1\n',
  'an error by its code': 'statement error PARSE_SYNTAX_ERROR\nBAD\n',
  'an error by code, place and words':
    'statement error PARSE_SYNTAX_ERROR at 1:8\nBAD\n----\nno BAD\n',
  'a known failure that still fails': 'known-failure issue\nquery I\nSELECT 1\n----\n2\n',
};
for (const [name, text] of Object.entries(passing)) {
  test(`a SQL test passes with ${name}`, async () => {
    assert.deepEqual(await run(text), []);
  });
}

const failing = {
  'a wrong row': 'query I\nSELECT 1\n----\n2\n',
  'a missing row': 'query TR\nSELECT two\n----\ny\t0.1\n',
  'rows in another order': 'query TR\nSELECT two\n----\nNULL\t0.3\ny\t0.1\n',
  'a number that differs beyond the last digits':
    'query TR\nSELECT two\n----\ny\t0.1\nNULL\t0.3001\n',
  'another type': 'query R\nSELECT 1\n----\n1\n',
  'another number of columns': 'query II\nSELECT 1\n----\n1\t1\n',
  'another name': 'names z\nquery I\nSELECT 1\n----\n1\n',
  'an error instead of rows': 'query I\nBAD\n----\n1\n',
  'rows instead of an error': 'statement error PARSE_SYNTAX_ERROR\nSELECT 1\n',
  'another code': 'statement error INTERNAL_ERROR\nBAD\n',
  'another place': 'statement error PARSE_SYNTAX_ERROR at 2:8\nBAD\n',
  'other words': 'statement error PARSE_SYNTAX_ERROR\nBAD\n----\nyes\n',
  'a known failure that passes': 'known-failure issue\nquery I\nSELECT 1\n----\n1\n',
};
for (const [name, text] of Object.entries(failing)) {
  test(`a SQL test fails with ${name}`, async () => {
    await assert.rejects(run(text), { name: 'AssertionError', message: /x\.test:\d/ });
  });
}

const unreadable = {
  'an unknown word': 'loop 3\n',
  'a query without rows': 'query I\nSELECT 1\n',
  'a row of another width': 'query I\nSELECT 1\n----\n1\t2\n',
  'a statement without text': 'statement ok\n\n',
  'a skip without a reason': 'skip\nstatement ok\nSELECT 1\n',
  'a statement with rows': 'statement ok\nSELECT 1\n----\n1\n',
};
for (const [name, text] of Object.entries(unreadable)) {
  test(`a SQL test with ${name} is refused with its line`, () => {
    assert.throws(() => parseSltFile('x.test', text), /^Error: x\.test:\d+: /);
  });
}

test('a skipped statement is not run and its reason is reported', async () => {
  assert.deepEqual(await run('skip not yet\nstatement ok\nBAD\n'), ['line 2: not yet']);
});

test('times are compared without the zeros at the end of their fraction', () => {
  assert.equal(renderCell('2026-01-01T00:00:00.000Z'), '2026-01-01T00:00:00Z');
  assert.equal(renderCell('2026-01-01T00:00:00.120000'), '2026-01-01T00:00:00.12');
  assert.equal(renderCell('1.500'), '1.500');
});

test('long whole numbers of a JSON answer keep their digits', () => {
  assert.deepEqual(
    parseKeepingDigits('[9007199254740993,"9007199254740993 ",1.5,12,0.3333333333333333]'),
    ['9007199254740993', '9007199254740993 ', 1.5, 12, 0.3333333333333333],
  );
});
