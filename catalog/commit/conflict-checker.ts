/**
 * Whether a transaction may come after a commit that another writer made meanwhile, as if it had begun
 * after it. Pure; the rules are those of Delta's ConflictChecker, except that files which only hold
 * rows that were there before (`dataChange` false) are no news to a reader of rows.
 *
 * | the winning commit | conflicts with a transaction that |
 * | --- | --- |
 * | changed the protocol, metadata | began with others (`table-change.ts`), or changes them too |
 * | wrote a domain's metadata | read or writes that domain |
 * | wrote an application's `txn` | read or writes that application's |
 * | added rows | read the whole table, or by a predicate that the file may match; under
 *   WriteSerializable not if the commit is a blind append and the transaction keeps the metadata;
 *   under snapshot isolation never |
 * | removed a file | read or lists the file again (delete-read), or removes it (delete-delete) |
 * | listed a file anew | adds or removes it |
 */
import { CodedError } from '../coded-error.ts';
import type { ErrorCode } from '../error-codes.ts';
import type { AddFile, PartitionValues, RemoveFile } from '../log/actions.ts';
import { rowTrackingDomain } from '../log/row-tracking.ts';
import type { CommitBase } from './commit-base.ts';
import { metadataChange, protocolChange } from './table-change.ts';
import {
  droppedFeatures,
  isolationLevel,
  pathSet,
  type TransactionContent,
} from './transaction-content.ts';
import {
  isBlindAppend as wasBlindAppend,
  operationOf,
  type WinningCommit,
} from './winning-commit.ts';

export type Verdict =
  | { readonly kind: 'free' }
  | { readonly kind: 'conflict'; readonly error: CodedError }
  /** The winning commit did what the transaction wants to do: it had its idempotence key. */
  | { readonly kind: 'done'; readonly version: number };

const free: Verdict = { kind: 'free' };

/**
 * @param after the table after the winning commit
 * @throws DELTA_LOG_CORRUPT for a path in the log that is no URI
 */
export function checkAgainst(
  content: TransactionContent,
  winner: WinningCommit,
  after: CommitBase,
): Verdict {
  const done = checkIdempotence(content, winner, after);
  if (done !== undefined) return done;
  const error =
    checkDefinition(content, winner, after) ??
    checkDomains(content, winner) ??
    checkTxns(content, winner) ??
    checkAddedFiles(content, winner) ??
    checkRemovedFiles(content, winner) ??
    checkSameFiles(content, winner);
  return error === undefined ? free : { kind: 'conflict', error };
}

function checkIdempotence(
  { idempotenceKey: key, base }: TransactionContent,
  { version, txns }: WinningCommit,
  after: CommitBase,
): Verdict | undefined {
  if (key === undefined) return undefined;
  const isSameTable = base.definition?.metadata.id === after.definition?.metadata.id;
  const own = txns.find(({ appId }) => appId === key.appId);
  return isSameTable && own !== undefined && own.version >= key.version
    ? { kind: 'done', version }
    : undefined;
}

function checkDefinition(
  content: TransactionContent,
  winner: WinningCommit,
  after: CommitBase,
): CodedError | undefined {
  const read = content.base.definition;
  const now = after.definition;
  if (read === undefined || now === undefined) return undefined;
  if (winner.protocol !== undefined) {
    const change = content.protocol === undefined ? protocolChange(read, now) : 'both change it';
    if (change !== undefined) {
      return conflict('DELTA_PROTOCOL_CHANGED', winner, content, `changed the protocol: ${change}`);
    }
  }
  if (winner.metadata !== undefined) {
    const change = content.metadata === undefined ? metadataChange(read, now) : 'both change it';
    if (change !== undefined) {
      return conflict('DELTA_METADATA_CHANGED', winner, content, `changed the metadata: ${change}`);
    }
  }
  return undefined;
}

function checkDomains(content: TransactionContent, winner: WinningCommit): CodedError | undefined {
  const own = new Set([
    ...content.reads.domains,
    ...content.domainMetadata.map(({ domain }) => domain),
  ]);
  const shared = winner.domainMetadata.find(
    // Row ids are given out anew at each attempt.
    ({ domain }) => domain !== rowTrackingDomain && own.has(domain),
  );
  if (shared === undefined) return undefined;
  const what = `wrote the metadata of the domain ${shared.domain}`;
  return conflict('DELTA_CONCURRENT_TRANSACTION', winner, content, what);
}

function checkTxns(content: TransactionContent, winner: WinningCommit): CodedError | undefined {
  const own = new Set([...content.reads.appIds, ...content.txns.map(({ appId }) => appId)]);
  const shared = winner.txns.find(({ appId }) => own.has(appId));
  if (shared === undefined) return undefined;
  const what = `recorded version ${shared.version} of the application ${shared.appId}`;
  return conflict('DELTA_CONCURRENT_TRANSACTION', winner, content, what);
}

