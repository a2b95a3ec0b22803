/**
 * Row tracking: which tables assign row ids, and the high-water mark that keeps them unique.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#row-tracking
 */
import { CodedError } from '../coded-error.ts';
import type { NewId } from '../ports.ts';
import type { DomainMetadata, Metadata, Protocol } from './actions.ts';
import { parseFileStats } from './file-stats.ts';
import { supportsFeature } from './protocol.ts';
import { readProperty, tableProperties } from './table-properties.ts';

export const rowTrackingDomain = 'delta.rowTracking';

/** The mark of a table that has given out no row id. */
export const noRowIds = -1;

/** Whether files that are committed get row ids: the feature is supported and not suspended. */
export function assignsRowIds(protocol: Protocol, metadata: Metadata): boolean {
  if (!supportsFeature(protocol, 'rowTracking')) return false;
  return !readProperty(metadata.configuration, tableProperties.rowTrackingSuspended);
}

/** Whether row ids can be relied upon: every row of the table has one. */
export function hasRowTracking(protocol: Protocol, metadata: Metadata): boolean {
  return (
    supportsFeature(protocol, 'rowTracking') &&
    readProperty(metadata.configuration, tableProperties.enableRowTracking)
  );
}

const materializedColumns: readonly (readonly [property: string, prefix: string])[] = [
  ['delta.rowTracking.materializedRowIdColumnName', '_row-id-col-'],
  ['delta.rowTracking.materializedRowCommitVersionColumnName', '_row-commit-version-col-'],
];

/**
 * The metadata with names for the hidden columns that keep row ids and versions of rows that move,
 * where it enables row tracking and has none. The names are unique and never change.
 */
export function withMaterializedColumns(metadata: Metadata, newId: NewId): Metadata {
  const { configuration } = metadata;
  if (!readProperty(configuration, tableProperties.enableRowTracking)) return metadata;
  const missing = materializedColumns.filter(([property]) => configuration[property] === undefined);
  if (missing.length === 0) return metadata;
  const named = missing.map(([property, prefix]) => [property, prefix + newId()] as const);
  return { ...metadata, configuration: { ...configuration, ...Object.fromEntries(named) } };
}

/**
 * The highest row id given out, from the domain's metadata. `table` is for messages.
 *
 * @throws DELTA_LOG_CORRUPT for what is no mark: guessing would give out ids twice
 */
export function rowIdHighWaterMark(domain: DomainMetadata | undefined, table: string): number {
  if (domain === undefined || domain.removed) return noRowIds;
  let mark: unknown;
  try {
    mark = (JSON.parse(domain.configuration) as { rowIdHighWaterMark?: unknown } | null)
      ?.rowIdHighWaterMark;
  } catch {
    mark = undefined;
  }
  if (typeof mark === 'number' && Number.isSafeInteger(mark) && mark >= noRowIds) return mark;
  throw new CodedError(
    'DELTA_LOG_CORRUPT',
    `The domain ${rowTrackingDomain} of ${table} has no row id high-water mark: ` +
      `${JSON.stringify(domain.configuration.slice(0, 100))}.`,
  );
}

export function rowIdHighWaterMarkDomain(mark: number): DomainMetadata {
  const configuration = JSON.stringify({ rowIdHighWaterMark: mark });
  return { kind: 'domainMetadata', domain: rowTrackingDomain, configuration, removed: false };
}

/**
 * The rows that lie in a file, deleted ones included.
 *
 * @throws DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS when its statistics do not say
 */
export function physicalRowCount(file: {
  readonly path: string;
  readonly stats?: string | undefined;
}): number {
  const count = parseFileStats(file.stats, [])?.numRecords;
  if (count !== undefined) return count;
  throw new CodedError(
    'DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS',
    `Row ids cannot be assigned to the file ${file.path}: its statistics do not tell how many rows it has.`,
  );
}
