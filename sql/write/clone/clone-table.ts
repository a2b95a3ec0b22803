/**
 * `CREATE TABLE ... SHALLOW CLONE`: a new table that lists the files of another, where they are, and
 * `DEEP CLONE`: one with copies of them. From then on each goes its own way.
 *
 * 1. A shallow clone reads its source's files until it has written others: VACUUM of the source takes
 *    them away, and VACUUM of the clone never does (`vacuum.ts`: nothing outside of the table's folder).
 * 2. A deep clone that is made again copies what has changed since.
 * 3. The log of a table that is replaced goes on: its versions can be read.
 *
 * Source: CloneTableCommand.scala of Delta, which has shallow clones onto empty tables; the rest is
 * https://docs.databricks.com/aws/en/delta/clone
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import { requireRemovable } from '../../../catalog/commit/prepare-commit.ts';
import type { AddFile } from '../../../catalog/log/actions.ts';
import { checkWritable, enforcedFeatures } from '../../../catalog/log/protocol.ts';
import { hasRowTracking } from '../../../catalog/log/row-tracking.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { constantVersion } from '../../bind/constant-version.ts';
import { positionAt } from '../../errors.ts';
import type { CloneTable } from '../../parse/statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { longType, staticResult } from '../../static-result.ts';
import { describedTarget } from '../../utility/described-target.ts';
import { clusteringOf } from '../clustering.ts';
import { placeOf, register } from '../create-table.ts';
import { isConflict, retryConflicts } from '../retry-conflicts.ts';
import { rowRules } from '../row-rules.ts';
import { clonedDefinition } from './cloned-definition.ts';
import { planDeepClone, shallowFiles, type ClonedFiles } from './cloned-files.ts';
import { copyFiles, removeCopies } from './copy-files.ts';

const resultNames = {
  source_table_size: 'sourceTableSize',
  source_num_of_files: 'sourceNumOfFiles',
  num_removed_files: 'numRemovedFiles',
  num_copied_files: 'numCopiedFiles',
  removed_files_size: 'removedFilesSize',
  copied_files_size: 'copiedFilesSize',
} as const;

type Metrics = { readonly [K in (typeof resultNames)[keyof typeof resultNames]]: number };

export async function cloneTable(
  statement: CloneTable,
  context: StatementContext,
): Promise<StatementResult> {
  try {
    const metrics = await clone(statement, context);
    const names = Object.keys(resultNames) as (keyof typeof resultNames)[];
    return staticResult(
      names.map((name) => ({ name, type: longType })),
      metrics === 'exists' ? [] : [names.map((name) => metrics[resultNames[name]])],
    );
  } catch (error) {
    throw error instanceof CodedError
      ? error.at(positionAt(context.source, statement.name.start))
      : error;
  }
}

type Place = Exclude<Awaited<ReturnType<typeof placeOf>>, 'exists'>;

async function clone(
  statement: CloneTable,
  context: StatementContext,
): Promise<Metrics | 'exists'> {
  const place = await placeOf(statement, context);
  if (place === 'exists') return 'exists';
  await requireOnePath(statement, place, context);
  if (statement.orReplace) {
    return await retryConflicts(context, (current) => cloneOnce(statement, place, current));
  }
  if (await context.services.catalog.isTable(place.location, { signal: context.signal })) {
    if (statement.ifNotExists) return 'exists';
    throw new CodedError(
      'DELTA_TABLE_ALREADY_EXISTS',
      `There is a Delta table at ${place.location} already.`,
    );
  }
  return await cloneOnce(statement, place, context);
}

async function requireOnePath(
  { location }: CloneTable,
  place: Place,
  { services }: StatementContext,
): Promise<void> {
  if (place.target !== undefined || location === undefined) return;
  if ((await services.catalog.checkLocation(location)) === place.location) return;
  throw new CodedError(
    'DELTA_CLONE_AMBIGUOUS_TARGET',
    `The clone is to lie at ${place.location} by its name, and at ${location} by its LOCATION.`,
  );
}

async function cloneOnce(
  statement: CloneTable,
  place: Place,
  context: StatementContext,
): Promise<Metrics> {
  const { services, signal } = context;
  const { location } = place;
  const exists = await services.catalog.isTable(location, { signal });
  if (!exists && statement.mustExist) {
    throw new CodedError(
      'DELTA_CANNOT_REPLACE_MISSING_TABLE',
      `There is no table ${statement.name.parts.join('.')} to replace.`,
    );
  }
  const { name, snapshot: source } = await sourceOf(statement, context);
  if (source.location === location) {
    throw new CodedError(
      'DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE',
      `${name} cannot be a clone of itself.`,
      { hint: 'RESTORE TABLE brings an older version back.' },
    );
  }
  const replaced = exists ? await services.snapshots.latest(location, { signal }) : undefined;
  if (replaced !== undefined) requireReplaceable(statement, replaced, context);
  const target = clonedDefinition(
    { source, replaced, location },
    statement.properties,
    services.newId(),
  );
  checkWritable(location, target.protocol, target.metadata, target.schema, enforcedFeatures);
  // A rule that is not understood is told now, and not to those who write.
  rowRules(target);
  const isShallow = statement.depth === 'shallow';
  const files = isShallow
    ? { ...shallowFiles(source, replaced), written: [], fileCount: 0, bytes: 0 }
    : await deepFiles(source, replaced, location, context);
  const metrics: Metrics = {
    sourceTableSize: source.files.totalBytes,
    sourceNumOfFiles: source.files.count,
    numRemovedFiles: files.removes.length,
    numCopiedFiles: files.fileCount,
    removedFilesSize: files.removes.reduce((sum, { size }) => sum + size, 0),
    copiedFilesSize: files.bytes,
  };
  const transaction =
    replaced === undefined
      ? services.transactions.beginNew(location)
      : services.transactions.begin(replaced);
  if (replaced !== undefined) transaction.readWholeTable();
  transaction.enforces(enforcedFeatures);
  transaction.setMetadata(target.metadata);
  if (target.protocol !== replaced?.protocol) transaction.setProtocol(target.protocol);
  const clustering = clusteringOf(source, replaced);
  if (clustering !== undefined) transaction.setDomainMetadata(clustering);
  const deletionTimestamp = services.clock.nowMs();
  transaction.remove(files.removes.map((file) => removeFile(file, { deletionTimestamp })));
  transaction.add([...files.adds, ...filesForRowIds(files, target, replaced)]);
  try {
    await transaction.commit(
      {
        operation: 'CLONE',
        operationParameters: {
          source: name,
          sourceVersion: String(source.version),
          isShallow: String(isShallow),
          properties: JSON.stringify(
            Object.fromEntries(statement.properties.map(({ key, value }) => [key, value])),
          ),
        },
        operationMetrics: Object.fromEntries(
          Object.entries(metrics).map(([key, value]) => [key, String(value)]),
        ),
      },
      signal,
    );
  } catch (error) {
    if (isConflict(error)) await removeCopies(files.written, context);
    throw error;
  }
  await register(place, context);
  return metrics;
}

/** @throws DELTA_CLONE_UNSUPPORTED_SOURCE for a view, and what pinning a version throws */
async function sourceOf(
  { source, version }: CloneTable,
  context: StatementContext,
): Promise<{ readonly name: string; readonly snapshot: Snapshot }> {
  const target = await describedTarget(source, context);
  if (target.kind === 'view') {
    throw new CodedError(
      'DELTA_CLONE_UNSUPPORTED_SOURCE',
      `${target.name} is a view, of which there are no clones.`,
    ).at(positionAt(context.source, source.start));
  }
  if (version === undefined) return target;
  const { name, snapshot } = target;
  return await context.pins.pin(name, snapshot.location, await constantVersion(version, context));
}

