/**
 * SET and UNSET TBLPROPERTIES, ADD and DROP FEATURE: the metadata and the features that a table has
 * afterwards. What Levee keeps itself cannot be set. Pure.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Protocol, StringMap } from '../../../catalog/log/actions.ts';
import {
  featuresOf,
  protocolWith,
  splitProtocolProperties,
} from '../../../catalog/log/protocol-upgrade.ts';
import { usesFeature } from '../../../catalog/log/active-features.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import { tableFeature } from '../../../catalog/log/table-features.ts';
import {
  checkedProperty,
  readProperty,
  tableProperties,
} from '../../../catalog/log/table-properties.ts';
import type { Property } from '../../parse/statement.ts';
import { mapExistingColumns } from '../map-columns.ts';
import type { WriteTarget } from '../write-target.ts';
import { constraintsOf } from './column-uses.ts';
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
  const { configuration, wanted } = splitProtocolProperties(
    Object.fromEntries(properties.map(({ key, value }) => [key, value])),
  );
  const names = properties.some(({ key }) => /^delta\.(?:feature|min\w+Version)/i.test(key));
  const asked = names ? wanted : [];
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

/** Writer features that leave nothing in the history that a reader would have to know. */
const removable: { readonly [feature: string]: readonly string[] } = {
  checkConstraints: [],
  allowColumnDefaults: [],
  inCommitTimestamp: [
    tableProperties.enableInCommitTimestamps.key,
    tableProperties.inCommitTimestampEnablementVersion.key,
    tableProperties.inCommitTimestampEnablementTimestampMs.key,
  ],
};

export interface DroppedFeature {
  readonly target: WriteTarget;
  readonly protocol: Protocol;
  readonly feature: string;
}

/**
 * @throws DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT, DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE,
 *   DELTA_FEATURE_DROP_DEPENDENT_FEATURE, DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED,
 *   DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE
 */
export function dropFeature(
  target: WriteTarget,
  name: string,
  truncateHistory: boolean,
): DroppedFeature {
  const present = featuresOf(target.protocol);
  const feature = present.find((one) => one.toLowerCase() === name.toLowerCase());
  if (feature === undefined) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT',
      `The table has no feature "${name}".`,
    );
  }
  const dependent = present.filter((one) => tableFeature(one)?.requires?.includes(feature));
  if (dependent.length > 0) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_DEPENDENT_FEATURE',
      `The features ${dependent.join(', ')} of the table need the feature ${feature}.`,
    );
  }
  const keys = Object.hasOwn(removable, feature) ? removable[feature] : undefined;
  if (keys === undefined) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE',
      `Levee does not drop the feature ${feature}.`,
    );
  }
  if (truncateHistory) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED',
      `Dropping ${feature} does not need the history to be cut.`,
    );
  }
  const constraints = [...constraintsOf(target.metadata).keys()];
  if (feature === 'checkConstraints' && constraints.length > 0) {
    throw new CodedError(
      'DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE',
      `The table has CHECK constraints: ${constraints.join(', ')}.`,
    );
  }
  const left = Object.entries(target.metadata.configuration).filter(([key]) => !keys.includes(key));
  const metadata = { ...target.metadata, configuration: Object.fromEntries(left) };
  if (usesFeature(feature, metadata, target.schema) === true) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE',
      `The table uses the feature ${feature}: drop the defaults of its columns first.`,
    );
  }
  const protocol = protocolWith(new Set(present.filter((one) => one !== feature)));
  return { target: { ...target, metadata, protocol }, protocol, feature };
}
