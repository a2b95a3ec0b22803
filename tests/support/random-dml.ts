/**
 * Random DELETE, UPDATE, MERGE and INSERT against tables of every kind, beside the same statements on a
 * plain table of DuckDB: equal rows after each step, equal counts, and a change feed that leads from one
 * version to the next.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { makeScratch, openEngine } from './open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from './sql-client.ts';

const seed = Number(process.env['LEVEE_SEED'] ?? Date.now() % 2 ** 31);

interface Kind {
  readonly name: string;
  readonly properties: readonly string[];
  readonly partitioned?: boolean;
  readonly feed?: boolean;
}

const vectors = `'delta.enableDeletionVectors' = 'true'`;
const feed = `'delta.enableChangeDataFeed' = 'true'`;
const mapped = (mode: string) => `'delta.columnMapping.mode' = '${mode}'`;
const tracked = `'delta.enableRowTracking' = 'true'`;

const kinds: readonly Kind[] = [
  { name: 'rewritten', properties: [] },
  { name: 'marked', properties: [vectors] },
  { name: 'rewritten_feed', properties: [feed], feed: true },
  { name: 'marked_feed', properties: [vectors, feed], feed: true },
  { name: 'rewritten_partitioned', properties: [], partitioned: true },
  { name: 'marked_partitioned_feed', properties: [vectors, feed], partitioned: true, feed: true },
  { name: 'rewritten_mapped', properties: [mapped('name')] },
  { name: 'marked_mapped_partitioned', properties: [vectors, mapped('id')], partitioned: true },
  { name: 'rewritten_tracked_feed', properties: [tracked, feed], feed: true },
  { name: 'marked_tracked_mapped', properties: [vectors, tracked, mapped('name')] },
];

let engine: SqlEngine;
let client: SqlClient;
let model: DuckDBConnection;

/** Numbers that are the same for the same seed. */
class Dice {
  #state: number;
  constructor(from: number) {
    this.#state = from >>> 0;
  }
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % count;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
  some<T>(items: readonly T[]): readonly T[] {
    const kept = items.filter(() => this.below(2) === 0);
    return kept.length > 0 ? kept : [this.pick(items)];
  }
}

function value(dice: Dice): string {
  return dice.below(6) === 0 ? 'NULL' : String(dice.below(40));
}

function text(dice: Dice): string {
  return dice.below(6) === 0 ? 'NULL' : `'${dice.pick(['a', 'b', 'c', 'Ünï', "o''k"])}'`;
}

function rowsOf(dice: Dice, count: number): string {
  const row = () =>
    `(${dice.below(60)}, ${text(dice)}, ${value(dice)}, ` +
    `${dice.below(5) === 0 ? 'NULL' : `{'a': ${value(dice)}, 'b': ${text(dice)}}`}, ${dice.below(3)})`;
  return Array.from({ length: count }, row).join(', ');
}

function condition(dice: Dice): string {
  const one = (): string =>
    dice.pick([
      `id < ${dice.below(60)}`,
      `id BETWEEN ${dice.below(30)} AND ${20 + dice.below(40)}`,
      `v >= ${dice.below(40)}`,
      `k = ${text(dice)}`,
      `k <> 'a'`,
      `v IS NULL`,
      `p = ${dice.below(3)}`,
      `st.a > ${dice.below(40)}`,
      `id % ${2 + dice.below(4)} = 0`,
      `id IN (SELECT m FROM (VALUES (${dice.below(60)}), (${dice.below(60)})) x(m))`,
    ]);
  const shape = dice.below(4);
  if (shape === 0) return `${one()} AND ${one()}`;
  if (shape === 1) return `${one()} OR (NOT (${one()}))`;
  return one();
}

const setters: readonly ((dice: Dice) => string)[] = [
  (dice) => `v = v + ${dice.below(9)}`,
  (dice) => `k = ${text(dice)}`,
  () => `id = id + 1`,
  (dice) => `p = ${dice.below(3)}`,
  (dice) => `st = {'a': ${value(dice)}, 'b': ${text(dice)}}`,
];

type Step =
  | { readonly kind: 'plain'; readonly sql: string }
  | { readonly kind: 'merge'; readonly sql: string; readonly repeats: string };

