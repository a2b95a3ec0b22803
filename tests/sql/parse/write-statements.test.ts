import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects, type Dialect } from '../../../sql/parse/dialect.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { sliceText } from '../../../sql/parse/source-slice.ts';
import { plain, type Plain } from './plain-statement.ts';

interface Case {
  readonly sql: string;
  readonly is: Plain;
  /** Both, unless given. */
  readonly dialect?: Dialect;
}

type Fields = { readonly [key: string]: Plain };

const insert = (query: string, more: Fields = {}): Plain => ({
  kind: 'insert',
  target: 't',
  mode: { kind: 'append' },
  query,
  ...more,
});
const set = (column: string, expression: string): Plain => ({
  column,
  value: { kind: 'expression', expression },
});
const setDefault = (column: string): Plain => ({ column, value: { kind: 'default' } });
const merge = (more: Fields): Plain => ({
  kind: 'merge',
  target: 't',
  source: { kind: 'table', name: 's', reference: 's' },
  condition: 't.a = s.a',
  ...more,
});
const removed = { action: { kind: 'delete' } };
const copy = (more: Fields): Plain => ({
  kind: 'copyInto',
  target: 't',
  path: '/p',
  pathStart: 17,
  format: 'csv',
  ...more,
});

const cases: readonly Case[] = [
  // --- INSERT
  {
    sql: 'insert with schema evolution into t by name select 1 as a',
    is: insert('select 1 as a', { schemaEvolution: true, byName: true }),
  },
  {
    sql: "insert overwrite table t partition (d = date '2024-01-01', e) (a, b) select 1, 2, 3",
    is: insert('select 1, 2, 3', {
      mode: { kind: 'overwrite' },
      partition: [{ name: 'd', value: "date '2024-01-01'" }, { name: 'e' }],
      columns: ['a', 'b'],
    }),
  },
  {
    sql: 'insert into t replace using (a, s.b) values (1, 2)',
    is: insert('values (1, 2)', { mode: { kind: 'replaceUsing', columns: ['a', 's|b'] } }),
  },
  {
    sql: 'insert into t replace where case when a then b else c end and d from u',
    is: insert('from u', {
      mode: { kind: 'replaceWhere', condition: 'case when a then b else c end and d' },
    }),
  },
  { sql: 'insert into t table s.u', is: insert('table s.u') },
  {
    sql: 'insert into t values (1, default), (f(default), DEFAULT), (default + 1, (2))',
    is: insert('values (1, default), (f(default), DEFAULT), (default + 1, (2))', {
      defaults: [
        { row: 0, column: 1, end: 32 },
        { row: 1, column: 1, end: 55 },
      ],
    }),
  },
  {
    sql: 'insert into t values default, 2, default',
    dialect: 'spark',
    is: insert('values default, 2, default', {
      defaults: [
        { row: 0, column: 0, end: 28 },
        { row: 2, column: 0, end: 40 },
      ],
    }),
  },
  // --- COPY INTO
  {
    sql: "copy into t from '/p' fileformat = CSV",
    is: copy({}),
  },
  {
    sql: "copy into t from '/p' fileformat = csv validate 15 rows files = ('a', 'b') format_options ('header' = 'true') copy_options (force = true)",
    is: copy({
      files: ['a', 'b'],
      formatOptions: [{ key: 'header', value: 'true' }],
      copyOptions: [{ key: 'force', value: 'true' }],
      validate: 15,
    }),
  },
  {
    sql: "copy into t (a, b.c) from (select a, case b when 1 then 2 end, extract(day from d), e is distinct from f from '/p') pattern = '*.csv' fileformat = csv validate all",
    is: copy({
      columns: ['a', 'b|c'],
      pathStart: 110,
      select: 'a, case b when 1 then 2 end, extract(day from d), e is distinct from f',
      pattern: '*.csv',
      validate: 'all',
    }),
  },
  {
    sql: "copy into t by position from '/p' fileformat = csv",
    is: copy({ byPosition: true, pathStart: 29 }),
  },
  // --- UPDATE
  {
    sql: 'update s.t set a = 1',
    is: { kind: 'update', target: 's|t', assignments: [set('a', '1')] },
  },
  {
    sql: 'update delta.`/p` as x set x.a.b = (select 1 where true), c == case when a = 1 then 2 end, d = default where a is distinct from b and x.`where` = 1;',
    is: {
      kind: 'update',
      target: 'delta|/p',
      alias: 'x',
      assignments: [
        set('x|a|b', '(select 1 where true)'),
        set('c', 'case when a = 1 then 2 end'),
        setDefault('d'),
      ],
      condition: 'a is distinct from b and x.`where` = 1',
    },
  },
  {
    sql: 'update t x set a = b.end, c = x.when where x.where',
    is: {
      kind: 'update',
      target: 't',
      alias: 'x',
      assignments: [set('a', 'b.end'), set('c', 'x.when')],
      condition: 'x.where',
    },
  },
  {
    sql: 'update "t" set a = "where"',
    dialect: 'duckdb',
    is: { kind: 'update', target: 't', assignments: [set('a', '"where"')] },
  },
  {
    sql: 'update `t` set a = "b, where c"',
    dialect: 'spark',
    is: { kind: 'update', target: 't', assignments: [set('a', '"b, where c"')] },
  },
  {
    sql: 'update t set a = 1 /* x */ , b = 2 -- y\n where c -- z',
    is: {
      kind: 'update',
      target: 't',
      assignments: [set('a', '1'), set('b', '2')],
      condition: 'c',
    },
  },
  { sql: 'update extensions', is: { kind: 'unsupported', name: 'UPDATE EXTENSIONS' } },
  // --- DELETE
  { sql: 'delete from t', is: { kind: 'delete', target: 't' } },
  {
    sql: 'delete from a.b.c x where x.d in (select d from e where f)',
    is: {
      kind: 'delete',
      target: 'a|b|c',
      alias: 'x',
      condition: 'x.d in (select d from e where f)',
    },
  },
  {
    sql: 'delete from t as `x y` where true',
    is: { kind: 'delete', target: 't', alias: 'x y', condition: 'true' },
  },
  // --- MERGE
  {
    sql: 'merge into t using s on t.a = s.a when matched then delete',
    is: merge({ matched: [removed] }),
  },
  {
    sql: 'merge with schema evolution into t as x using s as y on t.a = s.a when matched then update set * when not matched then insert *',
    is: merge({
      schemaEvolution: true,
      targetAlias: 'x',
      sourceAlias: 'y',
      matched: [{ action: { kind: 'updateAll' } }],
      notMatched: [{ action: { kind: 'insertAll' } }],
    }),
  },
  {
    sql: 'merge into t using s on t.a = s.a when matched then update set * except (a, b.c) when not matched then insert * except (d)',
    is: merge({
      matched: [{ action: { kind: 'updateAll', except: ['a', 'b|c'] } }],
      notMatched: [{ action: { kind: 'insertAll', except: ['d'] } }],
    }),
  },
  {
    sql: `merge into t x using (select * from u version as of 1 union all values (1, 2)) y
      on case when x.a = 1 then y.a = 1 else y.a = x.a end
      when matched and case y.b when 1 then true end then update set x.a = case when y.b then 1 end, s.f = default
      when not matched by source and x.c < 3 then delete
      when matched and y.when then delete
      when not matched by target and y.a > 0 then insert (a, s.f) values (case when y.b then 1 end, default)
      when matched then update set a = 2
      when not matched then insert (a) values (y.a)
      when not matched by source then update set a = 0, b = x.end`,
    is: {
      kind: 'merge',
      target: 't',
      targetAlias: 'x',
      source: {
        kind: 'query',
        query: 'select * from u version as of 1 union all values (1, 2)',
      },
      sourceAlias: 'y',
      condition: 'case when x.a = 1 then y.a = 1 else y.a = x.a end',
      matched: [
        {
          condition: 'case y.b when 1 then true end',
          action: {
            kind: 'update',
            assignments: [set('x|a', 'case when y.b then 1 end'), setDefault('s|f')],
          },
        },
        { condition: 'y.when', ...removed },
        { action: { kind: 'update', assignments: [set('a', '2')] } },
      ],
      notMatched: [
        {
          condition: 'y.a > 0',
          action: {
            kind: 'insert',
            columns: ['a', 's|f'],
            values: [
              { kind: 'expression', expression: 'case when y.b then 1 end' },
              { kind: 'default' },
            ],
          },
        },
        {
          action: {
            kind: 'insert',
            columns: ['a'],
            values: [{ kind: 'expression', expression: 'y.a' }],
          },
        },
      ],
      notMatchedBySource: [
        { condition: 'x.c < 3', ...removed },
        { action: { kind: 'update', assignments: [set('a', '0'), set('b', 'x.end')] } },
      ],
    },
  },
  {
    sql: "merge into t using s.u timestamp as of '2024-01-01' y on t.a = s.a when matched then delete",
    is: merge({
      source: {
        kind: 'table',
        name: 's|u',
        version: { unit: 'TIMESTAMP', value: "'2024-01-01'" },
        reference: "s.u timestamp as of '2024-01-01'",
      },
      sourceAlias: 'y',
      matched: [removed],
    }),
  },
  {
    sql: 'merge into t using delta.`/p@v3` as y on t.a = s.a when matched then delete',
    is: merge({
      source: {
        kind: 'table',
        name: 'delta|/p',
        version: { unit: 'VERSION', value: '3' },
        reference: 'delta.`/p@v3`',
      },
      sourceAlias: 'y',
      matched: [removed],
    }),
  },
  {
    sql: 'merge into t using s.u@20190101000000000 on t.a = s.a when matched then delete',
    is: merge({
      source: {
        kind: 'table',
        name: 's|u',
        version: { unit: 'TIMESTAMP', value: "'2019-01-01 00:00:00.000'" },
        reference: 's.u@20190101000000000',
      },
      matched: [removed],
    }),
  },
  {
    sql: "merge into t using table_changes('u', (1)) y on t.a = s.a when matched then delete",
    is: merge({
      source: { kind: 'function', call: "table_changes('u', (1))" },
      sourceAlias: 'y',
      matched: [removed],
    }),
  },
  {
    sql: 'merge into t using (values (1, 2)) as y(a, `b c`) on t.a = s.a when matched then delete',
    dialect: 'duckdb',
    is: merge({
      source: { kind: 'query', query: 'values (1, 2)' },
      sourceAlias: 'y',
      sourceColumns: ['a', 'b c'],
      matched: [removed],
    }),
  },
];

