/**
 * The gate: what a table's protocol demands against what Levee can do. A table that is not
 * understood is refused by the name of what is missing, before a byte of its data is read.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#protocol-evolution
 */
import { CodedError } from '../coded-error.ts';
import type { StructType } from '../data-type.ts';
import type { Metadata, Protocol } from './actions.ts';
import { usesFeature } from './active-features.ts';
import { tableFeature, tableFeatures, type Support } from './table-features.ts';

export const readerVersionMax = 3;
export const writerVersionMax = 7;

/** The reader features a protocol demands, those of reader version 2 under their later name. */
export function requiredReaderFeatures(protocol: Protocol): readonly string[] {
  if (protocol.minReaderVersion === 2) return ['columnMapping'];
  return protocol.minReaderVersion >= 3 ? (protocol.readerFeatures ?? []) : [];
}

/** The writer features a protocol demands, those of older writer versions under their later names. */
export function requiredWriterFeatures(protocol: Protocol): readonly string[] {
  const { minReaderVersion, minWriterVersion } = protocol;
  if (minWriterVersion >= 7) return protocol.writerFeatures ?? [];
  return Object.entries(tableFeatures)
    .filter(
      ([, { legacyWriterVersion = 7, legacyReaderVersion = 1 }]) =>
        legacyWriterVersion <= minWriterVersion && legacyReaderVersion <= minReaderVersion,
    )
    .map(([name]) => name);
}

/** Whether the table has the feature: by name, or by a protocol version that includes it. */
export function supportsFeature(protocol: Protocol, name: string): boolean {
  return (
    requiredWriterFeatures(protocol).includes(name) ||
    requiredReaderFeatures(protocol).includes(name)
  );
}

/**
 * Throws unless the table can be read: DELTA_INVALID_PROTOCOL_VERSION, DELTA_LOG_CORRUPT (reader
 * version 3 without its list), DELTA_UNSUPPORTED_FEATURES_FOR_READ naming every feature at fault,
 * UNSUPPORTED_FEATURE (data files that are not Parquet). A high writer version does not matter.
 */
export function checkReadable(table: string, protocol: Protocol, metadata: Metadata): void {
  const { minReaderVersion, readerFeatures } = protocol;
  if (minReaderVersion < 1 || minReaderVersion > readerVersionMax) {
    throw new CodedError(
      'DELTA_INVALID_PROTOCOL_VERSION',
      `${table} needs Delta reader version ${minReaderVersion}; Levee reads versions 1 to ` +
        `${readerVersionMax}.`,
    );
  }
  if (minReaderVersion === 3 && readerFeatures === undefined) {
    throw new CodedError(
      'DELTA_LOG_CORRUPT',
      `The protocol of ${table} has reader version 3 without the list of its reader features.`,
    );
  }
  const refused = requiredReaderFeatures(protocol).flatMap((name) => {
    const support = tableFeature(name)?.read ?? unknownFeature;
    return support.kind === 'no' ? [`${name} (${support.reason})`] : [];
  });
  if (refused.length > 0) {
    throw new CodedError(
      'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
      `${table} uses table features that Levee cannot read: ${refused.join(', ')}.`,
    );
  }
  const { provider } = metadata.format;
  if (provider.toLowerCase() !== 'parquet') {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `${table} keeps its data in the format ${provider}; Levee reads Parquet.`,
    );
  }
}

/**
 * Throws unless the table can be written: as `checkReadable`, and
 * DELTA_UNSUPPORTED_FEATURES_FOR_WRITE naming every feature at fault.
 *
 * @param enforced features of the kind `if-enforced` whose rules the statement follows for the rows
 *   it writes
 */
export function checkWritable(
  table: string,
  protocol: Protocol,
  metadata: Metadata,
  schema: StructType,
  enforced: ReadonlySet<string> = new Set(),
): void {
  checkReadable(table, protocol, metadata);
  const { minWriterVersion, writerFeatures } = protocol;
  if (minWriterVersion > writerVersionMax) {
    throw new CodedError(
      'DELTA_INVALID_PROTOCOL_VERSION',
      `${table} needs Delta writer version ${minWriterVersion}; Levee writes versions up to ` +
        `${writerVersionMax}.`,
    );
  }
  if (minWriterVersion === 7 && writerFeatures === undefined) {
    throw new CodedError(
      'DELTA_LOG_CORRUPT',
      `The protocol of ${table} has writer version 7 without the list of its writer features.`,
    );
  }
  const names = new Set([...requiredWriterFeatures(protocol), ...requiredReaderFeatures(protocol)]);
  const refused = [...names].flatMap((name) => {
    const support = tableFeature(name)?.write ?? unknownFeature;
    return isRefused(name, support, metadata, schema, enforced)
      ? [`${name} (${support.reason})`]
      : [];
  });
  if (refused.length === 0) return;
  throw new CodedError(
    'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE',
    `${table} uses table features that Levee cannot write: ${refused.join(', ')}.`,
  );
}

/** The features that only statements which enforce them may write; all of them, for `enforced`. */
export const enforcedFeatures: ReadonlySet<string> = new Set(
  Object.entries(tableFeatures)
    .filter(([, { write }]) => write.kind === 'if-enforced')
    .map(([name]) => name),
);

const unknownFeature: Support = { kind: 'no', reason: 'not known to Levee' };

function isRefused(
  name: string,
  support: Support,
  metadata: Metadata,
  schema: StructType,
  enforced: ReadonlySet<string>,
): support is Exclude<Support, { readonly kind: 'yes' }> {
  switch (support.kind) {
    case 'yes':
      return false;
    case 'no':
      return true;
    case 'if-enforced':
      return !enforced.has(name) && isActive(name, metadata, schema);
    case 'unless-active':
      return isActive(name, metadata, schema);
  }
}

/** In doubt it is. */
function isActive(name: string, metadata: Metadata, schema: StructType): boolean {
  return usesFeature(name, metadata, schema) ?? true;
}

/** Whether commits carry their own timestamps (PROTOCOL.md#in-commit-timestamps). */
export function hasInCommitTimestamps(protocol: Protocol, metadata: Metadata): boolean {
  return (
    supportsFeature(protocol, 'inCommitTimestamp') &&
    metadata.configuration['delta.enableInCommitTimestamps']?.trim().toLowerCase() === 'true'
  );
}
