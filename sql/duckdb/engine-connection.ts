/** One connection to DuckDB, for one statement at a time. */
import duckdb from '@duckdb/node-bindings';
import { BIGINT, DuckDBDataChunk, DuckDBTypeId } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBResult, DuckDBType } from '@duckdb/node-api';
import type { ColumnBatch } from '../../catalog/column-batch.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import type { Parameters, ResultColumn } from '../sql-engine.ts';
import { BatchMemories } from './batch-memory.ts';
import { prepareBound } from './bind-parameters.ts';
import { engineError } from './duckdb-errors.ts';
import { resultType, type ResultType } from './result-type.ts';
import { readVector } from './vector-reader.ts';

/** DuckDB's interrupt is lost when it arrives before the call it is meant for: it is repeated. */
const interruptEveryMs = 20;

export interface EngineResult {
  readonly columns: readonly ResultColumn[];
  /** Ends early, without an error, when it is returned; fails with the signal's reason on abort. */
  readonly batches: AsyncGenerator<ColumnBatch, void, undefined>;
}

/** One file that a COPY wrote. */
export interface CopiedFile {
  readonly location: string;
  readonly rowCount: number;
  readonly bytes: number;
  /** By quoted path, `"a"."b"`: min, max, null_count, has_nan, as text. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly partitionKeys: ReadonlyMap<string, string | null>;
}

/** A row of `RETURN_STATS`; its maps are lists of entries. */
interface CopyRow {
  readonly filename: string;
  readonly count: string;
  readonly file_size_bytes: string;
  readonly column_statistics: readonly Entry<readonly Entry<string>[]>[] | null;
  readonly partition_keys: readonly Entry<string | null>[] | null;
}
interface Entry<T> {
  readonly key: string;
  readonly value: T;
}

function copiedFile(row: CopyRow): CopiedFile {
  const columns = (row.column_statistics ?? []).map(
    ({ key, value }) => [key, new Map(value.map((entry) => [entry.key, entry.value]))] as const,
  );
  return {
    location: row.filename,
    rowCount: Number(row.count),
    bytes: Number(row.file_size_bytes),
    columns: new Map(columns),
    partitionKeys: new Map((row.partition_keys ?? []).map(({ key, value }) => [key, value])),
  };
}

export class EngineConnection {
  readonly #connection: DuckDBConnection;
  readonly #nameLocations: (text: string) => string;
  readonly #closers: (() => void)[] = [];
  #closed = false;

  /** @param nameLocations puts locations in place of paths of ours, in messages */
  constructor(
    connection: DuckDBConnection,
    nameLocations: (text: string) => string = (text) => text,
  ) {
    this.#connection = connection;
    this.#nameLocations = nameLocations;
  }

  /** `call` is called once nothing runs on the connection any more. */
  whenClosed(call: () => void): void {
    if (this.#closed) call();
    else this.#closers.push(call);
  }

  /** Runs one statement and streams its result. DuckDB is asked for one batch more than is wanted. */
  async stream(
    sql: string,
    parameters: Parameters | undefined,
    signal?: AbortSignal,
  ): Promise<EngineResult> {
    const result = await this.#interruptible(signal, async () => {
      const prepared = await prepareBound(this.#connection, sql, parameters);
      try {
        return await prepared.stream();
      } finally {
        prepared.destroySync();
      }
    });
    const names = result.columnNames();
    const types = result.columnTypes().map((type, index) => resultType(type, names[index] ?? ''));
    const columns = types.map((type, index) => resultColumn(names[index] ?? '', type));
    return { columns, batches: this.#fetch(result, types, signal) };
  }

  /** Runs statements of ours whose result is small, as rows of JavaScript values. */
  async rows(sql: string, signal?: AbortSignal): Promise<readonly (readonly unknown[])[]> {
    return await this.#interruptible(signal, async () => {
      const reader = await this.#connection.runAndReadAll(sql);
      return reader.getRowsJS();
    });
  }

