/**
 * Who may tidy a table's log and folder. Unlike a writer of rows, it need not be able to do what the
 * table's features ask of rows; but it must know each of them: one that it does not know may keep
 * actions in the log or files in the folder that would be lost.
 */
import { CodedError } from '../coded-error.ts';
import type { Protocol } from '../log/actions.ts';
import {
  requiredReaderFeatures,
  requiredWriterFeatures,
  writerVersionMax,
} from '../log/protocol.ts';
import { tableFeature } from '../log/table-features.ts';

/**
 * Throws DELTA_INVALID_PROTOCOL_VERSION, and DELTA_UNSUPPORTED_FEATURES_FOR_WRITE naming the features
 * that Levee does not know or cannot even read.
 */
export function requireKnownFeatures(table: string, protocol: Protocol): void {
  if (protocol.minWriterVersion > writerVersionMax) {
    throw new CodedError(
      'DELTA_INVALID_PROTOCOL_VERSION',
      `${table} needs Delta writer version ${protocol.minWriterVersion}; Levee writes versions up ` +
        `to ${writerVersionMax}.`,
    );
  }
  const names = new Set([...requiredWriterFeatures(protocol), ...requiredReaderFeatures(protocol)]);
  const refused = [...names].filter((name) => tableFeature(name)?.read.kind !== 'yes');
  if (refused.length === 0) return;
  throw new CodedError(
    'DELTA_UNSUPPORTED_FEATURES_FOR_WRITE',
    `The log and the files of ${table} are left alone: it uses table features that Levee does not ` +
      `know: ${refused.join(', ')}.`,
  );
}
