/**
 * Rows of a query -> Parquet files in the table's folder and their `add` actions. Nothing is visible
 * yet: files that no commit names do not belong to the table, and VACUUM removes them.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StructField } from '../../catalog/data-type.ts';
import type { AddFile } from '../../catalog/log/actions.ts';
import { encodePath } from '../../catalog/log/file-path.ts';
import { formatPartitionValue, parsePartitionValue } from '../../catalog/log/partition-values.ts';
import { withPlanConnection } from '../fetch-deleted-rows.ts';
import type { QueryPlan } from '../plan/query-plan.ts';
import type { CopiedFile } from '../duckdb/engine-connection.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import type { StatementContext } from '../statement-context.ts';
import { fileStatsJson, indexedColumnsDefault } from './file-stats-json.ts';

export interface StageRequest {
  /** What `sql` reads. */
  readonly source: QueryPlan;
  /** A SELECT over the source whose columns have the names and types of `fields`, in order. */
  readonly sql: string;
  readonly fields: readonly StructField[];
  readonly partitionColumns: readonly string[];
  /** The table's folder. */
  readonly location: string;
}

export interface StagedRows {
  readonly files: readonly AddFile[];
  readonly rowCount: number;
  readonly bytes: number;
}

/** The size at which DuckDB begins another file. */
const fileBytesTarget = 256 * 1024 * 1024;

/** When this has returned, every file is durable. Throws what DuckDB and the store throw. */
export async function stageRows(
  request: StageRequest,
  context: StatementContext,
): Promise<StagedRows> {
  const { location, fields, partitionColumns } = request;
  const { store, clock } = context.services;
  const partitions = partitionColumns.map((name) => partitionField(name, fields));
  await store.prepareFolder(location, { signal: context.signal });
  const copied = await withPlanConnection(request.source, context, (connection) =>
    connection.copy(copySql(request), context.parameters, context.signal),
  );
  // A query without rows still makes a file; it is not worth an action.
  const written = copied.filter(({ rowCount }) => rowCount > 0);
  const empty = copied.filter(({ rowCount }) => rowCount === 0);
  await Promise.all(empty.map((file) => store.remove(file.location)));
  await store.sync(
    written.map((file) => file.location),
    { signal: context.signal },
  );
  const dataFields = fields.filter(({ name }) => !partitionColumns.includes(name));
  const files = written.map((file): AddFile => ({
    kind: 'add',
    path: encodePath(relativePath(file.location, location)),
    partitionValues: partitionValues(file, partitions),
    size: file.bytes,
    modificationTime: clock.nowMs(),
    dataChange: true,
    stats: fileStatsJson({
      rowCount: file.rowCount,
      fields: dataFields,
      reported: file.columns,
      indexedColumns: indexedColumnsDefault,
    }),
  }));
  return {
    files,
    rowCount: written.reduce((sum, { rowCount }) => sum + rowCount, 0),
    bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function copySql({ sql, location, partitionColumns }: StageRequest): string {
  const options = [
    'FORMAT parquet',
    'COMPRESSION snappy',
    'RETURN_STATS',
    'APPEND true',
    `FILENAME_PATTERN 'part-{uuid}'`,
  ];
  if (partitionColumns.length > 0) {
    options.push(`PARTITION_BY (${partitionColumns.map(quoteIdentifier).join(', ')})`);
  } else {
    options.push(`FILE_SIZE_BYTES ${fileBytesTarget}`);
  }
  return `COPY (${sql}) TO ${quoteString(location)} (${options.join(', ')})`;
}

function partitionField(name: string, fields: readonly StructField[]): StructField {
  const field = fields.find((candidate) => candidate.name === name);
  if (field === undefined)
    throw new CodedError(
      'DELTA_LOG_CORRUPT',
      `The partition column "${name}" is not in the schema.`,
    );
  if (['binary', 'struct', 'array', 'map', 'variant', 'void'].includes(field.type.kind)) {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `Column "${name}" of type ${field.type.kind} cannot partition a table.`,
    );
  }
  return field;
}

/** The values as the log writes them; DuckDB's text of a value is read first. */
function partitionValues(
  file: CopiedFile,
  partitions: readonly StructField[],
): { readonly [column: string]: string | null } {
  return Object.fromEntries(
    partitions.map((field) => {
      const text = file.partitionKeys.get(field.name) ?? null;
      return [
        field.name,
        formatPartitionValue(field, parsePartitionValue(field, spelledByDelta(text))),
      ];
    }),
  );
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
