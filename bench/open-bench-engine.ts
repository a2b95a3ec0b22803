/** The SQL engine as the server puts it together, in this process, for benchmarks. */
import { openParts } from '../server/open-parts.ts';
import { loadConfig } from '../server/config.ts';
import type { Session } from '../sql/session.ts';
import { anonymous } from '../sql/session.ts';

export interface BenchEngine {
  /** Runs a query to its end and counts its rows. */
  rows(sql: string): Promise<number>;
  /** The data files of a table's latest snapshot. */
  filesOf(table: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openBenchEngine(options: {
  readonly warehouse: string;
  readonly threads: number;
  /** Where unqualified names are looked up. */
  readonly schema: string;
}): Promise<BenchEngine> {
  const args = ['--warehouse', options.warehouse, '--engine-threads', String(options.threads)];
  const { engine, catalog, snapshots } = await openParts(
    loadConfig({ argv: args, env: { UV_THREADPOOL_SIZE: '16' } }).config,
  );
  if (catalog === undefined || snapshots === undefined)
    throw new TypeError('the real parts are needed');
  const session: Session = {
    id: 'bench',
    currentSchema: options.schema,
    dialect: 'duckdb',
    temporaryViews: new Map(),
  };
  return {
    async rows(sql) {
      const { signal } = new AbortController();
      const result = await engine.run({ sql, session, identity: anonymous, signal });
      try {
        let rows = 0;
        for await (const batch of result.batches) rows += batch.rowCount;
        return rows;
      } finally {
        await result.close();
      }
    },
    async filesOf(table) {
      const relation = await catalog.resolveTable(table.split('.'), {
        currentSchema: options.schema,
      });
      if (relation.kind !== 'table') throw new TypeError(`${table} is no table`);
      const { files } = await snapshots.latest(relation.location);
      return [...files].map((file) => files.location(file));
    },
    close: () => engine.close(),
  };
}
