/**
 * Whether what a plan says a query needs is enough. Every table of TPC-H and TPC-DS is replaced by a
 * view of it that has only the rows needed, and NULL in all columns that are not: each query must
 * give the same rows. The columns are those that the queries name, the data is made up of the
 * constants they ask for.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { DataType, StructField } from '../../../catalog/data-type.ts';
import type { Predicate } from '../../../catalog/predicate.ts';
import { plannerSettings } from '../../../sql/duckdb/planner-engine.ts';
import { parsePlan } from '../../../sql/plan/plan-json.ts';
import { readPushDown, type ReferenceNeeds } from '../../../sql/plan/push-down.ts';
import { quoteIdentifier, quoteString } from '../../../sql/quote.ts';
import { duckdbType } from '../../../sql/types.ts';
import { literalSql } from '../../support/random-table.ts';
import { nullableField } from '../../support/skipping-arbitraries.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';

interface Query {
  readonly id: string;
  readonly sql: string;
}
interface Table {
  readonly name: string;
  readonly fields: readonly StructField[];
}
/** Tables by the first part of their columns' names. */
type Prefixes = { readonly [prefix: string]: string };

const tpch: Prefixes = {
  c: 'customer',
  l: 'lineitem',
  n: 'nation',
  o: 'orders',
  p: 'part',
  ps: 'partsupp',
  r: 'region',
  s: 'supplier',
};
const tpcds: Prefixes = {
  c: 'customer',
  ca: 'customer_address',
  cc: 'call_center',
  cd: 'customer_demographics',
  cp: 'catalog_page',
  cr: 'catalog_returns',
  cs: 'catalog_sales',
  d: 'date_dim',
  hd: 'household_demographics',
  i: 'item',
  ib: 'income_band',
  inv: 'inventory',
  p: 'promotion',
  r: 'reason',
  s: 'store',
  sm: 'ship_mode',
  sr: 'store_returns',
  ss: 'store_sales',
  t: 'time_dim',
  w: 'warehouse',
  web: 'web_site',
  wp: 'web_page',
  wr: 'web_returns',
  ws: 'web_sales',
};

const wholeNumber =
  /(_sk|key|number|quantity|on_hand|year|moy|dom|qoy|dow|_seq|hour|minute|_time|count|size|linenumber|availqty|shippriority|employees|space|bound|birth_month|birth_day|estimate|(manufact|brand|category|class|manager|market|company)_id)$/;
const money =
  /(price|cost|amt|amount|tax|paid|profit|discount|loss|cash|charge|credit|fee|offset|acctbal)$|_inc_/;

/** What each column holds, by its name. */
function typeOf(column: string): DataType {
  if (money.test(column)) return { kind: 'decimal', precision: 15, scale: 2 };
  if (/date$/.test(column)) return { kind: 'date' };
  return wholeNumber.test(column) ? { kind: 'integer' } : { kind: 'string' };
}

/** Tables with the columns that the queries name. */
function tablesOf(queries: readonly Query[], prefixes: Prefixes): readonly Table[] {
  const columns = new Map<string, Set<string>>();
  for (const { sql } of queries) {
    for (const [word, prefix = ''] of sql.toLowerCase().matchAll(/\b([a-z]+)_[a-z_]+\d?\b/g)) {
      const table = Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined;
      if (table === undefined || Object.values(prefixes).includes(word)) continue;
      columns.set(table, (columns.get(table) ?? new Set()).add(word));
    }
  }
  return [...columns].map(([name, names]) => ({
    name,
    fields: [...names].sort().map((column) => nullableField(column, typeOf(column))),
  }));
}

/** The constants that stand behind a column's name in the queries. */
function constantsOf({ name, type }: StructField, queries: readonly Query[]): readonly string[] {
  const behind = new RegExp(
    `\\b${name}\\b\\s*(?:=|<>|<=|>=|<|>|IN|BETWEEN|LIKE)([^;]{0,120})`,
    'gi',
  );
  const isQuoted = type.kind === 'string' || type.kind === 'date';
  const constant = isQuoted ? /'([^']*)'/g : /(?<![\w'.])(\d+(?:\.\d+)?)(?![\w'.])/g;
  const found = new Set<string>();
  for (const { sql } of queries) {
    for (const [, text = ''] of sql.matchAll(behind)) {
      for (const [, value = ''] of text.matchAll(constant)) found.add(value.replaceAll('%', ''));
    }
  }
  const isValue = (text: string): boolean =>
    type.kind === 'date' ? /^\d{4}-\d\d?-\d\d?$/.test(text) : text !== '' && text.length < 12;
  return [...found].filter(isValue).slice(0, 40);
}

/** Few, or joins of many tables would have too many rows to look at. */
const rowCount = 120;
/** A query over made-up data that takes longer says nothing new. */
const queryMsMax = 3000;

function valueSql(field: StructField, queries: readonly Query[]): string {
  const { name, type } = field;
  const random = `(hash(i, '${name}') % 1000003)::BIGINT`;
  // Keys are few, so that joins meet; in the first half of the rows they count up.
  if (/(_sk|key)$/.test(name)) {
    const half = rowCount / 2;
    return `CASE WHEN i < ${half} THEN i % 60 WHEN ${random} % 50 = 0 THEN NULL ELSE ${random} % 60 END`;
  }
  const constants = constantsOf(field, queries);
  const quoted = constants.map((text) => quoteString(text)).join(', ');
  const plain =
    constants.length > 0
      ? `[${quoted}][1 + ${random} % ${constants.length}]`
      : type.kind === 'string'
        ? `printf('v%d', ${random} % 7)`
        : type.kind === 'date'
          ? `DATE '1998-01-01' + (${random} % 2000)::INTEGER`
          : `${random} % 60`;
  return `CASE WHEN ${random} % 50 = 0 THEN NULL ELSE ${plain} END`;
}

function predicateSql(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'true':
    case 'false':
      return predicate.kind;
    case 'and':
    case 'or':
      return `(${predicate.parts.map(predicateSql).join(` ${predicate.kind} `)})`;
    case 'null':
      return `${columnSql(predicate.column.path)} IS ${predicate.isNull ? '' : 'NOT '}NULL`;
    case 'in': {
      const { column, values } = predicate;
      const list = values.map((value) => literalSql(column.type, value)).join(', ');
      return values.length === 0 ? 'false' : `${columnSql(column.path)} IN (${list})`;
    }
    case 'comparison': {
      const { column, operator, value } = predicate;
      return `${columnSql(column.path)} ${operator} ${literalSql(column.type, value)}`;
    }
  }
}

