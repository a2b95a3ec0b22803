/**
 * The columns of a table after ALTER TABLE: added, renamed, dropped, changed. What Delta refuses is
 * refused with its classes. Ids and physical names come in; nothing is written.
 * Source of the rules: Delta's alterDeltaTableCommands.scala.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, JsonValue, StructField, StructType } from '../../../catalog/data-type.ts';
import type { Metadata, StringMap } from '../../../catalog/log/actions.ts';
import { columnMappingMode, physicalName } from '../../../catalog/log/column-mapping.ts';
import { supportsFeature } from '../../../catalog/log/protocol.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import { readProperty, tableProperties } from '../../../catalog/log/table-properties.ts';
import type { NewId } from '../../../catalog/ports.ts';
import type { AddedColumn, ColumnChange } from '../../parse/alter-statement.ts';
import type { Dialect } from '../../parse/dialect.ts';
import { sparkText } from '../column-definitions.ts';
import { defaultValueSql } from '../column-defaults.ts';
import { requireColumnNames, unwritable } from '../column-names.ts';
import { highestId } from '../evolve-schema.ts';
import { identityOf } from '../identity-columns.ts';
import { mapColumns } from '../map-columns.ts';
import { partitionFields, type WriteTarget } from '../write-target.ts';
import { typeName } from '../../types.ts';
import { columnText, requireUnused, withStatsColumn } from './column-uses.ts';
import {
  editFields,
  findField,
  isNamed,
  placeField,
  replaceField,
  requireField,
} from './schema-edit.ts';
import { areEqual, changeType } from './type-change.ts';

export interface ColumnsContext {
  readonly dialect: Dialect;
  readonly newId: NewId;
  /** The clustering columns, as physical paths. */
  readonly clustering: readonly (readonly string[])[];
}

/** The target with another schema. */
export function withSchema(
  target: WriteTarget,
  schema: StructType,
  changes: {
    readonly configuration?: StringMap;
    readonly partitionColumns?: readonly string[];
  } = {},
): WriteTarget {
  const metadata: Metadata = {
    ...target.metadata,
    ...changes,
    schemaString: serializeSchema(schema),
  };
  return { ...target, schema, metadata };
}

export function addColumns(
  target: WriteTarget,
  columns: readonly AddedColumn[],
  ifNotExists: boolean,
  context: ColumnsContext,
): WriteTarget {
  return columns.reduce((now, column) => {
    if (ifNotExists && findField(now.schema, column.column.parts) !== undefined) return now;
    return addColumn(now, column, context);
  }, target);
}

function addColumn(
  target: WriteTarget,
  { column, type, notNull, comment, defaultValue, position }: AddedColumn,
  { newId }: ColumnsContext,
): WriteTarget {
  const { parts } = column;
  const name = parts.at(-1) ?? '';
  const written = parts.join('.');
  if (findField(target.schema, parts) !== undefined) {
    throw new CodedError('FIELD_ALREADY_EXISTS', `There is a column "${written}" already.`);
  }
  if (notNull) {
    throw new CodedError(
      'DELTA_OPERATION_NOT_ALLOWED',
      `The column "${written}" cannot be added as NOT NULL: the rows there are have no value.`,
    );
  }
  if (defaultValue !== undefined) {
    throw new CodedError(
      'WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED',
      `The column "${written}" cannot be added with a DEFAULT.`,
    );
  }
  requireWritable(written, type);
  const added: StructField = {
    name,
    type,
    nullable: true,
    metadata: comment === undefined ? {} : { comment },
  };
  const mapped = mapAdded([added], target, newId);
  const schema = editFields(target.schema, parts.slice(0, -1), (fields) =>
    placeField(fields, mapped.fields[0] ?? added, position),
  );
  requireColumnNames(schema.fields, columnMappingMode(target) !== 'none');
  return withSchema(target, schema, { configuration: mapped.configuration });
}

function requireWritable(column: string, type: DataType): void {
  const refused = unwritable(type);
  if (refused === undefined) return;
  throw new CodedError(
    'UNSUPPORTED_DATATYPE',
    `The column "${column}" cannot be written as ${typeName(refused)}.`,
  );
}

function mapAdded(fields: readonly StructField[], target: WriteTarget, newId: NewId) {
  const { configuration } = target.metadata;
  if (columnMappingMode(target) === 'none') return { fields, configuration };
  const mapped = mapColumns(fields, newId, highestId(target.schema, target.metadata, true));
  const { key } = tableProperties.columnMappingMaxColumnId;
  return {
    fields: mapped.fields,
    configuration: { ...configuration, [key]: String(mapped.highestId) },
  };
}

