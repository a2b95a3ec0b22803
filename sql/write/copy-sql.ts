/**
 * The `COPY` that makes a table's data files: columns under physical names with their Parquet field
 * ids, partitions, compression, size. Text only.
 *
 * 1. Rows of a partitioned table are sorted by partition: DuckDB keeps 100 files open and otherwise
 *    makes a new one each time that it comes back to a partition.
 * 2. Folders are named as Hive does it, except under column mapping and `delta.randomizeFilePrefixes`,
 *    where files lie below a random prefix. What a folder is called means nothing to readers.
 * 3. Timestamps are written as 64-bit microseconds, adjusted to UTC or not; never as INT96.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import {
  fieldId,
  physicalField,
  physicalName,
  type ColumnMappingMode,
} from '../../catalog/log/column-mapping.ts';
import { readProperty, tableProperties } from '../../catalog/log/table-properties.ts';
import { logicalValueSql } from '../plan/logical-value-sql.ts';
import { same } from '../plan/stored-type.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { raiseSql } from '../raise.ts';
import { partitionFields, type WriteTarget } from './write-target.ts';

export interface CopyRequest {
  readonly target: WriteTarget;
  readonly mode: ColumnMappingMode;
  /** A SELECT with the table's columns under logical names and with their types, then `extra`. */
  readonly sql: string;
  /** Columns that only the files have, as `sql` and the files call them. */
  readonly extra: readonly string[];
  /** Whether the order of the rows matters; those of a partition must then follow one another. */
  readonly keepOrder: boolean;
  readonly folder: string;
  readonly fileName: string;
  readonly hiveFolders: boolean;
}

/** The size at which DuckDB begins another file, where the table says nothing. */
const fileBytesDefault = 256 * 1024 * 1024;

export function copySql(request: CopyRequest): string {
  const { target, mode, folder } = request;
  const partitions = partitionFields(target).map((field) => physicalName(field, mode));
  const options = [
    'FORMAT parquet',
    `COMPRESSION ${compression(target)}`,
    'RETURN_STATS',
    'APPEND true',
    `FILENAME_PATTERN ${quoteString(request.fileName)}`,
  ];
  const ids = mode === 'none' ? [] : fieldIdEntries(target, mode);
  if (ids.length > 0) options.push(`FIELD_IDS {${ids.join(', ')}}`);
  if (partitions.length > 0) {
    options.push(`PARTITION_BY (${partitions.map(quoteIdentifier).join(', ')})`);
    options.push(`HIVE_FILE_PATTERN ${request.hiveFolders}`);
  } else {
    options.push(`FILE_SIZE_BYTES ${fileBytesTarget(target)}`);
  }
  const order =
    partitions.length === 0 || request.keepOrder
      ? ''
      : ` ORDER BY ${partitions.map(quoteIdentifier).join(', ')}`;
  return `COPY (${physicalRowsSql(request)}${order}) TO ${quoteString(folder)} (${options.join(', ')})`;
}

export function fileBytesTarget({ metadata }: WriteTarget): number {
  return (
    readProperty(metadata.configuration, tableProperties.targetFileSizeBytes) ?? fileBytesDefault
  );
}

/** The rows as the files have them: physical names at every depth. */
function physicalRowsSql({ target, mode, sql, extra }: CopyRequest): string {
  const binaryPartitions = partitionFields(target).filter(({ type }) => type.kind === 'binary');
  if (mode === 'none' && binaryPartitions.length === 0) return `SELECT * FROM (${sql}) AS staged`;
  const list = target.schema.fields.map((field) => {
    const physical = physicalField(field, mode);
    const name = quoteIdentifier(field.name);
    // The log has a binary partition value as the text of its bytes.
    const value = binaryPartitions.includes(field)
      ? binaryText(field)
      : logicalValueSql(name, { physical: field.type, logical: physical.type, stored: same });
    return `${value} AS ${quoteIdentifier(physical.name)}`;
  });
  return `SELECT ${[...list, ...extra.map(quoteIdentifier)].join(', ')} FROM (${sql}) AS staged`;
}

function binaryText({ name }: StructField): string {
  const value = quoteIdentifier(name);
  const failure = raiseSql(
    'INVALID_INPUT',
    `A value of the binary partition column "${name}" is not UTF-8, which the log cannot keep.`,
  );
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE coalesce(try(decode(${value})), ${failure}) END`;
}

function fieldIdEntries(target: WriteTarget, mode: ColumnMappingMode): readonly string[] {
  const partitions = new Set(partitionFields(target));
  return target.schema.fields
    .filter((field) => !partitions.has(field))
    .map((field) => fieldEntry(field, mode));
}

function fieldEntry(field: StructField, mode: ColumnMappingMode): string {
  const inner = nestedEntries(field.type, mode);
  const id = String(fieldId(field));
  const value = inner.length === 0 ? id : `{__duckdb_field_id: ${id}, ${inner.join(', ')}}`;
  return `${quoteString(physicalName(field, mode))}: ${value}`;
}

/** Elements of lists and maps have no ids of their own; the fields of structs in them do. */
function nestedEntries(type: DataType, mode: ColumnMappingMode): readonly string[] {
  const part = (name: string, inner: DataType): readonly string[] => {
    const entries = nestedEntries(inner, mode);
    return entries.length === 0 ? [] : [`${name}: {${entries.join(', ')}}`];
  };
  if (type.kind === 'struct') return type.fields.map((field) => fieldEntry(field, mode));
  if (type.kind === 'array') return part('element', type.elementType);
  if (type.kind !== 'map') return [];
  return [...part('key', type.keyType), ...part('value', type.valueType)];
}

const codecs: { readonly [name: string]: string | undefined } = {
  snappy: 'snappy',
  zstd: 'zstd',
  gzip: 'gzip',
  brotli: 'brotli',
  // Parquet's old LZ4 has no fixed framing; its successor is what is meant.
  lz4: 'lz4_raw',
  lz4_raw: 'lz4_raw',
  none: 'uncompressed',
  uncompressed: 'uncompressed',
};

function compression({ metadata }: WriteTarget): string {
  const name = readProperty(metadata.configuration, tableProperties.compressionCodec) ?? 'snappy';
  const codec = codecs[name.trim().toLowerCase()];
  if (codec !== undefined) return codec;
  throw new CodedError(
    'INVALID_PARAMETER_VALUE',
    `The table property ${tableProperties.compressionCodec.key} is ${JSON.stringify(name)}; it must ` +
      `be one of ${Object.keys(codecs).join(', ')}.`,
  );
}
