/** Statements that change rows open no file that cannot have any: files they need not are taken away. */
import assert from 'node:assert/strict';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SqlEngine } from '../../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from '../../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let warehouse = '';
let remove: () => Promise<void>;
before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  engine = await openEngine({ warehouse });
  client = engineClient(engine);
});
after(async () => {
  await engine.close();
  await remove();
});

/**
 * A table of four files: ids 0 to 9, 10 to 19 and so on, `p` the number of the file. All files but
 * those of `kept` are gone.
 */
async function tableWithout(name: string, kept: readonly number[], properties = ''): Promise<void> {
  await client.run({
    sql: `CREATE TABLE ${name} (id BIGINT, v INT, p INT) USING DELTA PARTITIONED BY (p) ${properties}`,
  });
  for (let p = 0; p < 4; p++) {
    await client.run({
      sql: `INSERT INTO ${name} SELECT i, i::INT, ${p} FROM range(${10 * p}, ${10 * p + 10}) r(i)`,
    });
    if (kept.includes(p)) continue;
    const folder = join(warehouse, 'default', name, `p=${p}`);
    for (const file of readdirSync(folder))
      renameSync(join(folder, file), join(folder, `_${file}`));
  }
}

const vectors = `TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`;
const cases: readonly {
  readonly name: string;
  readonly sql: string;
  readonly kept: readonly number[];
  readonly affected: number;
}[] = [
  { name: 'DELETE by statistics', sql: 'DELETE FROM $t WHERE id = 13', kept: [1], affected: 1 },
  {
    name: 'DELETE by partition, no file at all',
    sql: 'DELETE FROM $t WHERE p >= 2',
    kept: [],
    affected: 20,
  },
  { name: 'DELETE of everything', sql: 'DELETE FROM $t', kept: [], affected: 40 },
  {
    name: 'DELETE by partition and statistics',
    sql: 'DELETE FROM $t WHERE p > 0 AND id < 15',
    kept: [1],
    affected: 5,
  },
  {
    name: 'UPDATE by statistics',
    sql: 'UPDATE $t SET v = -1 WHERE id BETWEEN 8 AND 11',
    kept: [0, 1],
    affected: 4,
  },
  {
    name: 'UPDATE of a partition',
    sql: 'UPDATE $t SET v = -1 WHERE p = 3',
    kept: [3],
    affected: 10,
  },
  {
    name: 'MERGE by what ON says of the target',
    sql: 'MERGE INTO $t t USING (SELECT i AS id FROM range(40) r(i)) s ON t.id = s.id AND t.p = 2 WHEN MATCHED THEN UPDATE SET v = 0',
    kept: [2],
    affected: 10,
  },
  {
    name: 'MERGE by the few keys of the source',
    sql: 'MERGE INTO $t t USING (VALUES (3), (35), (99)) s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 0 WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (s.id, 0, 3)',
    kept: [0, 3],
    affected: 3,
  },
  {
    name: 'MERGE by the least and the greatest key of the source',
    sql: 'MERGE INTO $t AS x USING (SELECT i AS k FROM range(20, 1000) r(i)) ON id = k WHEN MATCHED THEN DELETE',
    kept: [2, 3],
    affected: 20,
  },
  {
    name: 'MERGE that only inserts',
    sql: 'MERGE INTO $t t USING (VALUES (38), (39), (40), (41)) s(id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, p) VALUES (s.id, 0)',
    kept: [3],
    affected: 2,
  },
  {
    name: 'MERGE without a key in the source',
    sql: 'MERGE INTO $t t USING (SELECT CAST(NULL AS BIGINT) AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (p) VALUES (1)',
    kept: [],
    affected: 1,
  },
  {
    name: 'MERGE whose clause by source looks at few rows',
    sql: 'MERGE INTO $t t USING (VALUES (13)) s(id) ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED BY SOURCE AND t.id < 5 THEN DELETE',
    kept: [0, 1],
    affected: 6,
  },
];
for (const [number, { name, sql, kept, affected }] of cases.entries()) {
  for (const [kind, properties] of [
    ['rewritten', ''],
    ['marked', vectors],
  ] as const) {
    test(`opens no file that it need not: ${name}, ${kind}`, async () => {
      const table = `files_${kind}_${number}`;
      await tableWithout(table, kept, properties);
      const { rows } = await client.run({ sql: sql.replaceAll('$t', table) });
      assert.equal(Number(rows[0]?.[0]), affected);
    });
  }
}

test('a file that is needed and is gone is told by name', async () => {
  await tableWithout('gone', [0]);
  await assert.rejects(client.run({ sql: 'DELETE FROM gone WHERE id = 13' }), (error: unknown) => {
    assert.ok(error instanceof SqlFailure);
    assert.equal(error.code, 'DELTA_FILE_NOT_FOUND');
    return true;
  });
});
