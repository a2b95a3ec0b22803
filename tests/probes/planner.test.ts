/** What data skipping assumes of `json_serialize_plan` with only the filter optimizers left on. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { quoteString } from '../../sql/quote.ts';
import { openRawDuckdb, type RawDuckdb } from '../support/raw-duckdb.ts';

const kept = ['expression_rewriter', 'filter_pullup', 'filter_pushdown'];

async function planner(context: TestContext): Promise<RawDuckdb> {
  const duckdb = await openRawDuckdb(context, [
    `CREATE TABLE t (id BIGINT, s VARCHAR, d DATE)`,
    `CREATE TABLE u (id BIGINT, k INTEGER)`,
  ]);
  const names = (await duckdb.rows('SELECT name FROM duckdb_optimizers()')).map(([name]) =>
    String(name),
  );
  const off = names.filter((name) => !kept.includes(name));
  await duckdb.rows(`SET disabled_optimizers = '${off.join(',')}'`);
  return duckdb;
}

interface Scan {
  readonly table: string;
  readonly filters: string;
}

async function scans(duckdb: RawDuckdb, sql: string): Promise<readonly Scan[]> {
  const [[text] = []] = await duckdb.rows(
    `SELECT json_serialize_plan(${quoteString(sql)}, optimize := true)`,
  );
  const found: Scan[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (node === null || typeof node !== 'object' || Array.isArray(node)) return;
    const object = node as {
      type?: string;
      table_filters?: unknown;
      function_data?: { table?: string };
    };
    if (object.type === 'LOGICAL_GET' && object.function_data?.table !== undefined) {
      found.push({
        table: object.function_data.table,
        filters: JSON.stringify(object.table_filters),
      });
    }
    Object.values(node).forEach(visit);
  };
  visit(JSON.parse(String(text)));
  return found;
}

test('a CTE used twice with other filters gives two scans of its table', async (context) => {
  const duckdb = await planner(context);
  const found = await scans(
    duckdb,
    "WITH c AS (SELECT * FROM t) SELECT * FROM c a JOIN c b ON a.id = b.id WHERE a.id = 5 AND b.s = 'x'",
  );
  const tables = found.filter(({ table }) => table === 't');
  assert.ok(tables.length >= 1, JSON.stringify(found));
  // Whatever the number of scans, none may have a filter that another use of the CTE does not allow.
  if (tables.length === 1) assert.ok(!(tables[0]?.filters ?? '').includes('"x"'));
});

test('empty tables are not replaced by an empty result', async (context) => {
  const duckdb = await planner(context);
  const found = await scans(duckdb, 'SELECT count(*) FROM t JOIN u USING (id) WHERE t.id > 7');
  assert.deepEqual(found.map(({ table }) => table).sort(), ['t', 'u']);
});

test('no filter is invented from the data', async (context) => {
  const duckdb = await planner(context);
  await duckdb.rows(`INSERT INTO u SELECT range, 1 FROM range(100)`);
  const found = await scans(duckdb, 'SELECT count(*) FROM t JOIN u USING (id)');
  for (const { filters } of found) assert.ok(!/99|CONSTANT_COMPARISON/.test(filters), filters);
});

test('constants arrive with their type', async (context) => {
  const duckdb = await planner(context);
  const [scan] = await scans(
    duckdb,
    "SELECT * FROM t WHERE d >= DATE '2020-01-01' AND s LIKE 'abc%'",
  );
  assert.match(scan?.filters ?? '', /DATE/);
  assert.match(scan?.filters ?? '', /abc/);
});
