/** What ALTER TABLE and CREATE OR REPLACE TABLE leave in the log: protocol, ids, domains, history. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
before(async () => {
  place = await openWritePlace('spark');
});
after(() => place.close());

const actionOf = (table: string, version: number, name: string) =>
  place.actions(table, version).find((action) => action[name] !== undefined)?.[name] as
    { readonly [key: string]: unknown } | undefined;

function featuresOf(table: string, version: number): unknown {
  const { minReaderVersion, minWriterVersion, writerFeatures } = actionOf(
    table,
    version,
    'protocol',
  ) as { [key: string]: unknown };
  return [minReaderVersion, minWriterVersion, writerFeatures];
}

const protocols: readonly (readonly [name: string, clauses: string, expected: unknown])[] = [
  ['plain', '', [1, 2, undefined]],
  [
    'clustered',
    'CLUSTER BY (a)',
    [1, 7, ['appendOnly', 'invariants', 'domainMetadata', 'clustering']],
  ],
  [
    'mapped',
    "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
    [2, 7, ['appendOnly', 'invariants', 'columnMapping']],
  ],
  [
    'tracked',
    "TBLPROPERTIES ('delta.enableRowTracking' = 'true')",
    [1, 7, ['appendOnly', 'invariants', 'rowTracking', 'domainMetadata']],
  ],
];
for (const [name, clauses, expected] of protocols) {
  test(`a ${name} table has the protocol that Delta gives it`, async () => {
    await place.run(`CREATE TABLE ${name} (a INT) USING DELTA ${clauses}`);
    assert.deepEqual(featuresOf(name, 0), expected);
  });
}

test('clustering columns are kept by their physical names', async () => {
  await place.run(
    "CREATE TABLE physical (a INT) USING DELTA CLUSTER BY (a) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
  );
  const [field] = place.fields('physical');
  const physical = (field?.['metadata'] as { [key: string]: string })[
    'delta.columnMapping.physicalName'
  ];
  const domain = actionOf('physical', 0, 'domainMetadata');
  assert.equal(domain?.['domain'], 'delta.clustering');
  assert.deepEqual(JSON.parse(domain['configuration'] as string), {
    clusteringColumns: [[physical]],
    domainName: 'delta.clustering',
  });
});

test('a table that is replaced without CLUSTER BY is clustered no more', async () => {
  await place.run('CREATE TABLE once (a INT) USING DELTA CLUSTER BY (a)');
  await place.run('INSERT INTO once VALUES (1)');
  await place.run('CREATE OR REPLACE TABLE once (b INT) USING DELTA');
  assert.equal(actionOf('once', 2, 'domainMetadata')?.['removed'], true);
  assert.ok(actionOf('once', 2, 'remove') !== undefined, 'the old file is removed');
  assert.equal(actionOf('once', 2, 'protocol'), undefined, 'the features stay');
  const [before0, now] = [actionOf('once', 0, 'metaData'), actionOf('once', 2, 'metaData')];
  assert.notEqual(before0?.['id'], now?.['id']);
});

test('row tracking gives ids to the files that are there, in the same commit', async () => {
  await place.run('CREATE TABLE ids (a INT) USING DELTA');
  await place.run('INSERT INTO ids VALUES (1), (2)');
  await place.run("ALTER TABLE ids SET TBLPROPERTIES ('delta.enableRowTracking' = 'true')");
  const add = actionOf('ids', 2, 'add');
  assert.equal(add?.['baseRowId'], 0);
  assert.equal(add['dataChange'], false);
  const mark = actionOf('ids', 2, 'domainMetadata');
  assert.deepEqual(JSON.parse(mark?.['configuration'] as string), { rowIdHighWaterMark: 1 });
});

test('column mapping keeps the names of the columns in the files', async () => {
  await place.run('CREATE TABLE late (a INT, s STRUCT<x: INT>) USING DELTA');
  await place.run("ALTER TABLE late SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')");
  const [a, s] = place.fields('late');
  const mapping = (id: number, physicalName: string) => ({
    'delta.columnMapping.id': id,
    'delta.columnMapping.physicalName': physicalName,
  });
  assert.deepEqual([a?.['metadata'], s?.['metadata']], [mapping(1, 'a'), mapping(2, 's')]);
  const { configuration } = actionOf('late', 1, 'metaData') as { configuration: object };
  assert.deepEqual(configuration, {
    'delta.columnMapping.mode': 'name',
    'delta.columnMapping.maxColumnId': '3',
  });
});

test('identity values go on after ALTER TABLE', async () => {
  await place.run(
    'CREATE TABLE numbered (id BIGINT GENERATED ALWAYS AS IDENTITY, a INT) USING DELTA',
  );
  await place.run('INSERT INTO numbered (a) VALUES (1)');
  await place.run("ALTER TABLE numbered ALTER COLUMN a COMMENT 'b'");
  await place.run('INSERT INTO numbered (a) VALUES (2)');
  const rows = await place.run('SELECT id, a FROM numbered ORDER BY id');
  assert.deepEqual(
    rows.map((row) => row.map(String)),
    [
      ['1', '1'],
      ['2', '2'],
    ],
  );
});

test('a change of a type is recorded with the part of the column that it is of', async () => {
  await place.run(
    "CREATE TABLE wide (l ARRAY<INT>) USING DELTA TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
  );
  await place.run('ALTER TABLE wide ALTER COLUMN l.element TYPE BIGINT');
  const [field] = place.fields('wide');
  assert.deepEqual(field?.['metadata'], {
    'delta.typeChanges': [{ fromType: 'integer', toType: 'long', fieldPath: 'element' }],
  });
});

test('SET NOT NULL is refused in the Spark dialect alone', async () => {
  await place.run('CREATE TABLE nulls (a INT) USING DELTA');
  const sql = 'ALTER TABLE nulls ALTER COLUMN a SET NOT NULL';
  assert.equal(
    await place.outcome(sql, 'spark'),
    'DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP 0AKDC',
  );
  assert.equal(await place.outcome(sql, 'duckdb'), 'ok');
});