function columnSql(path: readonly string[]): string {
  return path.map(quoteIdentifier).join('.');
}

function viewSql({ name, fields }: Table, { predicate, columns }: ReferenceNeeds): string {
  const list = fields.map((field) =>
    columns.includes(field.name)
      ? quoteIdentifier(field.name)
      : `CAST(NULL AS ${duckdbType(field.type)}) AS ${quoteIdentifier(field.name)}`,
  );
  const rows = `SELECT ${list.join(', ')} FROM base.${name} WHERE ${predicateSql(predicate)}`;
  return `CREATE OR REPLACE VIEW needed.${name} AS ${rows}`;
}

/** Rows without their order; sums of doubles differ in their last digits with the order of rows. */
async function rowsOf(connection: DuckDBConnection, sql: string): Promise<readonly string[]> {
  const timer = setInterval(() => connection.interrupt(), queryMsMax);
  const reader = await connection.runAndReadAll(sql).finally(() => clearInterval(timer));
  const round = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(9)) : value;
  return reader
    .getRowsJson()
    .map((row) => JSON.stringify(row, round))
    .sort();
}

/** Without the limits that leave open which rows are meant. */
function withoutLimits(sql: string): string {
  return sql.replace(/\blimit\s+\d+/gi, '').replace(/;\s*$/, '');
}

async function openDuckdb(): Promise<DuckDBConnection> {
  return await (await DuckDBInstance.create(':memory:')).connect();
}

interface Counts {
  checked: number;
  /** Queries of which some filter was understood. */
  filtered: number;
  withRows: number;
}

async function checkQueries(file: string, prefixes: Prefixes): Promise<Counts> {
  const queries = JSON.parse(readFileSync(requireShared(`sql/${file}`), 'utf8')) as Query[];
  const tables = tablesOf(queries, prefixes);
  const planner = await openDuckdb();
  const data = await openDuckdb();
  await data.run(`SET TimeZone = 'UTC'; CREATE SCHEMA base; CREATE SCHEMA needed`);
  for (const { name, fields } of tables) {
    const columns = fields.map((f) => `${quoteIdentifier(f.name)} ${duckdbType(f.type)}`);
    await planner.run(`CREATE TABLE ${name} (${columns.join(', ')})`);
    const values = fields.map(
      (f) => `CAST(${valueSql(f, queries)} AS ${duckdbType(f.type)}) AS ${quoteIdentifier(f.name)}`,
    );
    await data.run(
      `CREATE TABLE base.${name} AS SELECT ${values.join(', ')} FROM range(${rowCount}) r(i)`,
    );
  }
  const optimizers = await planner.runAndReadAll('SELECT name FROM duckdb_optimizers()');
  const names = optimizers.getRowsJson().map(([name]) => (typeof name === 'string' ? name : ''));
  for (const setting of plannerSettings(names)) await planner.run(setting);

  const counts: Counts = { checked: 0, filtered: 0, withRows: 0 };
  for (const { id, sql } of queries) {
    const text = withoutLimits(sql);
    const plan = await planner.runAndReadAll(
      `SELECT json_serialize_plan(${quoteString(text)}, optimize := true)`,
    );
    const json = plan.getRowsJson()[0]?.[0];
    const root = typeof json === 'string' ? parsePlan(json) : undefined;
    const pushDown = root === undefined ? undefined : readPushDown(root, tables);
    if (pushDown === undefined) continue;
    let expected: readonly string[];
    try {
      await data.run('SET search_path = base');
      expected = await rowsOf(data, text);
    } catch {
      // The columns that were made up do not fit every query, and some join too much of the data.
      continue;
    }
    for (const [number, table] of tables.entries()) {
      const needs = pushDown.references[number];
      assert.ok(needs !== undefined);
      await data.run(viewSql(table, needs));
    }
    await data.run('SET search_path = needed');
    assert.deepEqual(await rowsOf(data, text), expected, id);
    counts.checked++;
    if (pushDown.references.some(({ predicate }) => predicate.kind !== 'true')) counts.filtered++;
    if (expected.length > 0) counts.withRows++;
  }
  planner.closeSync();
  data.closeSync();
  return counts;
}

test('what plans of TPC-H need is enough', { skip: skipWithoutShared('sql') }, async () => {
  const counts = await checkQueries('tpch-queries.json', tpch);
  const { checked, filtered, withRows } = counts;
  assert.ok(checked >= 20 && filtered >= 15 && withRows >= 12, JSON.stringify(counts));
});

test('what plans of TPC-DS need is enough', { skip: skipWithoutShared('sql') }, async () => {
  const counts = await checkQueries('tpcds-queries.json', tpcds);
  const { checked, filtered, withRows } = counts;
  assert.ok(checked >= 85 && filtered >= 70 && withRows >= 40, JSON.stringify(counts));
});
