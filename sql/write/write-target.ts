/** The table that rows are staged for: of a snapshot, or of metadata that no commit has made yet. */
import type { StructField, StructType } from '../../catalog/data-type.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import type { Metadata, Protocol } from '../../catalog/log/actions.ts';

/** A `Snapshot` is one. */
export interface WriteTarget {
  /** The table's folder. */
  readonly location: string;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  /** What `metadata.schemaString` says. */
  readonly schema: StructType;
}

/** The fields that partition the table, in the order of `partitionColumns`. */
export function partitionFields({ schema, metadata }: WriteTarget): readonly StructField[] {
  return metadata.partitionColumns.map((name) => {
    const field = schema.fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) {
      throw new CodedError(
        'DELTA_LOG_CORRUPT',
        `The partition column "${name}" is not in the schema.`,
      );
    }
    if (!cannotPartition.has(field.type.kind)) return field;
    throw new CodedError(
      'DELTA_INVALID_PARTITION_COLUMN_TYPE',
      `Column "${name}" of type ${field.type.kind} cannot partition a table.`,
    );
  });
}

const cannotPartition: ReadonlySet<string> = new Set(['struct', 'array', 'map', 'variant', 'void']);

/** The fields that lie in the data files. */
export function dataFields(target: WriteTarget): readonly StructField[] {
  const partitions = new Set(partitionFields(target));
  return target.schema.fields.filter((field) => !partitions.has(field));
}
