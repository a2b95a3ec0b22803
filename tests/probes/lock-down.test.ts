/** That DuckDB keeps to the roots and lets nobody undo it: the wall behind the checks of `sql/bind/`. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DuckdbEngine } from '../../sql/duckdb/duckdb-engine.ts';
import { quoteString } from '../../sql/quote.ts';
import { makeScratch } from '../support/open-engine.ts';

let engine: DuckdbEngine;
let root = '';
let outside = '';
let remove: () => Promise<void>;

before(async () => {
  const scratch = await makeScratch();
  remove = scratch.remove;
  root = join(scratch.folder, 'root');
  outside = join(scratch.folder, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret.csv'), 'a\n1\n');
  symlinkSync(outside, join(root, 'link'));
  engine = await DuckdbEngine.open({
    roots: [root],
    spillFolder: join(scratch.folder, 'spill'),
    spillBytesMax: 2 ** 30,
    memoryBytesMax: 2 ** 30,
    threads: 2,
  });
  await run(`COPY (SELECT 1 AS a) TO ${quoteString(join(root, 'in.parquet'))}`);
});

after(async () => {
  engine.close();
  await remove();
});

async function run(sql: string): Promise<readonly (readonly unknown[])[]> {
  return await engine.withConnection((connection) => connection.rows(sql));
}

test('files below a root are read', async () => {
  assert.deepEqual(
    await run(`SELECT a FROM read_parquet(${quoteString(join(root, 'in.parquet'))})`),
    [[1]],
  );
});

const attempts: { readonly [name: string]: () => string } = {
  'reading outside': () => `SELECT * FROM read_csv(${quoteString(join(outside, 'secret.csv'))})`,
  'reading by ..': () => `SELECT * FROM read_csv(${quoteString(`${root}/../outside/secret.csv`)})`,
  'reading text': () => `SELECT * FROM read_text('/etc/passwd')`,
  'listing files': () => `SELECT * FROM glob('/etc/*')`,
  'a file as a table': () => `SELECT * FROM '/etc/passwd'`,
  'writing outside': () => `COPY (SELECT 1) TO ${quoteString(join(outside, 'new.csv'))}`,
  'attaching outside': () => `ATTACH ${quoteString(join(outside, 'new.db'))} AS x`,
  'the network': () => `SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')`,
  'installing an extension': () => `INSTALL httpfs`,
  'loading an extension': () => `LOAD httpfs`,
  'opening the door': () => `SET enable_external_access = true`,
  'more roots': () => `SET allowed_directories = ['/']`,
  'another zone': () => `SET TimeZone = 'Asia/Tokyo'`,
  'more memory': () => `SET memory_limit = '100GB'`,
  'more threads': () => `SET threads = 64`,
  unlocking: () => `SET lock_configuration = false`,
  resetting: () => `RESET lock_configuration`,
  'a pragma': () => `PRAGMA enable_external_access = true`,
};
for (const [name, sql] of Object.entries(attempts)) {
  test(`${name} is refused in every connection`, async () => {
    await assert.rejects(run(sql()));
    await assert.rejects(run(sql()));
  });
}

test('a link inside a root that leads out of it is not followed', async () => {
  await assert.rejects(
    run(`SELECT * FROM read_csv(${quoteString(join(root, 'link/secret.csv'))})`),
  );
});
