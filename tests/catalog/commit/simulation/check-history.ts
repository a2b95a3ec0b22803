/**
 * Replays the log of a simulated table, version by version, against what its writers wrote down:
 *
 * 1. Versions are contiguous, and each was made once.
 * 2. What was acknowledged is there, in the version it was told; what failed is not; nothing is there
 *    twice. Batches of an application are there once, however often they were tried.
 * 3. Replayed in the order of versions, every statement would read what it has read (under
 *    WriteSerializable: but for what blind appends added meanwhile), and its changes have the
 *    effect it meant: after every version the files hold the rows that a table of rows would.
 * 4. Statements saw the newest metadata; in-commit timestamps rise; no row id is given out twice.
 */
import assert from 'node:assert/strict';
import type { Action, AddFile, Metadata } from '../../../../catalog/log/actions.ts';
import { parseCommit } from '../../../../catalog/log/commit-json.ts';
import { commitLocation } from '../../../../catalog/log/log-path.ts';
import type { MemoryStore } from '../../../support/memory-store.ts';
import type { Operation, Row } from './writers.ts';

export interface HistoryCheck {
  readonly memory: MemoryStore;
  readonly location: string;
  readonly journal: readonly Operation[];
  readonly isSerializable: boolean;
  readonly hasTimestamps: boolean;
  readonly hasRowIds: boolean;
}

export interface HistoryFacts {
  readonly versions: number;
  readonly committed: number;
  readonly conflicts: number;
  readonly grouped: number;
  readonly rows: number;
}

export async function checkHistory(check: HistoryCheck): Promise<HistoryFacts> {
  const { memory, location, journal } = check;
  const byId = new Map(journal.map((operation) => [operation.id, operation]));
  const found = new Map<string, number>();
  const batches = new Map<string, number>();
  const replay = new Replay(check);
  let grouped = 0;
  let version = 0;
  for (; ; version++) {
    const file = commitLocation(location, version);
    const bytes = await memory.read(file);
    if (bytes === undefined) break;
    const actions = parseCommit(bytes, file);
    if (version === 0) {
      replay.begin(actions);
      continue;
    }
    const operations = operationsOf(actions, byId);
    assert.ok(operations.length > 0, `nobody meant to make version ${version}`);
    if (operations.length > 1) grouped++;
    for (const operation of operations) {
      assert.ok(!found.has(operation.id), `${operation.id} was done twice`);
      found.set(operation.id, version);
      if (operation.batch === undefined) continue;
      const batch = `${operation.batch.appId} ${operation.batch.version}`;
      assert.ok(!batches.has(batch), `the batch ${batch} was done twice`);
      batches.set(batch, version);
    }
    await replay.apply(version, actions, operations);
  }
  const logFiles = memory.locations().filter((path) => path.startsWith(`${location}/_delta_log/`));
  assert.equal(logFiles.length, version, 'there are commits behind a gap');
  for (const operation of journal) checkOutcome(operation, found, batches);
  return {
    versions: version,
    committed: found.size,
    conflicts: journal.filter(
      ({ outcome }) => outcome.kind === 'failed' && outcome.error.sqlState === '2D521',
    ).length,
    grouped,
    rows: replay.rowCount,
  };
}

function operationsOf(
  actions: readonly Action[],
  byId: ReadonlyMap<string, Operation>,
): readonly Operation[] {
  const [info] = actions;
  assert.ok(info?.kind === 'commitInfo', 'a commit begins with its commitInfo');
  const parameters = info.fields['operationParameters'] as { readonly id?: string };
  const ids =
    parameters.id === undefined
      ? actions.flatMap((action) =>
          action.kind === 'add' ? [action.path.replace('.part', '')] : [],
        )
      : [parameters.id];
  return ids.map((id) => {
    const operation = byId.get(id);
    assert.ok(operation !== undefined, `nobody wrote down ${id}`);
    return operation;
  });
}

function checkOutcome(
  { id, outcome, batch }: Operation,
  found: ReadonlyMap<string, number>,
  batches: ReadonlyMap<string, number>,
): void {
  switch (outcome.kind) {
    case 'committed':
      assert.equal(found.get(id), outcome.version, `${id} was acknowledged`);
      break;
    case 'already committed': {
      assert.equal(found.get(id), undefined, `${id} was told to be done before`);
      const version = batches.get(`${batch?.appId} ${batch?.version}`);
      assert.ok(version !== undefined, `the batch of ${id} was acknowledged and is lost`);
      assert.ok(version <= outcome.version);
      break;
    }
    case 'failed':
      assert.equal(found.get(id), undefined, `${id} was told to have failed: ${outcome.error}`);
      break;
    case 'unknown':
      break;
  }
}