  /** Runs a statement of ours around a client's text that gives no rows: `CREATE TEMP TABLE ... AS`. */
  async run(sql: string, parameters: Parameters | undefined, signal: AbortSignal): Promise<void> {
    await this.#interruptible(signal, async () => {
      const prepared = await prepareBound(this.#connection, sql, parameters);
      try {
        await prepared.run();
      } finally {
        prepared.destroySync();
      }
    });
  }

  /** The columns a query would give. It is run, for no rows, only where parameters decide a type. */
  async describe(
    sql: string,
    parameters: Parameters | undefined,
  ): Promise<readonly ResultColumn[]> {
    return await this.#interruptible(undefined, async () => {
      const prepared = await this.#connection.prepare(sql);
      try {
        const indexes = Array.from({ length: prepared.columnCount }, (_, index) => index);
        const isOpen = indexes.some(
          (index) => prepared.columnTypeId(index) === DuckDBTypeId.INVALID,
        );
        if (isOpen) return await this.#describeBound(sql, parameters);
        return indexes.map((index) => {
          const name = prepared.columnName(index);
          return resultColumn(name, resultType(prepared.columnType(index), name));
        });
      } finally {
        prepared.destroySync();
      }
    });
  }

  async #describeBound(
    sql: string,
    parameters: Parameters | undefined,
  ): Promise<readonly ResultColumn[]> {
    const empty = `SELECT * FROM (${sql}) AS q LIMIT 0`;
    const prepared = await prepareBound(this.#connection, empty, parameters);
    try {
      const result = await prepared.run();
      const names = result.columnNames();
      return result.columnTypes().map((type, index) => {
        const name = names[index] ?? '';
        return resultColumn(name, resultType(type, name));
      });
    } finally {
      prepared.destroySync();
    }
  }

  /** A temporary table of one BIGINT column `position`, gone with the connection. */
  async putPositions(name: string, positions: BigInt64Array): Promise<void> {
    await this.#interruptible(undefined, async () => {
      await this.#connection.run(`CREATE OR REPLACE TEMP TABLE "${name}" (position BIGINT)`);
      const appender = await this.#connection.createAppender(name, 'main', 'temp');
      const rowsMax = duckdb.vector_size();
      for (let from = 0; from < positions.length; from += rowsMax) {
        const part = positions.subarray(from, Math.min(from + rowsMax, positions.length));
        const chunk = DuckDBDataChunk.create([BIGINT], part.length);
        const vector = duckdb.data_chunk_get_vector(chunk.chunk, 0);
        duckdb.copy_data_to_vector(
          vector,
          0,
          part.buffer as ArrayBuffer,
          part.byteOffset,
          part.byteLength,
        );
        appender.appendDataChunk(chunk);
      }
      appender.closeSync();
    });
  }

  /** Runs a `COPY ... TO ... (RETURN_STATS)` and tells what was written. */
  async copy(
    sql: string,
    parameters: Parameters | undefined,
    signal: AbortSignal,
  ): Promise<readonly CopiedFile[]> {
    return await this.#interruptible(signal, async () => {
      const prepared = await prepareBound(this.#connection, sql, parameters);
      try {
        const reader = await prepared.runAndReadAll();
        return reader.getRowObjectsJson().map((row) => copiedFile(row as unknown as CopyRow));
      } finally {
        prepared.destroySync();
      }
    });
  }

  /** DuckDB's own plan of a query, as the text it draws. */
  async explain(
    sql: string,
    options: {
      readonly analyze: boolean;
      readonly parameters: Parameters | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<string> {
    return await this.#interruptible(options.signal, async () => {
      const statement = `EXPLAIN ${options.analyze ? 'ANALYZE ' : ''}${sql}`;
      const prepared = await prepareBound(this.#connection, statement, options.parameters);
      try {
        const reader = await prepared.runAndReadAll();
        return reader
          .getRowsJS()
          .map(([, plan]) => (typeof plan === 'string' ? plan : ''))
          .join('\n');
      } finally {
        prepared.destroySync();
      }
    });
  }

  /** The columns of a query by name, with DuckDB's own types. */
  async columnTypes(sql: string): Promise<ReadonlyMap<string, DuckDBType>> {
    return await this.#interruptible(undefined, async () => {
      const prepared = await this.#connection.prepare(sql);
      try {
        const types = new Map<string, DuckDBType>();
        for (let index = 0; index < prepared.columnCount; index++) {
          types.set(prepared.columnName(index), prepared.columnType(index));
        }
        return types;
      } finally {
        prepared.destroySync();
      }
    });
  }

  /** DuckDB's syntax tree of SELECT statements, as `json_serialize_sql` gives it. */
  async syntaxTree(sql: string, signal?: AbortSignal): Promise<string> {
    const quoted = `'${sql.replaceAll("'", "''")}'`;
    const rows = await this.rows(`SELECT json_serialize_sql(${quoted})`, signal);
    return String(rows[0]?.[0]);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.closeSync();
    for (const call of this.#closers) call();
  }

  async *#fetch(
    result: DuckDBResult,
    types: readonly ResultType[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ColumnBatch, void, undefined> {
    const memories = new BatchMemories();
    const fetchNext = (): Promise<Chunk | null> => {
      const fetched = this.#interruptible(signal, () => result.fetchChunk());
      // Its failure is told when the chunk is wanted, and never if it is not.
      fetched.catch(() => undefined);
      return fetched;
    };
    let finished = false;
    let next: Promise<Chunk | null> | undefined;
    try {
      for (;;) {
        const chunk = await (next ?? fetchNext());
        next = undefined;
        if (chunk === null || chunk.rowCount === 0) {
          finished = true;
          return;
        }
        const { rowCount } = chunk;
        const { memory, release } = memories.next();
        const columns = types.map((type, index) =>
          readVector(chunkVector(chunk, index), type, rowCount, memory),
        );
        // DuckDB makes the next rows on a thread of its own while these are used.
        next = fetchNext();
        yield { rowCount, columns, release };
        // An abort since then stops the rows that are there already too.
        if (isAborted(signal)) throw abortError(signal);
      }
    } finally {
      // A stream left half read holds its pipeline: it is interrupted and drained before the
      // connection can be closed.
      if (!finished) await this.#drain(result, next);
    }
  }

  /** @param pending the fetch that is under way: the connection takes one at a time */
  async #drain(result: DuckDBResult, pending: Promise<unknown> | undefined): Promise<void> {
    const timer = setInterval(() => this.#connection.interrupt(), interruptEveryMs);
    try {
      this.#connection.interrupt();
      await pending?.catch(() => undefined);
      this.#connection.interrupt();
      await result.fetchChunk();
    } catch {
      // The interruption itself.
    } finally {
      clearInterval(timer);
    }
  }

  /** Awaits a call into DuckDB and interrupts it when `signal` aborts. */
  async #interruptible<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    if (isAborted(signal)) throw abortError(signal);
    let timer: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      this.#connection.interrupt();
      timer ??= setInterval(() => this.#connection.interrupt(), interruptEveryMs);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await call();
    } catch (failure) {
      throw isAborted(signal) ? abortError(signal) : engineError(failure, this.#nameLocations);
    } finally {
      signal?.removeEventListener('abort', interrupt);
      clearInterval(timer);
    }
  }
}

function resultColumn(name: string, { dataType }: ResultType): ResultColumn {
  return { name, type: dataType, nullable: true };
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function abortError(signal: AbortSignal | undefined): CodedError {
  const reason: unknown = signal?.reason;
  if (reason instanceof CodedError) return reason;
  return new CodedError('QUERY_CANCELED', 'The query was cancelled.', { cause: reason });
}

type Chunk = NonNullable<Awaited<ReturnType<DuckDBResult['fetchChunk']>>>;

function chunkVector(chunk: Chunk, index: number): duckdb.Vector {
  return duckdb.data_chunk_get_vector(chunk.chunk, index);
}
