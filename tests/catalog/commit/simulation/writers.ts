/**
 * Writers of the simulation: each does a few operations on one table, as statements would, and writes
 * down what it saw, what it wanted, and what it was told. Data files are lists of rows in JSON.
 */
import { CodedError } from '../../../../catalog/coded-error.ts';
import { removeFile } from '../../../../catalog/commit/remove-file.ts';
import type { Transaction } from '../../../../catalog/commit/transaction.ts';
import type { Transactions } from '../../../../catalog/commit/transactions.ts';
import type { AddFile } from '../../../../catalog/log/actions.ts';
import type { Snapshot } from '../../../../catalog/snapshot.ts';
import type { SnapshotCache } from '../../../../catalog/snapshot-cache.ts';
import type { SeededRandom } from '../../../support/seeded-random.ts';
import type { SimulatedStore } from '../../../support/simulated-store.ts';
import { add } from '../../../support/table-builder.ts';
import { noSignal } from '../../../support/transactional-table.ts';

export const partitions = ['0', '1', '2'] as const;

/** `id` names the row for ever; `value` says how often it was changed, and by what was seen. */
export interface Row {
  readonly id: string;
  readonly partition: string;
  readonly value: number;
}

/** What a statement looked at, with the answer it got; nothing for a blind append. */
export type Read =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'rows'; readonly partition: string | undefined; readonly rows: readonly Row[] }
  | { readonly kind: 'files'; readonly paths: readonly string[] };

export type Outcome =
  | { readonly kind: 'committed' | 'already committed'; readonly version: number }
  /** Told to be certainly not done. */
  | { readonly kind: 'failed'; readonly error: CodedError }
  /** It may have been done: the error says so, or the writer died. */
  | { readonly kind: 'unknown' };

export interface Operation {
  /** In the commit: `operationParameters.id`, or the names of appended files begin with it. */
  readonly id: string;
  readonly kind: OperationKind;
  /** What makes it be done once, whatever its attempts are called. */
  readonly batch: { readonly appId: string; readonly version: bigint } | undefined;
  readonly readVersion: number;
  readonly read: Read;
  readonly inserted: readonly Row[];
  readonly deleted: readonly string[];
  readonly updated: readonly Row[];
  outcome: Outcome;
}

const kinds = [
  'append',
  'append',
  'append',
  'append',
  'batch',
  'batch',
  'delete',
  'update',
  'insert from itself',
  'overwrite',
  'compact',
  'alter',
] as const;
export type OperationKind = (typeof kinds)[number];

export interface WriterPorts {
  readonly location: string;
  readonly store: SimulatedStore;
  readonly random: SeededRandom;
  readonly snapshots: SnapshotCache;
  readonly transactions: Transactions;
  readonly journal: Operation[];
  readonly nowMs: () => number;
  readonly nextId: () => string;
}

/** One batch of an application: tried until it is acknowledged. */
export interface Application {
  readonly appId: string;
  nextVersion: bigint;
}

export async function runWriter(
  operations: number,
  application: Application,
  ports: WriterPorts,
): Promise<void> {
  for (let i = 0; i < operations; i++) {
    const kind = ports.random.pick(kinds);
    try {
      await runOperation(kind, application, ports);
    } catch (error) {
      // Before its commit a statement fails by the store alone.
      if (!(error instanceof CodedError) || error.code !== 'IO_ERROR') throw error;
    }
  }
}

async function runOperation(
  kind: OperationKind,
  application: Application,
  ports: WriterPorts,
): Promise<void> {
  const { location, random, snapshots, transactions, journal, nextId } = ports;
  const snapshot = await snapshots.latest(location);
  const transaction = transactions.begin(snapshot);
  const id = nextId();
  const work: Work = { id, transaction, snapshot, ports };
  const partition = random.pick(partitions);
  const plan = await plans[kind](work, partition);
  const batch =
    kind === 'batch' ? { appId: application.appId, version: application.nextVersion } : undefined;
  if (batch !== undefined) transaction.setIdempotenceKey({ kind: 'txn', ...batch });
  const operation: Operation = {
    id,
    kind,
    batch,
    readVersion: snapshot.version,
    read: plan.read,
    inserted: plan.inserted ?? [],
    deleted: plan.deleted ?? [],
    updated: plan.updated ?? [],
    outcome: { kind: 'unknown' },
  };
  journal.push(operation);
  const isAppend = kind === 'append' || kind === 'batch';
  operation.outcome = await transaction
    .commit(
      {
        operation: isAppend ? 'WRITE' : kind.toUpperCase(),
        operationParameters: isAppend ? { mode: 'Append' } : { id },
        operationMetrics: {},
      },
      noSignal,
    )
    .catch(failure);
  const { outcome } = operation;
  if (batch === undefined) return;
  if (outcome.kind === 'committed' || outcome.kind === 'already committed') {
    // Two writers of an application may have had the same batch.
    if (application.nextVersion === batch.version) application.nextVersion++;
  }
}

function failure(error: unknown): Outcome {
  if (!(error instanceof CodedError)) throw error;
  const isUnknown =
    error.code === 'IO_ERROR' &&
    /looking whether it|is visible, but the disk did not confirm/.test(error.message);
  return isUnknown ? { kind: 'unknown' } : { kind: 'failed', error };
}

interface Work {
  readonly id: string;
  readonly transaction: Transaction;
  readonly snapshot: Snapshot;
  readonly ports: WriterPorts;
}

interface Plan {
  readonly read: Read;
  readonly inserted?: readonly Row[];
  readonly deleted?: readonly string[];
  readonly updated?: readonly Row[];
}

