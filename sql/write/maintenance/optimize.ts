/**
 * `OPTIMIZE` and `REORG TABLE ... APPLY (PURGE)`: the rows of some files written to other files, in one
 * commit that changes no row. Readers and appends go on beside it; a statement that takes rows out of
 * the same files conflicts, and OPTIMIZE begins anew.
 *
 * | | which files | together | order |
 * | --- | --- | --- | --- |
 * | OPTIMIZE | small ones, and those with many deleted rows | up to the target size | any |
 * | ZORDER BY | all | those of a partition | along a Z-order curve |
 * | of a clustered table | those not clustered yet, see `clustered-files.ts` | a cube | Hilbert curve |
 * | REORG | those with deleted rows | up to the target size | any |
 *
 * Source: OptimizeTableCommand.scala and DeltaReorgTableCommand.scala of Delta.
 */
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { FileHandle } from '../../../catalog/active-files.ts';
import type { AddFile } from '../../../catalog/log/actions.ts';
import { columnMappingMode, leafColumns } from '../../../catalog/log/column-mapping.ts';
import { enforcedFeatures } from '../../../catalog/log/protocol.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { errorAt } from '../../errors.ts';
import { sliceText } from '../../parse/source-slice.ts';
import type { ColumnName, Optimize, ReorgTable } from '../../parse/statement.ts';
import { requireParameters } from '../../require-parameters.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { fileBytesTarget } from '../copy-sql.ts';
import { changeRows } from '../dml/change-rows.ts';
import { bindCondition, filesByPartition } from '../dml/find-rows.ts';
import { refuseSubquery } from '../dml/refuse-subquery.ts';
import { predicateParameter } from '../dml/row-history.ts';
import { planRows } from '../dml/row-query.ts';
import { openRowTarget, type RowTarget } from '../dml/row-target.ts';
import type { WorkContext } from '../dml/work-context.ts';
import { reportedPath } from '../file-stats-json.ts';
import { indexedColumns } from '../indexed-columns.ts';
import { partitionKey } from '../overwritten-files.ts';
import { removeStagedFiles } from '../remove-staged.ts';
import { isConflict } from '../retry-conflicts.ts';
import { dataFields } from '../write-target.ts';
import { chooseBins, chooseRounds, type Bin } from './choose-bins.ts';
import {
  clusteringColumns,
  clusteringDomain,
  clusteringProvider,
  cubeBytesMax,
  cubeTags,
  filesToCluster,
} from './clustered-files.ts';
import { historyMetrics, optimizeResult, type OptimizeOutcome } from './optimize-result.ts';
import { rewriteFiles, type RowOrder } from './rewrite-files.ts';

/** Files with more of their rows deleted than this are written anew. */
const deletedShareMax = 0.05;
/** What one pass takes in. */
const roundLimits = { filesMax: 500, bytesMax: 2 * 1024 ** 3 } as const;

export async function optimize(
  statement: Optimize | ReorgTable,
  context: StatementContext,
): Promise<StatementResult> {
  return optimizeResult(await changeRows(context, (work) => optimizeOnce(statement, work)));
}

interface Candidate {
  readonly file: FileHandle;
  readonly add: AddFile;
}

/** What is to be done, before anything is. */
interface Work {
  readonly candidates: readonly Candidate[];
  readonly binBytesMax: number;
  readonly keepsSingles: boolean;
  readonly order: RowOrder | undefined;
  readonly clusters: boolean;
}

