import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dialects } from '../../../sql/parse/dialect.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import type { Statement } from '../../../sql/parse/statement.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';
import { namedTables } from './named-tables.ts';
import { readCorpus } from './statement-corpora.ts';

/**
 * Each statement of the Delta corpus: its number, its kind, and the tables it names. "text" is a table
 * inside a query or an expression; "?" a query in words of Spark's that DuckDB cannot read.
 */
const deltaStatements = `
  001 createTable | define sales
  002 createTable | define sales
  003 createTable | define events
  004 createTable | define events
  005 createTable | define idt
  006 createTable | define clustered
  007 createTable | define nested
  008 createTable | define big, text sales
  009 createTable | define delta./data/out, text sales
  010 createTable | define ext
  011 createTableLike | define copy_t, read sales
  012 cloneTable | define sales_clone, read sales
  013 cloneTable | define sales_clone, read sales
  014 cloneTable | define sales_clone, read delta./data/sales
  015 createView | define v, text sales
  016 createView | define v, text sales
  017 createView | define gv, text sales
  018 createView | define gv2
  019 createView | define v3, text sales
  020 unsupported CREATE TEMPORARY VIEW ... USING
  021 dropView | define v3
  022 dropTable | define sales
  023 truncateTable | write sales
  024 merge | read updates, write sales
  025 merge | read updates, write sales
  026 merge | read updates, write sales
  027 merge | text updates, write delta./data/sales
  028 merge | read updates, write sales
  029 update | write sales
  030 update | write delta./data/sales
  031 update | text bad, write sales
  032 delete | write sales
  033 delete | write delta./data/sales
  034 delete | text bad, write sales
  035 insert | write sales
  036 insert | text staging, write sales
  037 insert | text staging, write sales
  038 insert | text staging, write sales
  039 insert | text staging, write sales
  040 insert | text staging, write sales
  041 insert | write sales
  042 insert | text staging, write delta./data/sales
  043 copyInto | write sales
  044 copyInto | write sales
  045 optimize | write sales
  046 optimize | write sales
  047 optimize | write delta./data/sales
  048 vacuum | write sales
  049 vacuum | write sales
  050 vacuum | write delta./data/sales
  051 restoreTable | write sales
  052 restoreTable | write sales
  053 fsckRepairTable | write sales
  054 reorgTable | write sales
  055 convertToDelta | define parquet./data/p
  056 generate | write sales
  057 analyzeTable | write sales
  058 describeHistory | read sales
  059 describeHistory | read delta./data/sales
  060 describeDetail | read sales
  061 describeTable | read sales
  062 describeTable | read sales
  063 describeTable | read sales
  064 showTables
  065 showTables
  066 showSchemas
  067 showSchemas
  068 unsupported SHOW PARTITIONS
  069 showProperties | read sales
  070 showColumns | read sales
  071 showCreateTable | read sales
  072 showViews
  073 unsupported SHOW FUNCTIONS
  074 alterTable | define sales
  075 alterTable | define sales
  076 alterTable | define sales
  077 alterTable | define sales
  078 alterTable | define sales
  079 alterTable | define sales
  080 alterTable | define sales
  081 alterTable | define sales
  082 alterTable | define sales
  083 alterTable | define sales, define sales2
  084 alterTable | define sales
  085 alterTable | define sales
  086 alterTable | define sales
  087 alterTable | define sales
  088 alterView | define v
  089 createSchema
  090 createSchema
  091 dropSchema
  092 use
  093 useCatalog
  094 query | text sales
  095 query | text sales
  096 query | text sales
  097 query | text sales
  098 query | text sales
  099 query | text sales
  100 query | text sales
  101 query | text delta./data/sales
  102 query | text delta.s3://bucket/p/sales
  103 query | text sales
  104 query
  105 query
  106 query
  107 set
  108 set
  109 reset
  110 unsupported CACHE TABLE
  111 unsupported CACHE SELECT
  112 unsupported UNCACHE TABLE
  113 refreshTable | read sales
  114 explain | text sales
  115 explain | text sales
  116 unsupported GRANT
  117 unsupported GRANT
  118 unsupported REVOKE
  119 query | text docs
  120 query | ?
  121 query | ?
  122 query | ?
  123 query | ?
  124 query | text docs
  125 query | ?
  126 query | text sales
  127 query | text sales
  128 query | ?
  129 query | ?
  130 query | text sales
  131 query | text docs
  132 query
  133 query | text a, text b
  134 query | ?
  135 query | text sales
  136 query | ?
  137 query | text sales
`;

