/**
 * Rows of a query -> Parquet files in the table's folder and their `add` (or `cdc`) actions. Nothing is
 * visible yet: files that no commit names do not belong to the table, and VACUUM removes them.
 *
 * The rows are taken as they are: `checked-rows.ts` writes the SELECT that casts, fills and checks
 * them.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StructField } from '../../catalog/data-type.ts';
import type { AddCdcFile, AddFile, PartitionValues } from '../../catalog/log/actions.ts';
import { columnMappingMode, physicalField } from '../../catalog/log/column-mapping.ts';
import { encodePath } from '../../catalog/log/file-path.ts';
import { formatPartitionValue, parsePartitionValue } from '../../catalog/log/partition-values.ts';
import { supportsFeature } from '../../catalog/log/protocol.ts';
import { readProperty, tableProperties } from '../../catalog/log/table-properties.ts';
import { withPlanConnection } from '../fetch-for-plan.ts';
import type { QueryPlan } from '../plan/query-plan.ts';
import type { CopiedFile } from '../duckdb/engine-connection.ts';
import type { StatementContext } from '../statement-context.ts';
import { copySql } from './copy-sql.ts';
import { fileStatsJson, type ReportedColumns } from './file-stats-json.ts';
import { indexedColumns } from './indexed-columns.ts';
import { longTextBounds } from './long-text-bounds.ts';
import { refuseInfinities } from './refuse-infinities.ts';
import { removeStaged } from './remove-staged.ts';
import { dataFields, partitionFields, type WriteTarget } from './write-target.ts';

export interface StageRequest {
  /** What `sql` reads. */
  readonly source: QueryPlan;
  /**
   * A SELECT over the source: the table's columns under their logical names and with exactly their
   * types, in order, then those of `extra`.
   */
  readonly sql: string;
  readonly target: WriteTarget;
  /**
   * Columns that only the files have, under the names they have there: row ids and row commit
   * versions that a rewrite carries along, `_change_type`. They have no statistics.
   */
  readonly extra?: readonly string[] | undefined;
  /** Whether the files keep the order of the rows; those of a partition must then be together. */
  readonly keepOrder?: boolean | undefined;
}

export interface StagedRows {
  readonly files: readonly AddFile[];
  readonly rowCount: number;
  readonly bytes: number;
}

export interface StagedChanges {
  readonly files: readonly AddCdcFile[];
  readonly rowCount: number;
}

const changeFolder = '_change_data';

/** When this has returned, every file is durable. Throws what DuckDB and the store throw. */
export async function stageRows(
  request: StageRequest,
  context: StatementContext,
): Promise<StagedRows> {
  const { target } = request;
  const mode = columnMappingMode(target);
  const logical = dataFields(target);
  const fields = logical.map((field) => physicalField(field, mode));
  const indexed = indexedColumns(logical, mode, target.metadata.configuration);
  const { written } = await copyRows(request, 'data', { fields, indexed }, context);
  const tightBounds = supportsFeature(target.protocol, 'deletionVectors');
  const modificationTime = context.services.clock.nowMs();
  const files = written.map((file): AddFile => {
    const reported = file.completed ?? file.columns;
    return {
      kind: 'add',
      path: encodePath(relativePath(file.location, target.location)),
      partitionValues: partitionValues(file, target),
      size: file.bytes,
      modificationTime,
      dataChange: true,
      stats: fileStatsJson({ rowCount: file.rowCount, fields, reported, indexed, tightBounds }),
    };
  });
  return {
    files,
    rowCount: sum(written, ({ rowCount }) => rowCount),
    bytes: sum(written, ({ bytes }) => bytes),
  };
}

/** The same for change data: `extra` names `_change_type` at least. */
export async function stageChanges(
  request: StageRequest,
  context: StatementContext,
): Promise<StagedChanges> {
  const { target } = request;
  const mode = columnMappingMode(target);
  const fields = dataFields(target).map((field) => physicalField(field, mode));
  const columns = { fields, indexed: new Set<string>() };
  const { written } = await copyRows(request, 'changes', columns, context);
  const files = written.map((file): AddCdcFile => ({
    kind: 'cdc',
    path: encodePath(relativePath(file.location, target.location)),
    partitionValues: partitionValues(file, target),
    size: file.bytes,
    dataChange: false,
  }));
  return { files, rowCount: sum(written, ({ rowCount }) => rowCount) };
}

interface FileColumns {
  readonly fields: readonly StructField[];
  readonly indexed: ReadonlySet<string>;
}

interface WrittenFile extends CopiedFile {
  /** The report with what it lacked, if it lacked anything. */
  readonly completed: ReportedColumns | undefined;
}

interface CopiedRows {
  /** Files with rows, durable. */
  readonly written: readonly WrittenFile[];
}

