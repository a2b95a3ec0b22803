/** What VACUUM removes, and what it never does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeCheckpoint } from '../../../catalog/checkpoint/write-checkpoint.ts';
import type { Action, DeletionVectorDescriptor } from '../../../catalog/log/actions.ts';
import { deletionVectorSource } from '../../../catalog/log/deletion-vector.ts';
import { canonicalPath, fileLocation } from '../../../catalog/log/file-path.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import { vacuum, type VacuumOptions, type VacuumPorts } from '../../../catalog/vacuum/vacuum.ts';
import { dayMs, MaintainedTable, now } from '../../support/maintained-table.ts';
import { add, metaData, protocol, remove } from '../../support/table-builder.ts';
import { historySteps, tableHistory } from '../../support/table-history.ts';

const hourMs = 3_600_000;
const old = now - 30 * dayMs;

function portsOf(table: MaintainedTable, more: Partial<VacuumPorts> = {}): VacuumPorts {
  return {
    ...table.ports,
    folders: { realLocation: async (location) => location },
    latest: () => table.load(),
    ...more,
  };
}

function run(table: MaintainedTable, options: VacuumOptions = {}, more: Partial<VacuumPorts> = {}) {
  return vacuum(table.location, options, portsOf(table, more));
}

async function rejectsCoded(act: () => Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(act, { name: 'CodedError', code });
}

/** Files outside the log, by their place in the table. */
function dataFiles(table: MaintainedTable): readonly string[] {
  return table.store
    .locations()
    .filter((location) => !location.includes('/_delta_log/'))
    .map((location) => location.replace(`${table.location}/`, ''))
    .sort();
}

function put(table: MaintainedTable, modifiedMs: number, ...paths: readonly string[]): void {
  for (const path of paths) table.store.set(`${table.location}/${path}`, 'data', modifiedMs);
}

test('files without a mention go when they are old, and no others', async () => {
  const table = new MaintainedTable().at(old).create({}, add('live'), add('gone'), add('left'));
  table.commit(
    remove('gone', { deletionTimestamp: now - 7 * dayMs - 1 }),
    remove('left', { deletionTimestamp: now - 7 * dayMs }),
  );
  put(table, old, 'live', 'gone', 'left', 'orphan', 'sub/folder/orphan', '_change_data/cdc-1');
  put(table, now - 7 * dayMs, 'young');
  put(table, old, '_hidden/x', '.hidden', '_x', 'sub/_y', 'sub/.z', '_delta_logs/z');
  const report = await run(table);
  assert.deepEqual(dataFiles(table), [
    '.hidden',
    '_delta_logs/z',
    '_hidden/x',
    '_x',
    'left',
    'live',
    'sub/.z',
    'sub/_y',
    'young',
  ]);
  assert.deepEqual(report.removed, { fileCount: 4, totalBytes: 16 });
  assert.deepEqual(report.found, report.removed);
  assert.deepEqual([...report.paths].sort(), [
    '/tables/t/_change_data/cdc-1',
    '/tables/t/gone',
    '/tables/t/orphan',
    '/tables/t/sub/folder/orphan',
  ]);
});

test('DRY RUN says what would go and removes nothing', async () => {
  const table = new MaintainedTable().at(old).create({}, add('live'));
  put(table, old, 'live', ...Array.from({ length: 1500 }, (_, i) => `orphan-${i}`));
  const before = table.store.locations();
  const report = await run(table, { dryRun: true, pathsMax: 3 });
  assert.deepEqual(table.store.locations(), before);
  assert.deepEqual(report.found, { fileCount: 1500, totalBytes: 6000 });
  assert.deepEqual(report.removed, { fileCount: 0, totalBytes: 0 });
  assert.equal(report.paths.length, 3);
  assert.equal((await run(table)).removed.fileCount, 1500);
  assert.deepEqual(dataFiles(table), ['live']);
});