export function renameColumn(
  target: WriteTarget,
  parts: readonly string[],
  to: string,
): WriteTarget {
  if (columnMappingMode(target) === 'none') {
    throw new CodedError(
      'DELTA_UNSUPPORTED_RENAME_COLUMN',
      `The column "${parts.join('.')}" cannot be renamed: the table has no column mapping.`,
    );
  }
  const { field, path, inner } = requireField(target.schema, parts);
  if (inner.length > 0) throw notAField(parts);
  const newPath = [...path.slice(0, -1), to];
  const other = findField(target.schema, newPath);
  if (other !== undefined && other.field !== field) {
    throw new CodedError(
      'FIELD_ALREADY_EXISTS',
      `There is a column "${newPath.join('.')}" already.`,
    );
  }
  requireUnused(path, target.schema, target.metadata, dependents);
  requireColumnNames([{ ...field, name: to }], true);
  const schema = replaceField(target.schema, path, (one) => ({ ...one, name: to }));
  const { partitionColumns, configuration } = target.metadata;
  return withSchema(target, schema, {
    partitionColumns:
      path.length > 1
        ? partitionColumns
        : partitionColumns.map((name) => (isNamed(field, name) ? to : name)),
    configuration: withStatsColumn(configuration, path, newPath),
  });
}

const dependents = [
  'DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE',
  'DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE',
] as const;

export function dropColumn(
  target: WriteTarget,
  parts: readonly string[],
  { clustering }: ColumnsContext,
): WriteTarget {
  const mode = columnMappingMode(target);
  const column = parts.join('.');
  if (mode === 'none') {
    throw new CodedError(
      'DELTA_UNSUPPORTED_DROP_COLUMN',
      `The column "${column}" cannot be dropped: the table has no column mapping.`,
    );
  }
  const { field, path, inner } = requireField(target.schema, parts);
  if (inner.length > 0) throw notAField(parts);
  if (path.length === 1 && partitionFields(target).includes(field)) {
    throw new CodedError(
      'DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN',
      `The table is partitioned by the column "${column}".`,
    );
  }
  const physical = physicalPath(target, path);
  if (clustering.some((used) => physical.every((name, index) => used[index] === name))) {
    throw new CodedError(
      'DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN',
      `The table is clustered by the column "${column}".`,
    );
  }
  requireUnused(path, target.schema, target.metadata, dependents);
  const schema = editFields(target.schema, path.slice(0, -1), (fields) => {
    if (fields.length === 1) {
      throw new CodedError(
        'DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA',
        `"${column}" is the only column there.`,
      );
    }
    return fields.filter((one) => one !== field);
  });
  const partitions = target.metadata.partitionColumns;
  if (partitions.length > 0 && partitions.length === schema.fields.length) {
    throw new CodedError(
      'DELTA_MISSING_PART_COLUMN',
      'A table needs a column that it is not partitioned by.',
    );
  }
  const configuration = withStatsColumn(target.metadata.configuration, path, undefined);
  return withSchema(target, schema, { configuration });
}

/** Of a column, through structs, lists and maps. */
export function physicalPath(target: WriteTarget, path: readonly string[]): readonly string[] {
  const mode = columnMappingMode(target);
  return path.map((name, index) => {
    const found = findField(target.schema, path.slice(0, index + 1));
    if (found === undefined || found.inner.length > 0) return name;
    return physicalName(found.field, mode);
  });
}

function notAField(parts: readonly string[]): CodedError {
  return new CodedError(
    'UNSUPPORTED_FEATURE',
    `"${parts.join('.')}" is the part of a list or map, which has no name of its own.`,
  );
}

