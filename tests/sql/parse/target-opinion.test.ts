import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects } from '../../../sql/parse/dialect.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { secondOpinionTables } from '../../../sql/parse/second-opinion.ts';
import { requireTargetOpinion } from '../../../sql/parse/target-opinion.ts';

const agreed = [
  'update t set a = 1 where b = 2',
  'UPDATE main.s.t AS x SET x.a = x.a + 1, b = (select max(c) from u) WHERE x.d IN (SELECT d FROM w)',
  'update `my table` set `a b` = DEFAULT, s.f = 3',
  'delete from delta.`/data/sales`',
  'delete from s.t x where exists (select 1 from u where u.a = x.a)',
  "insert into t values (1, 'x'), (2, default)",
  'insert into table s.t (a, `b c`) values (1, 2)',
  // No opinion: the other parser does not know these.
  'insert overwrite t values (1)',
  'insert into t by name select 1 as a',
  'insert into t table u',
  'update t set a = (select b from u version as of 3)',
  'delete from t where a = "x" and b rlike \'y\'',
  ';; delete from t',
];

for (const sql of agreed) {
  test(`lets ${sql} pass`, () => {
    for (const dialect of dialects) {
      requireTargetOpinion(parseStatement(sql, dialect), sql, dialect);
    }
  });
}

const statements = [
  'update t set a = 1',
  'delete from s.t where a',
  'insert into s.t (a) values (1)',
];

for (const sql of statements) {
  test(`does not run ${sql} on another table`, () => {
    for (const dialect of dialects) {
      const statement = parseStatement(sql, dialect);
      const others = [sql.replace(/\bt\b/, 'u'), sql.replace(/(?:s\.)?\bt\b/, 'z.t')];
      for (const other of others) {
        assert.throws(() => requireTargetOpinion(statement, other, dialect), {
          code: 'UNSUPPORTED_STATEMENT',
          message: /Two parsers disagree on whether the statement changes "[tu]"/,
        });
      }
    }
  });
}

test('asks once for inserts that differ in their values', () => {
  const first = secondOpinionTables('insert into t (a) VALUES (1)');
  assert.deepEqual(first, [{ action: 'insert', schema: undefined, table: 't' }]);
  // More than the cache of opinions holds.
  for (let i = 0; i < 300; i++) {
    const sql = `insert into t (a) values (${i}), (${i + 1})`;
    requireTargetOpinion(parseStatement(sql, 'spark'), sql, 'spark');
  }
  assert.equal(secondOpinionTables('insert into t (a) VALUES (1)'), first);
});
