/**
 * Schema evolution: a table's schema and the columns of new rows -> the schema that takes them.
 * Columns and nested fields that the table lacks are added at the end; with type widening, a type that
 * is wider than the table's replaces it. What cannot be taken is left to the assignment, which refuses
 * it by name. Pure; ids and physical names come in.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#type-widening
 * Source of the rules: Delta's SchemaMergingUtils and TypeWidening.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, JsonValue, StructField, StructType } from '../../catalog/data-type.ts';
import type { Metadata, Protocol } from '../../catalog/log/actions.ts';
import { columnMappingMode, fieldId } from '../../catalog/log/column-mapping.ts';
import { supportsFeature } from '../../catalog/log/protocol.ts';
import { serializeSchema } from '../../catalog/log/schema.ts';
import { readProperty, tableProperties } from '../../catalog/log/table-properties.ts';
import type { NewId } from '../../catalog/ports.ts';
import { parseExpression } from '../spark-expression/parse-expression.ts';
import { namedColumns } from '../spark-expression/translate-expression.ts';
import { isSameType } from '../spark-expression/spark-cast.ts';
import { typeName } from '../types.ts';
import { generationExpression } from './generated-columns.ts';

export interface EvolvedTable {
  readonly schema: StructType;
  readonly metadata: Metadata;
  readonly isChanged: boolean;
}

export interface IncomingColumn {
  readonly name: string;
  readonly type: DataType;
}

/**
 * Columns are matched by name, whatever their case. Throws DELTA_DUPLICATE_COLUMNS_FOUND,
 * DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES and UNSUPPORTED_DATATYPE for columns that cannot be added.
 */
export function evolveSchema(
  table: { readonly schema: StructType; readonly metadata: Metadata; readonly protocol: Protocol },
  incoming: readonly IncomingColumn[],
  newId: NewId,
): EvolvedTable {
  const { metadata, schema } = table;
  const mode = columnMappingMode(table);
  const widens =
    supportsFeature(table.protocol, 'typeWidening') &&
    readProperty(metadata.configuration, tableProperties.enableTypeWidening);
  const evolution = new Evolution({
    widens,
    kept: widens ? usedByExpressions(schema, metadata) : new Set(),
    mapsColumns: mode !== 'none',
    highestId: highestId(schema, metadata, mode !== 'none'),
    newId,
  });
  const fields = evolution.mergeFields(schema.fields, incoming, []);
  if (!evolution.isChanged) return { schema, metadata, isChanged: false };
  const evolved: StructType = { kind: 'struct', fields };
  const configuration =
    mode === 'none'
      ? metadata.configuration
      : {
          ...metadata.configuration,
          [tableProperties.columnMappingMaxColumnId.key]: String(evolution.highestId),
        };
  return {
    schema: evolved,
    metadata: { ...metadata, configuration, schemaString: serializeSchema(evolved) },
    isChanged: true,
  };
}

/** Columns whose type an expression of the table relies on; in lower case. */
function usedByExpressions(schema: StructType, { configuration }: Metadata): ReadonlySet<string> {
  const texts = [
    ...schema.fields.flatMap((field) => generationExpression(field) ?? []),
    ...Object.entries(configuration).flatMap(([key, text]) =>
      key.startsWith('delta.constraints.') ? [text] : [],
    ),
  ];
  const names = new Set<string>();
  for (const text of texts) {
    for (const name of namedColumns(parseExpression(text))) names.add(name);
  }
  return names;
}

export function highestId(schema: StructType, metadata: Metadata, mapsColumns: boolean): number {
  if (!mapsColumns) return 0;
  const recorded = readProperty(metadata.configuration, tableProperties.columnMappingMaxColumnId);
  return Math.max(recorded, ...idsOf(schema));
}

function idsOf(type: DataType): readonly number[] {
  switch (type.kind) {
    case 'struct':
      return type.fields.flatMap((field) => [fieldId(field), ...idsOf(field.type)]);
    case 'array':
      return idsOf(type.elementType);
    case 'map':
      return [...idsOf(type.keyType), ...idsOf(type.valueType)];
    default:
      return [];
  }
}

class Evolution {
  readonly #widens: boolean;
  readonly #kept: ReadonlySet<string>;
  readonly #mapsColumns: boolean;
  readonly #newId: NewId;
  highestId: number;
  isChanged = false;

  constructor(options: {
    readonly widens: boolean;
    /** Columns that are not widened. */
    readonly kept: ReadonlySet<string>;
    readonly mapsColumns: boolean;
    readonly highestId: number;
    readonly newId: NewId;
  }) {
    this.#widens = options.widens;
    this.#kept = options.kept;
    this.#mapsColumns = options.mapsColumns;
    this.#newId = options.newId;
    this.highestId = options.highestId;
  }

