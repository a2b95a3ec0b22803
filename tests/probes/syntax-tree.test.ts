/** What `sql/bind/` assumes of `json_serialize_sql`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoteString } from '../../sql/quote.ts';
import { openRawDuckdb } from '../support/raw-duckdb.ts';

test('a table is located by its first UTF-8 byte, and its time travel stays beside it', async (context) => {
  const duckdb = await openRawDuckdb(context);
  const sql = `SELECT 'é😀' FROM s."t" AS x AT (VERSION => 3)`;
  const [[text] = []] = await duckdb.rows(`SELECT json_serialize_sql(${quoteString(sql)})`);
  const tree = JSON.parse(String(text)) as {
    statements: {
      node: { from_table: { query_location: number; alias: string; at_clause: { unit: string } } };
    }[];
  };
  const table = tree.statements[0]?.node.from_table;
  assert.equal(table?.query_location, Buffer.byteLength(sql.slice(0, sql.indexOf('s."t"'))));
  assert.equal(table?.alias, 'x');
  assert.equal(table?.at_clause.unit, 'VERSION');
});

test('a parse error is data, with its byte offset', async (context) => {
  const duckdb = await openRawDuckdb(context);
  const [[text] = []] = await duckdb.rows(`SELECT json_serialize_sql('SELECT 1 FROM t SELECT')`);
  const tree = JSON.parse(String(text)) as { error: boolean; error_type: string; position: string };
  assert.deepEqual([tree.error, tree.error_type, tree.position], [true, 'parser', '16']);
});

test('PIVOT statements cannot be serialized, so they are refused', async (context) => {
  const duckdb = await openRawDuckdb(context);
  const [[text] = []] = await duckdb.rows(`SELECT json_serialize_sql('PIVOT t ON a USING sum(b)')`);
  assert.equal((JSON.parse(String(text)) as { error: boolean }).error, true);
});