test(
  'knows kind and tables of every Delta statement',
  { skip: skipWithoutShared('sql') },
  async () => {
    const statements = readCorpus('delta');
    assert.equal(statements.length, 137);
    const expected = deltaStatements.trim().split(/\n\s*/);
    for (const dialect of dialects) {
      const found = await Promise.all(
        statements.map(async ({ id, sql }) => {
          const statement = parseStatement(sql, dialect);
          const tables = await namedTables(statement, dialect).catch(() => ['?']);
          const name = nameOf(statement);
          return `${id.slice(-3)} ${name}${tables.length === 0 ? '' : ` | ${tables.join(', ')}`}`;
        }),
      );
      assert.deepEqual(found, expected, dialect);
    }
  },
);

function nameOf(statement: Statement): string {
  return statement.kind === 'unsupported' ? `unsupported ${statement.name}` : statement.kind;
}

interface Scenario {
  readonly id: string;
  readonly steps: readonly { readonly sql: string }[];
}

const scenarioKinds: readonly (readonly [words: string, kind: Statement['kind']])[] = [
  ['create', 'createTable'],
  ['drop table', 'dropTable'],
  ['alter table', 'alterTable'],
  ['insert', 'insert'],
  ['update', 'update'],
  ['delete', 'delete'],
  ['merge', 'merge'],
  ['select', 'query'],
  ['truncate', 'truncateTable'],
  ['restore', 'restoreTable'],
  ['optimize', 'optimize'],
  ['reorg', 'reorgTable'],
];

test('knows kind and tables of the scenarios', { skip: skipWithoutShared('sql') }, async () => {
  const file = readFileSync(requireShared('sql/dml-scenarios.json'), 'utf8');
  const { scenarios } = JSON.parse(file) as { readonly scenarios: readonly Scenario[] };
  const names = { '{t}': 'main.x.target_1', '{s}': 'delta.`/p/source 1`' } as const;
  let count = 0;
  for (const { id, steps } of scenarios) {
    for (const step of steps) {
      // Functions of Spark whose names DuckDB's grammar keeps for itself.
      const template = step.sql.replace(/\b(?:array|float|double)\(/g, 'f(');
      const sql = template.replace(/\{[ts]\}/g, (place) => names[place as keyof typeof names]);
      const kind = scenarioKinds.find(([words]) => template.toLowerCase().startsWith(words))?.[1];
      // Some literals are Spark's alone.
      const readBy = /"|\\|\d[LY]\b/.test(template) ? (['spark'] as const) : dialects;
      for (const dialect of readBy) {
        const statement = parseStatement(sql, dialect);
        assert.equal(statement.kind, kind, `${id} ${sql}`);
        const tables = await namedTables(statement, dialect);
        const found = new Set(tables.map((table) => table.slice(table.indexOf(' ') + 1)));
        const written = Object.entries(names)
          .filter(([place]) => template.includes(place))
          .map(([, name]) => name.replaceAll('`', ''));
        assert.deepEqual(found, new Set(written), `${id} ${sql}`);
        count++;
      }
    }
  }
  assert.ok(count > 400, String(count));
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
  ]);
  for (const { id, sql } of readCorpus('duckdb')) {
    if (id === 'duck-76') {
      // MERGE with INSERT BY NAME.
      assert.throws(() => parseStatement(sql, 'duckdb'), { code: 'UNSUPPORTED_FEATURE' });
      continue;
    }
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
