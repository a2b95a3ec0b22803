import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Dialect } from '../../../sql/parse/dialect.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { splitStatements } from '../../../sql/parse/split-statements.ts';
import { typeName } from '../../../sql/types.ts';
import type { DataType } from '../../../catalog/data-type.ts';
import { skipWithoutShared } from '../../support/shared-folder.ts';
import { readCorpus } from './statement-corpora.ts';

type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

const dataTypeKinds = new Set(
  'boolean byte short integer long float double string binary date timestamp timestamp_ntz variant void decimal struct array map'.split(
    ' ',
  ),
);

/** For comparing: slices as their text, names dotted, types by name, offsets and absent fields gone. */
function plain(value: unknown): Plain {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value as Plain;
  if (Array.isArray(value)) return value.map(plain);
  const fields = value as { readonly [key: string]: unknown };
  const { source, start, end, parts, kind } = fields;
  if (typeof source === 'string') return source.slice(Number(start), Number(end));
  if (Array.isArray(parts)) return parts.join('|');
  if (typeof kind === 'string' && dataTypeKinds.has(kind))
    return typeName(fields as unknown as DataType);
  const isEmpty = (field: unknown) =>
    field === undefined || field === false || (Array.isArray(field) && field.length === 0);
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, field]) => key !== 'start' && !isEmpty(field))
      .map(([key, field]) => [key, plain(field)]),
  );
}

interface Case {
  readonly sql: string;
  readonly is: Plain;
  readonly dialect?: Dialect;
}

const append = { kind: 'append' };

