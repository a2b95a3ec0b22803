import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allowedFunctions,
  allowedTableFunctions,
  isAllowedFunction,
  knownRefusedFunctions,
} from '../../../sql/bind/function-allow-list.ts';
import { openRawDuckdb } from '../../support/raw-duckdb.ts';

test('every scalar and aggregate function of DuckDB is allowed or refused by name', async (context) => {
  const duckdb = await openRawDuckdb(context);
  const rows = await duckdb.rows(
    `SELECT DISTINCT function_name FROM duckdb_functions()
     WHERE function_type IN ('scalar', 'aggregate', 'macro') ORDER BY 1`,
  );
  const undecided = rows
    .map(([name]) => String(name).toLowerCase())
    .filter((name) => !name.startsWith('__internal'))
    .filter((name) => !isAllowedFunction(name, false) && !knownRefusedFunctions.has(name));
  assert.deepEqual(undecided, []);
});

test('no table function that reads files, settings or SQL is allowed', async (context) => {
  const duckdb = await openRawDuckdb(context);
  const rows = await duckdb.rows(
    `SELECT DISTINCT function_name FROM duckdb_functions()
     WHERE function_type IN ('table', 'table_macro', 'pragma')`,
  );
  const allowed = rows
    .map(([name]) => String(name).toLowerCase())
    .filter((name) => isAllowedFunction(name, true));
  assert.deepEqual(allowed.sort(), [
    'generate_series',
    'json_each',
    'json_tree',
    'range',
    'repeat',
    'repeat_row',
    'unnest',
  ]);
});

test('nothing is both allowed and refused', () => {
  const both = [...allowedFunctions, ...allowedTableFunctions].filter((name) =>
    knownRefusedFunctions.has(name),
  );
  assert.deepEqual(both, []);
});

for (const name of [
  'getenv',
  'current_setting',
  'getvariable',
  'json_execute_serialized_sql',
  'query',
  'query_table',
  'read_text',
  'read_parquet',
  'duckdb_secrets',
  'pg_sleep',
  'current_query',
  'write_log',
  'nextval',
  'glob',
]) {
  test(`${name} is refused, as a value and in FROM`, () => {
    assert.equal(isAllowedFunction(name, false), false);
    assert.equal(isAllowedFunction(name, true), false);
  });
}
