/**
 * Makes one version out of one transaction, or of several that belong together, on top of whatever
 * others commit meanwhile: attempt, and where that loses, read the winners, ask whether they
 * conflict, and attempt the next version.
 *
 * 1. Each member gets its own outcome. One that fails, conflicts or is cancelled leaves; the others
 *    go on.
 * 2. From the moment a put is begun, members are told what became of it and nothing else.
 * 3. Before the first attempt it is seen whether the log still is the one that the transaction began
 *    with, so that no commit is put into a table that was dropped, made anew or cleaned up.
 */
import { CodedError } from '../coded-error.ts';
import { serializeCommit } from '../log/commit-json.ts';
import { commitLocation } from '../log/log-path.ts';
import { hasInCommitTimestamps } from '../log/protocol.ts';
import type { Clock, NewId, ObjectStore, StoredObject } from '../ports.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';
import { advanceBase, type CommitBase } from './commit-base.ts';
import { commitVersion } from './committer.ts';
import { checkAgainst, checkAgainstState, type Verdict } from './conflict-checker.ts';
import { combineAppends, isGroupable } from './group-append.ts';
import { commitTimeMs, composeCommit, prepareBody, type PreparedBody } from './prepare-commit.ts';
import { logGone, readWinners } from './read-winners.ts';
import type { TransactionContent } from './transaction-content.ts';
import { definingActions, type WinningCommit } from './winning-commit.ts';

/** Attempts before a writer gives up: each means that another commit won in the meantime. */
export const commitAttemptsMax = 1000;

export interface CommitPorts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** A transaction on its way. Each gets exactly one of `done`, `skipped` and `failed`. */
export interface Member {
  readonly content: TransactionContent;
  /** The commit its base is of; undefined for a new table. */
  readonly anchor: StoredObject | undefined;
  readonly signal: AbortSignal;
  /** `table` is the state after its commit: the same object for all members of that. */
  done(table: CommitBase): void;
  /** Its idempotence key is in the table, at the latest since `version`. */
  skipped(version: number): void;
  failed(error: Error): void;
}

/** The newest version that is known of a table, from a commit of one's own. */
export interface KnownVersion {
  readonly base: CommitBase;
  readonly anchor: Pick<StoredObject, 'location' | 'sizeBytes'>;
}

/**
 * @param members one, or several that are all `isGroupable` and of one table
 * @returns the version it made, if it made one
 */
export async function commitMembers(
  members: readonly Member[],
  known: KnownVersion | undefined,
  ports: CommitPorts,
): Promise<KnownVersion | undefined> {
  const attempt = new CommitAttempt(members, ports);
  try {
    return await attempt.run(known);
  } catch (error) {
    attempt.failAll(asError(error));
    return undefined;
  }
}

class CommitAttempt {
  readonly #ports: CommitPorts;
  #members: readonly Member[];
  readonly #done: { readonly member: Member; readonly version: number }[] = [];

  constructor(members: readonly Member[], ports: CommitPorts) {
    this.#members = members;
    this.#ports = ports;
  }