function requireReplaceable(
  { depth }: CloneTable,
  replaced: Snapshot,
  { session }: StatementContext,
): void {
  const { location, protocol, metadata, schema } = replaced;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  if (replaced.files.count === 0) return;
  requireRemovable(location, protocol, metadata);
  // As Delta 4.0 does, which has no deep clones.
  if (session.dialect !== 'spark' || depth === 'deep') return;
  throw new CodedError(
    'DELTA_UNSUPPORTED_NON_EMPTY_CLONE',
    `${location} has rows: only an empty table is replaced by a shallow clone.`,
  );
}

async function deepFiles(
  source: Snapshot,
  replaced: Snapshot | undefined,
  location: string,
  context: StatementContext,
) {
  const { wanted, kept, removes } = planDeepClone(source, replaced);
  return { ...(await copyFiles(wanted, source, location, context)), kept, removes };
}

/** Row tracking that comes with the source gives ids to the rows that stay, too. */
function filesForRowIds(
  { kept }: Pick<ClonedFiles, 'kept'>,
  { protocol, metadata }: Pick<Snapshot, 'protocol' | 'metadata'>,
  replaced: Snapshot | undefined,
): readonly AddFile[] {
  if (replaced === undefined || !hasRowTracking(protocol, metadata)) return [];
  if (hasRowTracking(replaced.protocol, replaced.metadata)) return [];
  return kept.filter(({ baseRowId }) => baseRowId === undefined);
}