const vector: DeletionVectorDescriptor = {
  storageType: 'u',
  pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
  offset: 4,
  sizeInBytes: 40,
  cardinality: 6,
};

function vectorPath(descriptor: DeletionVectorDescriptor): string {
  const source = deletionVectorSource(descriptor, '');
  return source.kind === 'file' ? source.location.slice(1) : '';
}

test('a data file is spared whichever way the log spells it', async () => {
  const spellings = [
    'p=a%20b/part-1',
    'p=a b/./part-2',
    'x/../p=a%20b/part-3',
    '/tables/t/p=a%20b/part-4',
    'file:///tables/t/p=a%20b/part-5',
    'FILE:/tables/t/p=a%20b/part-6',
    // Another path to the same folder: the name alone tells.
    '/mnt/same/p=a%20b/part-7',
  ];
  const table = new MaintainedTable()
    .at(old)
    .create({}, ...spellings.map((path) => add(path)))
    .commit(add('marked', { deletionVector: vector }));
  const files = spellings.map((_, i) => `p=a b/part-${i + 1}`);
  put(table, old, ...files, 'marked', vectorPath(vector), 'p=a b/part-8', 'deletion_vector_1.bin');
  await run(table);
  assert.deepEqual(dataFiles(table), [vectorPath(vector), 'marked', ...files].sort());
});

test('folders of partition columns that look hidden are data, other tables and links are not', async () => {
  const string = { kind: 'string' } as const;
  const schema = {
    kind: 'struct',
    fields: ['id', '_p'].map((name) => ({ name, type: string, nullable: true, metadata: {} })),
  } as const;
  const table = new MaintainedTable()
    .at(old)
    .create({ schemaString: serializeSchema(schema), partitionColumns: ['_p'] });
  put(table, old, '_p=1/orphan', '_q=1/hidden', 'inner/_delta_log/0.json', 'inner/part', 'link/x');
  const report = await run(
    table,
    {},
    {
      folders: {
        realLocation: async (location) => location.replace(/^\/tables\/t\/link/, '/elsewhere'),
      },
    },
  );
  assert.deepEqual(dataFiles(table), ['_q=1/hidden', 'inner/part', 'link/x']);
  assert.equal(report.foldersLeftOut, 2);
  assert.equal(report.folders, 2);
});

test('Iceberg metadata of a table that has both is not touched', async () => {
  const table = new MaintainedTable()
    .at(old)
    .create({ configuration: { 'delta.universalFormat.enabledFormats': 'iceberg' } });
  put(table, old, 'metadata/v1.metadata.json', 'sub/metadata/orphan');
  await run(table);
  assert.deepEqual(dataFiles(table), ['metadata/v1.metadata.json']);
});

test('the retention is the table’s, and a shorter one is refused unless asked not to', async () => {
  const configuration = { 'delta.deletedFileRetentionDuration': 'interval 36 hours' };
  const make = () => {
    const table = new MaintainedTable().at(old).create({ configuration });
    put(table, now - 36 * hourMs - 1, 'a');
    put(table, now - 36 * hourMs, 'b');
    return table;
  };
  const table = make();
  assert.equal((await run(table)).retentionMs, 36 * hourMs);
  assert.deepEqual(dataFiles(table), ['b']);
  await rejectsCoded(
    () => run(make(), { retentionMs: 36 * hourMs - 1 }),
    'DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT',
  );
  await rejectsCoded(
    () => run(make(), { retentionMs: -1, checkRetention: false }),
    'DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE',
  );
  await rejectsCoded(
    () => run(make(), { retentionMs: NaN }),
    'DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE',
  );
  const short = make();
  await run(short, { retentionMs: 0, checkRetention: false });
  assert.deepEqual(dataFiles(short), []);
});

