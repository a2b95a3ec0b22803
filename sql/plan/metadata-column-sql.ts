/**
 * The hidden column `_metadata` as an expression over `read_parquet`: a struct of what the log knows
 * of each file, and of where in the file a row lies. Pure.
 *
 * Paths are written as Spark writes them: URIs by the rules of `java.net.URI`, which escapes what may
 * not stand in a path and leaves letters beyond ASCII alone; `file:/` with one slash. Spark may read a
 * large file in several blocks; here a file is one block always.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import {
  materializedColumn,
  metadataColumn,
  type MetadataField,
  type MetadataFieldName,
} from '../file-metadata.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { duckdbType } from '../types.ts';

/** What a relation has besides the columns of the table. */
export interface HiddenColumn {
  readonly fields: readonly MetadataField[];
  /** Columns of the data files that are read for it, all of them BIGINT. */
  readonly sources: readonly HiddenSource[];
  /** Of each file of the relation, in their order. */
  readonly files: readonly HiddenFile[];
}

export interface HiddenSource {
  readonly field: MetadataFieldName;
  /** The column's name in the files. A file that has none has only NULLs. */
  readonly identifier: string;
  /** What it is called in the relation. */
  readonly name: string;
}

export interface HiddenFile {
  readonly location: string;
  readonly sizeBytes: number;
  readonly modificationTimeMs: number;
  readonly baseRowId: number | undefined;
  readonly defaultRowCommitVersion: number | undefined;
}

/** `undefined` when no fields are asked for. */
export function hiddenColumn(
  snapshot: Snapshot,
  fields: readonly MetadataField[] | undefined,
  files: readonly FileHandle[],
): HiddenColumn | undefined {
  if (fields === undefined) return undefined;
  const active = snapshot.files;
  return {
    fields,
    sources: fields.flatMap(({ name }) => {
      const identifier = materializedColumn(snapshot, name);
      return identifier === undefined ? [] : [{ field: name, identifier, name: `__levee_${name}` }];
    }),
    files: files.map((file) => ({
      location: active.location(file),
      sizeBytes: active.sizeBytes(file),
      modificationTimeMs: active.modificationTime(file),
      baseRowId: active.baseRowId(file),
      defaultRowCommitVersion: active.defaultRowCommitVersion(file),
    })),
  };
}

/** `"_metadata" STRUCT(...)`: a column of a table. */
export function hiddenColumnType(fields: readonly MetadataField[]): string {
  const types = fields.map(({ name, type }) => `${quoteIdentifier(name)} ${duckdbType(type)}`);
  return `STRUCT(${types.join(', ')})`;
}

/** An item of a SELECT list over the files. */
export function hiddenColumnSql(column: HiddenColumn): string {
  const fields = column.fields.map(
    ({ name }) => `${quoteIdentifier(name)} := ${fieldSql(name, column)}`,
  );
  return `struct_pack(${fields.join(', ')}) AS ${quoteIdentifier(metadataColumn)}`;
}

/** The same for a relation without files. */
export function emptyHiddenColumnSql({ fields }: HiddenColumn): string {
  return `CAST(NULL AS ${hiddenColumnType(fields)}) AS ${quoteIdentifier(metadataColumn)}`;
}

function fieldSql(name: MetadataFieldName, { files, sources }: HiddenColumn): string {
  const materialized = sources.find(({ field }) => field === name);
  const unless = (value: string): string =>
    materialized === undefined
      ? value
      : `coalesce(${quoteIdentifier(materialized.name)}, ${value})`;
  const texts = (of: (location: string) => string): string =>
    pickedSql(
      files.map(({ location }) => quoteString(of(location))),
      'VARCHAR',
    );
  const numbers = (of: (file: HiddenFile) => number | undefined): string =>
    pickedSql(
      files.map((file) => String(of(file) ?? 'NULL')),
      'BIGINT',
    );
  switch (name) {
    case 'file_path':
      return texts(sparkPath);
    case 'file_name':
      return texts((location) => sparkPath(location).replace(/^.*\//s, ''));
    case 'file_size':
    case 'file_block_length':
      return numbers(({ sizeBytes }) => sizeBytes);
    case 'file_block_start':
      return 'CAST(0 AS BIGINT)';
    case 'file_modification_time':
      return `make_timestamptz(1000 * ${numbers(({ modificationTimeMs }) => modificationTimeMs)})`;
    case 'row_index':
      return 'CAST(file_row_number AS BIGINT)';
    case 'base_row_id':
      return numbers(({ baseRowId }) => baseRowId);
    case 'row_id':
      return unless(`(${numbers(({ baseRowId }) => baseRowId)} + file_row_number)`);
    case 'default_row_commit_version':
      return numbers(({ defaultRowCommitVersion }) => defaultRowCommitVersion);
    case 'row_commit_version':
      return unless(numbers(({ defaultRowCommitVersion }) => defaultRowCommitVersion));
  }
}

/** The value of the row's file. */
function pickedSql(values: readonly string[], type: string): string {
  const [first] = values;
  if (first !== undefined && values.every((value) => value === first)) {
    return `CAST(${first} AS ${type})`;
  }
  return `(CAST([${values.join(', ')}] AS ${type}[]))[file_index::BIGINT + 1]`;
}

/** A location as the URI that Spark shows for it. */
export function sparkPath(location: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/.exec(location)?.[0];
  return scheme === undefined
    ? `file:${escapePath(location)}`
    : scheme + escapePath(location.slice(scheme.length));
}

/** As Java quotes the path of a URI: all of ASCII but these, and spaces and controls beyond it. */
function escapePath(path: string): string {
  return path.replace(
    /[^A-Za-z0-9\-_.!~*'():@&=+$,;/\u0080-\u{10ffff}]|[\u0080-\u009f\p{Z}]/gu,
    (character) =>
      [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
  );
}