function step(dice: Dice): Step {
  const plain = (sql: string): Step => ({ kind: 'plain', sql });
  switch (dice.below(8)) {
    case 0:
      return plain(`INSERT INTO $t VALUES ${rowsOf(dice, 1 + dice.below(8))}`);
    case 1:
    case 2:
      return plain(`DELETE FROM $t WHERE ${condition(dice)}`);
    case 3:
    case 4: {
      const sets = dice.some(setters).map((setter) => setter(dice));
      const where = dice.below(6) === 0 ? '' : ` WHERE ${condition(dice)}`;
      return plain(`UPDATE $t SET ${sets.join(', ')}${where}`);
    }
    default:
      return merge(dice);
  }
}

function merge(dice: Dice): Step {
  const distinct = dice.below(4) > 0 ? `DISTINCT ON (id) ` : '';
  // A column of nothing but NULL would be an INTEGER.
  const typed = 'id, k::VARCHAR AS k, v::INT AS v, st::STRUCT(a INT, b VARCHAR) AS st, p';
  const source =
    `(SELECT ${distinct}${typed} FROM (VALUES ${rowsOf(dice, 1 + dice.below(12))}) x(id, k, v, st, p) ` +
    `ORDER BY ALL)`;
  const on = dice.pick([
    't.id = s.id',
    `t.id = s.id AND t.p = ${dice.below(3)}`,
    't.id = s.id AND t.k = s.k',
    `t.id = s.id AND s.v > ${dice.below(30)}`,
    't.id = s.id + 1',
    't.id = s.id OR t.v = s.v',
    'false',
  ]);
  const and = (test: string): string => (dice.below(2) === 0 ? '' : ` AND ${test}`);
  const clauses = [
    () =>
      `WHEN MATCHED AND s.v > ${dice.below(40)} THEN ${dice.pick(['DELETE', 'UPDATE SET v = t.v + s.v, k = s.k'])}`,
    () =>
      `WHEN MATCHED${and(`t.v < ${dice.below(40)}`)} THEN ${dice.pick([
        'DELETE',
        'UPDATE SET id = s.id, k = s.k, v = s.v, st = s.st, p = s.p',
        'UPDATE SET p = s.p, v = t.v - 1',
      ])}`,
    () =>
      `WHEN NOT MATCHED AND s.v > 20 THEN INSERT (id, k, v, st, p) VALUES (s.id, 'big', s.v, s.st, s.p)`,
    () =>
      `WHEN NOT MATCHED${and(`s.k <> 'b'`)} THEN INSERT (id, k, v, st, p) VALUES (s.id, s.k, s.v, s.st, s.p)`,
    () => `WHEN NOT MATCHED BY SOURCE AND t.v > ${20 + dice.below(20)} THEN DELETE`,
    () => `WHEN NOT MATCHED BY SOURCE AND t.p = ${dice.below(3)} THEN UPDATE SET v = t.v * 2`,
  ];
  const chosen = dice.some(clauses).map((clause) => clause());
  const isOnlyInserts = chosen.every((clause) => /^WHEN NOT MATCHED (AND .* )?THEN/.test(clause));
  const matched = chosen.filter((clause) => clause.startsWith('WHEN MATCHED'));
  const isOnlyDelete = matched.length === 1 && matched[0] === 'WHEN MATCHED THEN DELETE';
  const repeats =
    isOnlyInserts || isOnlyDelete
      ? 'SELECT 0'
      : `SELECT count(*) FROM (SELECT t.rowid FROM $t t JOIN ${source} s ON (${on}) GROUP BY 1 HAVING count(*) > 1)`;
  return {
    kind: 'merge',
    sql: `MERGE INTO $t t USING ${source} s ON ${on} ${chosen.join(' ')}`,
    repeats,
  };
}

const columns = 'id, k, v, st.a AS a, st.b AS b, st IS NULL AS n, p';

async function modelRows(sql: string): Promise<readonly string[]> {
  const reader = await model.runAndReadAll(sql);
  return reader
    .getRowsJS()
    .map((row) => JSON.stringify(row, plainNumbers))
    .sort();
}

async function leveeRows(sql: string): Promise<readonly string[]> {
  const { rows } = await client.run({ sql });
  return rows.map((row) => JSON.stringify(row)).sort();
}

function plainNumbers(_key: string, cell: unknown): unknown {
  return typeof cell === 'bigint' ? Number(cell) : cell;
}

