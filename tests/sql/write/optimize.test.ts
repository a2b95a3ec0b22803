/** OPTIMIZE and REORG: no row changes, files do; what is refused; what the log says. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWritePlace, type WritePlace } from './write-place.ts';

const seed = Number(process.env['LEVEE_SEED'] ?? Date.now() % 2 ** 31);

let place: WritePlace;
beforeEach(async () => {
  place = await openWritePlace();
});
afterEach(() => place.close());

const vectors = `'delta.enableDeletionVectors' = 'true'`;
const tracked = `'delta.enableRowTracking' = 'true'`;
const mapped = (mode: string) => `'delta.columnMapping.mode' = '${mode}'`;

interface Kind {
  readonly name: string;
  readonly properties: readonly string[];
  readonly partitioned?: boolean;
  readonly tracked?: boolean;
}

const kinds: readonly Kind[] = [
  { name: 'plain', properties: [] },
  { name: 'vectors', properties: [vectors] },
  { name: 'partitions and vectors', properties: [vectors], partitioned: true },
  { name: 'mapping by name, partitions', properties: [mapped('name')], partitioned: true },
  { name: 'mapping by id, vectors', properties: [mapped('id'), vectors] },
  { name: 'tracked rows, vectors', properties: [tracked, vectors], tracked: true },
  {
    name: 'tracked rows, mapping, partitions',
    properties: [tracked, mapped('name')],
    partitioned: true,
    tracked: true,
  },
  { name: 'change feed', properties: [`'delta.enableChangeDataFeed' = 'true'`, vectors] },
];

const statements = ['OPTIMIZE t', 'OPTIMIZE t ZORDER BY (a, s)', 'REORG TABLE t APPLY (PURGE)'];

function random(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function active(): Promise<readonly { path: string; vector: boolean }[]> {
  const files = new Map<string, { path: string; vector: boolean }>();
  for (let version = 0; version < place.versions('t'); version++) {
    for (const action of place.actions('t', version)) {
      const remove = action['remove'] as { path: string } | undefined;
      if (remove !== undefined) files.delete(remove.path);
    }
    for (const action of place.actions('t', version)) {
      const add = action['add'] as { path: string; deletionVector?: unknown } | undefined;
      if (add !== undefined) {
        files.set(add.path, { path: add.path, vector: add.deletionVector !== undefined });
      }
    }
  }
  return [...files.values()];
}

for (const [number, kind] of kinds.entries()) {
  test(`a table with ${kind.name} has the same rows after each of them (seed ${seed})`, async () => {
    const below = random(seed + number);
    const properties =
      kind.properties.length === 0 ? '' : ` TBLPROPERTIES (${kind.properties.join(', ')})`;
    await place.run(
      `CREATE TABLE t (a BIGINT, s STRING, r STRUCT<x: INT, y: STRING>, p INT, l ARRAY<INT>) USING DELTA` +
        `${kind.partitioned === true ? ' PARTITIONED BY (p)' : ''}${properties}`,
    );
    const ids = kind.tracked === true ? ', _metadata.row_id, _metadata.row_commit_version' : '';
    const read = async () =>
      (await place.run(`SELECT *${ids} FROM t`)).map((row) => JSON.stringify(row)).sort();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 4; n++) {
        const count = 1 + below(40);
        await place.run(
          `INSERT INTO t SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE i * ${1 + below(50)} END,
             CASE WHEN i % 5 = 0 THEN NULL ELSE 's' || (i % ${1 + below(9)}) END,
             {'x': i, 'y': NULL}, nullif(i % 3, 2), [i, NULL] FROM range(${count}) r(i)`,
        );
      }
      await place.run(`DELETE FROM t WHERE r.x % ${2 + below(5)} = 1`);
      await place.run(`UPDATE t SET s = 'changed' WHERE r.x = ${below(20)}`);
      const before = await read();
      const version = place.versions('t');
      await place.run(statements[(number + round) % statements.length] ?? '');
      assert.deepEqual(await read(), before);
      const old = await place.run(`SELECT count(*) FROM t VERSION AS OF ${version - 1}`, 'spark');
      assert.deepEqual(old, [[before.length]]);
    }
    const counted = await place.run('SELECT count(*) FROM t');
    // Every file is cleaned, or written together with others.
    await place.run('REORG TABLE t APPLY (PURGE)');
    await place.run('OPTIMIZE t');
    const files = await active();
    assert.ok(files.length <= (kind.partitioned === true ? 3 : 1), `${files.length} files`);
    assert.ok(files.every(({ vector }) => !vector));
    assert.deepEqual(await place.run('SELECT count(*) FROM t'), counted);
    const last = place.versions('t');
    await place.run('OPTIMIZE t');
    await place.run('REORG TABLE t APPLY (PURGE)');
    assert.equal(place.versions('t'), last, 'there was nothing left to do');
  });
}

test('the commit changes no data, and keeps what Delta keeps of it', async () => {
  await place.run('CREATE TABLE t (a INT) USING DELTA');
  for (const n of [1, 2, 3]) await place.run(`INSERT INTO t VALUES (${n})`);
  const [row] = await place.run('OPTIMIZE t');
  assert.equal(row?.[0], join(place.warehouse, 'default', 't'));
  for (const action of place.actions('t', 4)) {
    for (const name of ['add', 'remove']) {
      const file = action[name] as { dataChange: boolean } | undefined;
      if (file !== undefined) assert.equal(file.dataChange, false);
    }
  }
  const info = place.actions('t', 4).find(({ commitInfo }) => commitInfo !== undefined);
  const { operation, operationMetrics, operationParameters, isolationLevel } = info?.[
    'commitInfo'
  ] as {
    operation: string;
    isolationLevel: string;
    operationMetrics: { [name: string]: string };
    operationParameters: { [name: string]: string };
  };
  assert.equal(operation, 'OPTIMIZE');
  assert.equal(isolationLevel, 'SnapshotIsolation');
  assert.equal(operationMetrics['numRemovedFiles'], '3');
  assert.equal(operationMetrics['numAddedFiles'], '1');
  assert.deepEqual(operationParameters, {
    predicate: '[]',
    zOrderBy: '[]',
    clusterBy: '[]',
    auto: 'false',
  });
});

test('WHERE takes the partitions it names, and refuses other columns', async () => {
  await place.run('CREATE TABLE t (a INT, p STRING) USING DELTA PARTITIONED BY (p)');
  for (const n of [1, 2]) await place.run(`INSERT INTO t VALUES (${n}, 'x'), (${n}, 'y')`);
  await place.run(`OPTIMIZE t WHERE p = 'x'`);
  assert.equal((await active()).length, 3);
  assert.deepEqual(
    place.adds('t', 3).map(({ partitionValues }) => partitionValues),
    [{ p: 'x' }],
  );
  assert.equal(
    await place.outcome('OPTIMIZE t WHERE a = 1'),
    'DELTA_NON_PARTITION_COLUMN_REFERENCE 42P10',
  );
  assert.equal(
    await place.outcome(`OPTIMIZE t WHERE p = 'y' AND a = 1`),
    'DELTA_NON_PARTITION_COLUMN_REFERENCE 42P10',
  );
  for (const [by, outcome] of [
    ['p', 'DELTA_ZORDERING_ON_PARTITION_COLUMN 42P10'],
    ['nothing', 'DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST 42703'],
  ] as const) {
    assert.equal(await place.outcome(`OPTIMIZE t ZORDER BY (${by})`), outcome);
  }
  assert.equal(await place.outcome('OPTIMIZE t FULL'), 'DELTA_OPTIMIZE_FULL_NOT_SUPPORTED 42601');
  assert.equal(place.versions('t'), 4);
});

test('a row that is deleted while files are put together stays deleted', async () => {
  await place.run(`CREATE TABLE t (a INT) USING DELTA TBLPROPERTIES (${vectors})`);
  for (let n = 0; n < 8; n++) await place.run(`INSERT INTO t SELECT i FROM range(50) r(i)`);
  await Promise.all([
    place.run('OPTIMIZE t'),
    place.run('DELETE FROM t WHERE a = 7'),
    place.run('INSERT INTO t VALUES (100)'),
    place.run('OPTIMIZE t ZORDER BY (a)'),
  ]);
  assert.deepEqual(await place.run('SELECT count(*), count(*) FILTER (a = 7) FROM t'), [
    [8 * 49 + 1, 0],
  ]);
});

test('Z-order makes files of a small range in each column', async () => {
  await place.run(
    `CREATE TABLE t (x INT, y INT, pad STRING) USING DELTA TBLPROPERTIES ('delta.targetFileSize' = '100kb')`,
  );
  await place.run(
    `INSERT INTO t SELECT (i * 7919) % 1000, (i * 104729) % 1009, md5(i::VARCHAR) FROM range(1000000) r(i)`,
  );
  await place.run('OPTIMIZE t ZORDER BY (x, y)');
  const adds = place.adds('t', 2);
  assert.ok(adds.length >= 6, `${adds.length} files`);
  const widths = adds.map(({ stats }) => {
    const [low, high] = [stats['minValues'], stats['maxValues']] as { x: number; y: number }[];
    return ((high?.x ?? 0) - (low?.x ?? 0)) * ((high?.y ?? 0) - (low?.y ?? 0));
  });
  const mean = widths.reduce((a, b) => a + b, 0) / widths.length;
  assert.ok(mean < 500_000, `the mean file spans ${mean} of 1,000,000 cells`);
  assert.deepEqual(await place.run('SELECT count(*), count(DISTINCT pad) FROM t'), [
    [1_000_000, 1_000_000],
  ]);
});

/** A table as another engine makes it with CLUSTER BY (x, r.y). */
async function clusteredTable(): Promise<void> {
  await place.run(`CREATE TABLE t (x INT, r STRUCT<y: INT>) USING DELTA CLUSTER BY (x)`);
  const configuration = JSON.stringify({
    clusteringColumns: [['x'], ['r', 'y']],
    domainName: 'delta.clustering',
  });
  const domainMetadata = { domain: 'delta.clustering', configuration, removed: false };
  const commitInfo = { timestamp: Date.now(), operation: 'CLUSTER BY', operationParameters: {} };
  writeFileSync(
    join(place.warehouse, 'default', 't', '_delta_log', `${'1'.padStart(20, '0')}.json`),
    `${JSON.stringify({ commitInfo })}\n${JSON.stringify({ domainMetadata })}\n`,
  );
}

