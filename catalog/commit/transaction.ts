/**
 * A transaction on one table, as Delta's OptimisticTransaction: begun at a snapshot, told what is read
 * and what shall be written, committed in one version or not at all. Until then nobody sees any of it.
 *
 * What it does not tell it read cannot conflict: whoever decides by rows, files, a `txn` or a
 * domain of the table must say so. The table's definition always counts as read.
 */
import assert from 'node:assert/strict';
import type {
  AddCdcFile,
  AddFile,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from '../log/actions.ts';
import type { CommitBase } from './commit-base.ts';
import { baseOf, noTable } from './commit-base.ts';
import { hasRowTracking, withMaterializedColumns } from '../log/row-tracking.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { NewId, StoredObject } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';
import {
  PathSet,
  type CommitDescription,
  type FilePredicate,
  type TransactionContent,
  type TransactionReads,
} from './transaction-content.ts';

export type CommitResult =
  /** Durable and visible as this version. */
  | { readonly kind: 'committed'; readonly version: number }
  /** Nothing was written: the application's `txn` was in the table already, at the latest in `version`. */
  | { readonly kind: 'already committed'; readonly version: number };

/** Commits a transaction: see `transactions.ts`. */
export type CommitTransaction = (
  transaction: Transaction,
  signal: AbortSignal,
) => Promise<CommitResult>;

export class Transaction {
  readonly base: CommitBase;
  /** The commit it began at, to see whether that is still what it was; undefined for a new table. */
  readonly anchor: StoredObject | undefined;
  readonly #snapshot: Snapshot | undefined;
  readonly #commit: CommitTransaction;
  readonly #newId: NewId;
  #wholeTable = false;
  readonly #predicates: FilePredicate[] = [];
  readonly #files = new PathSet();
  readonly #appIds = new Set<string>();
  readonly #domains = new Set<string>();
  readonly #adds: AddFile[] = [];
  readonly #removes: RemoveFile[] = [];
  readonly #tombstones: RemoveFile[] = [];
  readonly #cdc: AddCdcFile[] = [];
  readonly #txns: Txn[] = [];
  readonly #domainMetadata: DomainMetadata[] = [];
  #metadata: Metadata | undefined;
  #protocol: Protocol | undefined;
  #idempotenceKey: Txn | undefined;
  #enforced: ReadonlySet<string> = new Set();
  #isCommitted = false;

  /** @param table a snapshot, or the location of a table that is to be made */
  constructor(table: Snapshot | string, commit: CommitTransaction, newId: NewId) {
    this.#snapshot = typeof table === 'string' ? undefined : table;
    this.base = typeof table === 'string' ? noTable(table) : baseOf(table);
    this.anchor = this.#snapshot?.source.anchor;
    this.#commit = commit;
    this.#newId = newId;
  }

  get location(): string {
    return this.base.location;
  }

  // --- what was read ------------------------------------------------------------------------

  /** Any row may have mattered: for INSERT OVERWRITE, MERGE without a usable condition, RESTORE. */
  readWholeTable(): void {
    this.#wholeTable = true;
  }

  /**
   * Only rows of a condition mattered.
   *
   * @param mightMatch whether an added file may hold such rows; in doubt true. Asked of files that other
   *   commits add, at the time of the commit; must not throw
   * @param files the paths of the files it kept, whose rows were looked at
   */
  readMatching(mightMatch: FilePredicate, files: Iterable<string>): void {
    this.#predicates.push(mightMatch);
    this.#files.addAll(files);
  }

  /** Exactly these files mattered, whatever else there is: for OPTIMIZE and statistics. */
  readFiles(paths: Iterable<string>): void {
    this.#files.addAll(paths);
  }

  /** What was read for this transaction elsewhere, such as by statements before its commit. */
  readAsWell(reads: TransactionReads): void {
    this.#wholeTable ||= reads.wholeTable;
    this.#predicates.push(...reads.predicates);
    this.#files.addAll(reads.files);
    for (const appId of reads.appIds) this.#appIds.add(appId);
    for (const domain of reads.domains) this.#domains.add(domain);
  }

  /** The last version of an application, or undefined; another commit of it will conflict. */
  readTxn(appId: string): bigint | undefined {
    this.#appIds.add(appId);
    return this.base.txns.get(appId);
  }

  /** A domain's metadata, or undefined; another commit that writes it will conflict. */
  readDomain(domain: string): DomainMetadata | undefined {
    this.#domains.add(domain);
    return this.#snapshot?.domainMetadata.get(domain);
  }

  // --- what shall be written ----------------------------------------------------------------

  /**
   * New files, or files listed anew with other statistics, deletion vector (after `remove` of the
   * old entry) or row ids. Files copied from the log keep `baseRowId`; others get row ids here.
   */
  add(files: Iterable<AddFile>): void {
    for (const file of files) this.#adds.push(file);
  }

  /** Active files, with the deletion vector they have: `removeFile(snapshot.files.addFile(handle))`. */
  remove(files: Iterable<RemoveFile>): void {
    for (const file of files) this.#removes.push(file);
  }

  /** Tombstones for files that are none of the table's data: so that VACUUM leaves them for a while. */
  addTombstones(files: Iterable<RemoveFile>): void {
    for (const file of files) this.#tombstones.push(file);
  }

  addCdc(files: Iterable<AddCdcFile>): void {
    for (const file of files) this.#cdc.push(file);
  }

  /**
   * The whole new metadata. The protocol is upgraded to what it uses; what in-commit timestamps and
   * row tracking need besides is added. To turn on row tracking, files without row ids must be listed
   * anew (`dataChange` false) in the same transaction.
   */
  setMetadata(metadata: Metadata): void {
    assert(this.#metadata === undefined, 'metadata is set once');
    this.#metadata = withMaterializedColumns(metadata, this.#newId);
  }

  /** Features to have besides; one with fewer than the table has drops the others. */
  setProtocol(protocol: Protocol): void {
    assert(this.#protocol === undefined, 'the protocol is set once');
    this.#protocol = protocol;
  }

  /** The progress of an application; other commits of it meanwhile conflict. */
  setTxn(txn: Txn): void {
    this.#txns.push(txn);
  }

  /**
   * Makes the commit happen once: where the table has this version of the application or a later one,
   * nothing is written and the result is `already committed`.
   *
   * @returns whether the table has it already, so that the work can be spared
   */
  setIdempotenceKey(txn: Txn): boolean {
    assert(this.#idempotenceKey === undefined, 'the idempotence key is set once');
    this.#idempotenceKey = txn;
    this.#txns.push(txn);
    const last = this.base.txns.get(txn.appId);
    return last !== undefined && last >= txn.version;
  }

  /** Of a domain that the caller understands; not that of row ids, which are given out here. */
  setDomainMetadata(domain: DomainMetadata): void {
    this.#domainMetadata.push(domain);
  }

  /** Features of the kind `if-enforced` whose rules the added files follow. */
  enforces(features: Iterable<string>): void {
    this.#enforced = new Set([...this.#enforced, ...features]);
  }

  // --- commit -------------------------------------------------------------------------------

  /**
   * Commits, on top of what others committed meanwhile unless that conflicts. `signal` counts until
   * the commit is being written: from then on the true outcome is told.
   *
   * @throws DELTA_CONCURRENT_APPEND, DELTA_CONCURRENT_DELETE_READ, DELTA_CONCURRENT_DELETE_DELETE,
   *   DELTA_METADATA_CHANGED, DELTA_PROTOCOL_CHANGED, DELTA_CONCURRENT_TRANSACTION,
   *   DELTA_CONCURRENT_WRITE; DELTA_TABLE_ALREADY_EXISTS for a new table; what `prepareBody` throws;
   *   what the store throws, when the version was not made
   */
  commit(description: CommitDescription, signal: AbortSignal): Promise<CommitResult> {
    assert(!this.#isCommitted, 'a transaction is committed once');
    this.#isCommitted = true;
    this.#description = description;
    this.#checkFiles();
    return this.#commit(this, signal);
  }

  #description: CommitDescription | undefined;

  /** What is committed. The transaction must not be told more afterwards. */
  content(): TransactionContent {
    const description = this.#description;
    assert(description !== undefined, 'the content is known at the commit');
    return {
      base: this.base,
      reads: {
        wholeTable: this.#wholeTable || this.#enablesRowTracking(),
        predicates: this.#predicates,
        files: this.#files,
        appIds: this.#appIds,
        domains: this.#domains,
      },
      adds: this.#adds,
      removes: [...this.#removes, ...this.#tombstones],
      cdc: this.#cdc,
      txns: this.#txns,
      domainMetadata: this.#domainMetadata,
      metadata: this.#metadata,
      protocol: this.#protocol,
      idempotenceKey: this.#idempotenceKey,
      enforced: this.#enforced,
      description,
    };
  }

  /** The files it removes, and those it lists anew, must be those that the snapshot has. */
  #checkFiles(): void {
    const files = this.#snapshot?.files;
    for (const { path, deletionVector } of this.#removes) {
      assert(files?.find(path, deletionVector) !== undefined, `${path} is not in the table`);
    }
    if (files === undefined || !this.#enablesRowTracking()) return;
    const listed = new PathSet();
    listed.addAll([...this.#adds, ...this.#removes].map(({ path }) => path));
    for (const file of files) {
      const hasRowIds = files.baseRowId(file) !== undefined || listed.has(files.rawPath(file));
      assert(hasRowIds, 'row tracking needs row ids for all files: list those without anew');
    }
  }

  #enablesRowTracking(): boolean {
    const before = this.base.definition;
    if (before === undefined || this.#metadata === undefined) return false;
    const { configuration } = this.#metadata;
    if (!readProperty(configuration, tableProperties.enableRowTracking)) return false;
    return !hasRowTracking(before.protocol, before.metadata);
  }
}