async function optimizeOnce(
  statement: Optimize | ReorgTable,
  context: WorkContext,
): Promise<OptimizeOutcome> {
  const { services, signal, startedMs } = context;
  const target = await openRowTarget(statement.target, undefined, false, context);
  const { snapshot } = target;
  const transaction = services.transactions.begin(snapshot);
  const clustering = clusteringColumns(snapshot, transaction.readDomain(clusteringDomain));
  const considered = await consideredFiles(statement, clustering !== undefined, target, context);
  const work = workOf(statement, considered, clustering, target, context);
  const keyOf = partitionKey(snapshot, new Set(snapshot.metadata.partitionColumns));
  const adds = new Map(work.candidates.map(({ file, add }) => [file, add]));
  const bins = chooseBins(
    work.candidates.map(({ file, add }) => ({
      file,
      sizeBytes: add.size,
      partition: keyOf(add.partitionValues),
    })),
    work,
  );
  const rounds =
    work.order === undefined ? chooseRounds(bins, roundLimits) : bins.map((bin) => [bin]);
  const removed = bins.flatMap(({ files }) => files.flatMap(({ file }) => adds.get(file) ?? []));
  const added = await rewriteRounds(rounds, work, target, context);
  const outcome: OptimizeOutcome = {
    location: snapshot.location,
    added,
    removed,
    partitions: new Set(bins.map(({ partition }) => partition)).size,
    bins: bins.length,
    rounds: rounds.length,
    considered: considered.length,
    startedMs,
    endedMs: services.clock.nowMs(),
  };
  if (removed.length === 0) return outcome;
  transaction.readFiles(removed.map(({ path }) => path));
  transaction.enforces(enforcedFeatures);
  const deletionTimestamp = services.clock.nowMs();
  transaction.remove(
    removed.map((file) => removeFile(file, { deletionTimestamp, dataChange: false })),
  );
  transaction.add(added);
  try {
    await transaction.commit(
      {
        ...operationOf(statement, clustering),
        operationMetrics: historyMetrics(outcome),
        rowTrackingPreserved: true,
      },
      signal,
    );
  } catch (error) {
    if (isConflict(error)) await removeStagedFiles(services.store, snapshot.location, added);
    throw error;
  }
  return outcome;
}

/** What was written is taken away again when a later round fails. */
async function rewriteRounds(
  rounds: readonly (readonly Bin[])[],
  { order, clusters }: Work,
  target: RowTarget,
  context: WorkContext,
): Promise<readonly AddFile[]> {
  const { services } = context;
  const added: AddFile[] = [];
  try {
    for (const round of rounds) {
      const files = round.flatMap((bin) => bin.files.map(({ file }) => file));
      const written = await rewriteFiles(files, target, order, context);
      const tags =
        order === undefined || !clusters ? undefined : cubeTags(services.newId(), order.columns);
      added.push(
        ...written.files.map((file) =>
          tags === undefined ? file : { ...file, tags, clusteringProvider },
        ),
      );
    }
    return added;
  } catch (error) {
    await removeStagedFiles(services.store, target.snapshot.location, added);
    throw error;
  }
}

function workOf(
  statement: Optimize | ReorgTable,
  considered: readonly Candidate[],
  clustering: readonly (readonly string[])[] | undefined,
  { snapshot }: RowTarget,
  context: WorkContext,
): Work {
  const bytesTarget = fileBytesTarget(snapshot);
  const plain = { binBytesMax: bytesTarget, order: undefined, clusters: false };
  if (statement.kind === 'reorgTable') {
    const candidates = considered.filter(({ add }) => (add.deletionVector?.cardinality ?? 0) > 0);
    return { ...plain, candidates, keepsSingles: true };
  }
  const { source } = context;
  const { full, zOrderBy, target } = statement;
  const isClustered = clustering !== undefined && clustering.length > 0;
  if (full && !isClustered) {
    throw errorAt(source, target.start, {
      code: 'DELTA_OPTIMIZE_FULL_NOT_SUPPORTED',
      message: 'OPTIMIZE FULL is for tables that are clustered by some columns.',
    });
  }
  const [first] = zOrderBy;
  if (clustering !== undefined && first !== undefined) {
    throw errorAt(source, first.start, {
      code: 'DELTA_CLUSTERING_WITH_ZORDER_BY',
      message: 'A clustered table has its order already: OPTIMIZE takes no ZORDER BY.',
    });
  }
  if (isClustered) {
    const candidates = filesToCluster(considered, clustering, full);
    const order: RowOrder = { curve: 'hilbert', columns: clustering };
    return { candidates, binBytesMax: cubeBytesMax, keepsSingles: true, order, clusters: true };
  }
  if (first !== undefined) {
    const columns = zOrderBy.map((column) => orderColumn(column, snapshot, source));
    const order: RowOrder = { curve: 'zorder', columns };
    const binBytesMax = Number.MAX_SAFE_INTEGER;
    return { candidates: considered, binBytesMax, keepsSingles: true, order, clusters: false };
  }
  const candidates = considered.filter(
    ({ file, add }) => add.size < bytesTarget || hasManyDeleted(snapshot, file),
  );
  return { ...plain, candidates, keepsSingles: false };
}

