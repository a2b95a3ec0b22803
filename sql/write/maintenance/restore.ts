/**
 * `RESTORE TABLE ... TO`: the table as it was at an older version, as a new version. Files that it had
 * then and has no more are listed again, files that came since go; no data is copied.
 *
 * 1. A file that is to be listed again must be there still, with its deletion vector.
 * 2. Schema and properties are those of the older version, the protocol never loses a feature, and
 *    numbers that must not be given out twice (identity values, column ids) stay where they are now.
 * 3. The progress of applications (`txn`) stays: what they have written is not written by them again.
 *
 * Source: Delta's RestoreTableCommand.scala.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import { earliestVersion } from '../../../catalog/commit-history.ts';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { AddFile, Metadata } from '../../../catalog/log/actions.ts';
import { deletionVectorSource } from '../../../catalog/log/deletion-vector.ts';
import { enforcedFeatures } from '../../../catalog/log/protocol.ts';
import { featuresOf, protocolFor } from '../../../catalog/log/protocol-upgrade.ts';
import { hasRowTracking } from '../../../catalog/log/row-tracking.ts';
import { parseSchema, serializeSchema } from '../../../catalog/log/schema.ts';
import { tableProperties } from '../../../catalog/log/table-properties.ts';
import { requireCanonical } from '../../../catalog/path-index.ts';
import { fileLocation } from '../../../catalog/log/file-path.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { positionAt } from '../../errors.ts';
import { constantVersion } from '../../bind/constant-version.ts';
import type { TableVersion } from '../../bind/snapshot-pins.ts';
import type { RestoreTable } from '../../parse/statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { longType, staticResult } from '../../static-result.ts';
import { describedTable } from '../../utility/described-target.ts';
import { clusteringOf } from '../clustering.ts';
import { withFurtherMarks } from '../identity-columns.ts';
import { retryConflicts } from '../retry-conflicts.ts';

const resultNames = {
  table_size_after_restore: 'tableSizeAfterRestore',
  num_of_files_after_restore: 'numOfFilesAfterRestore',
  num_removed_files: 'numRemovedFiles',
  num_restored_files: 'numRestoredFiles',
  removed_files_size: 'removedFilesSize',
  restored_files_size: 'restoredFilesSize',
} as const;

type Metrics = { readonly [K in (typeof resultNames)[keyof typeof resultNames]]: number };

export async function restoreTable(
  statement: RestoreTable,
  context: StatementContext,
): Promise<StatementResult> {
  const wanted = await constantVersion(statement.version, context);
  const metrics = await retryConflicts(context, (current) =>
    restoreOnce(statement, wanted, current),
  );
  const names = Object.keys(resultNames) as (keyof typeof resultNames)[];
  return staticResult(
    names.map((name) => ({ name, type: longType })),
    [names.map((name) => metrics[resultNames[name]])],
  );
}

async function restoreOnce(
  statement: RestoreTable,
  wanted: TableVersion,
  context: StatementContext,
): Promise<Metrics> {
  const { services, signal } = context;
  const { snapshot: now } = await describedTable(statement.target, context);
  const then = await olderSnapshot(statement, wanted, now, context);
  refuseNewRowTracking(then, now);
  const restored = filesOnlyIn(then, now).map((file): AddFile => ({ ...file, dataChange: true }));
  const removed = filesOnlyIn(now, then);
  await requireThere(restored, then, context);
  const metrics: Metrics = {
    tableSizeAfterRestore: then.files.totalBytes,
    numOfFilesAfterRestore: then.files.count,
    numRemovedFiles: removed.length,
    numRestoredFiles: restored.length,
    removedFilesSize: bytesOf(removed),
    restoredFilesSize: bytesOf(restored),
  };
  const transaction = services.transactions.begin(now);
  transaction.readWholeTable();
  transaction.enforces(enforcedFeatures);
  const deletionTimestamp = services.clock.nowMs();
  transaction.remove(removed.map((file) => removeFile(file, { deletionTimestamp })));
  transaction.add(restored);
  const metadata = restoredMetadata(then, now);
  transaction.setMetadata(metadata);
  const had = new Set(featuresOf(now.protocol));
  if (featuresOf(then.protocol).some((name) => !had.has(name))) {
    const schema = parseSchema(metadata.schemaString, now.location);
    transaction.setProtocol(protocolFor(now.protocol, metadata, schema, featuresOf(then.protocol)));
  }
  const clustering = clusteringOf(then, now);
  if (clustering !== undefined) transaction.setDomainMetadata(clustering);
  await transaction.commit(
    {
      operation: 'RESTORE',
      operationParameters:
        wanted.kind === 'timestamp'
          ? { timestamp: new Date(wanted.timestampMs).toISOString() }
          : { version: String(then.version) },
      operationMetrics: Object.fromEntries(
        Object.entries(metrics).map(([name, value]) => [name, String(value)]),
      ),
    },
    signal,
  );
  return metrics;
}

/** @throws DELTA_CANNOT_RESTORE_TABLE_VERSION, DELTA_CANNOT_RESTORE_TIMESTAMP_... */
async function olderSnapshot(
  { version: { start } }: RestoreTable,
  wanted: TableVersion,
  now: Snapshot,
  context: StatementContext,
): Promise<Snapshot> {
  const { services, signal, source } = context;
  const { location } = now;
  const fail = async (code: RestoreCode, what: string, cause?: unknown) => {
    const first = await earliestVersion(services.store, location, { signal });
    return new CodedError(
      code,
      `The table cannot be restored to ${what}. Available versions: [${first}, ${now.version}].`,
      { cause, hint: 'DESCRIBE HISTORY lists the versions; restore one before the newest.' },
    ).at(positionAt(source, start));
  };
  try {
    const then =
      wanted.kind === 'timestamp'
        ? await services.snapshots.atTimestamp(location, wanted.timestampMs, { signal })
        : wanted.kind === 'version' && wanted.version < now.version
          ? await services.snapshots.atVersion(location, wanted.version, { signal })
          : now;
    if (then.version < now.version) return then;
  } catch (error) {
    const code = error instanceof CodedError ? restoreCodes[error.code] : undefined;
    if (code === undefined) throw error;
    throw await fail(code, wantedText(wanted), error);
  }
  throw await fail('DELTA_CANNOT_RESTORE_TABLE_VERSION', wantedText(wanted));
}

