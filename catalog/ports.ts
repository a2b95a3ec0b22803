/**
 * All of the outside world that the catalog uses. `server/build-server.ts` chooses the
 * implementations; tests bring their own (`tests/support/`).
 */
import type { ColumnBatch } from './column-batch.ts';
import type { StructType } from './data-type.ts';

export interface StoredObject {
  /** The whole location: an absolute path, or a URL with its scheme. */
  readonly location: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970-01-01. */
  readonly modifiedMs: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A place where files lie. Locations are absolute: `/warehouse/stocks/prices/_delta_log` on disk,
 * `s3://bucket/prefix` in an object store, always with `/` and without a trailing one.
 *
 * Guarantees of every implementation (`tests/catalog/store/object-store-contract.ts`)
 * 1. `list` gives the objects whose name in `folder` is greater than `startAfter`, ordered by the
 *    UTF-8 bytes of their names, not descending into sub-folders; none for a missing folder.
 * 2. `read` gives `undefined` for a missing object; a range past the end is cut to what exists.
 * 3. `putIfAbsent` is atomic and durable: of many callers one gets `created`, and from then on every
 *    reader sees all of the bytes, even after a crash. No other bytes are ever visible.
 * 4. Failures other than a missing object are `CodedError`s.
 * 5. `publish` is to `from` what `putIfAbsent` is to bytes: `to` appears whole and durable, or not at
 *    all, and never replaces an object. `from` is gone afterwards, whatever the outcome; after a
 *    failure it may be left.
 */
export interface ObjectStore {
  list(
    folder: string,
    options?: CallOptions & { readonly startAfter?: string | undefined },
  ): AsyncIterable<StoredObject>;
  /**
   * What writers in `folder` have begun and not finished, of which `list` says nothing: they are at it,
   * or they died. Absent where a store keeps nothing of that kind.
   */
  listUnfinished?(folder: string, options?: CallOptions): AsyncIterable<StoredObject>;
  /** Names of the sub-folders of `folder`, unordered. */
  listFolders(folder: string, options?: CallOptions): Promise<readonly string[]>;
  read(
    location: string,
    options?: CallOptions & { readonly range?: ByteRange | undefined },
  ): Promise<Uint8Array | undefined>;
  stat(location: string, options?: CallOptions): Promise<StoredObject | undefined>;
  /** Replaces the object atomically and durably. */
  put(location: string, bytes: Uint8Array, options?: CallOptions): Promise<void>;
  putIfAbsent(
    location: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<'created' | 'exists'>;
  /** Gives an object that something else wrote (DuckDB's COPY) its name, in the same folder. */
  publish(
    names: { readonly from: string; readonly to: string },
    options?: CallOptions,
  ): Promise<'created' | 'exists'>;
  /**
   * Copies the bytes of an object, however many, to a name that is not taken: guarantee 3 of
   * `putIfAbsent`. Absent where a store has no way of its own: see `copy-object.ts`.
   */
  copy?(
    names: { readonly from: string; readonly to: string },
    options?: CallOptions,
  ): Promise<'created' | 'exists' | 'missing'>;
  /** Removes the object; a missing one is no error. */
  remove(location: string, options?: CallOptions): Promise<void>;
  /** Makes the folder, so that something else (DuckDB's COPY) can write into it; nothing to do where
   * a store has no folders. */
  prepareFolder(folder: string, options?: CallOptions): Promise<void>;
  /** Makes objects that something else wrote below `folder` (DuckDB's COPY) durable. */
  sync(locations: readonly string[], options?: CallOptions): Promise<void>;
}

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Reads Parquet files of the log (checkpoints, sidecars). */
export interface ParquetIo {
  /**
   * The named columns of the files, as batches in file order. A column is given by a path into the
   * file's schema (`['add', 'path']`); one that a file lacks comes back as all NULL. `text` columns
   * are strings, whatever they are in the file: maps and structs as JSON objects, maps with
   * their keys as object keys.
   */
  readColumns(
    locations: readonly string[],
    columns: readonly ParquetColumn[],
    options?: CallOptions,
  ): AsyncIterable<ColumnBatch>;
}

export interface ParquetColumn {
  readonly path: readonly string[];
  readonly as: 'text' | 'long' | 'integer' | 'boolean';
  /** Where rows have their value that have none at `path`. */
  readonly orElse?: readonly string[] | undefined;
}

/** Rows to be written, taken batch by batch when they are wanted: a million take no more memory. */
export interface RowSource {
  readonly schema: StructType;
  /**
   * The next rows: at least one and at most `rowsMax`, a vector for each field of the schema;
   * `undefined` after the last. Called on the main thread between its other work: it must not wait,
   * nor take long.
   */
  next(rowsMax: number): ColumnBatch | undefined;
}

export interface WrittenParquet {
  readonly sizeBytes: number;
  readonly rowCount: number;
}

/** Writes Parquet files of the log (checkpoints, sidecars). */
export interface ParquetWriter {
  /**
   * Writes a file of these rows under a name where nobody looks yet; its folder must exist. Every
   * column may be NULL, maps and lists have the three levels that Parquet asks for. The file is not
   * durable yet: that is `publish`'s or `sync`'s part. What a failure leaves is the caller's to
   * remove.
   */
  writeRows(location: string, rows: RowSource, options?: CallOptions): Promise<WrittenParquet>;
}

export interface Clock {
  /** Milliseconds since 1970-01-01. */
  nowMs(): number;
}

/** Makes identifiers: UUIDs in production, a counted sequence in tests. */
export type NewId = () => string;