const plans: {
  readonly [kind in OperationKind]: (work: Work, partition: string) => Promise<Plan>;
} = {
  append: appendRows,
  batch: appendRows,
  delete: (work, partition) =>
    rewrite(work, partition, (rows) => ({
      kept: rows.filter(({ id }) => hash(id) % 3 !== 0),
      deleted: rows.filter(({ id }) => hash(id) % 3 === 0).map(({ id }) => id),
      updated: [],
    })),
  update: (work, partition) =>
    rewrite(work, partition, (rows) => {
      const updated = rows
        .filter(({ id }) => hash(id) % 2 === 0)
        .map((row) => ({ ...row, value: row.value + rows.length }));
      const changed = new Map(updated.map((row) => [row.id, row]));
      return { kept: rows.map((row) => changed.get(row.id) ?? row), deleted: [], updated };
    }),
  'insert from itself': async (work, partition) => {
    const seen = await readRows(work, partition);
    const target = partitions[(partitions.indexOf(partition as '0') + 1) % 3] ?? '0';
    const inserted = [{ id: `${work.id}-sum`, partition: target, value: seen.rows.length }];
    work.transaction.add([await writeFile(work, inserted, target)]);
    return { read: seen, inserted };
  },
  overwrite: async (work, partition) => {
    const seen = await readRows(work, undefined);
    const inserted = newRows(work, partition, seen.rows.length);
    work.transaction.remove(activeFiles(work).map((file) => removed(file, work)));
    work.transaction.add([await writeFile(work, inserted, partition)]);
    return { read: seen, inserted, deleted: seen.rows.map(({ id }) => id) };
  },
  compact: async (work, partition) => {
    const files = activeFiles(work).filter((file) => file.partitionValues['p'] === partition);
    const rows: Row[] = [];
    for (const file of files) rows.push(...(await readFile(work, file)));
    work.transaction.readFiles(files.map(({ path }) => path));
    work.transaction.remove(files.map((file) => removed(file, work, false)));
    if (rows.length > 0) {
      work.transaction.add([{ ...(await writeFile(work, rows, partition)), dataChange: false }]);
    }
    return { read: { kind: 'files', paths: files.map(({ path }) => path) } };
  },
  alter: async ({ id, transaction, snapshot: { metadata } }) => {
    transaction.setMetadata({
      ...metadata,
      configuration: { ...metadata.configuration, 'test.last': id },
    });
    return { read: { kind: 'nothing' } };
  },
};

async function appendRows(work: Work, partition: string): Promise<Plan> {
  const inserted = newRows(work, partition, 0);
  work.transaction.add([await writeFile(work, inserted, partition)]);
  return { read: { kind: 'nothing' }, inserted };
}

async function rewrite(
  work: Work,
  partition: string,
  change: (rows: readonly Row[]) => {
    readonly kept: readonly Row[];
    readonly deleted: readonly string[];
    readonly updated: readonly Row[];
  },
): Promise<Plan> {
  const seen = await readRows(work, partition);
  const { kept, deleted, updated } = change(seen.rows);
  if (deleted.length + updated.length > 0) {
    const files = activeFiles(work).filter((file) => file.partitionValues['p'] === partition);
    work.transaction.remove(files.map((file) => removed(file, work)));
    if (kept.length > 0) work.transaction.add([await writeFile(work, kept, partition)]);
  }
  return { read: seen, deleted, updated };
}

/** The rows of a partition, or all of them, told to the transaction. */
async function readRows(
  work: Work,
  partition: string | undefined,
): Promise<Extract<Read, { kind: 'rows' }>> {
  const files = activeFiles(work).filter(
    (file) => partition === undefined || file.partitionValues['p'] === partition,
  );
  if (partition === undefined) work.transaction.readWholeTable();
  else {
    work.transaction.readMatching(
      (file) => file.partitionValues['p'] === partition,
      files.map(({ path }) => path),
    );
  }
  const rows: Row[] = [];
  for (const file of files) rows.push(...(await readFile(work, file)));
  return { kind: 'rows', partition, rows };
}

function activeFiles({ snapshot: { files } }: Work): AddFile[] {
  return [...files].map((file) => files.addFile(file));
}

async function readFile({ ports, snapshot }: Work, file: AddFile): Promise<readonly Row[]> {
  const bytes = await ports.store.read(`${snapshot.location}/${file.path}`);
  if (bytes === undefined) throw new Error(`the data file ${file.path} is gone`);
  return JSON.parse(Buffer.from(bytes).toString()) as readonly Row[];
}

function newRows({ id, ports }: Work, partition: string, value: number): readonly Row[] {
  const count = 1 + ports.random.below(3);
  return Array.from({ length: count }, (_, i) => ({ id: `${id}-${i}`, partition, value }));
}

async function writeFile(work: Work, rows: readonly Row[], partition: string): Promise<AddFile> {
  const { id, ports } = work;
  const path = `${id}.part`;
  const bytes = Buffer.from(JSON.stringify(rows));
  await ports.store.put(`${ports.location}/${path}`, bytes);
  const stats = JSON.stringify({ numRecords: rows.length });
  return add(path, { partitionValues: { p: partition }, size: bytes.length, stats });
}

function removed(file: AddFile, { ports }: Work, dataChange = true): ReturnType<typeof removeFile> {
  return removeFile(file, { deletionTimestamp: ports.nowMs(), dataChange });
}

function hash(text: string): number {
  let value = 7;
  for (const char of text) value = (value * 31 + char.charCodeAt(0)) >>> 0;
  return value;
}
