/**
 * `FSCK REPAIR TABLE [DRY RUN]`: takes files out of the table that somebody removed from its folder, so
 * that the rest can be read again. Their rows are lost, as they were before.
 *
 * A file that is there while its deletion vector is not is told and left: without the vector nobody
 * knows which of its rows are deleted.
 */
import type { FileHandle } from '../../../catalog/active-files.ts';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import { deletionVectorSource } from '../../../catalog/log/deletion-vector.ts';
import { checkWritable, enforcedFeatures } from '../../../catalog/log/protocol.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import type { FsckRepairTable } from '../../parse/statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { booleanType, staticResult, stringType } from '../../static-result.ts';
import { describedTable } from '../../utility/described-target.ts';
import { retryConflicts } from '../retry-conflicts.ts';

interface BrokenFile {
  readonly file: FileHandle;
  readonly isMissing: boolean;
  /** Absent for a file without one in a file of its own. */
  readonly vector: string | undefined;
  readonly isVectorMissing: boolean;
}

const checksAtOnceMax = 16;

export async function repairTable(
  statement: FsckRepairTable,
  context: StatementContext,
): Promise<StatementResult> {
  return await retryConflicts(context, (current) => repairOnce(statement, current));
}

async function repairOnce(
  { target, dryRun }: FsckRepairTable,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, signal } = context;
  const { snapshot } = await describedTable(target, context);
  const { location, protocol, metadata, schema, files } = snapshot;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  const broken = await brokenFiles(snapshot, context);
  const gone = broken.filter(({ isMissing }) => isMissing).map(({ file }) => files.addFile(file));
  if (!dryRun && gone.length > 0) {
    const transaction = services.transactions.begin(snapshot);
    transaction.readFiles(gone.map(({ path }) => path));
    const deletionTimestamp = services.clock.nowMs();
    transaction.remove(gone.map((file) => removeFile(file, { deletionTimestamp })));
    const bytes = gone.reduce((sum, { size }) => sum + size, 0);
    await transaction.commit(
      {
        operation: 'FSCK',
        operationParameters: {},
        operationMetrics: {
          numRemovedFiles: String(gone.length),
          numRemovedBytes: String(bytes),
        },
      },
      signal,
    );
  }
  return staticResult(
    [
      { name: 'dataFilePath', type: stringType },
      { name: 'dataFileMissing', type: booleanType },
      { name: 'deletionVectorPath', type: stringType },
      { name: 'deletionVectorMissing', type: booleanType },
    ],
    broken.map(({ file, isMissing, vector, isVectorMissing }) => [
      files.location(file),
      isMissing,
      vector,
      isVectorMissing,
    ]),
  );
}

async function brokenFiles(
  { files, location }: Snapshot,
  { services, signal }: StatementContext,
): Promise<readonly BrokenFile[]> {
  const isGone = async (place: string): Promise<boolean> =>
    (await services.store.stat(place, { signal })) === undefined;
  /** Many files share one file of vectors. */
  const vectorsGone = new Map<string, Promise<boolean>>();
  const look = async (file: FileHandle): Promise<BrokenFile> => {
    const descriptor = files.deletionVector(file);
    const source = descriptor && deletionVectorSource(descriptor, location);
    const vector = source?.kind === 'file' ? source.location : undefined;
    let isVectorMissing = false;
    if (vector !== undefined) {
      const known = vectorsGone.get(vector) ?? isGone(vector);
      vectorsGone.set(vector, known);
      isVectorMissing = await known;
    }
    return { file, isMissing: await isGone(files.location(file)), vector, isVectorMissing };
  };
  const broken: BrokenFile[] = [];
  let some: Promise<BrokenFile>[] = [];
  const settle = async (): Promise<void> => {
    for (const found of await Promise.all(some)) {
      if (found.isMissing || found.isVectorMissing) broken.push(found);
    }
    some = [];
  };
  for (const file of files) {
    some.push(look(file));
    if (some.length === checksAtOnceMax) await settle();
  }
  await settle();
  return broken;
}