test('a longer retention spares what checkpoints have forgotten', async () => {
  const table = new MaintainedTable().at(now - 20 * dayMs).create({}, add('f'));
  await writeCheckpoint(await table.load(), table.ports);
  table.at(now - 15 * dayMs).commit(remove('f', { deletionTimestamp: now - 15 * dayMs }));
  table.at(now).commit(add('g'));
  await writeCheckpoint(await table.load(), table.ports);
  put(table, old, 'f', 'g');
  await run(table, { retentionMs: 16 * dayMs });
  assert.deepEqual(dataFiles(table), ['f', 'g']);
  await run(table, { retentionMs: 14 * dayMs });
  assert.deepEqual(dataFiles(table), ['g']);
});

test('a table whose features are not known is refused', async () => {
  const table = new MaintainedTable().commit(
    protocol({ minWriterVersion: 7, writerFeatures: ['vacuumProtocolCheck', 'future'] }),
    metaData(),
  );
  put(table, old, 'orphan');
  await rejectsCoded(() => run(table), 'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE');
  assert.deepEqual(dataFiles(table), ['orphan']);
});

test('nothing goes when the log names a file without sense', async () => {
  const table = new MaintainedTable().at(old).create({}, add('live'));
  table.commit(add('marked', { deletionVector: { ...vector, pathOrInlineDv: 'short' } }));
  put(table, old, 'orphan');
  await rejectsCoded(() => run(table), 'DELTA_LOG_CORRUPT');
  assert.deepEqual(dataFiles(table), ['orphan']);
});

test('what is committed while it runs is spared, and another table ends it', async () => {
  const table = new MaintainedTable().at(old).create({}, add('live'), add('back'));
  table.commit(remove('back', { deletionTimestamp: old }));
  put(table, old, 'live', 'back', 'orphan');
  const report = await run(
    table,
    {},
    {
      beforeRemoval: async (found) => {
        assert.deepEqual(found, { fileCount: 2, totalBytes: 8 });
        table.commit(add('back'));
      },
    },
  );
  assert.deepEqual(dataFiles(table), ['back', 'live']);
  assert.deepEqual(report.removed, { fileCount: 1, totalBytes: 4 });

  put(table, old, 'orphan');
  const replaced = run(
    table,
    {},
    {
      beforeRemoval: async () => {
        table.version = -1;
        table.store.deleteFolder(`${table.location}/_delta_log`);
        table.create({ id: 'table-2' }).append(4);
      },
    },
  );
  await rejectsCoded(() => replaced, 'DELTA_CONCURRENT_WRITE');
  assert.deepEqual(dataFiles(table), ['back', 'live', 'orphan']);
});

test('an abort ends it between files', async () => {
  const table = new MaintainedTable().at(old).create({}, add('live'));
  put(table, old, ...Array.from({ length: 100 }, (_, i) => `orphan-${i}`));
  const controller = new AbortController();
  const remover = table.store.remove.bind(table.store);
  table.store.remove = async (location) => {
    controller.abort(new Error('enough'));
    await remover(location);
  };
  const ports = portsOf(table);
  await rejectsCoded(() => vacuum(table.location, {}, ports, controller.signal), 'QUERY_CANCELED');
  assert.equal(dataFiles(table).length, 100 - 16);
});