test('a clustered table is clustered once, and again when rows came', async () => {
  await clusteredTable();
  const insert = (n: number) =>
    place.run(`INSERT INTO t SELECT (i * ${n}) % 100, {'y': i} FROM range(500) r(i)`);
  await insert(7);
  await place.run('OPTIMIZE t');
  const added = place.actions('t', 3).flatMap(({ add }) => add ?? []) as {
    clusteringProvider?: string;
    tags?: { [name: string]: string };
  }[];
  assert.deepEqual(
    added.map(({ clusteringProvider, tags }) => [clusteringProvider, tags?.['ZCUBE_ZORDER_BY']]),
    [['liquid', '["x","r.y"]']],
  );
  await place.run('OPTIMIZE t');
  assert.equal(place.versions('t'), 4, 'there was nothing to do');
  await insert(13);
  await place.run('OPTIMIZE t');
  assert.equal(place.versions('t'), 6);
  assert.equal((await active()).length, 1);
  await place.run('OPTIMIZE t FULL');
  assert.equal(place.versions('t'), 7);
  assert.deepEqual(await place.run('SELECT count(*), sum(r.y)::VARCHAR FROM t'), [
    [1000, '249500'],
  ]);
  assert.equal(
    await place.outcome('OPTIMIZE t ZORDER BY (x)'),
    'DELTA_CLUSTERING_WITH_ZORDER_BY 42613',
  );
  assert.equal(
    await place.outcome('OPTIMIZE t WHERE x = 1'),
    'DELTA_CLUSTERING_WITH_PARTITION_PREDICATE 0A000',
  );
});
