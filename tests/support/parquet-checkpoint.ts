/** Checkpoints of real Parquet, in every layout of the protocol, over a table's actions. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LogAction } from './delta-folder.ts';

export type CheckpointLayout =
  'classic' | 'multi-part' | 'UUID-named JSON' | 'UUID-named Parquet' | 'JSON with sidecars';

export const checkpointLayouts: readonly CheckpointLayout[] = [
  'classic',
  'multi-part',
  'UUID-named JSON',
  'UUID-named Parquet',
  'JSON with sidecars',
];

/** What `json_transform` makes of an action: the columns of a checkpoint. */
const columns = {
  protocol: {
    minReaderVersion: 'INTEGER',
    minWriterVersion: 'INTEGER',
    readerFeatures: ['VARCHAR'],
    writerFeatures: ['VARCHAR'],
  },
  metaData: {
    id: 'VARCHAR',
    format: { provider: 'VARCHAR', options: 'MAP(VARCHAR, VARCHAR)' },
    schemaString: 'VARCHAR',
    partitionColumns: ['VARCHAR'],
    configuration: 'MAP(VARCHAR, VARCHAR)',
  },
  add: {
    path: 'VARCHAR',
    partitionValues: 'MAP(VARCHAR, VARCHAR)',
    size: 'BIGINT',
    modificationTime: 'BIGINT',
    dataChange: 'BOOLEAN',
    stats: 'VARCHAR',
    deletionVector: {
      storageType: 'VARCHAR',
      pathOrInlineDv: 'VARCHAR',
      offset: 'INTEGER',
      sizeInBytes: 'INTEGER',
      cardinality: 'BIGINT',
    },
    baseRowId: 'BIGINT',
    defaultRowCommitVersion: 'BIGINT',
  },
  checkpointMetadata: { version: 'BIGINT' },
  sidecar: { path: 'VARCHAR', sizeInBytes: 'BIGINT', modificationTime: 'BIGINT' },
};

const uuid = '80a083e8-7026-4e79-81be-64bd76c43a11';

/** Writes a checkpoint of `version` with `actions`, the protocol and the metadata among them. */
export async function writeCheckpoint(
  writer: DuckDBConnection,
  table: string,
  {
    version,
    layout,
    actions,
  }: {
    readonly version: number;
    readonly layout: CheckpointLayout;
    readonly actions: readonly LogAction[];
  },
): Promise<void> {
  const log = join(table, '_delta_log');
  const name = (suffix: string): string =>
    join(log, `${String(version).padStart(20, '0')}.checkpoint.${suffix}`);
  const parquet = async (path: string, rows: readonly LogAction[]): Promise<string> => {
    const values = rows.map((row) => `(${literal(JSON.stringify(row))})`).join(', ');
    await writer.run(
      `COPY (SELECT unnest(json_transform(j, ${literal(JSON.stringify(columns))}))
        FROM (VALUES ${values}) rows(j)) TO ${literal(path)} (FORMAT parquet)`,
    );
    return path;
  };
  const json = (path: string, rows: readonly LogAction[]): void =>
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const files = actions.filter((action) => 'add' in action);
  const others = actions.filter((action) => !('add' in action));
  const v2 = { checkpointMetadata: { version } };
  switch (layout) {
    case 'classic':
      await parquet(name('parquet'), actions);
      return;
    case 'multi-part':
      await parquet(name('0000000001.0000000002.parquet'), others);
      await parquet(name('0000000002.0000000002.parquet'), files);
      return;
    case 'UUID-named JSON':
      json(name(`${uuid}.json`), [v2, ...actions]);
      return;
    case 'UUID-named Parquet':
      await parquet(name(`${uuid}.parquet`), [v2, ...actions]);
      return;
    case 'JSON with sidecars': {
      mkdirSync(join(log, '_sidecars'), { recursive: true });
      const sidecars: LogAction[] = [];
      for (const [index, file] of files.entries()) {
        const path = await parquet(join(log, '_sidecars', `${index}.parquet`), [file]);
        const sizeInBytes = statSync(path).size;
        sidecars.push({ sidecar: { path: `${index}.parquet`, sizeInBytes, modificationTime: 1 } });
      }
      json(name(`${uuid}.json`), [v2, ...others, ...sidecars]);
    }
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