const cases: readonly Case[] = [
  // --- queries
  { sql: 'select 1;', is: { kind: 'query', query: 'select 1' } },
  {
    sql: ' ; -- c\n (select 1) limit 1 ;; -- d',
    is: { kind: 'query', query: '(select 1) limit 1' },
  },
  { sql: 'FROM t', is: { kind: 'query', query: 'FROM t' } },
  { sql: 'VALUES (1)', is: { kind: 'query', query: 'VALUES (1)' } },
  { sql: 'TABLE t', is: { kind: 'query', query: 'TABLE t' } },
  {
    sql: 'with recursive a(x) as not materialized (select 1), b as (select 2) select * from a',
    is: {
      kind: 'query',
      query: 'with recursive a(x) as not materialized (select 1), b as (select 2) select * from a',
    },
  },
  {
    sql: 'with a as (select 1) insert into t select * from a',
    is: { kind: 'unsupported', name: 'WITH ... INSERT' },
  },
  {
    sql: 'with a as (select 1) pivot a on b',
    is: {
      kind: 'unsupported',
      name: 'WITH ... PIVOT',
      hint: 'Write the query with SELECT ... FROM t PIVOT (...), or with aggregates and FILTER.',
    },
  },
  // --- explain
  { sql: 'explain select 1', is: { kind: 'explain', query: 'select 1' } },
  {
    sql: 'explain analyze (select 1)',
    is: { kind: 'explain', analyze: true, query: '(select 1)' },
  },
  { sql: 'explain cost from t', is: { kind: 'explain', mode: 'COST', query: 'from t' } },
  { sql: 'explain delete from t', is: { kind: 'unsupported', name: 'EXPLAIN DELETE FROM' } },
  // --- views
  {
    sql: 'create view v as select 1',
    is: { kind: 'createView', name: 'v', scope: 'persistent', query: 'select 1' },
  },
  {
    sql: "create or replace global temp view g.v (a comment 'x', `b c`) comment 'w' tblproperties ('k' = 1) as with c as (select 1) select 2 from c;",
    is: {
      kind: 'createView',
      name: 'g|v',
      orReplace: true,
      scope: 'globalTemporary',
      columnNames: ['a', 'b c'],
      columnComments: ['x', undefined as unknown as Plain],
      comment: 'w',
      properties: [{ key: 'k', value: '1' }],
      query: 'with c as (select 1) select 2 from c',
    },
  },
  {
    sql: 'create temporary view if not exists v as (select 1)',
    is: {
      kind: 'createView',
      name: 'v',
      ifNotExists: true,
      scope: 'temporary',
      query: '(select 1)',
    },
  },
  { sql: 'drop view if exists s.v', is: { kind: 'dropView', name: 's|v', ifExists: true } },
  // --- schemas
  {
    sql: "create database if not exists s comment 'c' location '/d' with dbproperties (a.b = 'c', d = true)",
    is: {
      kind: 'createSchema',
      name: 's',
      ifNotExists: true,
      comment: 'c',
      location: '/d',
      properties: [
        { key: 'a.b', value: 'c' },
        { key: 'd', value: 'true' },
      ],
    },
  },
  { sql: 'drop schema s cascade', is: { kind: 'dropSchema', name: 's', cascade: true } },
  {
    sql: 'drop database if exists s restrict',
    is: { kind: 'dropSchema', name: 's', ifExists: true },
  },
  // --- tables
  { sql: 'create table t', is: { kind: 'createTable', name: 't' } },
  {
    sql: "create external table delta.`/p` using DELTA location '/q' as (select 1)",
    is: {
      kind: 'createTable',
      name: 'delta|/p',
      using: 'delta',
      location: '/q',
      asQuery: '(select 1)',
    },
  },
  {
    sql: 'create table t using delta from u',
    is: { kind: 'createTable', name: 't', using: 'delta', asQuery: 'from u' },
  },
  {
    sql: 'create table t (select 1)',
    is: { kind: 'createTable', name: 't', asQuery: '(select 1)' },
  },
  {
    sql: "create or replace table a.b.c (`a b` int not null comment 'k', b string default 'x, y' || f(1, 2) not null, c double default a is not null comment 'z', check int) partitioned by (d date comment 'p', b) cluster by (c, b) tblproperties ('x' 'y') comment 'c'",
    is: {
      kind: 'createTable',
      name: 'a|b|c',
      orReplace: true,
      columns: [
        { name: 'a b', type: 'INT', notNull: true, comment: 'k' },
        { name: 'b', type: 'STRING', notNull: true, defaultValue: "'x, y' || f(1, 2)" },
        { name: 'c', type: 'DOUBLE', defaultValue: 'a is not null', comment: 'z' },
        { name: 'check', type: 'INT' },
        { name: 'd', type: 'DATE', comment: 'p' },
      ],
      partitionedBy: ['d', 'b'],
      clusterBy: ['c', 'b'],
      properties: [{ key: 'x', value: 'y' }],
      comment: 'c',
    },
  },
  {
    sql: "create table t (a bigint generated by default as identity (start with -5 increment by 2), b bigint generated always as identity, c int generated always as (a + (1)) comment 'g')",
    is: {
      kind: 'createTable',
      name: 't',
      columns: [
        {
          name: 'a',
          type: 'BIGINT',
          generated: { kind: 'identity', startWith: -5, incrementBy: 2 },
        },
        {
          name: 'b',
          type: 'BIGINT',
          generated: { kind: 'identity', always: true, startWith: 1, incrementBy: 1 },
        },
        {
          name: 'c',
          type: 'INT',
          generated: { kind: 'expression', expression: 'a + (1)' },
          comment: 'g',
        },
      ],
    },
  },
  { sql: 'drop table if exists s.t purge', is: { kind: 'dropTable', name: 's|t', ifExists: true } },
  {
    sql: 'create table t like u',
    is: {
      kind: 'unsupported',
      name: 'CREATE TABLE ... LIKE',
      hint: 'Use CREATE TABLE ... AS SELECT.',
    },
  },
  {
    sql: 'create temp table t (a int)',
    is: {
      kind: 'unsupported',
      name: 'CREATE TEMPORARY TABLE',
      hint: 'Create a temporary view, or a table.',
    },
  },
  // --- insert
  {
    sql: 'insert into t values (1), (2)',
    is: { kind: 'insert', target: 't', mode: append, query: 'values (1), (2)' },
  },
  {
    sql: 'insert into table s.t (a, `b`) (select 1, 2)',
    is: {
      kind: 'insert',
      target: 's|t',
      columns: ['a', 'b'],
      mode: append,
      query: '(select 1, 2)',
    },
  },
  {
    sql: 'insert into t (select 1) union all select 2',
    is: { kind: 'insert', target: 't', mode: append, query: '(select 1) union all select 2' },
  },
  {
    sql: 'insert overwrite t by name with a as (select 1) from a',
    is: {
      kind: 'insert',
      target: 't',
      byName: true,
      mode: { kind: 'overwrite' },
      query: 'with a as (select 1) from a',
    },
  },
  {
    sql: 'insert into t replace where a is distinct from (select 1) and b select 2',
    is: {
      kind: 'insert',
      target: 't',
      mode: { kind: 'replaceWhere', condition: 'a is distinct from (select 1) and b' },
      query: 'select 2',
    },
  },
  {
    sql: 'insert or ignore into t select 1',
    is: { kind: 'unsupported', name: 'INSERT OR IGNORE INTO' },
  },
  // --- session
  { sql: 'use s', is: { kind: 'use', schema: 's' } },
  { sql: 'use schema', is: { kind: 'use', schema: 'schema' } },
  { sql: 'use database main.s', is: { kind: 'use', schema: 'main|s' } },
  { sql: "use catalog 'main'", is: { kind: 'useCatalog', catalog: 'main' } },
  { sql: 'set dialect = spark', is: { kind: 'set', key: 'dialect', value: 'spark' } },
  { sql: "SET SESSION dialect TO 'duckdb';", is: { kind: 'set', key: 'dialect', value: 'duckdb' } },
  { sql: 'set a.b.c = -1', is: { kind: 'set', key: 'a.b.c', value: '-1' } },
  { sql: 'set a = b, c d', is: { kind: 'set', key: 'a', value: 'b, c d' } },
  {
    sql: "set time zone 'Europe/Berlin'",
    is: { kind: 'set', key: 'TimeZone', value: 'Europe/Berlin' },
  },
  { sql: 'set time zone local', is: { kind: 'set', key: 'TimeZone', value: 'local' } },
  { sql: 'set a.b', is: { kind: 'showSettings', key: 'a.b' } },
  { sql: 'set', is: { kind: 'showSettings' } },
  {
    sql: 'set variable x = 1',
    is: { kind: 'unsupported', name: 'SET VARIABLE', hint: 'Set the session: SET key = value.' },
  },
  { sql: 'reset a.b', is: { kind: 'reset', key: 'a.b' } },
  { sql: 'refresh table s.t', is: { kind: 'refreshTable', name: 's|t' } },
  { sql: 'refresh t', is: { kind: 'refreshTable', name: 't' } },
  { sql: 'refresh function f', is: { kind: 'unsupported', name: 'REFRESH FUNCTION' } },
  // --- show
  {
    sql: "show schemas in main like 'a*|b'",
    is: { kind: 'showSchemas', catalog: 'main', like: 'a*|b' },
  },
  { sql: "show databases 'x'", is: { kind: 'showSchemas', like: 'x' } },
  { sql: "show tables from s like 't*'", is: { kind: 'showTables', schema: 's', like: 't*' } },
  { sql: 'show views in s', is: { kind: 'showViews', schema: 's' } },
  { sql: 'show columns in t in s', is: { kind: 'showColumns', table: 's|t' } },
  { sql: 'show columns from s.t from other', is: { kind: 'showColumns', table: 's|t' } },
  { sql: 'show create table s.t', is: { kind: 'showCreateTable', table: 's|t' } },
  { sql: 'show catalogs', is: { kind: 'showCatalogs' } },
  { sql: "show table extended like 'a'", is: { kind: 'unsupported', name: 'SHOW TABLE EXTENDED' } },
  { sql: 'show grants on t', is: { kind: 'unsupported', name: 'SHOW GRANTS' } },
  // --- describe
  { sql: 'describe t', is: { kind: 'describeTable', table: 't' } },
  { sql: 'desc table extended s.t', is: { kind: 'describeTable', table: 's|t', extended: true } },
  { sql: 'describe formatted t', is: { kind: 'describeTable', table: 't', extended: true } },
  { sql: 'describe t a.b', is: { kind: 'describeTable', table: 't', column: ['a', 'b'] } },
  { sql: 'describe history', is: { kind: 'describeTable', table: 'history' } },
  { sql: 'describe history.detail', is: { kind: 'describeTable', table: 'history|detail' } },
  {
    sql: "describe history '/p' limit 3",
    is: { kind: 'describeHistory', target: 'delta|/p', limit: 3 },
  },
  { sql: 'describe history s.t', is: { kind: 'describeHistory', target: 's|t' } },
  { sql: 'describe detail delta.`/p`', is: { kind: 'describeDetail', target: 'delta|/p' } },
  {
    sql: 'describe schema extended s',
    is: { kind: 'describeSchema', schema: 's', extended: true },
  },
  { sql: 'describe select 1', is: { kind: 'describeQuery', query: 'select 1' } },
  { sql: 'describe query values (1)', is: { kind: 'describeQuery', query: 'values (1)' } },
  { sql: 'describe function f', is: { kind: 'unsupported', name: 'DESCRIBE FUNCTION' } },
  // --- others, by name
  ...[
    'UPDATE',
    'OPTIMIZE',
    'VACUUM',
    'PRAGMA',
    'CALL',
    'ATTACH',
    'INSTALL',
    'LOAD',
    'COMMIT',
    'CHECKPOINT',
    'GRANT',
    'REVOKE',
    'PREPARE',
    'SUMMARIZE',
  ].map((name) => ({
    sql: `${name} x`,
    is:
      name === 'SUMMARIZE'
        ? {
            kind: 'unsupported',
            name,
            hint: 'Select the aggregates of the columns: min, max, avg, count.',
          }
        : { kind: 'unsupported', name },
  })),
  { sql: "copy t to 'x'", is: { kind: 'unsupported', name: 'COPY' } },
  { sql: 'begin transaction', is: { kind: 'unsupported', name: 'BEGIN TRANSACTION' } },
  { sql: 'create or replace macro f(a) as a', is: { kind: 'unsupported', name: 'CREATE MACRO' } },
  {
    sql: 'create temp secret s (type s3)',
    is: { kind: 'unsupported', name: 'CREATE TEMPORARY SECRET' },
  },
  {
    sql: 'create materialized view v as select 1',
    is: { kind: 'unsupported', name: 'CREATE MATERIALIZED VIEW' },
  },
  { sql: 'drop function f', is: { kind: 'unsupported', name: 'DROP FUNCTION' } },
];