test('LITE goes by the log: what it never knew stays', async () => {
  const gone = add('gone', { deletionVector: vector });
  const table = new MaintainedTable().at(old).create({}, add('live'), gone, add('back'));
  table.commit(
    remove('gone', { deletionTimestamp: old, deletionVector: vector }),
    remove('back', { deletionTimestamp: old }),
    remove('_delta_log/00000000000000000000.json', { deletionTimestamp: old }),
    remove('../other/file', { deletionTimestamp: old }),
    remove('/elsewhere/file', { deletionTimestamp: old }),
    remove('vanished', { deletionTimestamp: old }),
  );
  table.commit(add('back'), {
    kind: 'cdc',
    path: '_change_data/cdc-1',
    partitionValues: {},
    size: 4,
    dataChange: false,
  });
  put(table, old, 'live', 'gone', 'back', 'orphan', '_change_data/cdc-1', vectorPath(vector));
  table.store.set('/tables/other/file', 'data', old);
  table.store.set('/elsewhere/file', 'data', old);
  const report = await run(table, { mode: 'lite' });
  assert.deepEqual(report.removed, { fileCount: 3, totalBytes: 12 });
  assert.deepEqual(dataFiles(table), [
    '/elsewhere/file',
    '/tables/other/file',
    'back',
    'live',
    'orphan',
  ]);
  assert.equal((await table.load()).version, 2);
  assert.deepEqual(await table.json('_last_vacuum_info'), {
    latestCommitVersionOutsideOfRetentionWindow: 2,
  });
  // The commits it saw may go; those it did not may not.
  table.commit(remove('back', { deletionTimestamp: old }));
  await writeCheckpoint(await table.load(), table.ports);
  table.forgetBefore(3);
  assert.equal((await run(table, { mode: 'lite' })).removed.fileCount, 1);
  table.commit(add('x'));
  table.commit(remove('x', { deletionTimestamp: old }));
  await writeCheckpoint(await table.load(), table.ports);
  table.forgetBefore(5);
  await rejectsCoded(() => run(table, { mode: 'lite' }), 'DELTA_CANNOT_VACUUM_LITE');
});

/** All files that a history ever had, where they lie, and since when. */
function filesOf(commits: readonly (readonly Action[])[], timeOf: (version: number) => number) {
  const files = new Map<string, number>();
  for (const [version, actions] of commits.entries()) {
    for (const action of actions) {
      if (action.kind !== 'add') continue;
      for (const location of locationsOf(action)) {
        if (!files.has(location)) files.set(location, timeOf(version));
      }
    }
  }
  return files;
}

function locationsOf(file: {
  readonly path: string;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
}): readonly string[] {
  const { path, deletionVector } = file;
  const data = fileLocation('/tables/t', canonicalPath(path) ?? '');
  if (deletionVector === undefined) return [data];
  return [data, `/tables/t/${vectorPath(deletionVector)}`];
}

test('random histories: exactly what no kept version needs goes', async () => {
  await fc.assert(
    fc.asyncProperty(
      historySteps,
      fc.array(fc.integer({ min: 0, max: 24 }), { maxLength: 3 }),
      fc.constantFrom('full' as const, 'lite' as const),
      async (steps, checkpointAt, mode) => {
        const timeOf = (version: number) => now - (steps.length - 1 - version) * dayMs;
        const { commits, tombstones } = tableHistory(steps, timeOf(0), dayMs);
        const table = new MaintainedTable();
        for (const [version, actions] of commits.entries()) {
          table.nowMs = timeOf(version);
          table.at(timeOf(version)).commit(...actions);
          if (checkpointAt.includes(version))
            await writeCheckpoint(await table.load(), table.ports);
        }
        const files = filesOf(commits, timeOf);
        for (const [location, modifiedMs] of files) table.store.set(location, 'x', modifiedMs);
        put(table, old, 'orphan');
        table.nowMs = now;
        await run(table, { mode });

        const cutoffMs = now - 7 * dayMs;
        const snapshot = await table.load();
        const needed = new Set<string>();
        for (const file of snapshot.files) {
          for (const location of locationsOf(snapshot.files.addFile(file))) needed.add(location);
        }
        for (const tombstone of tombstones.values()) {
          if ((tombstone.deletionTimestamp ?? 0) < cutoffMs) continue;
          for (const location of locationsOf(tombstone)) needed.add(location);
        }
        const expected = [...files]
          .filter(([location, modifiedMs]) => needed.has(location) || modifiedMs >= cutoffMs)
          .map(([location]) => location);
        if (mode === 'lite') expected.push('/tables/t/orphan');
        const found = table.store.locations().filter((name) => !name.includes('/_delta_log/'));
        assert.deepEqual([...found].sort(), expected.sort());
      },
    ),
    { numRuns: 200 },
  );
});
