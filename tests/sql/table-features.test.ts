/** Tables with features and types that are refused by name, or read as if they were not there. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { statusOf } from '../../server/error-reply.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { DeltaFolder, openParquetWriter, type TableDefinition } from '../support/delta-folder.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient, SqlFailure, type SqlClient } from '../support/sql-client.ts';

let engine: SqlEngine;
let client: SqlClient;
let writer: DuckDBConnection;
let warehouse = '';
let remove: () => Promise<void>;
let tables = 0;

before(async () => {
  ({ folder: warehouse, remove } = await makeScratch());
  writer = await openParquetWriter();
  engine = await openEngine({ warehouse });
  client = engineClient(engine);
});
after(async () => {
  await engine.close();
  writer.closeSync();
  await remove();
});

/** The name of a table with one file of these rows. */
async function tableWith(definition: TableDefinition, select: string): Promise<string> {
  const name = `t${tables++}`;
  const folder = new DeltaFolder(join(warehouse, 'default', name), writer);
  folder.create(definition, await folder.parquet('0.parquet', select));
  return name;
}

async function failureOf(sql: string): Promise<SqlFailure> {
  return await client.run({ sql }).then(
    () => assert.fail(`${sql} was answered`),
    (error: unknown) => {
      assert.ok(error instanceof SqlFailure, String(error));
      return error;
    },
  );
}

for (const feature of ['catalogManaged', 'catalogOwned', 'catalogOwned-preview']) {
  test(`a table with ${feature} is refused with the reason, whatever is asked of it`, async () => {
    const definition = {
      columns: { id: 'long' },
      readerFeatures: [feature],
      writerFeatures: [feature, 'inCommitTimestamp'],
    };
    const name = await tableWith(definition, 'SELECT 1::BIGINT AS id');
    for (const sql of [
      `SELECT * FROM ${name}`,
      `SELECT count(*) FROM ${name}`,
      `SELECT * FROM ${name} VERSION AS OF 0`,
      `SELECT * FROM delta.\`default/${name}\``,
      `DESCRIBE ${name}`,
      `INSERT INTO ${name} VALUES (1)`,
    ]) {
      const error = await failureOf(sql);
      assert.equal(error.code, 'DELTA_UNSUPPORTED_FEATURES_FOR_READ', sql);
      assert.match(error.message, new RegExp(`${feature} \\(its latest commits are known only to`));
      assert.equal(statusOf(error.code as ErrorCode, error.sqlState), 501);
      assert.ok(error.hint);
    }
  });
}

const refusedTypes: readonly (readonly [name: string, type: unknown, told: RegExp])[] = [
  ['days to seconds', 'interval day to second', /"bad" of .* has the type interval day to second/],
  ['years to months', 'interval year to month', /"bad" of .* has the type interval year to month/],
  ['a legacy interval', 'interval', /"bad" of .* has the type interval,/],
  [
    'an interval in a struct in an array',
    {
      type: 'array',
      containsNull: true,
      elementType: {
        type: 'struct',
        fields: [{ name: 'i', type: 'interval month', nullable: true, metadata: {} }],
      },
    },
    /"bad\.element\.i" of .* has the type interval month/,
  ],
  ['a type of the future', 'geometry', /"bad" of .* has the type geometry/],
];
for (const [name, type, told] of refusedTypes) {
  test(`a table with a column of ${name} is refused, though another column is asked for`, async () => {
    const table = await tableWith({ columns: { id: 'long', bad: type } }, 'SELECT 1::BIGINT AS id');
    const error = await failureOf(`SELECT id FROM ${table}`);
    assert.equal(error.code, 'UNSUPPORTED_DATATYPE');
    assert.match(error.message, told);
    assert.equal(statusOf(error.code as ErrorCode, error.sqlState), 501);
  });
}

test('char and varchar columns are strings with the blanks that are stored', async () => {
  // As their own types, and as Spark writes them: strings whose metadata has the type.
  const select = `SELECT 'ab   ' AS c, 'abc' AS v, NULL::VARCHAR AS n`;
  const columns = { c: 'char(5)', v: 'varchar(10)', n: 'char(2)' };
  const name = await tableWith({ columns }, select);
  const answer = await client.run({ sql: `SELECT *, length(c) AS l FROM ${name}` });
  assert.deepEqual(
    answer.columns.map(({ type }) => type),
    ['STRING', 'STRING', 'STRING', 'BIGINT'],
  );
  assert.deepEqual(answer.rows, [['ab   ', 'abc', null, 5]]);
  const none = await client.run({ sql: `SELECT * FROM ${name} WHERE c = 'ab'` });
  assert.deepEqual(none.rows, [], 'no blanks are added to or taken from what is compared');
  assert.equal(
    (await client.run({ sql: `SELECT * FROM ${name} WHERE c = 'ab   '` })).rows.length,
    1,
  );
});

test('vacuumProtocolCheck asks nothing of a reader', async () => {
  const definition = { columns: { id: 'long' }, readerFeatures: ['vacuumProtocolCheck'] };
  const name = await tableWith(definition, 'SELECT 7::BIGINT AS id');
  assert.deepEqual((await client.run({ sql: `SELECT * FROM ${name}` })).rows, [[7]]);
  const detail = await client.run({ sql: `DESCRIBE DETAIL ${name}` });
  const features = detail.columns.findIndex((column) => column.name === 'tableFeatures');
  assert.deepEqual(detail.rows[0]?.[features], ['vacuumProtocolCheck']);
});

test('a reader feature of the future is refused by its name, a writer feature is not', async () => {
  const reader = { columns: { id: 'long' }, readerFeatures: ['timeTravelToMars'] };
  const error = await failureOf(
    `SELECT * FROM ${await tableWith(reader, 'SELECT 1::BIGINT AS id')}`,
  );
  assert.equal(error.code, 'DELTA_UNSUPPORTED_FEATURES_FOR_READ');
  assert.match(error.message, /timeTravelToMars \(not known to Levee\)/);
  const written = { columns: { id: 'long' }, writerFeatures: ['timeTravelToMars'] };
  const name = await tableWith(written, 'SELECT 1::BIGINT AS id');
  assert.deepEqual((await client.run({ sql: `SELECT * FROM ${name}` })).rows, [[1]]);
});
