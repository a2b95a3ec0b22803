/**
 * One of the processes that change the catalog at once in `file-catalog-store.test.ts`: says when it
 * is ready, waits for a line, then adds views under its own names.
 *
 *     <warehouse> <writer> <views>
 */
import { once } from 'node:events';
import { withView } from '../../../catalog/catalog-changes.ts';
import { createFileCatalogStore } from '../../../catalog/store/file-catalog-store.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';

const [warehouse = '', writer = '', views = '0'] = process.argv.slice(2);
const catalogStore = createFileCatalogStore({ store: createLocalStore(), warehouse });
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let i = 0; i < Number(views); i++) {
  await catalogStore.update((contents) =>
    withView(contents, 'default', `v${writer}x${i}`, {
      sql: 'SELECT 1',
      dialect: 'duckdb',
      defaultSchema: 'default',
      owner: 'anonymous',
      columnNames: undefined,
      comment: undefined,
      createdMs: 0,
    }),
  );
}
process.stdin.destroy();