async function copyRows(
  request: StageRequest,
  kind: 'data' | 'changes',
  columns: FileColumns,
  context: StatementContext,
): Promise<CopiedRows> {
  const { store, files, newId } = context.services;
  const { target } = request;
  const base = kind === 'data' ? target.location : `${target.location}/${changeFolder}`;
  const token = newId().replaceAll('-', '').slice(0, 12);
  const name = `${kind === 'data' ? 'part' : 'cdc'}-${token}`;
  const partitions = partitionFields(target).length;
  const prefix = randomPrefix(target, newId);
  try {
    const copied = await copyInto(request, { base, prefix, name }, context);
    refuseInfinities(copied, columns.fields);
    // A query without rows still makes a file; it is not worth an action.
    const written = copied.filter(({ rowCount }) => rowCount > 0);
    const empty = copied.filter(({ rowCount }) => rowCount === 0);
    await Promise.all(empty.map((file) => store.remove(files.writtenLocation(file.location))));
    const { signal } = context;
    const completed = await context.services.duckdb.withConnection((connection) =>
      longTextBounds(written, columns.fields, columns.indexed, connection, signal),
    );
    const locations = written.map((file) => files.writtenLocation(file.location));
    await store.sync(locations, { signal });
    return {
      written: written.map((file, index) => ({
        ...file,
        location: locations[index] ?? file.location,
        completed: completed.get(file.location),
      })),
    };
  } catch (error) {
    await files.discard(base, name);
    await removeStaged(store, { folder: base, name, depth: Math.max(partitions, 1) });
    throw error;
  }
}

interface Place {
  readonly base: string;
  /** A folder of its own instead of one for each partition. */
  readonly prefix: string | undefined;
  readonly name: string;
}

async function copyInto(
  request: StageRequest,
  { base, prefix, name }: Place,
  context: StatementContext,
): Promise<readonly CopiedFile[]> {
  const { store, files, newId } = context.services;
  const folder = prefix === undefined ? base : `${base}/${prefix}`;
  await store.prepareFolder(folder, { signal: context.signal });
  const copy = copySql({
    target: request.target,
    mode: columnMappingMode(request.target),
    sql: request.sql,
    extra: request.extra ?? [],
    keepOrder: request.keepOrder ?? false,
    folder: files.writePath(folder),
    fileName: `${name}-{uuid}`,
    hiveFolders: prefix === undefined,
  });
  try {
    return await withPlanConnection(request.source, context, (connection) =>
      connection.copy(copy, context.parameters, context.signal),
    );
  } catch (error) {
    // A partition value too long for the name of a folder: folders need not be called after values.
    const isTooLong = error instanceof CodedError && /File name too long/.test(error.message);
    if (!isTooLong || prefix !== undefined) throw error;
    await files.discard(base, name);
    await removeStaged(store, {
      folder: base,
      name,
      depth: partitionFields(request.target).length,
    });
    const other = newId().replaceAll('-', '').slice(0, prefixLengthDefault);
    return await copyInto(request, { base, prefix: other, name }, context);
  }
}

const prefixLengthDefault = tableProperties.randomPrefixLength.fallback;

/** Spark's layout: under column mapping and where the table asks for it, files lie below a prefix. */
function randomPrefix(target: WriteTarget, newId: () => string): string | undefined {
  const { configuration } = target.metadata;
  const isRandom =
    columnMappingMode(target) !== 'none' ||
    readProperty(configuration, tableProperties.randomizeFilePrefixes);
  if (!isRandom) return undefined;
  const length = readProperty(configuration, tableProperties.randomPrefixLength);
  return newId().replaceAll('-', '').slice(-Math.min(length, 32));
}

/** The values as the log writes them; DuckDB's text of a value is read first. */
function partitionValues(file: CopiedFile, target: WriteTarget): PartitionValues {
  const mode = columnMappingMode(target);
  return Object.fromEntries(
    partitionFields(target).map((field) => {
      const { name } = physicalField(field, mode);
      const text = file.partitionKeys.get(name) ?? null;
      if (field.type.kind === 'binary') return [name, text === '' ? null : text];
      refuseInfinity(field, text);
      return [name, formatPartitionValue(field, parsePartitionValue(field, spelledByDelta(text)))];
    }),
  );
}

function refuseInfinity({ name, type }: StructField, text: string | null): void {
  const isTime = type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp_ntz';
  if (!isTime || (text !== 'infinity' && text !== '-infinity')) return;
  throw new CodedError('INVALID_INPUT', `Column "${name}" cannot hold the ${type.kind} ${text}.`);
}

const duckdbSpellings: { readonly [text: string]: string | undefined } = {
  nan: 'NaN',
  inf: 'Infinity',
  '-inf': '-Infinity',
};

/** DuckDB's spelling of a value -> one that the protocol knows. */
function spelledByDelta(text: string | null): string | null {
  if (text === null) return null;
  return (
    duckdbSpellings[text] ??
    text.replace(/^(\d{4,}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?)\+00$/, '$1Z')
  );
}

function relativePath(location: string, folder: string): string {
  if (location.startsWith(`${folder}/`)) return location.slice(folder.length + 1);
  throw new TypeError(`a file was written outside the table: ${location}`);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