function hasManyDeleted({ files }: Snapshot, file: FileHandle): boolean {
  const deleted = files.deletionVector(file)?.cardinality ?? 0;
  const left = files.rowCount(file);
  if (deleted === 0) return false;
  return left === undefined || deleted / (left + deleted) > deletedShareMax;
}

/** The files of the partitions that WHERE names; all without it. */
async function consideredFiles(
  { kind, condition }: Optimize | ReorgTable,
  isClustered: boolean,
  target: RowTarget,
  context: WorkContext,
): Promise<readonly Candidate[]> {
  const { snapshot } = target;
  const of = (files: Iterable<FileHandle>) =>
    Array.from(files, (file) => ({ file, add: snapshot.files.addFile(file) }));
  if (condition === undefined) return of(snapshot.files);
  const fail = (
    code: 'DELTA_CLUSTERING_WITH_PARTITION_PREDICATE' | 'DELTA_NON_PARTITION_COLUMN_REFERENCE',
    message: string,
  ) => errorAt(context.source, condition.start, { code, message });
  if (isClustered && kind === 'optimize') {
    throw fail(
      'DELTA_CLUSTERING_WITH_PARTITION_PREDICATE',
      'A clustered table has no partitions: OPTIMIZE takes no WHERE.',
    );
  }
  refuseSubquery(condition, kind === 'optimize' ? 'OPTIMIZE' : 'REORG', context);
  const { bound, query } = await bindCondition(condition, target, context);
  requireParameters(query.finish().parameters, context.parameters);
  const files = filesByPartition(await planRows(bound, 'chosen', context), target);
  if (files !== undefined) return of(files);
  const columns = snapshot.metadata.partitionColumns.join(', ');
  throw fail(
    'DELTA_NON_PARTITION_COLUMN_REFERENCE',
    `The condition ${sliceText(condition)} is not decided by the partition columns, which are [${columns}].`,
  );
}

/** @throws DELTA_ZORDERING_ON_PARTITION_COLUMN, ..._COLUMN_DOES_NOT_EXIST, ..._WITHOUT_STATS */
function orderColumn(
  { parts, start }: ColumnName,
  snapshot: Snapshot,
  source: string,
): readonly string[] {
  const name = parts.join('.');
  const isSame = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();
  const { partitionColumns, configuration } = snapshot.metadata;
  if (parts.length === 1 && partitionColumns.some((column) => isSame(parts[0], column))) {
    throw errorAt(source, start, {
      code: 'DELTA_ZORDERING_ON_PARTITION_COLUMN',
      message: `${name} is a partition column. Only data columns can be ordered by.`,
    });
  }
  const mode = columnMappingMode(snapshot);
  const fields = dataFields(snapshot);
  const leaf = leafColumns({ kind: 'struct', fields }, mode).find(
    ({ logicalPath }) =>
      logicalPath.length === parts.length &&
      logicalPath.every((part, index) => isSame(parts[index], part)),
  );
  if (leaf === undefined) {
    throw errorAt(source, start, {
      code: 'DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST',
      message: `There is no column ${name} to order by.`,
    });
  }
  if (!indexedColumns(fields, mode, configuration).has(reportedPath(leaf.physicalPath))) {
    throw errorAt(source, start, {
      code: 'DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS',
      message: `The column ${name} has no statistics, so that ordering by it would help nobody.`,
    });
  }
  return leaf.logicalPath;
}

function operationOf(
  statement: Optimize | ReorgTable,
  clustering: readonly (readonly string[])[] | undefined,
) {
  const predicate = predicateParameter(statement.condition);
  if (statement.kind === 'reorgTable') {
    return { operation: 'REORG', operationParameters: { predicate, applyPurge: 'true' } };
  }
  const names = (paths: readonly (readonly string[])[]) =>
    JSON.stringify(paths.map((path) => path.join('.')));
  const clusterBy = clustering ?? [];
  return {
    operation: 'OPTIMIZE',
    operationParameters: {
      predicate,
      zOrderBy: names(statement.zOrderBy.map(({ parts }) => parts)),
      clusterBy: names(clusterBy),
      auto: 'false',
      ...(clusterBy.length > 0 ? { isFull: String(statement.full) } : {}),
    },
  };
}
