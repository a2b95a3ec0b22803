/** Eight HTTP clients raise one counter of one table fifty times each: no conflict reaches any. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openServer } from '../support/open-server.ts';
import { httpClient } from '../support/sql-client.ts';

const clients = 8;
const updates = 50;

test(`${clients} clients raise one counter ${updates} times each, asking once each time`, async (t) => {
  const server = await openServer();
  t.after(server.close);
  const first = await httpClient(server.url);
  await first.run({ sql: 'CREATE TABLE t (id INT, n INT) USING DELTA' });
  await first.run({ sql: 'INSERT INTO t VALUES (1, 0), (2, 0)' });
  const startedMs = Date.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = await httpClient(server.url);
      // What fails, for whatever reason, fails the test.
      for (let n = 0; n < updates; n++) {
        await client.run({ sql: 'UPDATE t SET n = n + 1 WHERE id = 1' });
      }
      await client.close();
    }),
  );
  t.diagnostic(`${clients * updates} updates in ${Date.now() - startedMs} ms`);
  const { rows } = await first.run({ sql: 'SELECT * FROM t ORDER BY id' });
  assert.deepEqual(rows, [
    [1, clients * updates],
    [2, 0],
  ]);
  const history = await first.run({ sql: 'DESCRIBE HISTORY t' });
  assert.equal(history.rows.length, clients * updates + 2);
});