function checkAddedFiles(
  content: TransactionContent,
  winner: WinningCommit,
): CodedError | undefined {
  const { reads } = content;
  const dropsFeatures = droppedFeatures(content).length > 0;
  const readsAll = reads.wholeTable || dropsFeatures;
  const found = newFiles(content, winner, dropsFeatures).find(
    (file) => readsAll || reads.predicates.some((mightMatch) => mightMatch(file)),
  );
  if (found !== undefined) {
    const what = `added rows that it should have read: ${fileText(found)}`;
    return conflict('DELTA_CONCURRENT_APPEND', winner, content, what);
  }
  return undefined;
}

/** Files that both wrote: listed anew by the winner, with other statistics or row ids. */
function checkSameFiles(
  content: TransactionContent,
  winner: WinningCommit,
): CodedError | undefined {
  if (winner.adds.length === 0) return undefined;
  const own = pathSet([...content.adds, ...content.removes]);
  const both = own.isEmpty ? undefined : winner.adds.find(({ path }) => own.has(path));
  if (both === undefined) return undefined;
  const what = `listed a file anew that it writes as well: ${fileText(both)}`;
  return conflict('DELTA_CONCURRENT_APPEND', winner, content, what);
}

/** The files whose rows a reader at the transaction's level should have seen. */
function newFiles(
  content: TransactionContent,
  winner: WinningCommit,
  dropsFeatures: boolean,
): readonly AddFile[] {
  if (dropsFeatures) return winner.adds;
  switch (isolationLevel(content)) {
    case 'SnapshotIsolation':
      return [];
    case 'WriteSerializable':
      if (wasBlindAppend(winner) && content.metadata === undefined) return [];
      break;
    case 'Serializable':
      break;
  }
  return winner.adds.filter(({ dataChange }) => dataChange);
}

function checkRemovedFiles(
  content: TransactionContent,
  winner: WinningCommit,
): CodedError | undefined {
  const { reads, removes } = content;
  const [first] = winner.removes;
  if (first === undefined) return undefined;
  const read = firstReadOf(content, winner) ?? (reads.wholeTable ? first : undefined);
  if (read !== undefined) {
    const what = `removed a file that it read: ${fileText(read)}`;
    return conflict('DELTA_CONCURRENT_DELETE_READ', winner, content, what);
  }
  if (removes.length === 0) return undefined;
  const own = pathSet(removes);
  const deleted = winner.removes.find(({ path }) => own.has(path));
  if (deleted === undefined) return undefined;
  const what = `removed a file that it removes as well: ${fileText(deleted)}`;
  return conflict('DELTA_CONCURRENT_DELETE_DELETE', winner, content, what);
}

/** The first removed file that the transaction read, or lists again without removing it. */
function firstReadOf(
  { reads, adds, removes }: TransactionContent,
  winner: WinningCommit,
): RemoveFile | undefined {
  const rewritten = pathSet(removes);
  const listed = pathSet(
    adds.filter(({ path, dataChange }) => !dataChange && !rewritten.has(path)),
  );
  if (reads.files.isEmpty && listed.isEmpty) return undefined;
  return winner.removes.find(({ path }) => reads.files.has(path) || listed.has(path));
}

function fileText(file: {
  readonly path: string;
  readonly partitionValues?: PartitionValues | undefined;
}): string {
  const values = Object.entries(file.partitionValues ?? {});
  const partition = values.map(([column, value]) => `${column}=${value ?? 'null'}`).join(', ');
  return values.length === 0 ? file.path : `${file.path} in the partition [${partition}]`;
}

function conflict(
  code: ErrorCode,
  winner: WinningCommit,
  { base, description }: TransactionContent,
  what: string,
): CodedError {
  return new CodedError(
    code,
    `The ${description.operation} on ${base.location} began at version ${base.version} and lost ` +
      `against a concurrent ${operationOf(winner)}: version ${winner.version} ${what}.`,
  );
}

/**
 * The same question without the commits in between, by the state they left: enough for a transaction
 * that read nothing of the table but its definition.
 */
export function checkAgainstState(content: TransactionContent, now: CommitBase): Verdict {
  const { base, idempotenceKey: key } = content;
  const read = base.definition;
  // Not even at the same version is it free: a table made anew repeats the versions of the old one.
  if (read === undefined || now.definition === undefined) return free;
  const lost = (code: ErrorCode, what: string): Verdict => ({
    kind: 'conflict',
    error: new CodedError(
      code,
      `The ${content.description.operation} on ${base.location} began at version ${base.version}; ` +
        `up to version ${now.version} others ${what}.`,
    ),
  });
  const metadata = metadataChange(read, now.definition);
  if (metadata !== undefined) return lost('DELTA_METADATA_CHANGED', `changed ${metadata}`);
  const last = key === undefined ? undefined : now.txns.get(key.appId);
  if (key !== undefined && last !== undefined && last >= key.version) {
    return { kind: 'done', version: now.version };
  }
  const protocol = protocolChange(read, now.definition);
  if (protocol !== undefined)
    return lost('DELTA_PROTOCOL_CHANGED', `changed the protocol: ${protocol}`);
  const appIds = [...content.reads.appIds, ...content.txns.map(({ appId }) => appId)];
  const moved = appIds.find((appId) => base.txns.get(appId) !== now.txns.get(appId));
  if (moved !== undefined) {
    return lost('DELTA_CONCURRENT_TRANSACTION', `recorded versions of the application ${moved}`);
  }
  return free;
}
