/**
 * What UPDATE, DELETE and MERGE have in common: they are run again, from the start, when another commit
 * came in between that they cannot be put behind. Nothing of theirs was visible by then; the files that
 * they had written are taken away.
 */
import type { CommitDescription } from '../../../catalog/commit/transaction-content.ts';
import type { Metadata } from '../../../catalog/log/actions.ts';
import { deletionVectorSource } from '../../../catalog/log/deletion-vector.ts';
import { enforcedFeatures } from '../../../catalog/log/protocol.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import type { StatementContext } from '../../statement-context.ts';
import { removeStagedFiles } from '../remove-staged.ts';
import { isConflict, retryConflicts } from '../retry-conflicts.ts';
import { recordReads } from './read-set.ts';
import type { RowTarget } from './row-target.ts';
import { withWorkContext, type WorkContext } from './work-context.ts';
import type { WrittenChanges } from './write-changes.ts';

/** Runs a statement on its own connection, again when it lost against another commit. */
export async function changeRows<T>(
  context: StatementContext,
  attempt: (context: WorkContext) => Promise<T>,
): Promise<T> {
  return await retryConflicts(context, (current) => withWorkContext(current, attempt));
}

export interface RowCommit {
  readonly target: RowTarget;
  readonly written: WrittenChanges;
  /** The plans that decided which rows change. */
  readonly decidedBy: readonly QueryPlan[];
  readonly description: CommitDescription;
  /** Where the statement changes it. */
  readonly metadata?: Metadata | undefined;
}

/** Commits, unless there is nothing to. Takes the files away again where the commit lost. */
export async function commitRows(commit: RowCommit, context: WorkContext): Promise<void> {
  const { target, written, description, metadata } = commit;
  const { adds, removes, cdc } = written;
  if (adds.length + removes.length === 0 && metadata === undefined) return;
  const transaction = context.services.transactions.begin(target.snapshot);
  transaction.enforces(enforcedFeatures);
  recordReads(transaction, target, [...commit.decidedBy, ...written.readPlans]);
  transaction.remove(removes);
  transaction.add(adds);
  transaction.addCdc(cdc);
  if (metadata !== undefined) transaction.setMetadata(metadata);
  try {
    await transaction.commit(description, context.signal);
  } catch (error) {
    if (isConflict(error)) await takeAway(written, target, context);
    throw error;
  }
}

/** The rows, the changes and the deletion vectors that it wrote. */
async function takeAway(
  { written, cdc, adds }: WrittenChanges,
  { snapshot }: RowTarget,
  { services }: WorkContext,
): Promise<void> {
  const { location } = snapshot;
  await removeStagedFiles(services.store, location, [...written, ...cdc]);
  const vectors = adds.flatMap(({ deletionVector }) => {
    // One with an absolute path is another table's, whose clone this is.
    if (deletionVector === undefined || deletionVector.storageType === 'p') return [];
    const source = deletionVectorSource(deletionVector, location);
    return source.kind === 'file' ? [source.location] : [];
  });
  try {
    for (const file of new Set(vectors)) await services.store.remove(file);
  } catch {
    // The conflict is the one to tell.
  }
}