/** All but SET NOT NULL's look at the rows, which is the caller's. */
export function changeColumn(
  target: WriteTarget,
  { column, change }: ColumnChange,
  { dialect }: ColumnsContext,
): WriteTarget {
  const { field, path, inner } = requireField(target.schema, column.parts);
  const written = path.join('.');
  if (inner.length > 0 && change.kind !== 'type') throw notAField(column.parts);
  const replace = (edit: (one: StructField) => StructField): WriteTarget =>
    withSchema(target, replaceField(target.schema, path, edit));
  const withMetadata = (key: string, value: JsonValue | undefined): WriteTarget =>
    replace((one) => {
      const { [key]: _, ...rest } = one.metadata;
      return { ...one, metadata: value === undefined ? rest : { ...rest, [key]: value } };
    });
  switch (change.kind) {
    case 'comment':
      return withMetadata('comment', change.comment);
    case 'type': {
      requireWritable(written, change.type);
      const widened = changeType(field, inner, change.type, canWiden(target));
      if (widened === field) return target;
      if (identityOf(field) !== undefined) throw isIdentity(written);
      requireUnused(path, target.schema, target.metadata, [
        'DELTA_CONSTRAINT_DATA_TYPE_MISMATCH',
        'DELTA_GENERATED_COLUMNS_DATA_TYPE_MISMATCH',
      ]);
      return replace(() => widened);
    }
    case 'position': {
      const { position } = change;
      if (position.kind === 'after' && isNamed(field, position.name)) return target;
      const schema = editFields(target.schema, path.slice(0, -1), (fields) =>
        placeField(
          fields.filter((one) => one !== field),
          field,
          position,
        ),
      );
      return withSchema(target, schema);
    }
    case 'setNotNull':
      return replace((one) => ({ ...one, nullable: false }));
    case 'dropNotNull':
      return replace((one) => ({ ...one, nullable: true }));
    case 'setDefault': {
      if (!supportsFeature(target.protocol, 'allowColumnDefaults')) {
        throw new CodedError(
          'WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED',
          `The column "${written}" cannot have a DEFAULT: the table has not the feature allowColumnDefaults.`,
        );
      }
      if (identityOf(field) !== undefined) throw isIdentity(written);
      if (path.length > 1) {
        throw new CodedError('UNSUPPORTED_FEATURE', 'A field in a column cannot have a DEFAULT.');
      }
      const changed = withMetadata('CURRENT_DEFAULT', sparkText(change.value, dialect));
      defaultValueSql(requireField(changed.schema, path).field);
      return changed;
    }
    case 'dropDefault':
      return withMetadata('CURRENT_DEFAULT', undefined);
    case 'syncIdentity':
      throw new CodedError(
        'UNSUPPORTED_FEATURE',
        'ALTER COLUMN ... SYNC IDENTITY is not supported.',
      );
  }
}

function isIdentity(column: string): CodedError {
  return new CodedError(
    'DELTA_IDENTITY_COLUMNS_ALTER_COLUMN_NOT_SUPPORTED',
    `"${column}" is an identity column.`,
  );
}

function canWiden({ protocol, metadata }: WriteTarget): boolean {
  return (
    (supportsFeature(protocol, 'typeWidening') ||
      supportsFeature(protocol, 'typeWidening-preview')) &&
    readProperty(metadata.configuration, tableProperties.enableTypeWidening)
  );
}

/**
 * The list replaces the columns: those it keeps must keep their type, the others are added; without
 * column mapping none can go.
 */
export function replaceColumns(
  target: WriteTarget,
  columns: readonly AddedColumn[],
  context: ColumnsContext,
): WriteTarget {
  const listed = (field: StructField) =>
    columns.find(({ column }) => isNamed(field, column.parts.join('.')));
  let now = target;
  for (const field of target.schema.fields) {
    const column = listed(field);
    if (column === undefined) {
      if (columnMappingMode(target) === 'none') {
        throw new CodedError(
          'DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP',
          `The column "${field.name}" would be dropped, which needs column mapping.`,
        );
      }
      continue;
    }
    const isSame = areEqual(field.type, column.type) && (field.nullable || column.notNull);
    if (!isSame || column.notNull !== !field.nullable || column.defaultValue !== undefined) {
      throw new CodedError(
        'DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP',
        `The column "${field.name}" would change: use ALTER COLUMN.`,
      );
    }
    const { comment } = column;
    if (comment === undefined) continue;
    now = changeColumn(
      now,
      { column: column.column, change: { kind: 'comment', comment } },
      context,
    );
  }
  const isNew = ({ column }: AddedColumn) => findField(target.schema, column.parts) === undefined;
  now = addColumns(now, columns.filter(isNew), false, context);
  const dropped = target.schema.fields.filter((field) => listed(field) === undefined);
  now = dropped.reduce((left, { name }) => dropColumn(left, [name], context), now);
  const fields = columns.map(({ column }) => requireField(now.schema, column.parts).field);
  return withSchema(now, { kind: 'struct', fields });
}

/** A column as the history tells it. */
export function columnForHistory(parts: readonly string[], schema: StructType): JsonValue {
  const found = findField(schema, parts);
  if (found === undefined) return { name: columnText(parts) };
  const { name, type, nullable, metadata } = found.field;
  const text = serializeSchema({
    kind: 'struct',
    fields: [{ name, type, nullable, metadata }],
  });
  const [json] = (JSON.parse(text) as { fields: readonly { [key: string]: JsonValue }[] }).fields;
  return { ...json, name: columnText(parts) };
}
