import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { skipWithoutShared } from '../../support/shared-folder.ts';
import { readCorpus } from './statement-corpora.ts';

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
