import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDuckdbQuery } from '../../../sql/parse/query-text.ts';
import { wholeText } from '../../../sql/parse/source-slice.ts';

const cases: readonly (readonly [spark: string, duckdb: string])[] = [
  ["select double('NaN')", "select CAST('NaN' AS DOUBLE)"],
  ['select Float ( a + b )', 'select CAST ( a + b  AS FLOAT)'],
  ['select decimal(a)', 'select CAST(a AS DECIMAL(10, 0))'],
  ['select cast(a as decimal(10, 2))', 'select cast(a as decimal(10, 2))'],
  ['select cast(a as decimal(10))', 'select cast(a as decimal(10))'],
  ['select a::decimal(10)', 'select a::decimal(10)'],
  ['select cast(a as decimal), b::numeric', 'select cast(a as DECIMAL(10, 0)), b::DECIMAL(10, 0)'],
  ["select a < '2020-01-01'::timestamp", "select a < '2020-01-01'::TIMESTAMPTZ"],
  ['select a::timestamp_ntz, b::int', 'select a::TIMESTAMP, b::int'],
  ['select t.double(a)', 'select t.double(a)'],
  ['select array(1, f(2, 3), NULL)', 'select list_value(1, f(2, 3), NULL)'],
  ["select map('k', id, 'l', g(a, b))", "select MAP {'k': id, 'l': g(a, b)}"],
  ['select map(a, array(b))', 'select MAP {a: list_value(b)}'],
  ['select map(a, b, c)', 'select map(a, b, c)'],
  [
    "select named_struct('x', id, 'a b', date'2024-02-29')",
    'select struct_pack("x" := id, "a b" := date \'2024-02-29\')',
  ],
  [
    "select named_struct('x', named_struct('y', 1))",
    'select struct_pack("x" := struct_pack("y" := 1))',
  ],
  ['select named_struct(a, 1)', 'select named_struct(a, 1)'],
  ["select timestamp'2024-01-01 00:00:00Z'", "select TIMESTAMPTZ '2024-01-01 00:00:00Z'"],
  ["select timestamp_ntz '2024-01-01'", "select TIMESTAMP '2024-01-01'"],
  [
    'select cast(a as timestamp), try_cast(b as timestamp_ntz)',
    'select cast(a as TIMESTAMPTZ), try_cast(b as TIMESTAMP)',
  ],
  ['select * from (select a as timestamp)', 'select * from (select a as timestamp)'],
  ['select id from range(3) r', 'select id from (SELECT range AS id FROM range(3)) r'],
  [
    'select * from t join range(1, 3)',
    'select * from t join (SELECT range AS id FROM range(1, 3))',
  ],
  ['select range(3)', 'select range(3)'],
  ['select `array`(1)', 'select "array"(1)'],
];

for (const [spark, duckdb] of cases) {
  test(`reads as Spark does: ${spark}`, () => {
    const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ');
    assert.equal(squeeze(toDuckdbQuery(wholeText(spark), 'spark').text), squeeze(duckdb));
    assert.ok(!toDuckdbQuery(wholeText(spark), 'duckdb').text.includes('list_value'));
  });
}

test('errors after a call point to the place in the text as it was written', () => {
  const sql = "select map('k', 1), nothing";
  const { edited } = toDuckdbQuery(wholeText(sql), 'spark');
  assert.equal(edited.toSource(edited.text.indexOf('nothing')), sql.indexOf('nothing'));
});
