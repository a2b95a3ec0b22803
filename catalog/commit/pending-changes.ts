/**
 * What the statements of one open transaction have done to a table, put together: the table as they
 * left it, which is what the next statement reads, and in the end the one commit that says all of it.
 *
 * 1. The commit tells the difference between the table as it was and as it is: a file that came and
 *    went in between is not in it, and a file has one `add` and one `remove` at most, the `remove` with
 *    the deletion vector that the log knows.
 * 2. Row ids are given out at the commit. Until then rows of new files have none, and what is copied
 *    of them to other files has none either, so that a row that came and changed is a new row.
 * 3. Change data of several statements cannot be told from each other's rows. Two statements may
 *    change a table together as long as its feed follows from the files alone.
 */
import { ActiveFilesEditor } from '../active-files-editor.ts';
import { CodedError } from '../coded-error.ts';
import {
  deletionVectorId,
  type AddCdcFile,
  type AddFile,
  type DeletionVectorDescriptor,
  type DomainMetadata,
  type RemoveFile,
  type Txn,
} from '../log/actions.ts';
import { deletionVectorSource } from '../log/deletion-vector.ts';
import { fileLocation } from '../log/file-path.ts';
import { requireCanonical } from '../path-index.ts';
import type { Snapshot } from '../snapshot.ts';
import { combinedDescription } from './combined-description.ts';
import { commitTimeMs, prepareBody } from './prepare-commit.ts';
import { removeFile } from './remove-file.ts';
import type { Transaction } from './transaction.ts';
import type { CommitDescription, TransactionContent } from './transaction-content.ts';

/** A file that some statement wrote, marked or removed. */
interface TouchedPath {
  /** As the log has it; `undefined` for a file of the transaction. */
  readonly before: AddFile | undefined;
  now: AddFile | undefined;
  /** Whether any of its rows came or went. */
  dataChange: boolean;
}

export interface NetChanges {
  readonly adds: readonly AddFile[];
  readonly removes: readonly RemoveFile[];
  readonly cdc: readonly AddCdcFile[];
}

export class PendingChanges {
  /** The table as the log has it. */
  readonly base: Snapshot;
  #snapshot: Snapshot;
  readonly #contents: TransactionContent[] = [];
  readonly #touched = new Map<string, TouchedPath>();
  /** Locations of all files that the statements wrote. */
  readonly #staged = new Set<string>();

  constructor(base: Snapshot) {
    this.base = base;
    this.#snapshot = base;
  }

