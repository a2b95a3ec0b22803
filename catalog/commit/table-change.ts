/**
 * Which changes of a table's metadata and protocol a writer may overlook that began before them. It
 * compares states, not what commits call themselves. Pure.
 *
 * Overlooked are the changes after which what the writer made by the old rules is right, or is made
 * so when it commits: identity high-water marks, row tracking, deletion vectors, in-commit
 * timestamps and V2 checkpoints turned on. The same as Delta's ConflictChecker allows, without its
 * column mapping. https://docs.delta.io/latest/concurrency-control.html
 */
import type { StructField } from '../data-type.ts';
import type { Metadata } from '../log/actions.ts';
import { requiredReaderFeatures, requiredWriterFeatures } from '../log/protocol.ts';
import { tableFeature } from '../log/table-features.ts';
import type { TableDefinition } from './commit-base.ts';

/** Values that properties may have got; undefined where any will do, since another says what counts. */
const mayHaveGot: { readonly [key: string]: string | undefined } = {
  'delta.enableRowTracking': 'true',
  'delta.rowTracking.materializedRowIdColumnName': undefined,
  'delta.rowTracking.materializedRowCommitVersionColumnName': undefined,
  'delta.enableDeletionVectors': 'true',
  'delta.checkpointPolicy': 'v2',
  'delta.enableInCommitTimestamps': 'true',
  'delta.inCommitTimestampEnablementVersion': undefined,
  'delta.inCommitTimestampEnablementTimestamp': undefined,
};

/** What of the metadata changed that matters, as words for a message; `undefined` if nothing. */
export function metadataChange(read: TableDefinition, now: TableDefinition): string | undefined {
  const [before, after] = [read.metadata, now.metadata];
  if (before === after) return undefined;
  if (before.id !== after.id) return 'the table was replaced by another';
  if (!areEqual(before.partitionColumns, after.partitionColumns)) return 'the partition columns';
  if (!areEqual(sortedFormat(before), sortedFormat(after))) return 'the format';
  if (before.name !== after.name) return 'the name';
  if (before.description !== after.description) return 'the comment';
  const property = changedProperty(before, after);
  if (property !== undefined) return `the property ${property}`;
  if (before.schemaString === after.schemaString) return undefined;
  const column = changedColumn(read.schema.fields, now.schema.fields);
  return column === undefined ? undefined : `the column "${column}"`;
}

function changedProperty(before: Metadata, after: Metadata): string | undefined {
  const keys = new Set([...Object.keys(before.configuration), ...Object.keys(after.configuration)]);
  return [...keys].find((key) => {
    const value = after.configuration[key];
    if (before.configuration[key] === value) return false;
    if (value === undefined || !Object.hasOwn(mayHaveGot, key)) return true;
    const allowed = mayHaveGot[key];
    return allowed !== undefined && value.trim().toLowerCase() !== allowed;
  });
}

function changedColumn(
  before: readonly StructField[],
  after: readonly StructField[],
): string | undefined {
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const [old, now] = [before[i], after[i]];
    if (old !== undefined && now !== undefined) {
      if (areEqual(withoutHighWaterMark(old), withoutHighWaterMark(now))) continue;
    }
    return (now ?? old)?.name;
  }
  return undefined;
}

function withoutHighWaterMark(field: StructField): StructField {
  const { 'delta.identity.highWaterMark': _, ...metadata } = field.metadata;
  return { ...field, metadata };
}

function sortedFormat({ format }: Metadata): unknown {
  return [format.provider, Object.entries(format.options).sort()];
}

/** What of the protocol changed that matters, as words for a message; `undefined` if nothing. */
export function protocolChange(read: TableDefinition, now: TableDefinition): string | undefined {
  if (read.protocol === now.protocol) return undefined;
  const before = featuresOf(read);
  const after = featuresOf(now);
  const lost = [...before].filter((name) => !after.has(name));
  if (lost.length > 0) return `it lost ${lost.join(', ')}`;
  const got = [...after].filter(
    (name) => !before.has(name) && tableFeature(name)?.mayArriveMeanwhile !== true,
  );
  return got.length > 0 ? `it got ${got.join(', ')}` : undefined;
}

function featuresOf({ protocol }: TableDefinition): ReadonlySet<string> {
  return new Set([...requiredReaderFeatures(protocol), ...requiredWriterFeatures(protocol)]);
}

/** Of plain data. */
function areEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** With the keys of all objects in order: writers differ in it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}
