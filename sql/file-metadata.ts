/**
 * The fields of `_metadata`, the hidden column in which Spark tells of each row which file it lies in
 * and where, and which row it is. Names, types and order are Spark's and Delta's:
 * https://docs.databricks.com/en/ingestion/file-metadata-column.html,
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#row-tracking
 */
import type { DataType, StructField } from '../catalog/data-type.ts';
import { supportsFeature } from '../catalog/log/protocol.ts';
import { readProperty, tableProperties } from '../catalog/log/table-properties.ts';
import type { Snapshot } from '../catalog/snapshot.ts';

/** The name of the hidden column; lower case, and names have none. */
export const metadataColumn = '_metadata';

export type MetadataFieldName =
  | 'file_path'
  | 'file_name'
  | 'file_size'
  | 'file_block_start'
  | 'file_block_length'
  | 'file_modification_time'
  | 'row_index'
  | 'row_id'
  | 'base_row_id'
  | 'default_row_commit_version'
  | 'row_commit_version';

const fileFields: readonly (readonly [MetadataFieldName, DataType['kind']])[] = [
  ['file_path', 'string'],
  ['file_name', 'string'],
  ['file_size', 'long'],
  ['file_block_start', 'long'],
  ['file_block_length', 'long'],
  ['file_modification_time', 'timestamp'],
  ['row_index', 'long'],
];

const rowTrackingFields: typeof fileFields = [
  ['row_id', 'long'],
  ['base_row_id', 'long'],
  ['default_row_commit_version', 'long'],
  ['row_commit_version', 'long'],
];

export interface MetadataField extends StructField {
  readonly name: MetadataFieldName;
}

/** All the fields that `_metadata` of the table has, in order. */
export function metadataFields(snapshot: Snapshot): readonly MetadataField[] {
  const fields = tracksRows(snapshot) ? [...fileFields, ...rowTrackingFields] : fileFields;
  return fields.map(([name, kind]) => ({
    name,
    type: { kind } as DataType,
    nullable: true,
    metadata: {},
  }));
}

/** Whether rows have ids: the table has the feature, and it is switched on. */
function tracksRows({ protocol, metadata }: Snapshot): boolean {
  return (
    supportsFeature(protocol, 'rowTracking') &&
    readProperty(metadata.configuration, tableProperties.enableRowTracking)
  );
}

const materializedKeys: { readonly [field in MetadataFieldName]?: string } = {
  row_id: 'delta.rowTracking.materializedRowIdColumnName',
  row_commit_version: 'delta.rowTracking.materializedRowCommitVersionColumnName',
};

/** The column of the data files that may hold a field, `undefined` for one that lies in none. */
export function materializedColumn(
  { metadata: { configuration } }: Snapshot,
  field: MetadataFieldName,
): string | undefined {
  const key = materializedKeys[field];
  return key !== undefined && Object.hasOwn(configuration, key) ? configuration[key] : undefined;
}
