/**
 * What UPDATE, DELETE and MERGE have in common: they are run again, from the start, when another commit
 * came in between that they cannot be put behind. Nothing of theirs was visible by then; the files that
 * they had written are taken away.
 */
import { setTimeout } from 'node:timers/promises';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { CommitDescription } from '../../../catalog/commit/transaction-content.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import type { Metadata } from '../../../catalog/log/actions.ts';
import { deletionVectorSource } from '../../../catalog/log/deletion-vector.ts';
import { canonicalPath, fileLocation } from '../../../catalog/log/file-path.ts';
import { enforcedFeatures } from '../../../catalog/log/protocol.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import type { StatementContext } from '../../statement-context.ts';
import { recordReads } from './read-set.ts';
import type { RowTarget } from './row-target.ts';
import { withWorkContext, type WorkContext } from './work-context.ts';
import type { WrittenChanges } from './write-changes.ts';

/** How often a statement is begun: each time another commit has come in between. */
const attemptsMax = 20;
/** The longest wait before the second attempt; it grows with each, and is drawn by chance. */
const waitMsMax = 20;

const conflicts: ReadonlySet<ErrorCode> = new Set([
  'DELTA_CONCURRENT_APPEND',
  'DELTA_CONCURRENT_DELETE_READ',
  'DELTA_CONCURRENT_DELETE_DELETE',
  'DELTA_CONCURRENT_WRITE',
  'DELTA_METADATA_CHANGED',
  'DELTA_PROTOCOL_CHANGED',
]);

/** Runs a statement on its own connection, again when it lost against another commit. */
export async function changeRows<T>(
  context: StatementContext,
  attempt: (context: WorkContext) => Promise<T>,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      // The first attempt reads what the statement has pinned already, the others what is there now.
      const pins = number === 1 ? context.pins : context.pins.anew();
      return await withWorkContext({ ...context, pins }, attempt);
    } catch (error) {
      if (!isConflict(error) || number >= attemptsMax) throw error;
      const { signal } = context;
      await setTimeout(Math.random() * waitMsMax * number, undefined, { signal });
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof CodedError && conflicts.has(error.code);
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
  recordReads(transaction, target, commit.decidedBy);
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

/** What is left belongs to no version, and VACUUM takes it. */
async function takeAway(
  { written, cdc, adds }: WrittenChanges,
  { snapshot }: RowTarget,
  { services }: WorkContext,
): Promise<void> {
  const { location } = snapshot;
  const files = [...written, ...cdc].flatMap(({ path }) => {
    const canonical = canonicalPath(path);
    return canonical === undefined ? [] : [fileLocation(location, canonical)];
  });
  const vectors = adds.flatMap(({ deletionVector }) => {
    if (deletionVector === undefined) return [];
    const source = deletionVectorSource(deletionVector, location);
    return source.kind === 'file' ? [source.location] : [];
  });
  try {
    for (const file of new Set([...files, ...vectors])) await services.store.remove(file);
  } catch {
    // The conflict is the one to tell.
  }
}