  mergeFields(
    current: readonly StructField[],
    incoming: readonly IncomingColumn[],
    path: readonly string[],
  ): readonly StructField[] {
    const byName = new Map<string, IncomingColumn>();
    for (const column of incoming) {
      const key = column.name.toLowerCase();
      if (byName.has(key)) {
        throw new CodedError(
          'DELTA_DUPLICATE_COLUMNS_FOUND',
          `The rows to write have two columns "${[...path, column.name].join('.')}".`,
        );
      }
      byName.set(key, column);
    }
    const merged = current.map((field) => {
      const column = byName.get(field.name.toLowerCase());
      byName.delete(field.name.toLowerCase());
      return column === undefined ? field : this.#mergeField(field, column.type, path);
    });
    const added = incoming
      .filter(({ name }) => byName.has(name.toLowerCase()))
      .map((column) => this.#newField(column, path));
    return [...merged, ...added];
  }

  #mergeField(field: StructField, incoming: DataType, path: readonly string[]): StructField {
    const changes: TypeChange[] = [];
    const type = this.#mergeType(field.type, incoming, [...path, field.name], '', changes);
    if (type === field.type) return field;
    if (changes.length === 0) return { ...field, type };
    const before = field.metadata['delta.typeChanges'];
    const recorded = [...(Array.isArray(before) ? (before as JsonValue[]) : []), ...changes];
    return { ...field, type, metadata: { ...field.metadata, 'delta.typeChanges': recorded } };
  }

  /** The same object where nothing changes. `fieldPath` leads from the nearest field to here. */
  #mergeType(
    current: DataType,
    incoming: DataType,
    path: readonly string[],
    fieldPath: string,
    changes: TypeChange[],
  ): DataType {
    if (current.kind === 'struct' && incoming.kind === 'struct') {
      const fields = this.mergeFields(current.fields, incoming.fields, path);
      const isSame =
        fields.length === current.fields.length &&
        fields.every((field, index) => field === current.fields[index]);
      return isSame ? current : { kind: 'struct', fields };
    }
    const within = (part: string): string => (fieldPath === '' ? part : `${fieldPath}.${part}`);
    if (current.kind === 'array' && incoming.kind === 'array') {
      const elementType = this.#mergeType(
        current.elementType,
        incoming.elementType,
        [...path, 'element'],
        within('element'),
        changes,
      );
      return elementType === current.elementType ? current : { ...current, elementType };
    }
    if (current.kind === 'map' && incoming.kind === 'map') {
      const merge = (part: 'key' | 'value', from: DataType, to: DataType): DataType =>
        this.#mergeType(from, to, [...path, part], within(part), changes);
      const keyType = merge('key', current.keyType, incoming.keyType);
      const valueType = merge('value', current.valueType, incoming.valueType);
      const isSame = keyType === current.keyType && valueType === current.valueType;
      return isSame ? current : { ...current, keyType, valueType };
    }
    if (!this.#widens || !isWider(current, incoming)) return current;
    if (this.#kept.has(path[0]?.toLowerCase() ?? '')) return current;
    this.isChanged = true;
    changes.push({
      fromType: jsonTypeName(current),
      toType: jsonTypeName(incoming),
      ...(fieldPath === '' ? {} : { fieldPath }),
    });
    return incoming;
  }

  #newField({ name, type }: IncomingColumn, path: readonly string[]): StructField {
    this.isChanged = true;
    const full = [...path, name].join('.');
    if (!this.#mapsColumns && (/[ ,;{}()\n\t=]/.test(name) || name === '')) {
      throw new CodedError(
        'DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES',
        `The new column "${full}" has a character that Parquet columns of Delta tables cannot have without column mapping.`,
      );
    }
    // The id of a field is lower than those of the fields in it, as Delta gives them out.
    const metadata: { readonly [key: string]: JsonValue } = this.#mapsColumns
      ? {
          'delta.columnMapping.id': ++this.highestId,
          'delta.columnMapping.physicalName': `col-${this.#newId()}`,
        }
      : {};
    return { name, type: this.#newType(type, [...path, name]), nullable: true, metadata };
  }

  #newType(type: DataType, path: readonly string[]): DataType {
    switch (type.kind) {
      case 'struct':
        return { kind: 'struct', fields: this.mergeFields([], type.fields, path) };
      case 'array':
        return { ...type, elementType: this.#newType(type.elementType, [...path, 'element']) };
      case 'map':
        return {
          ...type,
          keyType: this.#newType(type.keyType, [...path, 'key']),
          valueType: this.#newType(type.valueType, [...path, 'value']),
        };
      case 'void':
      case 'variant':
        throw new CodedError(
          'UNSUPPORTED_DATATYPE',
          `The new column "${path.join('.')}" cannot be written as ${typeName(type)}.`,
          { hint: 'Add a CAST.' },
        );
      default:
        return type;
    }
  }
}

type TypeChange = { readonly [key: string]: string };

const integerOrder = ['byte', 'short', 'integer', 'long'];

/** The widenings that Delta makes by itself: within a family of types. */
function isWider(current: DataType, incoming: DataType): boolean {
  if (isSameType(current, incoming)) return false;
  if (current.kind === 'decimal' && incoming.kind === 'decimal') {
    const wholeDigits = (type: { precision: number; scale: number }) => type.precision - type.scale;
    return (
      wholeDigits(incoming) >= wholeDigits(current) &&
      incoming.scale >= current.scale &&
      incoming.precision > current.precision
    );
  }
  if (current.kind === 'float') return incoming.kind === 'double';
  const [from, to] = [integerOrder.indexOf(current.kind), integerOrder.indexOf(incoming.kind)];
  return from >= 0 && to > from;
}

function jsonTypeName(type: DataType): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind;
}
