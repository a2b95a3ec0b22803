/**
 * Clustering columns: kept as metadata of the domain `delta.clustering`, by their physical names.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#clustered-table
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DomainMetadata } from '../../catalog/log/actions.ts';
import { columnMappingMode } from '../../catalog/log/column-mapping.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { CreateTable } from '../parse/statement.ts';
import type { ColumnName } from '../parse/object-name.ts';
import { typeName } from '../types.ts';
import { physicalPath } from './alter/alter-columns.ts';
import { requireField } from './alter/schema-edit.ts';
import { reportedPath } from './file-stats-json.ts';
import { indexedColumns } from './indexed-columns.ts';
import { dataFields, type WriteTarget } from './write-target.ts';

export const clusteringDomainName = 'delta.clustering';
const columnsMax = 4;

const withoutStats: ReadonlySet<string> = new Set([
  'struct',
  'array',
  'map',
  'binary',
  'boolean',
  'variant',
  'void',
]);

/** As physical paths; none for a table that is not clustered. @throws DELTA_LOG_CORRUPT */
export function clusteringColumns({
  domainMetadata,
  location,
}: Pick<Snapshot, 'domainMetadata' | 'location'>): readonly (readonly string[])[] {
  const domain = domainMetadata.get(clusteringDomainName);
  if (domain === undefined || domain.removed) return [];
  try {
    const { clusteringColumns: columns } = JSON.parse(domain.configuration) as {
      readonly clusteringColumns?: unknown;
    };
    if (Array.isArray(columns) && columns.every(isPath)) return columns;
  } catch {
    // Told below.
  }
  throw new CodedError(
    'DELTA_LOG_CORRUPT',
    `The domain ${clusteringDomainName} of ${location} has no list of columns.`,
  );
}

function isPath(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string');
}

/**
 * The domain's metadata for a table clustered by these columns; none are CLUSTER BY NONE.
 *
 * @throws COLUMN_NOT_FOUND, DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS, DELTA_CLUSTERING_COLUMN_MISSING_STATS,
 *   DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED
 */
export function clusteringDomain(
  target: WriteTarget,
  columns: readonly ColumnName[],
): DomainMetadata {
  if (columns.length > columnsMax) {
    throw new CodedError(
      'DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS',
      `CLUSTER BY takes up to ${columnsMax} columns, not ${columns.length}.`,
    );
  }
  const mode = columnMappingMode(target);
  const indexed = indexedColumns(dataFields(target), mode, target.metadata.configuration);
  const seen = new Set<string>();
  const paths = columns.map(({ parts }) => {
    const { field, path } = requireField(target.schema, parts);
    const written = path.join('.');
    if (seen.has(written)) {
      throw new CodedError('COLUMN_ALREADY_EXISTS', `CLUSTER BY names "${written}" twice.`);
    }
    seen.add(written);
    if (withoutStats.has(field.type.kind)) {
      throw new CodedError(
        'DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED',
        `A table cannot be clustered by "${written}", which is ${typeName(field.type)}.`,
      );
    }
    const physical = physicalPath(target, path);
    if (!indexed.has(reportedPath(physical))) {
      throw new CodedError(
        'DELTA_CLUSTERING_COLUMN_MISSING_STATS',
        `A table cannot be clustered by "${written}", which has no statistics.`,
      );
    }
    return physical;
  });
  const configuration = JSON.stringify({
    clusteringColumns: paths,
    domainName: clusteringDomainName,
  });
  return { kind: 'domainMetadata', domain: clusteringDomainName, configuration, removed: false };
}

/** How the table is clustered; that a table which is replaced is so no more. */
export function newClustering(
  { clusterBy, partitionedBy }: Pick<CreateTable, 'clusterBy' | 'partitionedBy'>,
  target: WriteTarget,
  replaced: Snapshot | undefined,
): DomainMetadata | undefined {
  if (clusterBy.length > 0) return clusteringDomain(target, clusterBy);
  const old = replaced?.domainMetadata.get(clusteringDomainName);
  if (old === undefined || old.removed) return undefined;
  if (partitionedBy.length === 0) return { ...old, removed: true };
  throw new CodedError(
    'DELTA_CLUSTERING_REPLACE_TABLE_WITH_PARTITIONED_TABLE',
    'A clustered table cannot be replaced by a partitioned one.',
  );
}

/**
 * The columns that a table is clustered by belong to its state; other domains do not. What a commit
 * that brings that state (RESTORE, CLONE) has to write: nothing where it is so already.
 */
export function clusteringOf(
  state: Pick<Snapshot, 'domainMetadata'>,
  current: Pick<Snapshot, 'domainMetadata'> | undefined,
): DomainMetadata | undefined {
  const [wanted, had] = [state, current].map((table) =>
    table?.domainMetadata.get(clusteringDomainName),
  );
  if (wanted?.configuration === had?.configuration) return undefined;
  return wanted ?? (had === undefined ? undefined : { ...had, removed: true });
}
