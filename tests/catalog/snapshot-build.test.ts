import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckpointedTable } from '../support/checkpointed-table.ts';
import { assertCoded } from '../support/coded.ts';
import { add, metaData, protocol } from '../support/table-builder.ts';

test('a log without a protocol makes no snapshot', async () => {
  const log = new CheckpointedTable().commit(metaData(), add('x'));
  await assert.rejects(log.load(), (error) =>
    assertCoded(error, 'DELTA_STATE_RECOVER_ERROR', /Version 0 of .* no protocol action/),
  );
});

test('a partition column that the schema lacks is damage', async () => {
  const log = new CheckpointedTable().commit(protocol(), metaData({ partitionColumns: ['p'] }));
  await assert.rejects(log.load(), (error) =>
    assertCoded(error, 'DELTA_LOG_CORRUPT', /no partition column "p"/),
  );
});

test('an unchanged schema is the same object in the next version', async () => {
  const log = new CheckpointedTable().create().append(1);
  const before = await log.load();
  log.commit(metaData({ name: 'renamed' }));
  const after = await log.advance(before);
  assert.equal(after.metadata.name, 'renamed');
  assert.equal(after.schema, before.schema);
});