type RestoreCode =
  | 'DELTA_CANNOT_RESTORE_TABLE_VERSION'
  | 'DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER'
  | 'DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER';

const restoreCodes: { readonly [code: string]: RestoreCode | undefined } = {
  DELTA_VERSION_NOT_FOUND: 'DELTA_CANNOT_RESTORE_TABLE_VERSION',
  DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION: 'DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER',
  DELTA_TIMESTAMP_GREATER_THAN_COMMIT: 'DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER',
};

function wantedText(wanted: TableVersion): string {
  switch (wanted.kind) {
    case 'latest':
      return 'the newest version';
    case 'version':
      return `version ${wanted.version}`;
    case 'timestamp':
      return `the time ${new Date(wanted.timestampMs).toISOString()}`;
  }
}

/** A file is the same one with the same deletion vector only. */
function filesOnlyIn(one: Snapshot, other: Snapshot): readonly AddFile[] {
  const files: AddFile[] = [];
  for (const file of one.files) {
    const path = one.files.rawPath(file);
    if (other.files.find(path, one.files.deletionVector(file)) !== undefined) continue;
    files.push(one.files.addFile(file));
  }
  return files;
}

/** Files that stay would need row ids, which only new entries for all of them could give. */
function refuseNewRowTracking(then: Snapshot, now: Snapshot): void {
  if (!hasRowTracking(then.protocol, then.metadata)) return;
  if (hasRowTracking(now.protocol, now.metadata)) return;
  throw new CodedError(
    'UNSUPPORTED_FEATURE',
    `Version ${then.version} tracked rows, and the table does not any more: it is not restored.`,
    { hint: 'INSERT OVERWRITE the table with a query of that version.' },
  );
}

const checksAtOnceMax = 16;

/** @throws DELTA_FILE_NOT_FOUND */
async function requireThere(
  files: readonly AddFile[],
  { location, version }: Snapshot,
  { services, signal }: StatementContext,
): Promise<void> {
  const places = new Set<string>();
  for (const { path, deletionVector } of files) {
    places.add(fileLocation(location, requireCanonical(path)));
    if (deletionVector === undefined) continue;
    const source = deletionVectorSource(deletionVector, location);
    if (source.kind === 'file') places.add(source.location);
  }
  const list = [...places];
  const missing: string[] = [];
  for (let start = 0; start < list.length && missing.length === 0; start += checksAtOnceMax) {
    const some = list.slice(start, start + checksAtOnceMax);
    const found = await Promise.all(some.map((place) => services.store.stat(place, { signal })));
    missing.push(...some.filter((_, index) => found[index] === undefined));
  }
  if (missing.length === 0) return;
  throw new CodedError(
    'DELTA_FILE_NOT_FOUND',
    `The table cannot be restored to version ${version}: its file ${missing[0]} is gone.`,
    { hint: 'VACUUM removes files that no newer version needs. Restore a later version.' },
  );
}

function restoredMetadata(then: Snapshot, now: Snapshot): Metadata {
  const key = tableProperties.columnMappingMaxColumnId.key;
  const [old, current] = [then.metadata.configuration[key], now.metadata.configuration[key]];
  const highest = Math.max(Number(old ?? 0), Number(current ?? 0));
  const fields = withFurtherMarks(then.schema.fields, now.schema.fields);
  const isChanged = fields.some((field, index) => field !== then.schema.fields[index]);
  return {
    ...then.metadata,
    schemaString: isChanged
      ? serializeSchema({ kind: 'struct', fields })
      : then.metadata.schemaString,
    configuration:
      old === undefined
        ? then.metadata.configuration
        : { ...then.metadata.configuration, [key]: String(highest) },
  };
}

function bytesOf(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
