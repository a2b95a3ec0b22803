/**
 * A Delta table on disk, made action by action, over Parquet files that a DuckDB of the test's own
 * writes: for data that no writer at hand would leave, such as the marks of old Spark versions.
 */
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { registerVariantFunction } from '../../sql/duckdb/variant-functions.ts';

export type LogAction = { readonly [kind: string]: { readonly [field: string]: unknown } };

export interface TableDefinition {
  /** Types as JSON has them in a Delta schema, by column name. */
  readonly columns: { readonly [name: string]: unknown };
  readonly partitionColumns?: readonly string[] | undefined;
  readonly configuration?: { readonly [key: string]: string } | undefined;
  readonly readerFeatures?: readonly string[] | undefined;
  readonly writerFeatures?: readonly string[] | undefined;
}

/** Writes Parquet files; has Levee's own `__levee_variant`. Close it when done. */
export async function openParquetWriter(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  await registerVariantFunction(connection);
  return connection;
}

export class DeltaFolder {
  readonly location: string;
  readonly #writer: DuckDBConnection;
  #version = -1;

  constructor(location: string, writer: DuckDBConnection) {
    this.location = location;
    this.#writer = writer;
    mkdirSync(join(location, '_delta_log'), { recursive: true });
  }

  get version(): number {
    return this.#version;
  }

  create(table: TableDefinition, ...actions: readonly LogAction[]): this {
    return this.commit(...tableActions(table), ...actions);
  }

  /** Makes the next version, with a `commitInfo` unless one is given. Its time is `timestampMs`, if given. */
  commit(...actions: readonly LogAction[]): this {
    return this.commitAt(undefined, ...actions);
  }

  commitAt(timestampMs: number | undefined, ...actions: readonly LogAction[]): this {
    this.#version++;
    const name = `${String(this.#version).padStart(20, '0')}.json`;
    const path = join(this.location, '_delta_log', name);
    const timestamp = timestampMs ?? 0;
    const info = { commitInfo: { timestamp, operation: 'WRITE' } };
    const all = actions.some((action) => 'commitInfo' in action) ? actions : [info, ...actions];
    writeFileSync(path, all.map((action) => `${JSON.stringify(action)}\n`).join(''));
    if (timestampMs !== undefined) utimesSync(path, timestampMs / 1000, timestampMs / 1000);
    return this;
  }

  /** Writes the rows of `select` to a file of the table; gives its `add` action. */
  async parquet(
    path: string,
    select: string,
    more: {
      readonly copyOptions?: string | undefined;
      readonly add?: { readonly [field: string]: unknown } | undefined;
    } = {},
  ): Promise<LogAction> {
    const location = join(this.location, path);
    mkdirSync(dirname(location), { recursive: true });
    const options = more.copyOptions === undefined ? '' : `, ${more.copyOptions}`;
    await this.#writer.run(
      `COPY (${select}) TO '${location.replaceAll("'", "''")}' (FORMAT parquet${options})`,
    );
    return {
      add: {
        path,
        partitionValues: {},
        size: statSync(location).size,
        modificationTime: 1_700_000_000_000,
        dataChange: true,
        ...more.add,
      },
    };
  }
}

export function tableActions(table: TableDefinition): readonly LogAction[] {
  const { columns, partitionColumns = [], configuration = {} } = table;
  const { readerFeatures, writerFeatures = readerFeatures } = table;
  const fields = Object.entries(columns).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    metadata: {},
  }));
  const protocol =
    writerFeatures === undefined
      ? { minReaderVersion: 1, minWriterVersion: 4 }
      : {
          minReaderVersion: readerFeatures === undefined ? 1 : 3,
          minWriterVersion: 7,
          ...(readerFeatures === undefined ? {} : { readerFeatures }),
          writerFeatures,
        };
  return [
    { protocol },
    {
      metaData: {
        id: 'table-1',
        format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify({ type: 'struct', fields }),
        partitionColumns,
        configuration,
      },
    },
  ];
}
