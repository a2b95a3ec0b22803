/** What statements leave in the log: protocol, row ids, timestamps, shared commits. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CodedError } from '../../../catalog/coded-error.ts';
import { anonymous, type Session } from '../../../sql/session.ts';
import type { SqlEngine } from '../../../sql/sql-engine.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';

let engine: SqlEngine;
let warehouse = '';
let remove: () => Promise<void>;
const session: Session = {
  id: 'test',
  currentSchema: 'default',
  dialect: 'duckdb',
  temporaryViews: new Map(),
};
before(async () => {
  const scratch = await makeScratch();
  warehouse = scratch.folder;
  remove = scratch.remove;
  engine = await openEngine({ warehouse });
});
after(async () => {
  await engine.close();
  await remove();
});

async function run(sql: string): Promise<number> {
  const { signal } = new AbortController();
  const result = await engine.run({ sql, session, identity: anonymous, signal });
  let rows = 0;
  for await (const batch of result.batches) rows += batch.rowCount;
  await result.close();
  return rows;
}

type Fields = { readonly [field: string]: unknown };

/** The actions of every version, each as `[kind, fields]`. */
function log(table: string): readonly (readonly (readonly [kind: string, Fields])[])[] {
  const folder = join(warehouse, 'default', table, '_delta_log');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) =>
      readFileSync(join(folder, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => Object.entries(JSON.parse(line) as { [kind: string]: Fields })[0])
        .filter((entry) => entry !== undefined),
    );
}

function actionsOf(table: string, version: number, kind: string): readonly Fields[] {
  return (log(table)[version] ?? []).filter(([name]) => name === kind).map(([, fields]) => fields);
}

test('properties decide the protocol, and are kept apart from it', async () => {
  await run(`CREATE TABLE props (a INT) USING DELTA TBLPROPERTIES (
    'delta.enableChangeDataFeed' = 'true', 'delta.feature.vacuumProtocolCheck' = 'supported', 'mine' = '1')`);
  const [protocol] = actionsOf('props', 0, 'protocol');
  assert.deepEqual(protocol, {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ['vacuumProtocolCheck'],
    writerFeatures: ['appendOnly', 'invariants', 'changeDataFeed', 'vacuumProtocolCheck'],
  });
  const [metaData] = actionsOf('props', 0, 'metaData');
  assert.deepEqual(metaData?.['configuration'], {
    'delta.enableChangeDataFeed': 'true',
    mine: '1',
  });
  await run('INSERT INTO props VALUES (1)');
  assert.equal(await run('SELECT * FROM props'), 1);
});

test('rows get ids and commits times where the table asks for them', async () => {
  await run(`CREATE TABLE tracked USING DELTA TBLPROPERTIES (
    'delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true')
    AS SELECT i FROM range(10) t(i)`);
  await run('INSERT INTO tracked SELECT i FROM range(5) t(i)');
  const files = [0, 1].flatMap((version) => actionsOf('tracked', version, 'add'));
  assert.deepEqual(
    files.map((file) => [file['baseRowId'], file['defaultRowCommitVersion']]),
    [
      [0, 0],
      [10, 1],
    ],
  );
  const [first, second] = [0, 1].map(
    (version) => actionsOf('tracked', version, 'commitInfo')[0]?.['inCommitTimestamp'],
  );
  assert.ok(typeof first === 'number' && typeof second === 'number' && second > first);
  assert.deepEqual(actionsOf('tracked', 1, 'domainMetadata'), [
    { domain: 'delta.rowTracking', configuration: '{"rowIdHighWaterMark":14}', removed: false },
  ]);
});

test('a table with a feature that cannot be written is not made', async () => {
  const code = await run(
    `CREATE TABLE refused (a INT) USING DELTA
     TBLPROPERTIES ('delta.feature.catalogManaged' = 'supported')`,
  ).catch((error: CodedError) => error.code);
  assert.match(String(code), /^DELTA_UNSUPPORTED_FEATURES_FOR_(READ|WRITE)$/);
  assert.ok(!readdirSync(join(warehouse, 'default')).includes('refused'));
});

test('inserts at the same time lose nothing, and share commits', async () => {
  await run('CREATE TABLE busy (writer INT, i BIGINT) USING DELTA');
  const inserts = Array.from({ length: 24 }, (_, writer) =>
    run(`INSERT INTO busy SELECT ${writer}, i FROM range(3) t(i)`),
  );
  await Promise.all(inserts);
  assert.equal(await run('SELECT * FROM busy'), 72);
  assert.equal(await run('SELECT DISTINCT writer, i FROM busy'), 72);
  const versions = log('busy').slice(1);
  assert.ok(versions.length <= 24);
  const rows = versions.map(([info]) =>
    Number((info?.[1]['operationMetrics'] as Fields)['numOutputRows']),
  );
  assert.equal(
    rows.reduce((sum, count) => sum + count, 0),
    72,
  );
});

test('an insert that is cancelled before its commit leaves no version', async () => {
  await run('CREATE TABLE cancelled (a BIGINT) USING DELTA');
  const controller = new AbortController();
  const insert = engine.run({
    sql: 'INSERT INTO cancelled SELECT sum(hash(i)) % 1000 FROM range(1000000000) t(i)',
    session,
    identity: anonymous,
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(insert, (error: CodedError) => error.code === 'QUERY_CANCELED');
  assert.equal(log('cancelled').length, 1);
});
