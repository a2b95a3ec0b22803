/** UNDROP TABLE: what comes back, what is refused, and what a crash leaves. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
before(async () => {
  place = await openWritePlace('spark');
});
after(() => place.close());

const missing = 'TABLE_OR_VIEW_NOT_FOUND 42P01';
const dropped = () => `${place.warehouse}/_levee/dropped`;

async function makeTable(name: string, value: number): Promise<void> {
  await place.run(`CREATE TABLE ${name} (v INT) USING DELTA`);
  await place.run(`INSERT INTO ${name} VALUES (${value})`);
}

test('a dropped table comes back with its rows and versions, whatever the case of its name', async () => {
  await makeTable('Back', 1);
  await place.run('INSERT INTO Back VALUES (2)');
  await place.run('DROP TABLE Back');
  assert.equal(await place.outcome('SELECT * FROM Back'), missing);
  await place.run('UNDROP TABLE default.back');
  assert.deepEqual(await place.run('SELECT v FROM Back ORDER BY v'), [[1], [2]]);
  assert.deepEqual(await place.run('SELECT v FROM Back VERSION AS OF 1'), [[1]]);
  assert.ok(existsSync(`${place.warehouse}/default/Back/_delta_log`));
  assert.deepEqual(readdirSync(dropped()), []);
  await place.run('INSERT INTO Back VALUES (3)');
  assert.deepEqual(await place.run('SELECT count(*) FROM Back'), [[3]]);
  assert.equal(await place.outcome('UNDROP TABLE Back'), missing);
});

test('of several tables of one name the latest comes back first, while the name is free', async () => {
  for (const value of [1, 2]) {
    await makeTable('many', value);
    await place.run('DROP TABLE many');
    // The clock of the note counts milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await place.run('UNDROP TABLE many');
  assert.deepEqual(await place.run('SELECT v FROM many'), [[2]]);
  assert.equal(await place.outcome('UNDROP TABLE many'), 'TABLE_OR_VIEW_ALREADY_EXISTS 42P07');
  assert.deepEqual(await place.run('SELECT v FROM many'), [[2]]);
  await place.run('ALTER TABLE many RENAME TO newer');
  await place.run('UNDROP TABLE many');
  assert.deepEqual(await place.run('SELECT v FROM many'), [[1]]);
  assert.deepEqual(await place.run('SELECT v FROM newer'), [[2]]);
});

test('a view that took the name keeps it, and the table stays where it is', async () => {
  await makeTable('viewed', 1);
  await place.run('DROP TABLE viewed');
  await place.run('CREATE VIEW viewed AS SELECT 9 AS v');
  assert.equal(await place.outcome('UNDROP TABLE viewed'), 'TABLE_OR_VIEW_ALREADY_EXISTS 42P07');
  await place.run('DROP VIEW viewed');
  await place.run('UNDROP TABLE viewed');
  assert.deepEqual(await place.run('SELECT v FROM viewed'), [[1]]);
});

test('files in the place of the table are not replaced', async () => {
  await makeTable('blocked', 1);
  await place.run('DROP TABLE blocked');
  mkdirSync(`${place.warehouse}/default/blocked`);
  writeFileSync(`${place.warehouse}/default/blocked/notes.txt`, 'x');
  assert.notEqual(await place.outcome('UNDROP TABLE blocked'), 'ok');
  assert.ok(existsSync(`${place.warehouse}/default/blocked/notes.txt`));
  renameSync(`${place.warehouse}/default/blocked`, `${place.warehouse}/default/aside`);
  await place.run('UNDROP TABLE blocked');
  assert.deepEqual(await place.run('SELECT v FROM blocked'), [[1]]);
});

test('notes without a table, of a schema, and broken ones bring nothing back', async () => {
  const note = (name: string, text: string) => {
    mkdirSync(`${dropped()}/${name}`, { recursive: true });
    writeFileSync(`${dropped()}/${name}/dropped.json`, text);
  };
  note('begun', '{"kind":"table","schema":"default","name":"ghost","droppedMs":1}');
  note('broken', '{"kind":"table","schema":"default","na');
  note('other', '{"kind":"schema","schema":"default","name":"ghost","droppedMs":1}');
  assert.equal(await place.outcome('UNDROP TABLE ghost'), missing);
  assert.equal(await place.outcome('UNDROP TABLE nowhere.ghost'), 'SCHEMA_NOT_FOUND 42704');
});

test('an undrop that ended before its note was removed is complete', async () => {
  await makeTable('cut', 1);
  await place.run('DROP TABLE cut');
  const id = readdirSync(dropped()).find((name) => existsSync(`${dropped()}/${name}/folder`));
  assert.ok(id !== undefined);
  renameSync(`${dropped()}/${id}/folder`, `${place.warehouse}/default/cut`);
  assert.deepEqual(await place.run('SELECT v FROM cut'), [[1]]);
  assert.equal(await place.outcome('UNDROP TABLE cut'), missing);
  await place.run('DROP TABLE cut');
  await place.run('UNDROP TABLE cut');
  assert.deepEqual(await place.run('SELECT v FROM cut'), [[1]]);
});

test('SHOW TABLES DROPPED lists the tables of a schema that can come back, the latest first', async () => {
  await place.run('CREATE SCHEMA listed');
  const names = async () => {
    const rows = await place.run('SHOW TABLES DROPPED IN listed');
    return rows.map((row) => row.slice(0, 3));
  };
  const startMs = Date.now();
  for (const name of ['first', 'second']) {
    await makeTable(`listed.${name}`, 1);
    assert.equal((await names()).length, name === 'first' ? 0 : 1);
    await place.run(`DROP TABLE listed.${name}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.deepEqual(await names(), [
    ['main', 'listed', 'second'],
    ['main', 'listed', 'first'],
  ]);
  const [row] = await place.run('SHOW TABLES DROPPED IN listed');
  const time = row?.[3];
  assert.ok(typeof time === 'string');
  const droppedMs = Date.parse(time);
  assert.ok(droppedMs >= startMs && droppedMs <= Date.now(), time);
  await place.run('UNDROP TABLE listed.second');
  assert.deepEqual(await names(), [['main', 'listed', 'first']]);
  assert.equal(await place.outcome('SHOW TABLES DROPPED IN nowhere'), 'SCHEMA_NOT_FOUND 42704');
});
