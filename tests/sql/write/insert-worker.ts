/**
 * A writer process: appends batches of seven rows to a table until it is told to end, and says after
 * each that it is acknowledged.
 *
 *     node --import tsx insert-worker.ts WAREHOUSE WRITER BATCHES
 */
import { anonymous } from '../../../sql/session.ts';
import { openEngine } from '../../support/open-engine.ts';

const [warehouse = '', writer = '0', batches = '1'] = process.argv.slice(2);
const engine = await openEngine({ warehouse });
const session = {
  id: writer,
  currentSchema: 'default',
  dialect: 'duckdb' as const,
  temporaryViews: new Map(),
};
for (let batch = 0; batch < Number(batches); batch++) {
  const result = await engine.run({
    sql: `INSERT INTO t SELECT ${writer}, ${batch}, i FROM range(7) r(i)`,
    session,
    identity: anonymous,
    signal: new AbortController().signal,
  });
  await result.close();
  process.stdout.write(`${batch}\n`);
}
await engine.close();