for (const { sql, is, dialect = 'duckdb' } of cases) {
  test(`parses ${sql}`, () => {
    assert.deepEqual(plain(parseStatement(sql, dialect)), is);
  });
}

const types: readonly (readonly [text: string, duckdb: string, spark?: string])[] = [
  ['tinyint', 'TINYINT'],
  ['INTEGER', 'INT'],
  ['int8', 'BIGINT'],
  ['double precision', 'DOUBLE'],
  ['decimal', 'DECIMAL(18,3)', 'DECIMAL(10,0)'],
  ['numeric(5)', 'DECIMAL(5,0)'],
  ['dec(38, 38)', 'DECIMAL(38,38)'],
  ['timestamp', 'TIMESTAMP'],
  ['timestamptz', 'TIMESTAMP'],
  ['timestamp with time zone', 'TIMESTAMP'],
  ['timestamp without time zone', 'TIMESTAMP_NTZ'],
  ['timestamp_ntz', 'TIMESTAMP_NTZ'],
  ['varchar', 'STRING'],
  ['text', 'STRING'],
  ['blob', 'BINARY'],
  ['variant', 'VARIANT'],
  ['array<array<int>>', 'ARRAY<ARRAY<INT>>'],
  ['int[][]', 'ARRAY<ARRAY<INT>>'],
  ['map<string,array<map<int,array<date>>>>', 'MAP<STRING, ARRAY<MAP<INT, ARRAY<DATE>>>>'],
  ['map(varchar, int)[]', 'ARRAY<MAP<STRING, INT>>'],
  ['struct<a:int,`b c`:string>', 'STRUCT<a: INT, `b c`: STRING>'],
  ['struct<order:int, end:string, from: date>', 'STRUCT<order: INT, end: STRING, from: DATE>'],
  ['struct(a integer, b varchar[])', 'STRUCT<a: INT, b: ARRAY<STRING>>'],
  ['struct<>', 'STRUCT<>'],
];

