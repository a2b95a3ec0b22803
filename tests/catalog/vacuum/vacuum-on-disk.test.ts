/** VACUUM over a real folder: what links lead to is somebody else's. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { serializeCommit } from '../../../catalog/log/commit-json.ts';
import { loadSnapshot } from '../../../catalog/snapshot-loader.ts';
import { createLocalFolders } from '../../../catalog/store/local-folders.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import { vacuum } from '../../../catalog/vacuum/vacuum.ts';
import { noParquet } from '../../support/fake-parquet.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { add, metaData, protocol } from '../../support/table-builder.ts';

test('files go from the table’s own folders, also when the table lies behind a link', async (t) => {
  const root = scratchFolder(t);
  const put = (path: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), 'data');
    utimesSync(join(root, path), 1, 1);
  };
  mkdirSync(join(root, 'table/_delta_log'), { recursive: true });
  writeFileSync(
    join(root, 'table/_delta_log/00000000000000000000.json'),
    serializeCommit([protocol(), metaData(), add('p=%C3%BC/live')]),
  );
  const files = ['table/p=ü/live', 'table/p=ü/orphan', 'table/orphan', 'elsewhere/precious'];
  for (const path of files) put(path);
  symlinkSync(join(root, 'elsewhere'), join(root, 'table/link'));
  symlinkSync(join(root, 'table'), join(root, 'alias'));

  const store = createLocalStore();
  const location = join(root, 'alias');
  const report = await vacuum(
    location,
    {},
    {
      store,
      parquet: noParquet,
      folders: createLocalFolders(),
      clock: { nowMs: () => Date.now() },
      latest: (place) => loadSnapshot({ store, parquet: noParquet }, place),
    },
  );
  assert.deepEqual(
    files.filter((path) => existsSync(join(root, path))),
    ['table/p=ü/live', 'elsewhere/precious'],
  );
  assert.equal(report.foldersLeftOut, 1);
  assert.deepEqual(report.removed, { fileCount: 2, totalBytes: 8 });
  assert.ok(existsSync(join(root, 'table/p=ü')));
});

test('a file that a dead writer has begun goes, whatever its name; other hidden ones stay', async (t) => {
  const table = scratchFolder(t);
  const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
  const begun = `.deletion_vector_${id}.bin.${id}.tmp`;
  mkdirSync(join(table, '_delta_log'));
  writeFileSync(
    join(table, '_delta_log/00000000000000000000.json'),
    serializeCommit([protocol(), metaData()]),
  );
  const names = [begun, `.young.${id}.tmp`, '.hidden'];
  for (const name of names) writeFileSync(join(table, name), 'data');
  for (const name of [begun, '.hidden']) utimesSync(join(table, name), 1, 1);

  const store = createLocalStore();
  await vacuum(
    table,
    {},
    {
      store,
      parquet: noParquet,
      folders: createLocalFolders(),
      clock: { nowMs: () => Date.now() },
      latest: (place) => loadSnapshot({ store, parquet: noParquet }, place),
    },
  );
  assert.deepEqual(
    names.filter((name) => existsSync(join(table, name))),
    [`.young.${id}.tmp`, '.hidden'],
  );
});
