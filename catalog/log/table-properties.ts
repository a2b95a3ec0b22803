/**
 * The `delta.*` table properties Levee knows: each with its key, its default and its values. A
 * property of a table that is read is looked at only when it is needed, so one that is
 * damaged or unknown never keeps others from being read.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-properties
 * https://docs.delta.io/latest/table-properties.html
 */
import { CodedError } from '../coded-error.ts';
import type { StringMap } from './actions.ts';
import { parseIntervalMs } from './calendar-interval.ts';

export interface TableProperty<T> {
  readonly key: string;
  readonly fallback: T;
  /** `undefined` for text that is no value of the property. */
  readonly parse: (text: string) => T | undefined;
  /** Completes "... must be": for messages. */
  readonly expected: string;
}

const dayMs = 86_400_000;
const intervalForm = 'an interval such as "interval 30 days", without months and years';
const byteUnits = ['', 'k', 'm', 'g', 't'];

export const tableProperties = Object.freeze({
  appendOnly: flag('delta.appendOnly', false),
  autoOptimize: flag('delta.autoOptimize', false),
  autoOptimizeCompacts: flag('delta.autoOptimize.autoCompact', false),
  autoOptimizeWrites: flag('delta.autoOptimize.optimizeWrite', false),
  checkpointIntervalCommits: integer('delta.checkpointInterval', 10, 1),
  checkpointPolicy: choice('delta.checkpointPolicy', 'classic', ['classic', 'v2']),
  checkpointRetentionMs: interval('delta.checkpointRetentionDuration', 2 * dayMs),
  checkpointStatsAsJson: flag('delta.checkpoint.writeStatsAsJson', true),
  checkpointStatsAsStruct: flag('delta.checkpoint.writeStatsAsStruct', true),
  columnMappingMode: choice('delta.columnMapping.mode', 'none', ['none', 'name', 'id']),
  columnMappingMaxColumnId: integer('delta.columnMapping.maxColumnId', 0, 0),
  compressionCodec: optionalText('delta.parquet.compression.codec'),
  /** -1: all columns. */
  dataSkippingIndexedColumnsMax: integer('delta.dataSkippingNumIndexedCols', 32, -1),
  dataSkippingStatsColumns: optionalText('delta.dataSkippingStatsColumns'),
  deletedFileRetentionMs: interval('delta.deletedFileRetentionDuration', 7 * dayMs),
  /** The log is cut back to this where a feature is dropped with its history. */
  dropFeatureRetentionMs: interval('delta.dropFeatureTruncateHistory.retentionDuration', dayMs),
  enableChangeDataFeed: flag('delta.enableChangeDataFeed', false),
  enableDeletionVectors: flag('delta.enableDeletionVectors', false),
  enableExpiredLogCleanup: flag('delta.enableExpiredLogCleanup', true),
  enableInCommitTimestamps: flag('delta.enableInCommitTimestamps', false),
  enableRowTracking: flag('delta.enableRowTracking', false),
  enableTypeWidening: flag('delta.enableTypeWidening', false),
  inCommitTimestampEnablementTimestampMs: optionalInteger(
    'delta.inCommitTimestampEnablementTimestamp',
  ),
  inCommitTimestampEnablementVersion: optionalInteger('delta.inCommitTimestampEnablementVersion'),
  isolationLevel: choice('delta.isolationLevel', 'Serializable', [
    'Serializable',
    'WriteSerializable',
    'SnapshotIsolation',
  ]),
  logRetentionMs: interval('delta.logRetentionDuration', 30 * dayMs),
  randomizeFilePrefixes: flag('delta.randomizeFilePrefixes', false),
  randomPrefixLength: integer('delta.randomPrefixLength', 2, 1),
  requireCheckpointProtectionBeforeVersion: integer(
    'delta.requireCheckpointProtectionBeforeVersion',
    0,
    0,
  ),
  rowTrackingSuspended: flag('delta.rowTrackingSuspended', false),
  sampleRetentionMs: interval('delta.sampleRetentionDuration', 7 * dayMs),
  targetFileSizeBytes: optionalBytes('delta.targetFileSize'),
  /** `undefined`: application transactions are kept for ever. */
  transactionRetentionMs: optionalInterval('delta.setTransactionRetentionDuration'),
});

