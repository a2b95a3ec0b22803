/**
 * Parts of a change feed: lists of files as snapshots made up for the purpose, so that whatever reads
 * and prunes snapshots does so with changes. Their schema is the table's with `_change_type`,
 * `_commit_version` and `_commit_timestamp` behind, mostly as partition columns.
 */
import { ActiveFiles, IndexedChunk, type FileHandle } from './active-files.ts';
import type { DataType, StructField, StructType } from './data-type.ts';
import { FileChunkBuilder } from './file-chunk-builder.ts';
import { chunkRowsMax } from './file-chunk.ts';
import type { AddFile, DeletionVectorDescriptor, Metadata } from './log/actions.ts';
import type { ColumnMappingMode } from './log/column-mapping.ts';
import type { Snapshot } from './snapshot.ts';

/** Rows of a file by two of its deletion vectors: those in the first that are not in `except`. */
export interface MarkedRows {
  readonly except: DeletionVectorDescriptor | undefined;
}

export interface ChangePart {
  /** Not a version of the table. Its deletion vectors remove rows, unless `marked`. */
  readonly snapshot: Snapshot;
  /** Every file, if any: only the rows that its deletion vector marks are read. */
  readonly marked: ReadonlyMap<FileHandle, MarkedRows> | undefined;
}

/** The columns that a change feed has besides those of the table, in this order. */
export const changeColumns: readonly StructField[] = [
  extraColumn('_change_type', { kind: 'string' }),
  extraColumn('_commit_version', { kind: 'long' }),
  extraColumn('_commit_timestamp', { kind: 'timestamp' }),
];

function extraColumn(name: string, type: DataType): StructField {
  return {
    name,
    type,
    nullable: true,
    // Under column mapping it is found by its own name.
    metadata: { 'delta.columnMapping.physicalName': name },
  };
}

/** The files of one part while they are collected. */
export class ChangePartBuilder {
  readonly #partitionColumns: readonly string[];
  readonly #location: string;
  readonly #chunks: IndexedChunk[] = [];
  readonly marked = new Map<FileHandle, MarkedRows>();
  readonly #sizes: number[] = [];
  #builder = new FileChunkBuilder();
  #bytes = 0;
  #count = 0;

  constructor(location: string, changeColumnNames: readonly string[]) {
    this.#location = location;
    this.#partitionColumns = changeColumnNames;
  }

  /** `values` are those of the change columns that this part has as partition columns. */
  add(file: AddFile, values: { readonly [column: string]: string }): FileHandle {
    if (this.#builder.rowCount === chunkRowsMax) this.#seal();
    const handle = this.#chunks.length * chunkRowsMax + this.#builder.rowCount;
    const extra = Object.fromEntries(
      this.#partitionColumns.map((column) => [column, values[column] ?? null]),
    );
    this.#builder.addFile({ ...file, partitionValues: { ...file.partitionValues, ...extra } });
    this.#bytes += file.size;
    this.#count++;
    return handle;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  #seal(): void {
    this.#chunks.push(new IndexedChunk(this.#builder.finish()));
    this.#sizes.push(this.#bytes);
    this.#builder = new FileChunkBuilder();
    this.#bytes = 0;
  }

  finish(base: Snapshot, mode: ColumnMappingMode): ChangePart {
    if (this.#builder.rowCount > 0) this.#seal();
    const files = new ActiveFiles(
      this.#location,
      this.#chunks.map((indexed, index) => ({
        indexed,
        live: undefined,
        liveCount: indexed.chunk.rowCount,
        liveBytes: this.#sizes[index] ?? 0,
      })),
    );
    const schema: StructType = {
      kind: 'struct',
      fields: [...base.schema.fields, ...changeColumns],
    };
    const { configuration, partitionColumns } = base.metadata;
    const metadata: Metadata = {
      ...base.metadata,
      partitionColumns: [...partitionColumns, ...this.#partitionColumns],
      configuration: { ...configuration, 'delta.columnMapping.mode': mode },
    };
    const marked = this.marked.size === 0 ? undefined : this.marked;
    return { snapshot: { ...base, schema, metadata, files }, marked };
  }
}
