/** A table's definition without column mapping: its columns' own names, and those of its clustering. Pure. */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DomainMetadata } from '../../../catalog/log/actions.ts';
import { columnMappingMode, leafColumns } from '../../../catalog/log/column-mapping.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import { tableProperties } from '../../../catalog/log/table-properties.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { clusteringColumns, clusteringDomainName } from '../clustering.ts';
import { requireColumnNames } from '../column-names.ts';
import type { WriteTarget } from '../write-target.ts';
import { without, withoutMapping } from './feature-traces.ts';

/** @throws DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING */
export function unmappedTable({ location, protocol, metadata, schema }: Snapshot): WriteTarget {
  const next = withoutMapping(schema);
  try {
    requireColumnNames(next.fields, false);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError(
      'DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING',
      `columnMapping cannot be dropped: ${error.message}`,
    );
  }
  const { columnMappingMode: mode, columnMappingMaxColumnId: maxId } = tableProperties;
  const left = without(metadata, [mode.key, maxId.key]);
  return {
    location,
    protocol,
    schema: next,
    metadata: { ...left, schemaString: serializeSchema(next) },
  };
}

/** The columns that cluster the table, which its domain names as the files do. */
export function unmappedClustering(snapshot: Snapshot): DomainMetadata | undefined {
  const columns = clusteringColumns(snapshot);
  const domain = snapshot.domainMetadata.get(clusteringDomainName);
  if (domain === undefined || columns.length === 0) return undefined;
  const leaves = leafColumns(snapshot.schema, columnMappingMode(snapshot));
  const logical = columns.map((path) => {
    const same = leaves.find(({ physicalPath }) => physicalPath.join('\0') === path.join('\0'));
    return same?.logicalPath ?? path;
  });
  const configuration = JSON.stringify({
    clusteringColumns: logical,
    domainName: clusteringDomainName,
  });
  return { ...domain, configuration };
}