/** The table by its files, and beside it the table as rows alone. */
class Replay {
  readonly #check: HistoryCheck;
  readonly #files = new Map<string, AddFile>();
  readonly #rows = new Map<string, Row>();
  #metadata: Metadata | undefined;
  /** By version: the metadata after it. */
  readonly #metadataAt: (Metadata | undefined)[] = [];
  #lastTimestamp = -1;
  #highestRowId = -1;
  /** By version: ids of rows that blind appends added. */
  readonly #blind: { readonly version: number; readonly id: string }[] = [];

  constructor(check: HistoryCheck) {
    this.#check = check;
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  begin(actions: readonly Action[]): void {
    this.#metadata = actions.find((action) => action.kind === 'metaData');
    this.#metadataAt.push(this.#metadata);
  }

  async apply(
    version: number,
    actions: readonly Action[],
    operations: readonly Operation[],
  ): Promise<void> {
    for (const operation of operations) this.#checkRead(operation, version);
    for (const operation of operations) this.#perform(operation, version);
    for (const action of actions) this.#take(action, version);
    this.#metadataAt.push(this.#metadata);
    await this.#compare(version);
  }

  #checkRead(operation: Operation, version: number): void {
    const { id, read, readVersion } = operation;
    assert.ok(readVersion < version);
    // Configuration is what these metadata differ in.
    assert.deepEqual(
      this.#metadataAt[readVersion],
      this.#metadata,
      `${id} of version ${version} began before metadata changed`,
    );
    switch (read.kind) {
      case 'nothing':
        return;
      case 'files':
        for (const path of read.paths) assert.ok(this.#files.has(path), `${id}: ${path} is gone`);
        return;
      case 'rows': {
        const mayMiss = new Set(
          this.#check.isSerializable
            ? []
            : this.#blind
                .filter((added) => added.version > readVersion && added.version < version)
                .map((added) => added.id),
        );
        const now = [...this.#rows.values()].filter(
          (row) =>
            (read.partition === undefined || row.partition === read.partition) &&
            !mayMiss.has(row.id),
        );
        // A statement that changes nothing may stand where it read.
        if (operation.inserted.length + operation.deleted.length + operation.updated.length > 0) {
          assert.deepEqual(sorted(read.rows), sorted(now), `${id} of version ${version} read`);
        }
      }
    }
  }

  #perform({ kind, inserted, deleted, updated }: Operation, version: number): void {
    for (const id of deleted) assert.ok(this.#rows.delete(id), `the row ${id} is gone`);
    for (const row of updated) {
      assert.ok(this.#rows.has(row.id), `the row ${row.id} is gone`);
      this.#rows.set(row.id, row);
    }
    for (const row of inserted) {
      assert.ok(!this.#rows.has(row.id), `the row ${row.id} is there`);
      this.#rows.set(row.id, row);
      if (kind === 'append' || kind === 'batch') this.#blind.push({ version, id: row.id });
    }
  }

  #take(action: Action, version: number): void {
    switch (action.kind) {
      case 'add':
        assert.ok(!this.#files.has(action.path), `${action.path} was added twice`);
        this.#files.set(action.path, action);
        this.#takeRowIds(action, version);
        break;
      case 'remove':
        assert.ok(this.#files.delete(action.path), `${action.path} was removed twice`);
        break;
      case 'metaData':
        this.#metadata = action;
        break;
      case 'commitInfo': {
        if (!this.#check.hasTimestamps) break;
        const { inCommitTimestamp = -1 } = action;
        assert.ok(inCommitTimestamp > this.#lastTimestamp, `the time of version ${version}`);
        this.#lastTimestamp = inCommitTimestamp;
        break;
      }
      default:
        break;
    }
  }

  #takeRowIds({ baseRowId, defaultRowCommitVersion, stats = '' }: AddFile, version: number): void {
    if (!this.#check.hasRowIds) return;
    assert.ok(baseRowId !== undefined && baseRowId > this.#highestRowId, 'row ids given out twice');
    assert.equal(defaultRowCommitVersion, version);
    const { numRecords } = JSON.parse(stats) as { readonly numRecords: number };
    this.#highestRowId = baseRowId + numRecords - 1;
  }

  async #compare(version: number): Promise<void> {
    const rows: Row[] = [];
    for (const { path } of this.#files.values()) {
      const bytes = await this.#check.memory.read(`${this.#check.location}/${path}`);
      assert.ok(bytes !== undefined, `the data of ${path} is lost`);
      rows.push(...(JSON.parse(Buffer.from(bytes).toString()) as readonly Row[]));
    }
    assert.deepEqual(
      sorted(rows),
      sorted([...this.#rows.values()]),
      `the rows of version ${version}`,
    );
  }
}

function sorted(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
