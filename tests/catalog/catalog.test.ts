import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Catalog } from '../../catalog/catalog.ts';
import type { ViewDefinition } from '../../catalog/catalog-store.ts';
import { catalogPlace, isCoded, makeTable } from '../support/catalog-place.ts';

const view: ViewDefinition = {
  sql: 'SELECT 1',
  dialect: 'duckdb',
  defaultSchema: 'default',
  owner: 'anonymous',
  columnNames: undefined,
  comment: undefined,
  createdMs: 0,
};
const here = { currentSchema: 'default' };

async function namesOf(catalog: Catalog, schema: string): Promise<readonly string[]> {
  return (await catalog.listRelations(schema)).map(({ name }) => name);
}
async function schemasOf(catalog: Catalog): Promise<readonly string[]> {
  return (await catalog.listSchemas()).map(({ name }) => name);
}

test('a folder with a Delta log is a table as soon as it is there', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  await assert.rejects(catalog.resolveTable(['s', 't'], here), isCoded('TABLE_OR_VIEW_NOT_FOUND'));
  makeTable(`${warehouse}/s/t`);
  const expected = {
    kind: 'table',
    schema: 's',
    name: 't',
    location: `${warehouse}/s/t`,
    isRegistered: false,
  };
  assert.deepEqual(await catalog.resolveTable(['s', 't'], here), expected);
  assert.deepEqual(await catalog.resolveTable(['main', 's', 't'], here), expected);
  assert.deepEqual(await catalog.resolveTable(['t'], { currentSchema: 's' }), expected);
  assert.deepEqual(await catalog.listTables('s'), [expected]);
});

test('a table whose first commits are cleaned away is one, an empty log is none', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/s/old`, '00000000000000000010.checkpoint.parquet');
  makeTable(`${warehouse}/s/odd`, 'notes.txt');
  mkdirSync(`${warehouse}/s/empty/_delta_log`, { recursive: true });
  mkdirSync(`${warehouse}/s/plain`);
  assert.deepEqual(await namesOf(catalog, 's'), ['old']);
});

test('the default schema always exists, hidden folders and tables at the top are no schemas', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/s/t`);
  makeTable(`${warehouse}/top`);
  for (const folder of ['_hidden/t', '.hidden/t', 's/_hidden', 's/.hidden']) {
    makeTable(`${warehouse}/${folder}`);
  }
  mkdirSync(`${warehouse}/empty`);
  assert.deepEqual(await schemasOf(catalog), ['default', 'empty', 's']);
  assert.deepEqual(await namesOf(catalog, 's'), ['t']);
  assert.deepEqual(await namesOf(catalog, 'empty'), []);
  assert.deepEqual(await namesOf(catalog, 'default'), []);
});

test('names are found exactly first, then without regard to case, never by guessing', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/Sales/Prices`);
  makeTable(`${warehouse}/Sales/trades`);
  makeTable(`${warehouse}/Sales/Trades`);
  const found = await catalog.resolveTable(['SALES', 'prices'], here);
  assert.equal(found.name, 'Prices');
  assert.equal(found.schema, 'Sales');
  assert.equal((await catalog.resolveTable(['sales', 'trades'], here)).name, 'trades');
  await assert.rejects(
    catalog.resolveTable(['sales', 'TRADES'], here),
    isCoded('AMBIGUOUS_NAME', '"Trades"', '"trades"'),
  );
});

test('what is not found names what is closest', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/stocks/prices`);
  await assert.rejects(
    catalog.resolveTable(['stocks', 'price'], here),
    isCoded('TABLE_OR_VIEW_NOT_FOUND', 'main.stocks.price', '"prices"'),
  );
  await assert.rejects(
    catalog.resolveTable(['stoks', 'prices'], here),
    isCoded('TABLE_OR_VIEW_NOT_FOUND', '"stocks"'),
  );
  await assert.rejects(catalog.resolveSchema(['stoks']), isCoded('SCHEMA_NOT_FOUND', '"stocks"'));
  await assert.rejects(catalog.listRelations('stoks'), isCoded('SCHEMA_NOT_FOUND'));
  await assert.rejects(
    catalog.resolveTable(['other', 's', 't'], here),
    isCoded('CATALOG_NOT_FOUND'),
  );
  await assert.rejects(catalog.resolveTable(['a', 'b', 'c', 'd'], here), isCoded('INVALID_NAME'));
  assert.equal(await catalog.findTable(['stocks', 'none'], here), undefined);
});

