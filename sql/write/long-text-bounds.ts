/**
 * Bounds of texts for which Parquet has none: DuckDB keeps no statistics of long texts that it cannot
 * cut. They are read from the files, which are still in the page cache.
 */
import type { DataType, StructField } from '../../catalog/data-type.ts';
import type { CopiedFile, EngineConnection } from '../duckdb/engine-connection.ts';
import { quoteFileName, quoteIdentifier, quoteString } from '../quote.ts';
import { boundLength, reportedPath, type ReportedColumns } from './file-stats-json.ts';

/** By location: the report with the bounds that were missing. Other files are not in it. */
export async function longTextBounds(
  files: readonly CopiedFile[],
  fields: readonly StructField[],
  indexed: ReadonlySet<string>,
  connection: EngineConnection,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReportedColumns>> {
  const paths = textPaths(fields, []).filter((path) => indexed.has(reportedPath(path)));
  const lacking = files.filter((file) => paths.some((path) => lacksBounds(file, path)));
  const completed = new Map<string, ReportedColumns>();
  for (const file of lacking) {
    const missing = paths.filter((path) => lacksBounds(file, path));
    // One character more than is kept: whether there is more decides about the upper bound.
    const list = missing.flatMap((path) => {
      const text = `left(${valueSql(path)}, ${boundLength + 1})`;
      return [`min(${text})`, `max(${text})`];
    });
    const source = `read_parquet([${quoteFileName(file.location)}], hive_partitioning = false)`;
    const [row] = await connection.rows(`SELECT ${list.join(', ')} FROM ${source}`, signal);
    const columns = new Map(file.columns);
    missing.forEach((path, index) => {
      const [min, max] = [row?.[2 * index], row?.[2 * index + 1]];
      if (typeof min !== 'string' || typeof max !== 'string') return;
      const key = reportedPath(path);
      columns.set(key, new Map([...(columns.get(key) ?? []), ['min', min], ['max', max]]));
    });
    completed.set(file.location, columns);
  }
  return completed;
}

function lacksBounds({ rowCount, columns }: CopiedFile, path: readonly string[]): boolean {
  const column = columns.get(reportedPath(path));
  if (column === undefined || column.has('min')) return false;
  return Number(column.get('null_count') ?? rowCount) < rowCount;
}

function textPaths(
  fields: readonly StructField[],
  prefix: readonly string[],
): readonly (readonly string[])[] {
  return fields.flatMap(({ name, type }) => pathsOf(type, [...prefix, name]));
}

function pathsOf(type: DataType, path: readonly string[]): readonly (readonly string[])[] {
  if (type.kind === 'struct') return textPaths(type.fields, path);
  return type.kind === 'string' ? [path] : [];
}

function valueSql([first = '', ...rest]: readonly string[]): string {
  return rest.reduce(
    (value, name) => `struct_extract(${value}, ${quoteString(name)})`,
    quoteIdentifier(first),
  );
}
