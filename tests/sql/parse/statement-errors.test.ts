import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Dialect } from '../../../sql/parse/dialect.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';

const failures: readonly (readonly [
  sql: string,
  code: string,
  column: number,
  dialect?: Dialect,
])[] = [
  ['', 'PARSE_SYNTAX_ERROR', 1],
  [' ;; ', 'PARSE_SYNTAX_ERROR', 5],
  ['-- c', 'PARSE_SYNTAX_ERROR', 5],
  ['selekt 1', 'PARSE_SYNTAX_ERROR', 1],
  ['"select" 1', 'PARSE_SYNTAX_ERROR', 1],
  ['123', 'PARSE_SYNTAX_ERROR', 1],
  ['select 1; select 2', 'MULTIPLE_STATEMENTS', 11],
  ['use s; drop table t', 'MULTIPLE_STATEMENTS', 8],
  ['use s t', 'PARSE_SYNTAX_ERROR', 7],
  ['use', 'PARSE_SYNTAX_ERROR', 4],
  ['use a.b.c.d', 'PARSE_SYNTAX_ERROR', 5],
  ['drop table', 'PARSE_SYNTAX_ERROR', 11],
  ['drop t', 'PARSE_SYNTAX_ERROR', 6],
  ['drop table a, b', 'PARSE_SYNTAX_ERROR', 13],
  ['create view v', 'PARSE_SYNTAX_ERROR', 14],
  ['create view v as drop table t', 'PARSE_SYNTAX_ERROR', 18],
  ['create or replace view if not exists v as select 1', 'PARSE_SYNTAX_ERROR', 24],
  ['create global view v as select 1', 'PARSE_SYNTAX_ERROR', 15],
  ['create or replace schema s', 'PARSE_SYNTAX_ERROR', 8],
  ['create table t (a int, A int)', 'PARSE_SYNTAX_ERROR', 24],
  ['create table t (a)', 'PARSE_SYNTAX_ERROR', 18],
  ['create table t (a int,)', 'PARSE_SYNTAX_ERROR', 23],
  ['create table t ()', 'PARSE_SYNTAX_ERROR', 17],
  ['create table t (a decimal(39, 0))', 'PARSE_SYNTAX_ERROR', 27],
  ['create table t (a decimal(3, 4))', 'PARSE_SYNTAX_ERROR', 27],
  ['create table t (a array<int>>)', 'PARSE_SYNTAX_ERROR', 28],
  ['create table t (a hugeint)', 'UNSUPPORTED_DATATYPE', 19],
  ['create table t (a int[3])', 'UNSUPPORTED_DATATYPE', 19],
  ['create table t (a struct<b: array<time>>)', 'UNSUPPORTED_DATATYPE', 35],
  ['create table t (a varchar(3))', 'UNSUPPORTED_DATATYPE', 19, 'spark'],
  ['create table t (a int primary key)', 'UNSUPPORTED_FEATURE', 23],
  ['create table t (a int, constraint c unique (a))', 'UNSUPPORTED_FEATURE', 37],
  ['create table t (a int, constraint c)', 'PARSE_SYNTAX_ERROR', 36],
  ['create table t (a date) partitioned by (years(a))', 'UNSUPPORTED_FEATURE', 41],
  ['create table t (a int) options (x 1)', 'UNSUPPORTED_FEATURE', 24],
  ['create table t (a int) using delta using delta', 'PARSE_SYNTAX_ERROR', 36],
  ['create table t (a int) as', 'PARSE_SYNTAX_ERROR', 26],
  ["create table t tblproperties ('a' = 1, 'a' = 2)", 'PARSE_SYNTAX_ERROR', 40],
  ['insert t select 1', 'PARSE_SYNTAX_ERROR', 8],
  ['insert into t', 'PARSE_SYNTAX_ERROR', 14],
  ['insert into t delete from u', 'PARSE_SYNTAX_ERROR', 15],
  ['insert into t default values', 'UNSUPPORTED_FEATURE', 15],
  ['insert into t select 1 returning a', 'UNSUPPORTED_FEATURE', 24],
  ['insert into t select 1 on conflict do nothing', 'UNSUPPORTED_FEATURE', 24],
  ['insert into t replace where select 1', 'PARSE_SYNTAX_ERROR', 29],
  ['set a =', 'PARSE_SYNTAX_ERROR', 8],
  ['set a 1', 'PARSE_SYNTAX_ERROR', 7],
  ['show', 'PARSE_SYNTAX_ERROR', 5],
  ['show tables s', 'PARSE_SYNTAX_ERROR', 13],
  ['show columns t', 'PARSE_SYNTAX_ERROR', 14],
  ['describe', 'PARSE_SYNTAX_ERROR', 9],
  ['describe history t limit x', 'PARSE_SYNTAX_ERROR', 26],
  ['describe t as json', 'UNSUPPORTED_FEATURE', 12],
  ['describe query drop', 'PARSE_SYNTAX_ERROR', 16],
  ['explain', 'PARSE_SYNTAX_ERROR', 8],
  ['explain foo', 'PARSE_SYNTAX_ERROR', 9],
];

for (const [sql, code, column, dialect = 'duckdb'] of failures) {
  test(`refuses ${sql === '' ? '(nothing)' : sql}`, () => {
    assert.throws(
      () => parseStatement(sql, dialect),
      (error) => {
        assert.ok(error instanceof CodedError, String(error));
        assert.equal(error.code, code, error.message);
        assert.deepEqual(error.position, { line: 1, column }, error.message);
        assert.ok((error.hint ?? '').length > 0);
        return true;
      },
    );
  });
}