for (const name of [
  '..',
  '../../outside',
  'a/b',
  'a\0b',
  '_levee',
  '_delta_log',
  '',
  'x'.repeat(300),
]) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} finds nothing, whatever lies there`, async (t) => {
    const { warehouse, catalog } = catalogPlace(t);
    makeTable(`${warehouse}/s/t`);
    makeTable(`${warehouse}/_levee/t`);
    for (const parts of [
      ['s', name],
      [name, 't'],
    ]) {
      await assert.rejects(catalog.resolveTable(parts, here), isCoded('TABLE_OR_VIEW_NOT_FOUND'));
    }
    await assert.rejects(catalog.createSchema(name), isCoded('INVALID_NAME'));
    await assert.rejects(catalog.targetName(['s', name], 'default'), isCoded('INVALID_NAME'));
  });
}

test('names of Object.prototype are names like any other', async (t) => {
  const { catalog } = catalogPlace(t);
  for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
    assert.equal(await catalog.findTable(['default', name], here), undefined);
    assert.equal(await catalog.createSchema(name), true);
    await catalog.createView({ schema: name, name }, view);
    assert.equal((await catalog.resolveTable([name, name], here)).kind, 'view');
  }
  assert.deepEqual(await schemasOf(catalog), [
    'constructor',
    'default',
    'hasOwnProperty',
    'toString',
  ]);
});

test('a schema is made once, whatever its case, and outlives a restart', async (t) => {
  const { warehouse, catalog, open } = catalogPlace(t);
  mkdirSync(`${warehouse}/folder`);
  assert.equal(await catalog.createSchema('New One', { comment: 'why' }), true);
  assert.equal(await catalog.createSchema('new one', { ifNotExists: true }), false);
  for (const name of ['New One', 'NEW ONE', 'FOLDER', 'Default']) {
    await assert.rejects(catalog.createSchema(name), isCoded('SCHEMA_ALREADY_EXISTS'));
  }
  const again = await open().listSchemas();
  assert.deepEqual(again.find(({ name }) => name === 'New One')?.comment, 'why');
  assert.deepEqual(await open().resolveSchema(['main', 'new one']), 'New One');
});

test('a schema with something in it is dropped only by CASCADE', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  await catalog.createSchema('s');
  await catalog.createView({ schema: 's', name: 'v' }, view);
  makeTable(`${warehouse}/s/t`);
  await assert.rejects(catalog.dropSchema('s'), isCoded('SCHEMA_NOT_EMPTY', 't, v'));
  assert.equal(await catalog.dropSchema('s', { cascade: true }), true);
  assert.deepEqual(await schemasOf(catalog), ['default']);
  assert.deepEqual(droppedIn(warehouse), [
    { kind: 'schema', schema: 's', location: `${warehouse}/s`, droppedMs: 1000 },
  ]);
});

test('files that are no table keep a schema’s folder from being dropped, and CASCADE keeps them', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  mkdirSync(`${warehouse}/s`);
  writeFileSync(`${warehouse}/s/notes.txt`, 'x');
  await assert.rejects(catalog.dropSchema('s'), isCoded('SCHEMA_NOT_EMPTY'));
  assert.equal(await catalog.dropSchema('s', { cascade: true }), true);
  assert.deepEqual(await schemasOf(catalog), ['default']);
  const [id = ''] = readdirSync(`${warehouse}/_levee/dropped`);
  assert.ok(existsSync(`${warehouse}/_levee/dropped/${id}/folder/notes.txt`));
});

test('an empty schema is dropped with its folder; default is not; a missing one is an error', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  mkdirSync(`${warehouse}/s`);
  assert.equal(await catalog.dropSchema('S'), true);
  assert.ok(!existsSync(`${warehouse}/s`));
  await assert.rejects(catalog.dropSchema('s'), isCoded('SCHEMA_NOT_FOUND'));
  assert.equal(await catalog.dropSchema('s', { ifExists: true }), false);
  await assert.rejects(
    catalog.dropSchema('default', { cascade: true }),
    isCoded('UNSUPPORTED_STATEMENT'),
  );
});

test('a registered table is found after a restart, and dropping it leaves its folder', async (t) => {
  const { extra, catalog, open } = catalogPlace(t);
  makeTable(`${extra}/t`);
  const target = await catalog.targetName(['Remote'], 'default');
  await catalog.registerTable(target, '../extra/t');
  const found = await open().resolveTable(['remote'], here);
  assert.deepEqual(found, {
    kind: 'table',
    schema: 'default',
    name: 'Remote',
    location: `${extra}/t`,
    isRegistered: true,
  });
  await open().dropTable(found);
  assert.equal(await catalog.findTable(['remote'], here), undefined);
  assert.ok(existsSync(`${extra}/t/_delta_log`));
});

test('a registration outside of the roots is refused, also when the roots have changed', async (t) => {
  const { extra, outside, catalog, openOver } = catalogPlace(t);
  const target = { schema: 'default', name: 't' };
  await assert.rejects(catalog.registerTable(target, outside), isCoded('PATH_NOT_ALLOWED'));
  await catalog.registerTable(target, `${extra}/t`);
  const stricter = openOver([]);
  await assert.rejects(stricter.resolveTable(['t'], here), isCoded('PATH_NOT_ALLOWED'));
  assert.deepEqual(await namesOf(stricter, 'default'), []);
});

test('dropping a table of the warehouse moves its folder to where nothing finds it', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/s/t`);
  await catalog.dropTable(await catalog.resolveTable(['s', 'T'], here));
  assert.equal(await catalog.findTable(['s', 't'], here), undefined);
  assert.ok(!existsSync(`${warehouse}/s/t`));
  assert.deepEqual(droppedIn(warehouse), [
    { kind: 'table', schema: 's', name: 't', location: `${warehouse}/s/t`, droppedMs: 1000 },
  ]);
  makeTable(`${warehouse}/s/t`);
  await catalog.dropTable(await catalog.resolveTable(['s', 't'], here));
  assert.equal(droppedIn(warehouse).length, 2);
});