/** How many rows were affected, 0 where the statement is refused for repeated matches. */
async function runBoth(next: Step, table: string, sql: string, why: string): Promise<number> {
  if (next.kind === 'merge') {
    const [repeats] = await modelRows(next.repeats.replaceAll('$t', table));
    if (repeats !== '[0]') {
      await assert.rejects(client.run({ sql }), (error: unknown) => {
        assert.ok(error instanceof SqlFailure, why);
        assert.equal(error.code, 'DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE', why);
        return true;
      });
      return 0;
    }
  }
  const { rows } = await client.run({ sql }).catch((error: unknown) => {
    throw new Error(why, { cause: error });
  });
  const affected = Number(rows[0]?.[0]);
  const reader = await model.runAndReadAll(sql);
  const expected = Number(reader.getRowsJS()[0]?.[0]);
  assert.equal(affected, expected, why);
  return affected;
}

async function newestVersion(table: string): Promise<number> {
  const { rows } = await client.run({ sql: `DESCRIBE HISTORY ${table} LIMIT 1` });
  return Number(rows[0]?.[0]);
}

/** The rows before, changed as the feed of the version says. */
async function fedRows(
  table: string,
  version: number,
  before: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.run({
    sql: `SELECT _change_type, ${columns} FROM table_changes('${table}', ${version}, ${version})`,
  });
  const left = [...before];
  const added: string[] = [];
  for (const [type, ...row] of rows) {
    const line = JSON.stringify(row);
    if (type === 'insert' || type === 'update_postimage') {
      added.push(line);
      continue;
    }
    const at = left.indexOf(line);
    assert.ok(at >= 0, `${JSON.stringify(type)} of a row that was not there: ${line}`);
    left.splice(at, 1);
  }
  return [...left, ...added].sort();
}

/** One test for each kind of table; so many statements each. */
export function testRandomDml(stepsEach: number): void {
  let remove: () => Promise<void>;
  before(async () => {
    const scratch = await makeScratch();
    remove = scratch.remove;
    engine = await openEngine({ warehouse: scratch.folder });
    client = engineClient(engine);
    model = await (await DuckDBInstance.create(':memory:')).connect();
  });
  after(async () => {
    model.closeSync();
    await engine.close();
    await remove();
  });
  for (const [number, kind] of kinds.entries()) {
    test(`rows of a table that is ${kind.name.replaceAll('_', ', ')} are those of a plain table (seed ${seed})`, async () => {
      const dice = new Dice(seed + 1000 * number);
      const table = kind.name;
      const partitions = kind.partitioned === true ? 'PARTITIONED BY (p)' : '';
      const properties =
        kind.properties.length === 0 ? '' : `TBLPROPERTIES (${kind.properties.join(', ')})`;
      await client.run({
        sql: `CREATE TABLE ${table} (id INT, k STRING, v INT, st STRUCT<a: INT, b: STRING>, p INT) USING DELTA ${partitions} ${properties}`,
      });
      await model.run(
        `CREATE TABLE ${table} (id INT, k VARCHAR, v INT, st STRUCT(a INT, b VARCHAR), p INT)`,
      );
      for (let n = 0; n < 3; n++) {
        const insert = `INSERT INTO ${table} VALUES ${rowsOf(dice, 15)}`;
        await client.run({ sql: insert });
        await model.run(insert);
      }
      let rows = await modelRows(`SELECT ${columns} FROM ${table}`);
      let version = 3;
      for (let n = 0; n < stepsEach; n++) {
        const next = step(dice);
        const sql = next.sql.replaceAll('$t', table);
        const why = `seed ${seed}, ${kind.name}, step ${n}: ${sql}`;
        const affected = await runBoth(next, table, sql, why);
        const now = await modelRows(`SELECT ${columns} FROM ${table}`);
        assert.deepEqual(await leveeRows(`SELECT ${columns} FROM ${table}`), now, why);
        const newest = await newestVersion(table);
        assert.ok(newest === version || newest === version + 1, why);
        assert.equal(newest > version, affected > 0, why);
        if (kind.feed === true && newest > version) {
          assert.deepEqual(await fedRows(table, newest, rows), now, why);
        }
        version = newest;
        rows = now;
      }
    });
  }
}
