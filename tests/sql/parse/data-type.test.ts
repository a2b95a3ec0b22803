import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { typeName } from '../../../sql/types.ts';

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
