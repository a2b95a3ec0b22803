/**
 * Clustered tables: which columns cluster a table, and what each file must tell of them.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#clustered-table
 */
import { CodedError } from '../coded-error.ts';
import type { AddFile, DomainMetadata } from './actions.ts';

export const clusteringDomain = 'delta.clustering';

/** A column as physical names from the schema's root. */
export type ClusteringColumn = readonly string[];

/**
 * The columns in the domain's metadata. Writers name a column by a list of names, or by one text.
 *
 * @throws DELTA_LOG_CORRUPT for what is no list of columns; `table` is for messages
 */
export function clusteringColumns(
  domain: DomainMetadata | undefined,
  table: string,
): readonly ClusteringColumn[] {
  if (domain === undefined || domain.removed) return [];
  let columns: unknown;
  let cause: unknown;
  try {
    const parsed = JSON.parse(domain.configuration) as { clusteringColumns?: unknown } | null;
    columns = parsed?.clusteringColumns ?? [];
  } catch (error) {
    cause = error;
  }
  if (Array.isArray(columns) && columns.every(isColumn)) {
    return columns.map((column) => (typeof column === 'string' ? [column] : column));
  }
  throw new CodedError(
    'DELTA_LOG_CORRUPT',
    `The domain ${clusteringDomain} of ${table} holds no list of columns: ` +
      `${JSON.stringify(domain.configuration.slice(0, 100))}.`,
    { cause },
  );
}

function isColumn(value: unknown): value is string | readonly string[] {
  if (typeof value === 'string') return true;
  return (
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string')
  );
}

/** The columns of which the file's statistics say nothing. */
export function columnsWithoutStats(
  { stats }: AddFile,
  columns: readonly ClusteringColumn[],
): readonly ClusteringColumn[] {
  if (columns.length === 0) return [];
  let nullCount: unknown;
  try {
    nullCount = (JSON.parse(stats ?? '') as { nullCount?: unknown } | null)?.nullCount;
  } catch {
    nullCount = undefined;
  }
  return columns.filter((column) => {
    let value = nullCount;
    for (const name of column) {
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as { readonly [key: string]: unknown })[name]
          : undefined;
    }
    return typeof value !== 'number';
  });
}
