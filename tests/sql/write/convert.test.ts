/** CONVERT TO DELTA: a folder of Parquet files becomes a table, or stays what it is. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

let place: WritePlace;
beforeEach(async () => {
  place = await openWritePlace();
});
afterEach(() => place.close());

const parquet = async (path: string, query: string) => {
  const file = join(place.warehouse, 'default', 't', path);
  mkdirSync(join(file, '..'), { recursive: true });
  await place.raw(`COPY (${query}) TO '${file}' (FORMAT parquet)`);
};
const convert = 'CONVERT TO DELTA parquet.`default/t`';

test('columns of all files, statistics, and rows that can be changed', async () => {
  await parquet('a.parquet', `SELECT i::INT AS id, 'a' || i AS k FROM range(10) r(i)`);
  await parquet('sub/b.parquet', `SELECT 77::INT AS id, 1.5::DOUBLE AS v`);
  await place.run(convert);
  const adds = place.adds('t', 0);
  assert.deepEqual(
    adds.map(({ path, stats }) => [path, stats['numRecords'], stats['minValues']]),
    [
      ['a.parquet', 10, { id: 0, k: 'a0' }],
      ['sub/b.parquet', 1, { id: 77, v: 1.5 }],
    ],
  );
  await place.run('DELETE FROM t WHERE id < 9');
  assert.deepEqual(await place.run('SELECT id, k, v FROM t ORDER BY id'), [
    [9, 'a9', null],
    [77, null, 1.5],
  ]);
  await place.run(convert);
  assert.equal(place.versions('t'), 2, 'a table is not converted again');
});

test('partition values come from the folders', async () => {
  await parquet('p=1/s=a%2Fb/x.parquet', 'SELECT 1::BIGINT AS id');
  await parquet('p=__HIVE_DEFAULT_PARTITION__/s=c/x.parquet', 'SELECT 2::BIGINT AS id');
  await place.run(`${convert} PARTITIONED BY (p INT, s STRING)`);
  assert.deepEqual(await place.run(`SELECT id::INT, p, s FROM t ORDER BY id`), [
    [1, 1, 'a/b'],
    [2, null, 'c'],
  ]);
  assert.deepEqual(await place.run(`SELECT id::INT FROM t WHERE p = 1`), [[1]]);
});

const refusals: readonly (readonly [name: string, files: () => Promise<void>, more: string])[] = [
  ['folders that name a column', () => parquet('p=1/x.parquet', 'SELECT 1::INT AS id'), ''],
  [
    'folders that do not',
    () => parquet('x.parquet', 'SELECT 1::INT AS id'),
    ' PARTITIONED BY (p INT)',
  ],
  [
    'values that are none of the type',
    () => parquet('p=x/x.parquet', 'SELECT 1::INT AS id'),
    ' PARTITIONED BY (p INT)',
  ],
  [
    'a column of two types',
    async () => {
      await parquet('a.parquet', 'SELECT 1::INT AS id');
      await parquet('b.parquet', 'SELECT 1::BIGINT AS id');
    },
    '',
  ],
  ['an unsigned column', () => parquet('a.parquet', 'SELECT 1::UINTEGER AS id'), ''],
  [
    'a file of another kind',
    async () => {
      await parquet('a.parquet', 'SELECT 1::INT AS id');
      writeFileSync(join(place.warehouse, 'default', 't', 'notes.txt'), 'x');
    },
    '',
  ],
];
for (const [name, files, more] of refusals) {
  test(`not converted: ${name}`, async () => {
    await files();
    assert.notEqual(await place.outcome(`${convert}${more}`), 'ok');
    assert.ok(
      !existsSync(join(place.warehouse, 'default', 't', '_delta_log', `${'0'.repeat(20)}.json`)),
    );
  });
}
