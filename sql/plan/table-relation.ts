/** A snapshot and the files of it to read -> the relation that DuckDB scans. Pure. */
import type { ActiveFiles, FileHandle } from '../../catalog/active-files.ts';
import type { StructField } from '../../catalog/data-type.ts';
import {
  columnMappingMode,
  physicalField,
  physicalName,
  fieldId,
} from '../../catalog/log/column-mapping.ts';
import type { DataFile } from '../../catalog/local-files.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { Relation, RelationColumn } from './relation-sql.ts';

/** Where the engine reads a data file. */
export type PathOf = (file: DataFile) => string;

/** The relation of `files`, without their deletion vectors. */
export function tableRelation(
  snapshot: Snapshot,
  files: readonly FileHandle[],
  pathOf: PathOf = ({ location }) => location,
): Relation {
  const { metadata, schema } = snapshot;
  const mode = columnMappingMode(snapshot);
  const partitionColumns = new Set(metadata.partitionColumns);
  const columns = schema.fields.map((field): RelationColumn => {
    if (partitionColumns.has(field.name)) {
      const name = physicalName(field, mode);
      return { kind: 'partition', field, values: partitionValues(snapshot.files, files, name) };
    }
    return dataColumn(field, mode);
  });
  return {
    columns,
    files: files.map((file) =>
      pathOf({
        location: snapshot.files.location(file),
        sizeBytes: snapshot.files.sizeBytes(file),
      }),
    ),
    isPlain: false,
    deletedRows: undefined,
  };
}

function dataColumn(field: StructField, mode: 'none' | 'name' | 'id'): RelationColumn {
  const physical = physicalField(field, mode);
  const identifier = mode === 'id' ? fieldId(field) : physical.name;
  return { kind: 'data', field, physical, identifier };
}

function partitionValues(
  active: ActiveFiles,
  files: readonly FileHandle[],
  column: string,
): readonly (string | null)[] {
  return files.map((file) => active.partitionValue(file, column));
}
