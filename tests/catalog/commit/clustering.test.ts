import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusteringColumns } from '../../../catalog/log/clustering.ts';
import type { DomainMetadata } from '../../../catalog/log/actions.ts';
import { rejectsWith, throwsCoded } from '../../support/coded.ts';
import { add, metaData, protocol } from '../../support/table-builder.ts';
import { describe, noSignal, TransactionalTable } from '../../support/transactional-table.ts';

function clusteredBy(configuration: string): DomainMetadata {
  return { kind: 'domainMetadata', domain: 'delta.clustering', configuration, removed: false };
}

test('a clustered table takes files with statistics of its clustering columns alone', async () => {
  const t = new TransactionalTable();
  t.builder.commit(
    { ...protocol({ minWriterVersion: 7 }), writerFeatures: ['clustering', 'domainMetadata'] },
    metaData(),
    clusteredBy('{"clusteringColumns":[["a"],["s","b"]]}'),
  );
  const append = async (path: string, stats?: string) => {
    const transaction = t.transactions.begin(await t.load());
    transaction.add([add(path, { stats })]);
    return transaction.commit(describe(), noSignal);
  };
  const code = 'DELTA_CLUSTERING_COLUMN_MISSING_STATS';
  await rejectsWith(append('none'), code, /clustered by a, of which the file none/);
  await rejectsWith(
    append('some', '{"numRecords":1,"nullCount":{"a":0,"s":{}}}'),
    code,
    /by s\.b,/,
  );
  await append('all', '{"numRecords":1,"nullCount":{"a":0,"s":{"b":1}}}');
  assert.equal((await t.load()).files.count, 1);
});

test('a clustering that came meanwhile counts', async () => {
  const t = new TransactionalTable();
  t.builder.commit(
    { ...protocol({ minWriterVersion: 7 }), writerFeatures: ['clustering', 'domainMetadata'] },
    metaData(),
  );
  const transaction = t.transactions.begin(await t.load());
  transaction.add([add('a', { stats: '{"numRecords":1,"nullCount":{}}' })]);
  t.builder.commit(clusteredBy('{"clusteringColumns":["id"]}'));
  await rejectsWith(
    transaction.commit(describe(), noSignal),
    'DELTA_CLUSTERING_COLUMN_MISSING_STATS',
    /by id,/,
  );
});

for (const [configuration, expected] of [
  ['{"clusteringColumns":[["a","b"],["c"]]}', [['a', 'b'], ['c']]],
  ['{"clusteringColumns":["col-1"]}', [['col-1']]],
  ['{"clusteringColumns":[]}', []],
  ['{"domainName":"delta.clustering"}', []],
] as const) {
  test(`reads the clustering columns of ${configuration}`, () => {
    assert.deepEqual(clusteringColumns(clusteredBy(configuration), '/t'), expected);
  });
}
for (const configuration of [
  '',
  '{',
  '{"clusteringColumns":[[]]}',
  '{"clusteringColumns":{"a":1}}',
]) {
  test(`refuses ${JSON.stringify(configuration)} as clustering columns`, () => {
    throwsCoded('DELTA_LOG_CORRUPT', /delta\.clustering of \/t/, () =>
      clusteringColumns(clusteredBy(configuration), '/t'),
    );
  });
}
