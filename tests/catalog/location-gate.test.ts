import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { createLocationGate } from '../../catalog/location-gate.ts';
import { catalogPlace, isCoded, makeTable } from '../support/catalog-place.ts';

const here = { currentSchema: 'default' };

test('paths are absolute, relative to the warehouse, or file URIs', async (t) => {
  const { warehouse, extra, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/s/t`);
  makeTable(`${extra}/my table`);
  const inside = { kind: 'path', location: `${warehouse}/s/t` };
  const beside = { kind: 'path', location: `${extra}/my table` };
  for (const path of [`${warehouse}/s/t`, 's/t', './s/t/', `file://${warehouse}/s/../s/t`]) {
    assert.deepEqual(await catalog.tablePath(path), inside, path);
  }
  assert.deepEqual(await catalog.tablePath('../extra/my table'), beside);
  assert.deepEqual(await catalog.tablePath(`file://${extra}/my%20table`), beside);
});

test('an allowed path may be a table itself', async (t) => {
  const { extra, catalog } = catalogPlace(t);
  makeTable(extra);
  assert.deepEqual(await catalog.tablePath(extra), { kind: 'path', location: extra });
});

test('a path below a root without a table is DELTA_TABLE_NOT_FOUND', async (t) => {
  const { catalog } = catalogPlace(t);
  await assert.rejects(catalog.tablePath('s/none'), isCoded('DELTA_TABLE_NOT_FOUND', '/w/s/none'));
});

test('paths outside of the roots are refused in the same way whether they exist or not', async (t) => {
  const { root, outside, catalog } = catalogPlace(t);
  makeTable(outside);
  const messages: string[] = [];
  for (const path of [
    '/etc',
    '/',
    outside,
    `${root}/none`,
    '../outside',
    `${root}/wx`,
    'file:///etc',
  ]) {
    await assert.rejects(catalog.tablePath(path), (error) => {
      assert.ok(isCoded('PATH_NOT_ALLOWED')(error));
      messages.push((error as Error).message.replace(JSON.stringify(path), '<path>'));
      return true;
    });
  }
  assert.equal(new Set(messages).size, 1);
});

test('the catalog’s own data, logs and the warehouse itself are no tables', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(warehouse);
  makeTable(`${warehouse}/_levee/dropped/x/folder`);
  makeTable(`${warehouse}/s/t/_delta_log/inner`);
  const paths = [
    '_levee/dropped/x/folder',
    '_levee',
    's/t/_delta_log',
    's/t/_delta_log/inner',
    '.',
  ];
  for (const path of [...paths, warehouse, 's/../_levee/dropped/x/folder']) {
    await assert.rejects(catalog.tablePath(path), isCoded('PATH_NOT_ALLOWED'));
    await assert.rejects(catalog.checkLocation(path), isCoded('PATH_NOT_ALLOWED'));
  }
});

test('a link leads out neither by path nor by name', async (t) => {
  const { warehouse, outside, catalog } = catalogPlace(t);
  makeTable(`${outside}/t`);
  mkdirSync(`${warehouse}/s`);
  symlinkSync(`${outside}/t`, `${warehouse}/s/linked`);
  symlinkSync(outside, `${warehouse}/schema`);
  symlinkSync(`${outside}/none`, `${warehouse}/s/dangling`);
  symlinkSync('circle', `${warehouse}/s/circle`);
  const refused = isCoded('PATH_NOT_ALLOWED');
  for (const path of [
    's/linked',
    's/linked/none',
    'schema/t',
    's/dangling',
    's/dangling/x',
    's/circle',
  ]) {
    await assert.rejects(catalog.tablePath(path), refused, path);
    await assert.rejects(catalog.checkLocation(path), refused, path);
  }
  await assert.rejects(catalog.resolveTable(['s', 'linked'], here), refused);
  await assert.rejects(catalog.resolveTable(['schema', 't'], here), refused);
  await assert.rejects(catalog.targetName(['schema', 'new'], 'default'), refused);
  assert.deepEqual(await catalog.listRelations('s'), []);
});

test('a link to the catalog’s own data is refused', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/_levee/t`);
  mkdirSync(`${warehouse}/s`);
  symlinkSync(`${warehouse}/_levee/t`, `${warehouse}/s/t`);
  await assert.rejects(catalog.tablePath('s/t'), isCoded('PATH_NOT_ALLOWED'));
});

test('a link between the roots is followed, and a table has one location', async (t) => {
  const { warehouse, extra, catalog } = catalogPlace(t);
  makeTable(`${extra}/t`);
  mkdirSync(`${warehouse}/s`);
  symlinkSync(`${extra}/t`, `${warehouse}/s/linked`);
  const found = await catalog.resolveTable(['s', 'linked'], here);
  assert.equal(found.kind === 'table' && found.location, `${extra}/t`);
  assert.equal((await catalog.tablePath('s/linked')).location, `${extra}/t`);
});

test('a warehouse that is a link itself works, its locations spelled as configured', async (t) => {
  const { root, warehouse, openOver } = catalogPlace(t);
  renameSync(warehouse, `${root}/real`);
  symlinkSync(`${root}/real`, warehouse);
  makeTable(`${root}/real/s/t`);
  const catalog = openOver([]);
  assert.equal((await catalog.tablePath('s/t')).location, `${warehouse}/s/t`);
  assert.equal((await catalog.tablePath(`${root}/real/s/t`)).location, `${warehouse}/s/t`);
});

test('nothing outside of the roots is even looked up', async () => {
  const looked: string[] = [];
  const gate = createLocationGate({
    warehouse: '/w',
    allowedPaths: ['/extra'],
    folders: {
      movesAtOnce: () => true,
      realLocation: async (location) => {
        looked.push(location);
        return location;
      },
      moveFolder: async () => 'missing',
      removeEmptyFolder: async () => 'missing',
    },
  });
  await assert.rejects(gate.admit('/etc/passwd'), isCoded('PATH_NOT_ALLOWED'));
  assert.deepEqual(looked, ['/w', '/extra']);
  assert.equal(await gate.admit('/extra/t'), '/extra/t');
  assert.equal(looked.at(-1), '/extra/t');
});
