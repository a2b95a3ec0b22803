/** Whether a table's feature may be dropped, in the order in which Delta asks. Pure. */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Protocol } from '../../../catalog/log/actions.ts';
import { featuresOf } from '../../../catalog/log/protocol-upgrade.ts';
import { tableFeature, tableFeatures } from '../../../catalog/log/table-features.ts';
import { removableFeature, removableFeatures, type RemovableFeature } from './feature-traces.ts';

export interface DropFeature {
  readonly feature: string;
  readonly truncateHistory: boolean;
}

/**
 * @throws DELTA_FEATURE_DROP_UNSUPPORTED_CLIENT_FEATURE, ..._NONREMOVABLE_FEATURE,
 *   ..._FEATURE_NOT_PRESENT, ..._HISTORY_TRUNCATION_NOT_ALLOWED, ..._DEPENDENT_FEATURE,
 *   DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION
 */
export function droppableFeature(
  { feature, truncateHistory }: DropFeature,
  protocol: Protocol,
): RemovableFeature {
  const lower = feature.toLowerCase();
  const known = Object.keys(tableFeatures).find((name) => name.toLowerCase() === lower);
  if (known === undefined) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_UNSUPPORTED_CLIENT_FEATURE',
      `The feature ${feature} cannot be dropped: Levee does not know it.`,
    );
  }
  const removable = removableFeature(known);
  if (removable === undefined) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE',
      `The feature ${feature} cannot be dropped from a table.`,
    );
  }
  const present = featuresOf(protocol);
  if (!present.includes(feature)) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT',
      `The table has no feature "${feature}".`,
    );
  }
  const isProtection = removable === 'checkpointProtection';
  if (truncateHistory && !removableFeatures[removable].inHistory && !isProtection) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED',
      `Dropping ${feature} does not need the history to be cut.`,
    );
  }
  if (isProtection && !truncateHistory) {
    throw new CodedError(
      'DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION',
      'checkpointProtection keeps the history safe to read, and goes only with the history it protects.',
    );
  }
  const dependent = present.filter((one) => tableFeature(one)?.requires?.includes(feature));
  if (dependent.length > 0) {
    throw new CodedError(
      'DELTA_FEATURE_DROP_DEPENDENT_FEATURE',
      `The features ${dependent.join(', ')} of the table need the feature ${feature}.`,
    );
  }
  return removable;
}
