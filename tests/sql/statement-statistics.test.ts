import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlEngine, StatementStatistics } from '../../sql/sql-engine.ts';
import { anonymous } from '../../sql/session.ts';
import { DeltaFolder, openParquetWriter, tableActions } from '../support/delta-folder.ts';
import { inlineDeletionVector } from '../support/inline-deletion-vector.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, newSession } from '../support/sql-client.ts';

let engine: SqlEngine;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;
let t: DeltaFolder;

/** Four files of ten ids each; the last has no `note`, and the third has lost two rows. */
before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  writer = await openParquetWriter();
  t = new DeltaFolder(join(warehouse, 'default', 't'), writer);
  const columns = { id: 'long', note: 'string', half: 'string' };
  t.create({ columns, partitionColumns: ['half'], readerFeatures: ['deletionVectors'] });
  for (let k = 0; k < 4; k++) t.commit(await file(k));
  engine = await openEngine({ warehouse });
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

async function file(k: number) {
  const from = k * 10;
  return await t.parquet(
    `${k}.parquet`,
    `SELECT i::BIGINT AS id, ${k === 3 ? 'NULL::VARCHAR' : `'x'`} AS note
     FROM range(${from}, ${from + 10}) r(i)`,
    {
      add: {
        partitionValues: { half: k < 2 ? 'low' : 'high' },
        stats: JSON.stringify({
          numRecords: 10,
          minValues: { id: from, ...(k === 3 ? {} : { note: 'x' }) },
          maxValues: { id: from + 9, ...(k === 3 ? {} : { note: 'x' }) },
          nullCount: { id: 0, note: k === 3 ? 10 : 0 },
        }),
        ...(k === 2 ? { deletionVector: inlineDeletionVector([0, 4]) } : {}),
      },
    },
  );
}

async function statistics(sql: string, on = engine): Promise<StatementStatistics> {
  const { signal } = new AbortController();
  const result = await on.run({ sql, session: newSession(), identity: anonymous, signal });
  await result.close();
  return result.statistics;
}

const table = 'main.default.t';
const prunings = [
  {
    name: 'a partition value',
    where: `half = 'high'`,
    pruned: [{ table, by: 'partition', columns: ['half'], evidence: [], files: 2 }],
  },
  {
    name: 'a lower bound',
    where: 'id >= 30',
    pruned: [{ table, by: 'statistics', columns: ['id'], evidence: ['max'], files: 3 }],
  },
  {
    name: 'both bounds',
    where: 'id = 12',
    pruned: [{ table, by: 'statistics', columns: ['id'], evidence: ['min', 'max'], files: 3 }],
  },
  {
    name: 'a null count',
    where: 'note IS NOT NULL',
    pruned: [{ table, by: 'statistics', columns: ['note'], evidence: ['nullCount'], files: 1 }],
  },
  {
    name: 'partition values first, then statistics, each file once',
    where: `id > 25 AND half = 'high' AND note IS NULL`,
    pruned: [
      { table, by: 'partition', columns: ['half'], evidence: [], files: 2 },
      { table, by: 'statistics', columns: ['note'], evidence: ['nullCount'], files: 1 },
    ],
  },
] as const;

for (const { name, where, pruned } of prunings) {
  test(`files left out are counted by what left them out: ${name}`, async () => {
    const found = await statistics(`SELECT id FROM t WHERE ${where}`);
    assert.deepEqual(found.filesPruned, pruned);
    const left = pruned.reduce((sum, { files }) => sum + files, found.filesScanned);
    assert.equal(left, found.filesTotal);
  });
}

test('files beyond a limit are counted as such', async () => {
  const found = await statistics('SELECT id FROM t LIMIT 3');
  assert.deepEqual(found.filesPruned, [
    { table, by: 'limit', columns: [], evidence: [], files: 3 },
  ]);
});

