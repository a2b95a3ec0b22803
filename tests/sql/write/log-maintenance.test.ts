/** What follows commits in a server: checkpoints and checksums appear, and statements do not wait for them. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import type { ObjectStore } from '../../../catalog/ports.ts';
import { openParts } from '../../../server/open-parts.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import { makeScratch } from '../../support/open-engine.ts';
import { engineClient, newSession } from '../../support/sql-client.ts';
import { testConfig } from '../../support/test-server.ts';

async function logAfter(
  commits: number,
  options: { store?: ObjectStore; maintainsLog?: boolean; onFailure?: (step: string) => void } = {},
): Promise<{ readonly names: readonly string[]; readonly rows: unknown }> {
  const { folder: warehouse, remove } = await makeScratch();
  try {
    const { onFailure, ...rest } = options;
    const parts = await openParts(testConfig({ config: { warehouse } }), rest);
    parts.logMaintenance?.listen(({ step }) => onFailure?.(step));
    const client = engineClient(parts.engine, newSession('duckdb'));
    await client.run({ sql: `CREATE TABLE t (id INT) USING DELTA` });
    for (let n = 1; n <= commits; n++) await client.run({ sql: `INSERT INTO t VALUES (${n})` });
    await parts.engine.close();
    const again = await openParts(testConfig({ config: { warehouse } }), { maintainsLog: false });
    const reader = engineClient(again.engine, newSession('duckdb'));
    const { rows } = await reader.run({ sql: 'SELECT count(*), sum(id) FROM t' });
    await again.engine.close();
    return { names: readdirSync(join(warehouse, 'default', 't', '_delta_log')).sort(), rows };
  } finally {
    await remove();
  }
}

const named = (names: readonly string[], end: string) =>
  names.filter((name) => name.endsWith(end)).map((name) => Number(name.slice(0, 20)));

test('every tenth version has a checkpoint when the engine has closed, and the newest a checksum', async () => {
  const { names, rows } = await logAfter(21);
  assert.deepEqual(named(names, '.checkpoint.parquet'), [10, 20]);
  assert.ok(names.includes('_last_checkpoint'));
  assert.ok(named(names, '.crc').includes(21), names.join());
  assert.deepEqual(rows, [[21, '231']]);
});

test('an engine that does not look after the log writes commits alone', async () => {
  const { names } = await logAfter(11, { maintainsLog: false });
  assert.deepEqual(
    names.filter((name) => !/^\d{20}\.json$/.test(name)),
    [],
  );
});

test('a checkpoint that cannot be written fails no statement, and is told', async () => {
  const store = createLocalStore();
  const failures: string[] = [];
  const faulty: ObjectStore = {
    ...store,
    publish: (names, options) =>
      names.to.includes('checkpoint')
        ? Promise.reject(new CodedError('INTERNAL_ERROR', 'the disk says no'))
        : store.publish(names, options),
  };
  const { names, rows } = await logAfter(11, {
    store: faulty,
    onFailure: (step) => failures.push(step),
  });
  assert.deepEqual(failures, ['checkpoint']);
  assert.deepEqual(named(names, '.checkpoint.parquet'), []);
  assert.deepEqual(rows, [[11, '66']]);
});
