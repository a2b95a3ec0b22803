import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { openParquetWriter } from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { randomFiles, randomQueries, writeRandomTable } from '../support/random-table.ts';
import { anonymous } from '../../sql/session.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { engineClient, newSession, SqlFailure } from '../support/sql-client.ts';

let warehouse = '';
let remove: () => Promise<void>;
let writer: DuckDBConnection;
let skipping: SqlEngine;
let reading: SqlEngine;

before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  writer = await openParquetWriter();
  skipping = await openEngine({ warehouse });
  reading = await openEngine({ warehouse, dataSkipping: false });
});
after(async () => {
  await skipping.close();
  await reading.close();
  writer.closeSync();
  await remove();
});

async function answer(engine: SqlEngine, schema: string, sql: string): Promise<unknown> {
  const session = { ...newSession(), currentSchema: schema };
  try {
    return await engineClient(engine, session).run({ sql });
  } catch (error) {
    if (error instanceof SqlFailure) return { failed: error.code, message: error.message };
    throw error;
  }
}

async function filesScanned(engine: SqlEngine, schema: string, sql: string): Promise<number> {
  const session = { ...newSession(), currentSchema: schema };
  const { signal } = new AbortController();
  const result = await engine.run({ sql, session, identity: anonymous, signal });
  await result.close();
  return result.statistics.filesScanned;
}

test('every query has the same rows with files left out as without', async () => {
  let table = 0;
  let asked = 0;
  let fewer = 0;
  let failed = 0;
  const runs = Number(process.env.LEVEE_SKIPPING_RUNS ?? 12);
  await fc.assert(
    fc.asyncProperty(
      randomFiles,
      fc.array(randomQueries, { minLength: 15, maxLength: 15 }),
      async (files, queries) => {
        const schema = `s${table++}`;
        await writeRandomTable(join(warehouse, schema, 't'), files, writer);
        for (const sql of queries) {
          const expected = await answer(reading, schema, sql);
          const found = await answer(skipping, schema, sql);
          assert.deepEqual(found, expected, sql);
          asked++;
          if (typeof expected === 'object' && expected !== null && 'failed' in expected) failed++;
          else {
            const [few, all] = [
              await filesScanned(skipping, schema, sql),
              await filesScanned(reading, schema, sql),
            ];
            if (few < all) fewer++;
          }
        }
      },
    ),
    { numRuns: runs, endOnFailure: true },
  );
  assert.ok(fewer > asked / 4, `only ${fewer} of ${asked} queries left files out`);
  assert.ok(failed < asked / 20, `${failed} of ${asked} queries failed`);
});
