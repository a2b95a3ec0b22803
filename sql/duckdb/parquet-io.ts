/**
 * `ParquetIo` and `ParquetWriter` over DuckDB: the columns of checkpoints and sidecars, read columnar,
 * and only those that are asked for; and such files written as their rows come.
 */
import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import { CodedError } from '../../catalog/coded-error.ts';
import { filesOfDisk, type LocalFiles } from '../../catalog/local-files.ts';
import type { ColumnBatch, ColumnVector } from '../../catalog/column-batch.ts';
import type {
  CallOptions,
  ParquetColumn,
  ParquetIo,
  ParquetWriter,
  RowSource,
  WrittenParquet,
} from '../../catalog/ports.ts';
import { quoteFileName, quoteIdentifier, quoteString } from '../quote.ts';
import type { DuckdbEngine } from './duckdb-engine.ts';
import type { EngineConnection } from './engine-connection.ts';

export function createParquetIo(engine: DuckdbEngine, files: LocalFiles = filesOfDisk): ParquetIo {
  return {
    async *readColumns(locations, columns, options) {
      const copies = await files.copy(locations, options);
      try {
        const paths = locations.map((location) => copies.pathOf(location));
        yield* readColumns(engine, paths, columns, options);
      } finally {
        copies.release();
      }
    },
  };
}

/**
 * Rows of one row group: they are held until it is full. Readers take row groups in parallel.
 */
const rowGroupRows = 61_440;

export function createParquetWriter(
  engine: DuckdbEngine,
  files: LocalFiles = filesOfDisk,
): ParquetWriter {
  return {
    writeRows: (location, rows, options) =>
      writeRows(engine, files.writePath(location), rows, options),
  };
}

async function writeRows(
  engine: DuckdbEngine,
  location: string,
  rows: RowSource,
  options: CallOptions | undefined,
): Promise<WrittenParquet> {
  const signal = options?.signal ?? new AbortController().signal;
  const [file] = await engine.withConnection((connection) =>
    engine.rowSources.reading(rows, (table) =>
      connection.copy(
        `COPY (SELECT * FROM ${table}) TO ${quoteString(location)} (FORMAT parquet, ` +
          `COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroupRows}, USE_TMP_FILE false, RETURN_STATS)`,
        undefined,
        signal,
      ),
    ),
  );
  if (file === undefined) throw new CodedError('INTERNAL_ERROR', `${location} was not written.`);
  return { sizeBytes: file.bytes, rowCount: file.rowCount };
}

async function* readColumns(
  engine: DuckdbEngine,
  locations: readonly string[],
  columns: readonly ParquetColumn[],
  options: CallOptions | undefined,
): AsyncGenerator<ColumnBatch, void, undefined> {
  if (locations.length === 0) return;
  const connection = await engine.connect();
  try {
    // The parts of a checkpoint may differ in schema; by name, a column that a part lacks is NULL.
    const files = `read_parquet([${locations.map(quoteFileName).join(', ')}], union_by_name = true, hive_partitioning = false)`;
    await requireValidSchema(connection, locations, options?.signal);
    const schema = await connection.columnTypes(`SELECT * FROM ${files}`);
    const sqls = columns.map((column) => columnSql(column, schema));
    const list = sqls.filter((sql) => sql !== undefined);
    const result = await connection.stream(
      `SELECT ${list.length === 0 ? 'NULL' : list.join(', ')} FROM ${files}`,
      undefined,
      options?.signal,
    );
    for await (const { rowCount, columns: found } of fetchedAhead(result.batches)) {
      let next = 0;
      const all = columns.map((column, i) => {
        const vector = sqls[i] === undefined ? undefined : found[next++];
        return vector ?? nulls(column, rowCount);
      });
      yield { rowCount, columns: all };
    }
  } finally {
    connection.close();
  }
}

/** The same batches, each fetched while the one before is worked on. */
async function* fetchedAhead(
  batches: AsyncGenerator<ColumnBatch, void, undefined>,
): AsyncGenerator<ColumnBatch, void, undefined> {
  let next = batches.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = batches.next();
      // Its failure is met when it is awaited, if that happens at all.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await batches.return();
  }
}

/**
 * DuckDB reads files whose schema is not valid Parquet, with a guess at what was meant. For the log a
 * guess is not enough: it says which files are the table. The case that occurs is a group with the
 * logical type Null, which one release of a writer left behind (PARQUET-1879); Arrow and Spark
 * refuse such files, too.
 */
async function requireValidSchema(
  connection: EngineConnection,
  locations: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const rows = await connection.rows(
    `SELECT file_name, name FROM parquet_schema([${locations.map(quoteFileName).join(', ')}])
     WHERE num_children > 0 AND logical_type = 'NullType()' LIMIT 1`,
    signal,
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new CodedError(
    'DELTA_LOG_CORRUPT',
    `The log file ${String(first[0])} is no valid Parquet: its group "${String(first[1])}" has the logical type Null.`,
  );
}

const sqlTypes = {
  text: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
} as const;

/** A column that the files do not have. */
function nulls({ as }: ParquetColumn, length: number): ColumnVector {
  const validity = new Uint8Array(Math.ceil(length / 8));
  switch (as) {
    case 'text': {
      const offsets = new Int32Array(length + 1);
      return { kind: 'bytes', length, validity, offsets, bytes: new Uint8Array(0) };
    }
    case 'long':
      return { kind: 'long', length, validity, values: new BigInt64Array(length) };
    case 'integer':
      return { kind: 'int', length, validity, values: new Int32Array(length) };
    case 'boolean':
      return { kind: 'boolean', length, validity, values: new Uint8Array(length) };
  }
}

/** The value of a column; `undefined` where the files have none such. */
function columnSql(
  { path, as, orElse }: ParquetColumn,
  schema: ReadonlyMap<string, DuckDBType>,
): string | undefined {
  const sql = valueSql(path, as, schema);
  const other = orElse && valueSql(orElse, as, schema);
  if (other === undefined) return sql;
  return sql === undefined ? other : `coalesce(${sql}, ${other})`;
}

function valueSql(
  path: readonly string[],
  as: ParquetColumn['as'],
  schema: ReadonlyMap<string, DuckDBType>,
): string | undefined {
  const sqlType = sqlTypes[as];
  const [first, ...rest] = path;
  let type: DuckDBType | undefined = first === undefined ? undefined : schema.get(first);
  if (first === undefined || type === undefined) return undefined;
  let sql = quoteIdentifier(first);
  for (const name of rest) {
    type = fieldType(type, name);
    if (type === undefined) return undefined;
    sql = `struct_extract(${sql}, ${quoteString(name)})`;
  }
  if (as === 'text' && isNested(type)) {
    // Most rows have no such action: DuckDB makes text of those only that have.
    return `CASE WHEN ${sql} IS NOT NULL THEN CAST(to_json(${sql}) AS VARCHAR) END`;
  }
  return `CAST(${sql} AS ${sqlType})`;
}

/** The type of a struct's field; `undefined` for a struct without it, and for what is no struct. */
function fieldType(type: DuckDBType, name: string): DuckDBType | undefined {
  if (type.typeId !== DuckDBTypeId.STRUCT) return undefined;
  return type.entryTypes[type.entryNames.indexOf(name)];
}

function isNested(type: DuckDBType): boolean {
  return (
    type.typeId === DuckDBTypeId.STRUCT ||
    type.typeId === DuckDBTypeId.MAP ||
    type.typeId === DuckDBTypeId.LIST
  );
}
