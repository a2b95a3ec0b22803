/**
 * Column mapping: every field gets an id and a physical name, as Delta gives them out.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping
 */
import type { DataType, StructField } from '../../catalog/data-type.ts';
import type { NewId } from '../../catalog/ports.ts';

export interface MappedFields {
  readonly fields: readonly StructField[];
  /** For `delta.columnMapping.maxColumnId`. */
  readonly highestId: number;
}

/**
 * For columns that no file has yet.
 *
 * @param lastId the highest id that the table has given out
 */
export function mapColumns(fields: readonly StructField[], newId: NewId, lastId = 0): MappedFields {
  return giveIds(fields, lastId, () => `col-${newId()}`);
}

/** For the columns of a table that gets column mapping: files have them under their names. */
export function mapExistingColumns(fields: readonly StructField[]): MappedFields {
  return giveIds(fields, 0, ({ name }) => name);
}

function giveIds(
  fields: readonly StructField[],
  lastId: number,
  physicalName: (field: StructField) => string,
): MappedFields {
  let highestId = lastId;
  const mapField = (field: StructField): StructField => {
    const id = ++highestId;
    return {
      ...field,
      type: mapType(field.type),
      metadata: {
        ...field.metadata,
        'delta.columnMapping.id': id,
        'delta.columnMapping.physicalName': physicalName(field),
      },
    };
  };
  const mapType = (type: DataType): DataType => {
    switch (type.kind) {
      case 'struct':
        return { kind: 'struct', fields: type.fields.map(mapField) };
      case 'array':
        return { ...type, elementType: mapType(type.elementType) };
      case 'map':
        return { ...type, keyType: mapType(type.keyType), valueType: mapType(type.valueType) };
      default:
        return type;
    }
  };
  const mapped = fields.map(mapField);
  return { fields: mapped, highestId };
}
