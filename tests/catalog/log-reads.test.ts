import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logReads } from '../../catalog/log-reads.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { base, CheckpointedTable, rows } from '../support/checkpointed-table.ts';
import { add } from '../support/table-builder.ts';

const figures = (snapshot: Snapshot) => {
  const { checkpointFiles, commits, advancedFrom } = logReads(snapshot);
  return { checkpointFiles, commits, advancedFrom };
};

test('a log without a checkpoint is read from its first commit', async () => {
  const table = new CheckpointedTable().commit(...base).commit(add('a'));
  const first = await table.load();
  assert.deepEqual(figures(first), { checkpointFiles: 0, commits: 2, advancedFrom: undefined });
  table.commit(add('b')).commit(add('c'));
  const next = await table.advance(first);
  assert.deepEqual(figures(next), { checkpointFiles: 0, commits: 2, advancedFrom: 1 });
});

test('a checkpoint counts with its parts', async () => {
  const table = new CheckpointedTable()
    .commit(...base)
    .commit(add('a'))
    .commit(add('b'));
  table.checkpoint(1, rows(...base), 'checkpoint.0000000001.0000000002.parquet');
  table.checkpoint(1, rows(add('a')), 'checkpoint.0000000002.0000000002.parquet');
  const first = await table.load();
  assert.deepEqual(figures(first), { checkpointFiles: 2, commits: 1, advancedFrom: undefined });
  table.commit(add('c'));
  const next = await table.advance(first);
  assert.deepEqual(figures(next), { checkpointFiles: 0, commits: 1, advancedFrom: 2 });
});
