/**
 * One DuckDB instance, locked down: it opens files below the given roots only, has no network, and
 * no statement can undo that. Clients' SQL reaches it as one SELECT over relations that Levee wrote;
 * this is the second wall, for the day the first one (`bind/`) has a hole.
 *
 * Every statement gets a connection of its own, since `interrupt` acts on a connection. Opening one
 * costs about 0.04 ms.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { quoteString } from '../quote.ts';
import { engineError } from './duckdb-errors.ts';
import { EngineConnection } from './engine-connection.ts';
import { RowSources } from './row-sources.ts';
import { registerVariantFunction } from './variant-functions.ts';

export interface EngineOptions {
  /** Folders below which files may be read and written: absolute, without a trailing slash. */
  readonly roots: readonly string[];
  /** Where DuckDB spills to. */
  readonly spillFolder: string;
  readonly spillBytesMax: number;
  readonly memoryBytesMax: number;
  /** Puts locations in place of paths of ours in messages. */
  readonly nameLocations?: ((text: string) => string) | undefined;
  /** Worker threads, shared by all statements. */
  readonly threads: number;
}

export class DuckdbEngine {
  readonly #instance: DuckDBInstance;
  /** Rows of JavaScript that statements on this instance may read. */
  readonly rowSources: RowSources;

  readonly #nameLocations: EngineOptions['nameLocations'];

  private constructor(
    instance: DuckDBInstance,
    rowSources: RowSources,
    nameLocations: EngineOptions['nameLocations'],
  ) {
    this.#instance = instance;
    this.#nameLocations = nameLocations;
    this.rowSources = rowSources;
  }

  static async open(options: EngineOptions): Promise<DuckdbEngine> {
    const instance = await DuckDBInstance.create(':memory:', { errors_as_json: 'true' });
    const connection = await instance.connect();
    const rowSources = new RowSources();
    try {
      await registerVariantFunction(connection);
      rowSources.register(connection);
      for (const setting of settings(options)) await connection.run(setting);
    } catch (failure) {
      throw engineError(failure);
    } finally {
      connection.closeSync();
    }
    return new DuckdbEngine(instance, rowSources, options.nameLocations);
  }

  async connect(): Promise<EngineConnection> {
    const connection: DuckDBConnection = await this.#instance.connect();
    return new EngineConnection(connection, this.#nameLocations);
  }

  /** Runs `use` with a connection that is closed afterwards, whatever happens. */
  async withConnection<T>(use: (connection: EngineConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await use(connection);
    } finally {
      connection.close();
    }
  }

  close(): void {
    this.#instance.closeSync();
  }
}

/**
 * The settings, in the order that makes the lock hold: what is allowed first, then the door, then
 * the lock itself. All values are computed in UTC: a Parquet INT96 timestamp has no zone in DuckDB
 * and would shift by the session's zone when it becomes a TIMESTAMP WITH TIME ZONE.
 */
function settings(options: EngineOptions): string[] {
  const roots = options.roots.map((root) => quoteString(root)).join(', ');
  return [
    `SET threads = ${options.threads}`,
    `SET memory_limit = '${options.memoryBytesMax}B'`,
    `SET temp_directory = ${quoteString(options.spillFolder)}`,
    `SET max_temp_directory_size = '${options.spillBytesMax}B'`,
    `SET TimeZone = 'UTC'`,
    `SET autoinstall_known_extensions = false`,
    `SET autoload_known_extensions = false`,
    `SET allow_community_extensions = false`,
    `SET enable_progress_bar = false`,
    `SET parquet_metadata_cache = true`,
    `SET allowed_directories = [${roots}]`,
    `SET enable_external_access = false`,
    `SET lock_configuration = true`,
  ];
}