/**
 * What the table says, or the default.
 *
 * @param configuration `metaData.configuration`
 * @throws INVALID_PARAMETER_VALUE when the table holds something else than the property takes
 */
export function readProperty<T>(configuration: StringMap, property: TableProperty<T>): T {
  const { key, fallback, parse, expected } = property;
  const text = Object.hasOwn(configuration, key) ? configuration[key] : undefined;
  if (text === undefined) return fallback;
  const value = parse(text);
  if (value !== undefined) return value;
  throw new CodedError(
    'INVALID_PARAMETER_VALUE',
    `The table property ${key} is ${JSON.stringify(text.slice(0, 100))}; it must be ${expected}.`,
    { hint: 'Set the property anew.' },
  );
}

const byKey = new Map<string, TableProperty<unknown>>(
  Object.values(tableProperties).map((property) => [property.key.toLowerCase(), property]),
);

/**
 * A property that a statement sets, under the spelling the log has it in. `delta.*` properties are
 * found without regard to case, as Delta does; others are the user's own and kept as they are.
 *
 * @throws DELTA_UNKNOWN_CONFIGURATION for an unknown `delta.*`; for a value that the property does not
 *   take DELTA_INVALID_INTERVAL or INVALID_PARAMETER_VALUE
 */
export function checkedProperty(key: string, value: string): readonly [key: string, value: string] {
  if (!key.toLowerCase().startsWith('delta.')) return [key, value];
  const property = byKey.get(key.toLowerCase());
  if (property === undefined) {
    if (/^delta\.(?:constraints|feature)\.\S+$/i.test(key)) return [key, value];
    throw new CodedError('DELTA_UNKNOWN_CONFIGURATION', `There is no table property ${key}.`);
  }
  if (property.expected === intervalForm && property.parse(value) === undefined) {
    throw new CodedError(
      'DELTA_INVALID_INTERVAL',
      `${JSON.stringify(value.slice(0, 100))} is not a valid value of ${property.key}; it must be ${intervalForm}.`,
    );
  }
  readProperty({ [property.key]: value }, property);
  return [property.key, value];
}

function flag(key: string, fallback: boolean): TableProperty<boolean> {
  const parse = (text: string): boolean | undefined => {
    if (/^true$/i.test(text)) return true;
    return /^false$/i.test(text) ? false : undefined;
  };
  return { key, fallback, parse, expected: 'true or false' };
}

function parseWhole(text: string, min: number): number | undefined {
  const value = /^[+-]?\d{1,16}$/.test(text.trim()) ? Number(text) : NaN;
  return Number.isSafeInteger(value) && value >= min ? value : undefined;
}

function integer(key: string, fallback: number, min: number): TableProperty<number> {
  const expected = `a whole number, at least ${min}`;
  return { key, fallback, parse: (text) => parseWhole(text, min), expected };
}

function optionalInteger(key: string): TableProperty<number | undefined> {
  const expected = 'a whole number, at least 0';
  return { key, fallback: undefined, parse: (text) => parseWhole(text, 0), expected };
}

function interval(key: string, fallback: number): TableProperty<number> {
  return { key, fallback, parse: parseIntervalMs, expected: intervalForm };
}

function optionalInterval(key: string): TableProperty<number | undefined> {
  return { key, fallback: undefined, parse: parseIntervalMs, expected: intervalForm };
}

function choice<const T extends string>(
  key: string,
  fallback: T,
  values: readonly T[],
): TableProperty<T> {
  const parse = (text: string): T | undefined =>
    values.find((value) => value.toLowerCase() === text.trim().toLowerCase());
  return { key, fallback, parse, expected: `one of ${values.join(', ')}` };
}

function optionalText(key: string): TableProperty<string | undefined> {
  return { key, fallback: undefined, parse: (text) => text, expected: 'a text' };
}

/** `104857600`, `100mb`, `100m`. */
function optionalBytes(key: string): TableProperty<number | undefined> {
  const parse = (text: string): number | undefined => {
    const match = /^(\d{1,15})\s*([kmgt]?)b?$/.exec(text.trim().toLowerCase());
    const bytes = Number(match?.[1]) * 1024 ** byteUnits.indexOf(match?.[2] ?? '');
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
  };
  return { key, fallback: undefined, parse, expected: 'a size such as "100mb"' };
}