  failAll(error: Error): void {
    for (const member of this.#members) member.failed(error);
    this.#members = [];
  }

  /** Keeps the members for which `isKept`; one that it throws for has failed. */
  #keep(isKept: (member: Member) => boolean): void {
    this.#members = this.#members.filter((member) => {
      try {
        return isKept(member);
      } catch (error) {
        member.failed(asError(error));
        return false;
      }
    });
  }

  #keepFree(judge: (content: TransactionContent) => Verdict): void {
    this.#keep((member) => {
      const verdict = judge(member.content);
      switch (verdict.kind) {
        case 'free':
          return true;
        case 'done':
          this.#done.push({ member, version: verdict.version });
          return false;
        case 'conflict':
          member.failed(verdict.error);
          return false;
      }
    });
  }

  /**
   * Tells those whose work is in the log already. The commit that has it may be visible without
   * being durable yet, and its writer may never come to say so; what is told here must last.
   */
  async #tellDone(location: string): Promise<void> {
    const { store } = this.#ports;
    for (const { member, version } of this.#done.splice(0)) {
      try {
        const file = commitLocation(location, version);
        // One that was cleaned up was durable long ago.
        if ((await store.stat(file)) !== undefined) await store.sync([file]);
        member.skipped(version);
      } catch (error) {
        member.failed(asError(error));
      }
    }
  }

  async run(known: KnownVersion | undefined): Promise<KnownVersion | undefined> {
    const location = this.#members[0]?.content.base.location ?? '';
    try {
      return await this.#commit(known);
    } finally {
      await this.#tellDone(location);
    }
  }

  async #commit(known: KnownVersion | undefined): Promise<KnownVersion | undefined> {
    this.#keepFree(({ base, idempotenceKey: key }) => {
      const last = key === undefined ? undefined : base.txns.get(key.appId);
      const isDone = key !== undefined && last !== undefined && last >= key.version;
      return isDone ? { kind: 'done', version: base.version } : { kind: 'free' };
    });
    let base = await this.#findBase(known);
    for (let attempts = 0; base !== undefined && attempts < commitAttemptsMax; attempts++) {
      this.#keep(({ signal }) => {
        throwIfAborted(signal);
        return true;
      });
      base = await this.#withTime(base);
      const commit = this.#compose(base);
      if (commit === undefined) return undefined;
      const { bytes, after } = commit;
      const { location } = base;
      const outcome = await commitVersion(this.#ports.store, location, after.version, bytes);
      if (outcome.kind === 'committed') {
        for (const member of this.#members) member.done(after);
        this.#members = [];
        const anchor = {
          location: commitLocation(location, after.version),
          sizeBytes: bytes.length,
        };
        return { base: after, anchor };
      }
      if (base.version < 0) throw alreadyExists(location);
      base = this.#rebase(base, await this.#winnersAfter(base));
    }
    if (this.#members.length > 0) this.failAll(triedTooOften(this.#members[0]?.content));
    return undefined;
  }

  /** Where to begin: at the newest version that is known and still there. */
  async #findBase(known: KnownVersion | undefined): Promise<CommitBase | undefined> {
    const { store } = this.#ports;
    while (this.#members.length > 0) {
      const newest = this.#members.reduce((a, b) =>
        b.content.base.version > a.content.base.version ? b : a,
      );
      const { base } = newest.content;
      if (known !== undefined && isNewer(known.base, base)) {
        const found = await store.stat(known.anchor.location);
        if (found?.sizeBytes === known.anchor.sizeBytes) return this.#catchUp(known.base);
      }
      if (newest.anchor === undefined) return base;
      const found = await store.stat(newest.anchor.location);
      const { sizeBytes, modifiedMs } = newest.anchor;
      if (found?.sizeBytes === sizeBytes && found.modifiedMs === modifiedMs) {
        return this.#catchUp(base);
      }
      newest.failed(logGone(base.location, base.version));
      this.#members = this.#members.filter((member) => member !== newest);
    }
    return undefined;
  }

  /** Judges the members by what was committed between their bases and a newer one. */
  async #catchUp(base: CommitBase): Promise<CommitBase> {
    const [only, second] = this.#members;
    if (second === undefined && only !== undefined && !isGroupable(only.content)) {
      const own = only.content.base;
      return own.version === base.version ? base : this.#rebase(own, await this.#winnersAfter(own));
    }
    this.#keepFree((content) => checkAgainstState(content, base));
    return base;
  }

  #winnersAfter({ location, version }: CommitBase): Promise<readonly WinningCommit[]> {
    const [only, second] = this.#members;
    const signal = second === undefined ? only?.signal : undefined;
    return readWinners(this.#ports.store, location, version + 1, signal);
  }

  #rebase(base: CommitBase, winners: readonly WinningCommit[]): CommitBase {
    let current = base;
    for (const winner of winners) {
      const after = advanceBase(current, definingActions(winner), undefined);
      this.#keepFree((content) => checkAgainst(content, winner, after));
      current = after;
    }
    return current;
  }

  /** With the time of the version's file, where a commit's own timestamp depends on it. */
  async #withTime(base: CommitBase): Promise<CommitBase> {
    const { definition, location, version, timestampMs } = base;
    if (timestampMs >= 0 || version < 0 || definition === undefined) return base;
    const isNeeded =
      hasInCommitTimestamps(definition.protocol, definition.metadata) ||
      this.#members.some(({ content }) => content.metadata !== undefined);
    if (!isNeeded) return base;
    const file = await this.#ports.store.stat(commitLocation(location, version));
    return file === undefined ? base : { ...base, timestampMs: file.modifiedMs };
  }

  /** The commit of all members that can be prepared; `undefined` when none is left. */
  #compose(
    base: CommitBase,
  ): { readonly bytes: Uint8Array; readonly after: CommitBase } | undefined {
    const moment = { nowMs: this.#ports.clock.nowMs(), txnId: this.#ports.newId() };
    const timestampMs = commitTimeMs(base, moment.nowMs);
    const bodies: PreparedBody[] = [];
    this.#keep(({ content }) => {
      const rowIdHighWaterMark = bodies.at(-1)?.rowIdHighWaterMark ?? base.rowIdHighWaterMark;
      bodies.push(prepareBody(content, { ...base, rowIdHighWaterMark }, timestampMs));
      return true;
    });
    if (bodies.length === 0) return undefined;
    const content = combineAppends(this.#members.map((member) => member.content));
    const actions = composeCommit(content, bodies, base, moment);
    return { bytes: serializeCommit(actions), after: advanceBase(base, actions, undefined) };
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('something else was thrown', { cause: thrown });
}

function isNewer(known: CommitBase, base: CommitBase): boolean {
  return (
    known.version > base.version && known.definition?.metadata.id === base.definition?.metadata.id
  );
}

function alreadyExists(location: string): CodedError {
  return new CodedError(
    'DELTA_TABLE_ALREADY_EXISTS',
    `There is a Delta table at ${location} already.`,
  );
}

function triedTooOften(content: TransactionContent | undefined): CodedError {
  return new CodedError(
    'DELTA_MAX_COMMIT_RETRIES_EXCEEDED',
    `The ${content?.description.operation} on ${content?.base.location} lost against other writers ` +
      `${commitAttemptsMax} times, first at version ${(content?.base.version ?? 0) + 1}.`,
  );
}