  /** The table with all that was taken. Its version is that of the base: it has none of its own. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /**
   * One more statement, which began with `snapshot`. Nothing of it is taken if this throws.
   *
   * @throws what a commit of it would throw at once (DELTA_CANNOT_MODIFY_APPEND_ONLY, ...);
   *   UNSUPPORTED_FEATURE for change data beside another statement's changes
   */
  take(content: TransactionContent, nowMs: number): void {
    const { definition } = prepareBody(content, content.base, commitTimeMs(content.base, nowMs));
    if (changesAnything(content)) this.#requireOneFeed(content);
    const editor = new ActiveFilesEditor(this.#snapshot.files);
    for (const { path, deletionVector } of content.removes) editor.remove(path, deletionVector);
    for (const file of content.adds) editor.add(file);
    const files = editor.finish();
    for (const location of filesWritten(content)) this.#staged.add(location);
    for (const removed of content.removes) this.#remove(removed);
    for (const file of content.adds) this.#add(file);
    this.#contents.push(content);
    const { protocol, metadata, schema } = definition;
    const { txns, domainMetadata } = this.#snapshot;
    this.#snapshot = Object.freeze({
      ...this.#snapshot,
      protocol,
      metadata,
      schema,
      files,
      txns: withMore(txns, content.txns, ({ appId }) => appId),
      domainMetadata: withMore(domainMetadata, content.domainMetadata, ({ domain }) => domain),
    });
  }

  #requireOneFeed({ cdc, base }: TransactionContent): void {
    const others = this.#contents.filter(changesAnything);
    if (others.length === 0) return;
    if (cdc.length === 0 && others.every((other) => other.cdc.length === 0)) return;
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `${base.location} keeps a change data feed, which cannot tell the rows of several statements ` +
        'of a transaction apart once one of them updates rows or writes files anew.',
      { hint: 'Commit after each such statement, or do all of it in one MERGE.' },
    );
  }

  #remove({ path, deletionVector, dataChange }: RemoveFile): void {
    const key = requireCanonical(path);
    const known = this.#touched.get(key);
    if (known !== undefined) {
      known.now = undefined;
      known.dataChange ||= dataChange;
      return;
    }
    const file = this.base.files.find(path, deletionVector);
    const before = file === undefined ? undefined : this.base.files.addFile(file);
    this.#touched.set(key, { before, now: undefined, dataChange });
  }

  #add(file: AddFile): void {
    const key = requireCanonical(file.path);
    const known = this.#touched.get(key);
    if (known === undefined) {
      this.#touched.set(key, { before: undefined, now: file, dataChange: file.dataChange });
      return;
    }
    known.now = file;
    known.dataChange ||= file.dataChange;
  }

  /** The files of the one commit. */
  net(deletionTimestamp: number): NetChanges {
    const adds: AddFile[] = [];
    const removes: RemoveFile[] = [];
    for (const { before, now, dataChange } of this.#touched.values()) {
      if (now !== undefined) adds.push({ ...now, dataChange });
      // A file and its deletion vector must not be added and removed in one commit.
      if (before === undefined || isSameEntry(before, now)) continue;
      removes.push(removeFile(before, { deletionTimestamp, dataChange }));
    }
    return { adds, removes, cdc: this.#contents.flatMap(({ cdc }) => cdc) };
  }

  /** Tells a transaction on `base` what all statements read and wrote; whether they wrote anything. */
  tell(transaction: Transaction, deletionTimestamp: number): boolean {
    const { adds, removes, cdc } = this.net(deletionTimestamp);
    for (const { reads, enforced } of this.#contents) {
      transaction.readAsWell(reads);
      transaction.enforces(enforced);
    }
    transaction.remove(removes);
    transaction.add(adds);
    transaction.addCdc(cdc);
    const metadata = this.#contents.findLast((one) => one.metadata !== undefined)?.metadata;
    if (metadata !== undefined) transaction.setMetadata(metadata);
    const protocol = this.#contents.findLast((one) => one.protocol !== undefined)?.protocol;
    if (protocol !== undefined) transaction.setProtocol(protocol);
    const txns = new Map<string, Txn>();
    const domains = new Map<string, DomainMetadata>();
    for (const content of this.#contents) {
      for (const txn of content.txns) txns.set(txn.appId, txn);
      for (const domain of content.domainMetadata) domains.set(domain.domain, domain);
    }
    for (const txn of txns.values()) transaction.setTxn(txn);
    for (const domain of domains.values()) transaction.setDomainMetadata(domain);
    const written = [adds, removes, cdc, [...txns], [...domains]];
    const hasDefinition = metadata !== undefined || protocol !== undefined;
    return hasDefinition || written.some((actions) => actions.length > 0);
  }

  describe(): CommitDescription {
    return combinedDescription(
      this.#contents.map(({ description }) => description),
      this.net(0),
    );
  }

  /** Locations of the files that statements wrote and that the commit does not name. */
  leftovers(): readonly string[] {
    const { adds, cdc } = this.net(0);
    const kept = new Set(locationsOf([...adds, ...cdc], this.base.location));
    return [...this.#staged].filter((location) => !kept.has(location));
  }

  /** Locations of all files that statements wrote. */
  staged(): readonly string[] {
    return [...this.#staged];
  }
}

/** Locations of the files that a statement wrote: rows, changes and deletion vectors. */
export function filesWritten(content: TransactionContent): readonly string[] {
  const { adds, removes, cdc, base } = content;
  const removed = new Map(removes.map((file) => [requireCanonical(file.path), file]));
  const written: (AddFile | AddCdcFile)[] = [...cdc];
  const vectors: DeletionVectorDescriptor[] = [];
  for (const file of adds) {
    const old = removed.get(requireCanonical(file.path));
    if (old === undefined) written.push(file);
    else if (file.deletionVector !== undefined && !isSameEntry(old, file)) {
      vectors.push(file.deletionVector);
    }
  }
  return [
    ...locationsOf(written, base.location),
    ...vectors.flatMap((vector) => vectorLocation(vector, base.location)),
  ];
}

function locationsOf(files: readonly (AddFile | AddCdcFile)[], table: string): readonly string[] {
  return files.flatMap((file) => [
    fileLocation(table, requireCanonical(file.path)),
    ...(file.kind === 'add' && file.deletionVector !== undefined
      ? vectorLocation(file.deletionVector, table)
      : []),
  ]);
}

function vectorLocation(vector: DeletionVectorDescriptor, table: string): readonly string[] {
  const source = deletionVectorSource(vector, table);
  return source.kind === 'file' ? [source.location] : [];
}

function isSameEntry(
  before: { readonly deletionVector?: DeletionVectorDescriptor | undefined },
  now: AddFile | undefined,
): boolean {
  return (
    now !== undefined &&
    deletionVectorId(before.deletionVector) === deletionVectorId(now.deletionVector)
  );
}

function changesAnything({ adds, removes, cdc }: TransactionContent): boolean {
  return adds.length + removes.length + cdc.length > 0;
}

function withMore<T>(
  known: ReadonlyMap<string, T>,
  more: readonly T[],
  keyOf: (one: T) => string,
): ReadonlyMap<string, T> {
  if (more.length === 0) return known;
  return new Map([...known, ...more.map((one) => [keyOf(one), one] as const)]);
}
