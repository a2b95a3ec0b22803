/** Statements that change rows while others do: none is lost, none is done twice, none fails in vain. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SqlEngine } from '../../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { engineClient, type SqlClient } from '../../support/sql-client.ts';

let engines: readonly SqlEngine[] = [];
let clients: readonly SqlClient[] = [];
let warehouse = '';
let remove: () => Promise<void>;
before(async () => {
  const scratch = await makeScratch();
  ({ folder: warehouse, remove } = scratch);
  // Two engines know nothing of each other, as two servers do.
  engines = [await openEngine({ warehouse }), await openEngine({ warehouse })];
  clients = engines.map((engine) => engineClient(engine));
});
after(async () => {
  for (const engine of engines) await engine.close();
  await remove();
});

async function run(sql: string, client = 0) {
  const asked = clients[client];
  assert.ok(asked !== undefined);
  return (await asked.run({ sql })).rows;
}

function parquetFiles(table: string): number {
  const names = readdirSync(join(warehouse, 'default', table), {
    recursive: true,
    encoding: 'utf8',
  });
  return names.filter((name) => name.endsWith('.parquet') || name.endsWith('.bin')).length;
}

const kinds: readonly [name: string, properties: string][] = [
  ['rewritten', ''],
  ['marked', `TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`],
];
for (const [kind, properties] of kinds) {
  test(`updates of the same row by two servers are all done once: ${kind}`, async () => {
    const table = `counter_${kind}`;
    await run(`CREATE TABLE ${table} (id INT, n INT) USING DELTA ${properties}`);
    await run(`INSERT INTO ${table} VALUES (1, 0), (2, 0)`);
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => run(`UPDATE ${table} SET n = n + 1 WHERE id = 1`, i % 2)),
    );
    assert.deepEqual(await run(`SELECT * FROM ${table} ORDER BY id`), [
      [1, 8],
      [2, 0],
    ]);
    assert.equal((await run(`DESCRIBE HISTORY ${table}`)).length, 10);
  });

  test(`merges that insert the same key by two servers insert it once: ${kind}`, async () => {
    const table = `keys_${kind}`;
    await run(`CREATE TABLE ${table} (id INT, n INT) USING DELTA ${properties}`);
    const merge = `MERGE INTO ${table} t USING (SELECT 7 AS id, 1 AS n) s ON t.id = s.id
      WHEN MATCHED THEN UPDATE SET n = t.n + s.n WHEN NOT MATCHED THEN INSERT *`;
    await Promise.all(Array.from({ length: 6 }, (_, i) => run(merge, i % 2)));
    assert.deepEqual(await run(`SELECT * FROM ${table}`), [[7, 6]]);
  });

  test(`what a statement wrote that lost is taken away again: ${kind}`, async () => {
    const table = `tidy_${kind}`;
    await run(`CREATE TABLE ${table} (id INT, n INT) USING DELTA ${properties}`);
    await run(`INSERT INTO ${table} SELECT i, 0 FROM range(10) r(i)`);
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        run(`UPDATE ${table} SET n = n + 1 WHERE id = ${i}`, i % 2),
      ),
    );
    const log = join(warehouse, 'default', table, '_delta_log');
    const commits = readdirSync(log).filter((name) => name.endsWith('.json')).length;
    // Each update wrote one file of rows, and one of deletion vectors where rows are marked.
    assert.equal(commits, 8);
    assert.ok(
      parquetFiles(table) <= 1 + 6 * (kind === 'marked' ? 2 : 1),
      `${parquetFiles(table)} files`,
    );
  });
}

test('changes in other partitions do not get in each other’s way', async () => {
  await run('CREATE TABLE parts (p INT, n INT) USING DELTA PARTITIONED BY (p)');
  await run('INSERT INTO parts SELECT i % 4, 0 FROM range(40) r(i)');
  await Promise.all(
    [0, 1, 2, 3].map((p) => run(`UPDATE parts SET n = n + 1 WHERE p = ${p} AND n >= 0`, p % 2)),
  );
  assert.deepEqual(await run('SELECT count(*), sum(n) FROM parts'), [[40, '40']]);
});

test('rows that are appended meanwhile and would have met the condition are met', async () => {
  await run('CREATE TABLE late (id INT, n INT) USING DELTA');
  await run('INSERT INTO late SELECT i, 0 FROM range(1000) r(i)');
  const [, deleted] = await Promise.all([
    run('INSERT INTO late SELECT i, 0 FROM range(1000, 2000) r(i)', 1),
    run('DELETE FROM late WHERE n = 0'),
  ]);
  const [[left] = []] = await run('SELECT count(*) FROM late');
  // One after the other, in either order: never a part of the appended rows.
  assert.ok(
    (deleted[0]?.[0] === 2000 && left === 0) || (deleted[0]?.[0] === 1000 && left === 1000),
    JSON.stringify({ deleted, left }),
  );
});

test('what subqueries in new values read of the table counts: no two rows get the same number', async () => {
  await run('CREATE TABLE numbers (p INT, n INT) USING DELTA PARTITIONED BY (p)');
  await run('INSERT INTO numbers SELECT i, 0 FROM range(1, 7) r(i)');
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map((p) =>
      run(`UPDATE numbers SET n = (SELECT max(n) + 1 FROM numbers) WHERE p = ${p}`, p % 2),
    ),
  );
  assert.deepEqual(
    await run('SELECT n FROM numbers ORDER BY n'),
    [1, 2, 3, 4, 5, 6].map((n) => [n]),
  );
});

test('what REPLACE WHERE puts in is made of rows that are still there', async () => {
  await run('CREATE TABLE copied (p INT, n INT) USING DELTA PARTITIONED BY (p)');
  await run('INSERT INTO copied SELECT i, 0 FROM range(1, 7) r(i)');
  // Each takes the number of all partitions, so that they can only be done one after the other.
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map((p) =>
      run(
        `INSERT INTO copied REPLACE WHERE p = ${p} SELECT ${p}, max(n) + 1 FROM copied WHERE p <> ${p}`,
        p % 2,
      ),
    ),
  );
  const [[greatest] = []] = await run('SELECT max(n) FROM copied');
  assert.equal(greatest, 6);
});