for (const [text, duckdb, spark = duckdb] of types) {
  test(`reads the type ${text}`, () => {
    for (const [dialect, expected] of [
      ['duckdb', duckdb],
      ['spark', spark],
    ] as const) {
      const statement = parseStatement(`create table t (c ${text} not null) using delta`, dialect);
      assert.ok(statement.kind === 'createTable');
      const [column] = statement.columns ?? [];
      assert.ok(column?.notNull);
      assert.equal(typeName(column.type), expected);
    }
  });
}

test('keeps what a struct says about its fields', () => {
  const sql = "create table t (s struct<a: int not null comment 'x', b: int>)";
  const statement = parseStatement(sql, 'spark');
  assert.ok(statement.kind === 'createTable');
  assert.deepEqual(statement.columns?.[0]?.type, {
    kind: 'struct',
    fields: [
      { name: 'a', type: { kind: 'integer' }, nullable: false, metadata: { comment: 'x' } },
      { name: 'b', type: { kind: 'integer' }, nullable: true, metadata: {} },
    ],
  });
});

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
  ['create table t (a int, constraint c check (a > 0))', 'UNSUPPORTED_FEATURE', 24],
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
  ['insert into t partition (a = 1) select 1', 'UNSUPPORTED_FEATURE', 15],
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