function droppedIn(warehouse: string): readonly unknown[] {
  const folder = `${warehouse}/_levee/dropped`;
  return readdirSync(folder).map((id) => {
    assert.ok(existsSync(`${folder}/${id}/folder`));
    return JSON.parse(readFileSync(`${folder}/${id}/dropped.json`, 'utf8')) as unknown;
  });
}

test('a name is taken by a table, a view or a registration, whatever its case', async (t) => {
  const { warehouse, extra, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/s/t`);
  await catalog.createView({ schema: 's', name: 'v' }, view);
  await catalog.registerTable({ schema: 's', name: 'r' }, `${extra}/r`);
  const taken = isCoded('TABLE_OR_VIEW_ALREADY_EXISTS');
  for (const name of ['t', 'T', 'v', 'V', 'r', 'R']) {
    const target = { schema: 's', name };
    assert.equal((await catalog.findConflict(target))?.name, name.toLowerCase());
    await assert.rejects(catalog.createView(target, view), taken);
    await assert.rejects(catalog.registerTable(target, `${extra}/x`), taken);
    assert.equal(await catalog.createView(target, view, { ifNotExists: true }), 'exists');
  }
  assert.equal(await catalog.findConflict({ schema: 's', name: 'free' }), undefined);
});

test('a view is replaced under the name it was made with, a table is not replaced by a view', async (t) => {
  const { warehouse, catalog, open } = catalogPlace(t);
  makeTable(`${warehouse}/s/t`);
  const orReplace = { orReplace: true };
  assert.equal(await catalog.createView({ schema: 's', name: 'View' }, view, orReplace), 'created');
  const changed = { ...view, sql: 'SELECT 2' };
  assert.equal(
    await catalog.createView({ schema: 's', name: 'VIEW' }, changed, orReplace),
    'replaced',
  );
  assert.deepEqual(await open().listViews('s'), [
    { kind: 'view', schema: 's', name: 'View', definition: changed },
  ]);
  await assert.rejects(
    catalog.createView({ schema: 's', name: 't' }, view, orReplace),
    isCoded('WRONG_OBJECT_TYPE'),
  );
});

test('a view is dropped as a view, a table as a table', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  makeTable(`${warehouse}/s/t`);
  await catalog.createView({ schema: 's', name: 'v' }, view);
  const [table, aView] = await catalog.listRelations('s');
  assert.ok(table !== undefined && aView !== undefined);
  await assert.rejects(catalog.dropTable(aView), isCoded('WRONG_OBJECT_TYPE', 'DROP VIEW'));
  await assert.rejects(catalog.dropView(table), isCoded('WRONG_OBJECT_TYPE', 'DROP TABLE'));
  await catalog.dropView(aView);
  assert.deepEqual(await namesOf(catalog, 's'), ['t']);
});

test('a folder that takes a registered name later makes it ambiguous, not another table', async (t) => {
  const { warehouse, catalog } = catalogPlace(t);
  await catalog.createSchema('s');
  await catalog.createView({ schema: 's', name: 'v' }, view);
  makeTable(`${warehouse}/s/v`);
  await assert.rejects(catalog.resolveTable(['s', 'v'], here), isCoded('AMBIGUOUS_NAME', '/w/s/v'));
});

test('of several creations of one view at once, one wins', async (t) => {
  const { catalog, open } = catalogPlace(t);
  const catalogs = [catalog, open(), open(), open()];
  const outcomes = await Promise.allSettled(
    catalogs.map((one) => one.createView({ schema: 'default', name: 'v' }, view)),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') isCoded('TABLE_OR_VIEW_ALREADY_EXISTS')(outcome.reason);
  }
});
