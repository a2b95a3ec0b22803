/**
 * The commit loop of writers that only add: a new table, or files appended to one. The files are
 * staged once and kept across attempts; what changes is the version they are committed as.
 *
 * An append conflicts with no other data change, so it is retried until a version is free; it is
 * refused when the table has another schema, partitioning, configuration or protocol than the files
 * were made for.
 */
import { CodedError } from '../coded-error.ts';
import type { Action, AddFile, CommitInfo, Metadata, Protocol } from '../log/actions.ts';
import { serializeCommit } from '../log/commit-json.ts';
import type { Clock, NewId, ObjectStore } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';
import { commitVersion } from './committer.ts';

/** Attempts before a writer gives up: each means that another commit won in the meantime. */
export const commitAttemptsMax = 1000;

export interface CommitPorts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly newId: NewId;
  /** The newest snapshot, read again after a conflict. */
  latest(location: string): Promise<Snapshot>;
}

export interface CommitDescription {
  /** `WRITE`, `CREATE TABLE`, `CREATE TABLE AS SELECT`: Delta's names of operations. */
  readonly operation: string;
  readonly operationParameters: { readonly [key: string]: string };
  readonly operationMetrics: { readonly [key: string]: string };
}

export const engineInfo = 'Levee/0.1.0';

/** Appends files to a table as a commit of its own. Returns the version. */
export async function commitAppend(
  base: Snapshot,
  files: readonly AddFile[],
  description: CommitDescription,
  ports: CommitPorts,
  signal: AbortSignal,
): Promise<number> {
  let current = base;
  for (let attempt = 0; attempt < commitAttemptsMax; attempt++) {
    const version = current.version + 1;
    const info = commitInfo(
      description,
      { readVersion: current.version, isBlindAppend: true },
      ports,
    );
    const outcome = await commitVersion(
      ports.store,
      base.location,
      version,
      serializeCommit([info, ...files]),
      signal,
    );
    if (outcome.kind === 'committed') return version;
    current = await ports.latest(base.location);
    requireSameTable(base, current);
  }
  throw new CodedError(
    'DELTA_CONCURRENT_WRITE',
    `The commit to ${base.location} lost against other writers ${commitAttemptsMax} times.`,
  );
}

export interface NewTable {
  readonly location: string;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly files: readonly AddFile[];
}

/** Makes version 0 of a table. Throws DELTA_TABLE_ALREADY_EXISTS when there is one. */
export async function commitNewTable(
  table: NewTable,
  description: CommitDescription,
  ports: CommitPorts,
  signal: AbortSignal,
): Promise<void> {
  const info = commitInfo(description, { isBlindAppend: true }, ports);
  const actions: Action[] = [info, table.protocol, table.metadata, ...table.files];
  const outcome = await commitVersion(
    ports.store,
    table.location,
    0,
    serializeCommit(actions),
    signal,
  );
  if (outcome.kind === 'committed') return;
  throw new CodedError(
    'DELTA_TABLE_ALREADY_EXISTS',
    `There is a Delta table at ${table.location} already.`,
  );
}

function commitInfo(
  description: CommitDescription,
  facts: { readonly readVersion?: number; readonly isBlindAppend: boolean },
  { clock, newId }: CommitPorts,
): CommitInfo {
  const timestamp = clock.nowMs();
  return {
    kind: 'commitInfo',
    timestamp,
    fields: {
      timestamp,
      operation: description.operation,
      operationParameters: description.operationParameters,
      ...(facts.readVersion === undefined ? {} : { readVersion: facts.readVersion }),
      isolationLevel: 'Serializable',
      isBlindAppend: facts.isBlindAppend,
      operationMetrics: description.operationMetrics,
      engineInfo,
      // Makes the bytes of this commit unlike those of any other: see `committer.ts`.
      txnId: newId(),
    },
  };
}

function requireSameTable(base: Snapshot, current: Snapshot): void {
  const isSame =
    JSON.stringify(base.metadata) === JSON.stringify(current.metadata) &&
    JSON.stringify(base.protocol) === JSON.stringify(current.protocol);
  if (isSame) return;
  throw new CodedError(
    'DELTA_METADATA_CHANGED',
    `The table ${base.location} was altered by version ${current.version} while this statement ran.`,
  );
}