for (const { sql, is, dialect } of cases) {
  test(`parses ${sql}`, () => {
    for (const one of dialect === undefined ? dialects : [dialect]) {
      assert.deepEqual(plain(parseStatement(sql, one)), is, one);
    }
  });
}

test('says where each DEFAULT of VALUES lies', () => {
  const sql = 'insert into t (a, b) values (default, 1), (\n 2, Default )';
  const statement = parseStatement(sql, 'spark');
  assert.ok(statement.kind === 'insert');
  assert.deepEqual(
    statement.defaults.map(({ row, column, start, end }) => [row, column, sql.slice(start, end)]),
    [
      [0, 0, 'default'],
      [1, 1, 'Default'],
    ],
  );
});

test('says where the parts of a MERGE lie', () => {
  const sql =
    'merge into s.t x using u y on x.a = y.a\n when matched and y.b then update set x.c = y.c, d = default';
  const statement = parseStatement(sql, 'duckdb');
  assert.ok(statement.kind === 'merge' && statement.source.kind === 'table');
  const [clause] = statement.matched;
  assert.ok(clause?.action.kind === 'update' && clause.condition !== undefined);
  const [first, second] = clause.action.assignments;
  assert.ok(first?.value.kind === 'expression' && second?.value.kind === 'default');
  const places = [
    [statement.target.start, 's.t'],
    [statement.source.name.start, 'u y'],
    [statement.condition.start, 'x.a = y.a'],
    [clause.start, 'when matched'],
    [clause.condition.start, 'y.b then'],
    [first.column.start, 'x.c ='],
    [first.value.expression.start, 'y.c, d'],
    [second.column.start, 'd = default'],
    [second.value.start, 'default'],
  ] as const;
  for (const [start, text] of places) assert.equal(start, sql.indexOf(text), text);
  assert.equal(sliceText(statement.condition), 'x.a = y.a');
});
