/**
 * What data files look like inside: their columns and types, read once from the footers and kept,
 * since a data file never changes. A relation over files whose columns are exactly the table's needs
 * no conversion, and DuckDB then knows the statistics of the files, by which it orders joins.
 *
 * Files with the same schema share one shape. Reading a footer costs about 0.1 ms on a local disk.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { FileShape } from '../plan/file-shape.ts';
import { quoteFileName } from '../quote.ts';
import type { DuckdbEngine } from './duckdb-engine.ts';
import type { EngineConnection } from './engine-connection.ts';

export interface FileShapes {
  /**
   * Learns the shapes of files that are not known yet. Asks for no more than `filesMax` of them: a
   * query over very many new files is better off with a conversion than with all their footers.
   * Tells whether anything new is known now. A file that cannot be read teaches nothing: the query
   * itself will meet it.
   */
  learn(locations: readonly string[], signal: AbortSignal): Promise<boolean>;
  shapeOf(location: string): FileShape | undefined;
}

/** Files whose footers one query reads at the most. */
const learnedMax = 2000;
/** Files that are remembered: about 30 MB of paths. */
const rememberedMax = 200_000;

export function createFileShapes(engine: DuckdbEngine): FileShapes {
  const shapes = new Map<string, FileShape>();
  const known = new Map<string, FileShape>();

  async function learnFrom(
    connection: EngineConnection,
    locations: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const [location, fingerprint] of await fingerprints(connection, locations, signal)) {
      let shape = shapes.get(fingerprint);
      if (shape === undefined) {
        shape = await readShape(connection, location);
        shapes.set(fingerprint, shape);
      }
      known.set(location, shape);
    }
    for (const location of known.keys()) {
      if (known.size <= rememberedMax) break;
      known.delete(location);
    }
  }

  return {
    shapeOf: (location) => known.get(location),

    async learn(locations, signal) {
      const unknown = locations.filter((location) => !known.has(location));
      if (unknown.length === 0 || unknown.length > learnedMax) return false;
      try {
        await engine.withConnection((connection) => learnFrom(connection, unknown, signal));
        return true;
      } catch (error) {
        if (error instanceof CodedError && error.code !== 'QUERY_CANCELED') return false;
        throw error;
      }
    },
  };
}

/** A text for each file that is equal for files of equal schema. */
async function fingerprints(
  connection: EngineConnection,
  locations: readonly string[],
  signal: AbortSignal,
): Promise<readonly (readonly [location: string, fingerprint: string])[]> {
  const facts = ['name', 'type', 'num_children', 'converted_type', 'logical_type', 'field_id']
    .concat(['scale', 'precision', 'type_length', 'repetition_type'])
    .map((fact) => `coalesce(CAST(${fact} AS VARCHAR), '')`);
  const rows = await connection.rows(
    `SELECT file_name, md5(string_agg(concat_ws(chr(1), ${facts.join(', ')}), chr(2) ORDER BY column_id))
     FROM parquet_schema([${locations.map(quoteFileName).join(', ')}]) GROUP BY file_name`,
    signal,
  );
  return rows.map(([location, fingerprint]) => [String(location), String(fingerprint)] as const);
}

async function readShape(connection: EngineConnection, location: string): Promise<FileShape> {
  const types = await connection.columnTypes(
    `SELECT * FROM read_parquet(${quoteFileName(location)}, hive_partitioning = false)`,
  );
  return { columns: new Map([...types].map(([name, type]) => [name, type.toString()])) };
}