/** What each statement of the Delta corpus is, by its kind there. */
const deltaNames = new Map<string, RegExp>([
  ['ddl', /^(createTable|dropTable|unsupported:TRUNCATE TABLE)$/],
  ['ctas', /^createTable$/],
  ['like', /^unsupported:CREATE TABLE ... LIKE$/],
  ['clone', /^unsupported:CREATE TABLE ... CLONE$/],
  ['view', /^(createView|dropView|unsupported:CREATE TEMPORARY VIEW ... USING)$/],
  ['merge', /^unsupported:MERGE (WITH SCHEMA EVOLUTION )?INTO$/],
  ['dml', /^unsupported:(UPDATE|DELETE FROM)$/],
  ['insert', /^insert$/],
  ['copy', /^unsupported:COPY INTO$/],
  [
    'maint',
    /^unsupported:(OPTIMIZE|VACUUM|RESTORE|RESTORE TABLE|FSCK REPAIR TABLE|REORG TABLE|CONVERT TO DELTA|GENERATE|ANALYZE TABLE)$/,
  ],
  [
    'meta',
    /^(describe(History|Detail|Table)|show(Tables|Schemas|Columns|CreateTable|Views)|unsupported:SHOW (PARTITIONS|TBLPROPERTIES|FUNCTIONS))$/,
  ],
  ['alter', /^unsupported:ALTER (TABLE|VIEW)$/],
  ['db', /^(createSchema|dropSchema|use|useCatalog)$/],
  ['travel', /^query$/],
  ['cdf', /^query$/],
  [
    'session',
    /^(set|reset|explain|refreshTable|unsupported:(CACHE TABLE|CACHE SELECT|UNCACHE TABLE))$/,
  ],
  ['grant', /^unsupported:(GRANT|REVOKE)$/],
  ['query', /^query$/],
]);

test('knows the kind of every Delta statement', { skip: skipWithoutShared('sql') }, () => {
  const statements = readCorpus('delta') as readonly { id: string; sql: string; kind: string }[];
  assert.equal(statements.length, 137);
  for (const { id, sql, kind } of statements) {
    for (const dialect of ['spark', 'duckdb'] as const) {
      if (id === 'dlt-039') {
        assert.throws(() => parseStatement(sql, dialect), { code: 'UNSUPPORTED_FEATURE' });
        continue;
      }
      const statement = parseStatement(sql, dialect);
      const name =
        statement.kind === 'unsupported' ? `unsupported:${statement.name}` : statement.kind;
      assert.match(name, deltaNames.get(kind) ?? /^$/, `${id} ${sql}`);
    }
  }
});

test('knows the kind of every DuckDB statement', { skip: skipWithoutShared('sql') }, () => {
  const others = new Map([
    ['duck-05', 'PIVOT'],
    ['duck-06', 'PIVOT'],
    ['duck-08', 'UNPIVOT'],
    ['duck-69', 'SUMMARIZE'],
    ['duck-70', 'describeTable'],
    ['duck-71', 'showTables'],
    ['duck-72', 'explain'],
    ['duck-73', 'COPY'],
    ['duck-74', 'CREATE MACRO'],
    ['duck-75', 'INSERT OR REPLACE INTO'],
    ['duck-76', 'MERGE INTO'],
  ]);
  for (const { id, sql } of readCorpus('duckdb')) {
    const statement = parseStatement(sql, 'duckdb');
    const name = statement.kind === 'unsupported' ? statement.name : statement.kind;
    assert.equal(name, others.get(id) ?? 'query', sql);
  }
});

test("knows the kind of the guide's statements", { skip: skipWithoutShared('sql') }, () => {
  const kinds = readCorpus('guide').map(({ sql }) => parseStatement(sql, 'spark').kind);
  assert.deepEqual(kinds, [
    'createView',
    'query',
    'query',
    'query',
    'query',
    'query',
    'use',
    'createView',
    'query',
    'query',
    'createTable',
    'query',
  ]);
});

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
