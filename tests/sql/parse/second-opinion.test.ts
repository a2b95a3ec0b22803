import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDuckdbQuery } from '../../../sql/parse/query-text.ts';
import { secondOpinionTables } from '../../../sql/parse/second-opinion.ts';
import { wholeText } from '../../../sql/parse/source-slice.ts';
import { skipWithoutShared } from '../../support/shared-folder.ts';
import { cteNamesOf, parseWithDuckdb, tablesOf } from './duckdb-parser.ts';
import { readCorpus } from './statement-corpora.ts';

test('sees tables wherever they are read', () => {
  const sql = `with c as (select * from s.a) select (select max(x) from b) from "T x", c
    where y in (select z from "d"."/p")`;
  const names = secondOpinionTables(sql)?.map(({ schema, table }) => `${schema ?? ''}.${table}`);
  assert.deepEqual(new Set(names), new Set(['s.a', '.b', '.T x', '.c', 'd./p']));
});

test('says what would be done to a table', () => {
  const seen = secondOpinionTables('select 1; drop table t');
  assert.deepEqual(seen, [{ action: 'drop', schema: undefined, table: 't' }]);
});

test('has no opinion where it cannot read, and never throws', () => {
  for (const text of ['from t', 'select * from t AT (VERSION => 1)', `${'('.repeat(9_000)}1`]) {
    assert.equal(secondOpinionTables(text), undefined);
  }
  assert.equal(secondOpinionTables(`select '${'a'.repeat(20_000)}' from t`), undefined);
});

test('gives the same answer again from its cache', () => {
  const text = 'select a from cached_table';
  const first = secondOpinionTables(text);
  for (let i = 0; i < 300; i++) secondOpinionTables(`select ${i} from other`);
  assert.deepEqual(secondOpinionTables(text), first);
  assert.equal(secondOpinionTables(text), secondOpinionTables(text));
});

test('sees no table that DuckDB does not see', { skip: skipWithoutShared('sql') }, async () => {
  const queries = [...readCorpus('tpch'), ...readCorpus('tpcds'), ...readCorpus('duckdb')].filter(
    ({ sql }) => /^\s*(select|with|from)\b/i.test(sql),
  );
  let opinions = 0;
  for (const { id, sql } of queries) {
    const { text } = toDuckdbQuery(wholeText(sql), 'duckdb');
    const seen = secondOpinionTables(text);
    if (seen === undefined) continue;
    opinions++;
    const parsed = await parseWithDuckdb(text);
    assert.ok(parsed.kind === 'tree', id);
    const known = new Set([
      ...tablesOf(parsed.tree).map(({ parts }) => parts.at(-1)?.toLowerCase()),
      ...cteNamesOf(parsed.tree),
    ]);
    for (const { action, table } of seen) {
      assert.equal(action, 'select', id);
      assert.ok(known.has(table.toLowerCase()), `${id} reads ${table}`);
    }
  }
  assert.ok(opinions > 110, `${opinions} of ${queries.length} queries`);
});
