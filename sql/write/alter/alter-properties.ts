/**
 * SET and UNSET TBLPROPERTIES, ADD FEATURE: the metadata and the features that a table has
 * afterwards. What Levee keeps itself cannot be set. Pure.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { StringMap } from '../../../catalog/log/actions.ts';
import { featuresOf, splitProtocolProperties } from '../../../catalog/log/protocol-upgrade.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import {
  checkedProperty,
  readProperty,
  tableProperties,
} from '../../../catalog/log/table-properties.ts';
import type { Property } from '../../parse/statement.ts';
import { mapExistingColumns } from '../map-columns.ts';
import type { WriteTarget } from '../write-target.ts';
import { withSchema } from './alter-columns.ts';

const { columnMappingMode: modeProperty, columnMappingMaxColumnId } = tableProperties;

const kept: ReadonlySet<string> = new Set(
  [
    columnMappingMaxColumnId,
    tableProperties.inCommitTimestampEnablementVersion,
    tableProperties.inCommitTimestampEnablementTimestampMs,
    tableProperties.requireCheckpointProtectionBeforeVersion,
  ].map(({ key }) => key.toLowerCase()),
);

/** Whether Levee keeps the property, for this table alone. */
export function isKeptProperty(key: string): boolean {
  return kept.has(key.toLowerCase()) || key.toLowerCase().startsWith('delta.rowtracking.');
}

/** A property as a statement may set it, in the log's spelling. */
export function settableProperty(key: string, value: string): readonly [string, string] {
  const lower = key.toLowerCase();
  if (lower.startsWith('delta.constraints.')) {
    throw new CodedError('DELTA_ADD_CONSTRAINTS', `${key} cannot be set as a property.`);
  }
  const isReserved = ['location', 'provider', 'external'].includes(lower);
  if (isKeptProperty(key) || isReserved) {
    throw new CodedError(
      'DELTA_CANNOT_MODIFY_TABLE_PROPERTY',
      `The table property ${key} cannot be set.`,
    );
  }
  return checkedProperty(key, value);
}

export interface ChangedProperties {
  readonly target: WriteTarget;
  /** Features that the table gets besides those that its metadata uses. */
  readonly wanted: readonly string[];
}

export function setProperties(
  target: WriteTarget,
  properties: readonly Property[],
): ChangedProperties {
  const given = Object.fromEntries(properties.map(({ key, value }) => [key, value]));
  const { configuration, wanted, versionFeatures = [] } = splitProtocolProperties(given);
  requireWriterVersion(given);
  const asked = [...new Set([...wanted, ...versionFeatures])];
  if (asked.includes('clustering') && !featuresOf(target.protocol).includes('clustering')) {
    throw new CodedError(
      'DELTA_ALTER_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED',
      'The table feature clustering cannot be added to a table.',
    );
  }
  const changes = Object.fromEntries(
    Object.entries(configuration)
      .filter(([key]) => key !== 'comment')
      .map(([key, value]) => settableProperty(key, value)),
  );
  const { comment = target.metadata.description } = configuration;
  const commented = { ...target, metadata: { ...target.metadata, description: comment } };
  const all = { ...target.metadata.configuration, ...changes };
  return { target: withConfiguration(commented, all), wanted: asked };
}

/** Reader version 3 says nothing without the writer version that names features. */
function requireWriterVersion(properties: StringMap): void {
  const versionOf = (kind: 'Reader' | 'Writer'): number =>
    Number(
      Object.entries(properties).find(
        ([key]) => key.toLowerCase() === `delta.min${kind}version`.toLowerCase(),
      )?.[1] ?? 1,
    );
  if (versionOf('Reader') < 3 || versionOf('Writer') >= 7) return;
  throw new CodedError(
    'DELTA_READ_FEATURE_PROTOCOL_REQUIRES_WRITE',
    'Reader version 3 needs writer version 7.',
  );
}

/** @throws DELTA_UNSET_NON_EXISTENT_PROPERTY */
export function unsetProperties(
  target: WriteTarget,
  keys: readonly string[],
  ifExists: boolean,
): WriteTarget {
  const { configuration } = target.metadata;
  const hasComment = target.metadata.description !== undefined;
  const found = keys.flatMap((key) => {
    if (key === 'comment' && hasComment) return [];
    const isOwn = !key.toLowerCase().startsWith('delta.');
    const name = Object.keys(configuration).find((one) =>
      isOwn ? one === key : one.toLowerCase() === key.toLowerCase(),
    );
    if (name === undefined) {
      if (ifExists) return [];
      throw new CodedError(
        'DELTA_UNSET_NON_EXISTENT_PROPERTY',
        `The table has no property "${key}".`,
      );
    }
    const lower = name.toLowerCase();
    if (kept.has(lower) || /^delta\.(?:rowtracking|constraints)\./.test(lower)) {
      throw new CodedError(
        'DELTA_CANNOT_MODIFY_TABLE_PROPERTY',
        `The table property ${name} cannot be taken away.`,
      );
    }
    return [name];
  });
  const left = Object.entries(configuration).filter(([key]) => !found.includes(key));
  const description = keys.includes('comment') ? undefined : target.metadata.description;
  const changed = { ...target, metadata: { ...target.metadata, description } };
  return withConfiguration(changed, Object.fromEntries(left));
}

/** Column mapping comes with ids for the columns there are; it does not go, nor change its kind. */
function withConfiguration(target: WriteTarget, configuration: StringMap): WriteTarget {
  const before = readProperty(target.metadata.configuration, modeProperty);
  const after = readProperty(configuration, modeProperty);
  const changed = { ...target, metadata: { ...target.metadata, configuration } };
  if (before === after) return changed;
  const hasIds = JSON.stringify(serializeSchema(target.schema)).includes('delta.columnMapping.id');
  if (before !== 'none' || after !== 'name' || hasIds) {
    throw new CodedError(
      'DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE',
      `The column mapping of a table cannot be changed from "${before}" to "${after}".`,
    );
  }
  const mapped = mapExistingColumns(target.schema.fields);
  return withSchema(
    changed,
    { kind: 'struct', fields: mapped.fields },
    {
      configuration: {
        ...configuration,
        [modeProperty.key]: after,
        [columnMappingMaxColumnId.key]: String(mapped.highestId),
      },
    },
  );
}