for (const sql of [
  'SELECT EXISTS (SELECT 1 FROM t)',
  `SELECT EXISTS (SELECT * FROM t WHERE half = 'high')`,
  'SELECT 1 WHERE EXISTS (FROM t)',
  `SELECT * FROM t WHERE half = 'low' LIMIT 5`,
]) {
  test(`one file is enough for ${sql}`, async () => {
    assert.equal((await statistics(sql)).filesScanned, 1);
  });
}

test('rows that deletion vectors remove are counted in the files that are scanned', async () => {
  assert.equal((await statistics('SELECT id FROM t')).rowsDeleted, 2);
  assert.equal((await statistics('SELECT id FROM t WHERE id < 10')).rowsDeleted, 0);
  assert.equal((await statistics('SELECT a.id FROM t a, t b')).rowsDeleted, 4);
});

test('an answer from the log says so, and scans nothing', async () => {
  const found = await statistics('SELECT count(*) FROM t');
  assert.deepEqual(
    [found.answeredFromLog, found.filesScanned, found.bytesScanned, found.rowsDeleted],
    [true, 0, 0, 0],
  );
  assert.equal((await statistics('SELECT sum(id) FROM t')).answeredFromLog, false);
});

const logFigures = ({
  snapshotsCached,
  checkpointFilesRead,
  commitsRead,
  logBytesRead,
}: StatementStatistics) => ({
  snapshotsCached,
  checkpointFilesRead,
  commitsRead,
  hasBytes: logBytesRead > 0,
});

test('log files are counted when they are read, and a known snapshot as cached', async () => {
  const own = await openEngine({ warehouse });
  try {
    const l = new DeltaFolder(join(warehouse, 'default', 'l'), writer);
    l.commit(...tableActions({ columns: { id: 'long' } })).commit();
    const sql = 'SELECT * FROM l';
    const read = { snapshotsCached: 0, checkpointFilesRead: 0, hasBytes: true };
    assert.deepEqual(logFigures(await statistics(sql, own)), { ...read, commitsRead: 2 });
    assert.deepEqual(logFigures(await statistics(sql, own)), {
      snapshotsCached: 1,
      checkpointFilesRead: 0,
      commitsRead: 0,
      hasBytes: false,
    });
    l.commit();
    assert.deepEqual(logFigures(await statistics(sql, own)), { ...read, commitsRead: 1 });
    // Another version is another snapshot.
    const both = 'SELECT * FROM l UNION ALL SELECT * FROM l VERSION AS OF 0';
    const found = logFigures(await statistics(both, own));
    assert.deepEqual(found, { ...read, snapshotsCached: 1, commitsRead: 1 });
  } finally {
    await own.close();
  }
});

test('EXPLAIN says what was read of the log and how many rows are removed', async () => {
  const own = await openEngine({ warehouse });
  const explained = async (sql: string) => {
    const { rows } = await engineClient(own).run({ sql: `EXPLAIN ${sql}` });
    return rows.map(([line]) =>
      (typeof line === 'string' ? line : '')
        .replace(/ \(.*\):/, ':')
        .replace(/\d+ bytes/, 'N bytes'),
    );
  };
  try {
    const sql = 'SELECT id FROM t WHERE id BETWEEN 15 AND 25';
    const rest = [
      '    rows needed: id >= 15 AND id <= 25',
      '    files left out: 1 by max of id',
      '    files left out: 1 by min of id',
      '    rows removed by deletion vectors: 2',
      '  total: 2 of 4 files, N bytes',
      '',
    ];
    const head = ['Delta', '  main.default.t version 4: 2 of 4 files, N bytes'];
    assert.deepEqual((await explained(sql)).slice(0, 9), [
      ...head,
      '    log: 5 commits read, N bytes',
      ...rest,
    ]);
    assert.equal((await explained(sql))[2], '    log: known, no file read');
    t.commit();
    assert.equal((await explained(sql))[2], '    log: version 4 known, 1 commit read, N bytes');
  } finally {
    await own.close();
  }
});
