/**
 * What a transaction read and what it wants to write: the plain data that conflicts are judged by and
 * commits are made of. Pure.
 */
import type {
  AddCdcFile,
  AddFile,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from '../log/actions.ts';
import { requiredReaderFeatures, requiredWriterFeatures } from '../log/protocol.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import { requireCanonical } from '../path-index.ts';
import type { CommitBase } from './commit-base.ts';

/** Whether rows that a condition needs may lie in a file. In doubt true. */
export type FilePredicate = (file: AddFile) => boolean;

export interface CommitDescription {
  /** `WRITE`, `CREATE TABLE`, `DELETE`, ...: Delta's names of operations. */
  readonly operation: string;
  /** Values as Delta writes them: text, lists as JSON. */
  readonly operationParameters: { readonly [key: string]: string };
  readonly operationMetrics: { readonly [key: string]: string };
  readonly userMetadata?: string | undefined;
  /**
   * Whether row ids and row commit versions of all rows that were copied to other files went along.
   * Asked only where rows are copied; false if absent.
   */
  readonly rowTrackingPreserved?: boolean | undefined;
}

export interface TransactionReads {
  readonly wholeTable: boolean;
  readonly predicates: readonly FilePredicate[];
  /** Files that were read, or kept by a predicate. */
  readonly files: PathSet;
  readonly appIds: ReadonlySet<string>;
  readonly domains: ReadonlySet<string>;
}

export interface TransactionContent {
  /** What it began with. */
  readonly base: CommitBase;
  readonly reads: TransactionReads;
  readonly adds: readonly AddFile[];
  readonly removes: readonly RemoveFile[];
  readonly cdc: readonly AddCdcFile[];
  readonly txns: readonly Txn[];
  readonly domainMetadata: readonly DomainMetadata[];
  readonly metadata: Metadata | undefined;
  readonly protocol: Protocol | undefined;
  /** The `txn` of these whose presence means that all of this was done before. */
  readonly idempotenceKey: Txn | undefined;
  /** Features whose rules the rows it adds follow: see `checkWritable`. */
  readonly enforced: ReadonlySet<string>;
  readonly description: CommitDescription;
}

/** Paths in any spelling. They are brought into canonical form when somebody first asks. */
export class PathSet {
  readonly #lists: Iterable<string>[] = [];
  #known = new Set<string>();
  #isEmpty = true;

  addAll(paths: Iterable<string>): void {
    for (const _ of paths) {
      this.#isEmpty = false;
      this.#lists.push(paths);
      return;
    }
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  *[Symbol.iterator](): Generator<string> {
    yield* this.#known;
    for (const list of this.#lists) yield* list;
  }

  /** @throws DELTA_LOG_CORRUPT for a path that is no URI */
  has(path: string): boolean {
    for (const list of this.#lists.splice(0)) {
      for (const known of list) this.#known.add(requireCanonical(known));
    }
    return this.#known.has(requireCanonical(path));
  }
}

export function pathSet(files: readonly { readonly path: string }[]): PathSet {
  const set = new PathSet();
  set.addAll(files.map(({ path }) => path));
  return set;
}

export type IsolationLevel = 'Serializable' | 'WriteSerializable' | 'SnapshotIsolation';

/**
 * The level to commit at: the table's, or snapshot isolation where no row changes, since rows that
 * others add meanwhile cannot matter then. Under WriteSerializable a statement that found nothing to
 * change keeps the table's level, as in Delta.
 */
export function isolationLevel(content: TransactionContent): IsolationLevel {
  const metadata = content.metadata ?? content.base.definition?.metadata;
  if (metadata === undefined) return 'Serializable';
  const level = readProperty(metadata.configuration, tableProperties.isolationLevel);
  const { adds, removes, cdc, txns, domainMetadata, protocol } = content;
  const changesRows = [...adds, ...removes, ...cdc].some(({ dataChange }) => dataChange);
  if (changesRows || content.metadata !== undefined || protocol !== undefined) return level;
  if (txns.length > 0 || domainMetadata.length > 0) return level;
  const rearranges = adds.length > 0 || removes.length > 0;
  return level === 'WriteSerializable' && !rearranges ? level : 'SnapshotIsolation';
}

/** Whether it only adds rows, whatever the table holds. */
export function isBlindAppend({ reads, removes, cdc }: TransactionContent): boolean {
  const { wholeTable, predicates, files } = reads;
  const dependsOnFiles = wholeTable || predicates.length > 0 || !files.isEmpty;
  return !dependsOnFiles && removes.length === 0 && cdc.length === 0;
}

/** Features of the table that its own protocol action no longer has. */
export function droppedFeatures({ base, protocol }: TransactionContent): readonly string[] {
  if (protocol === undefined || base.definition === undefined) return [];
  const kept = new Set([...requiredReaderFeatures(protocol), ...requiredWriterFeatures(protocol)]);
  const before = base.definition.protocol;
  return [...requiredReaderFeatures(before), ...requiredWriterFeatures(before)].filter(
    (name) => !kept.has(name),
  );
}
