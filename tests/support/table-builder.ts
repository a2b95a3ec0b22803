/**
 * Writes commits of a Delta table into a `MemoryStore`: only the log, no data files.
 */
import type { StructType } from '../../catalog/data-type.ts';
import type {
  Action,
  AddFile,
  CommitInfo,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from '../../catalog/log/actions.ts';
import { serializeCommit } from '../../catalog/log/commit-json.ts';
import { commitLocation } from '../../catalog/log/log-path.ts';
import { serializeSchema } from '../../catalog/log/schema.ts';
import type { MemoryStore } from './memory-store.ts';

export const oneColumn: StructType = {
  kind: 'struct',
  fields: [{ name: 'id', type: { kind: 'long' }, nullable: true, metadata: {} }],
};

export function add(path: string, more: Partial<AddFile> = {}): AddFile {
  const { partitionValues = {}, size = 100, modificationTime = 1, dataChange = true } = more;
  return { ...more, kind: 'add', path, partitionValues, size, modificationTime, dataChange };
}

export function remove(path: string, more: Partial<RemoveFile> = {}): RemoveFile {
  return { deletionTimestamp: 1, dataChange: true, ...more, kind: 'remove', path };
}

export function metaData(
  more: Partial<Metadata> & { readonly schema?: StructType } = {},
): Metadata {
  const { schema = oneColumn, ...rest } = more;
  return {
    id: 'table-1',
    format: { provider: 'parquet', options: {} },
    schemaString: serializeSchema(schema),
    partitionColumns: [],
    configuration: {},
    ...rest,
    kind: 'metaData',
  };
}

export function protocol(more: Partial<Protocol> = {}): Protocol {
  return { minReaderVersion: 1, minWriterVersion: 2, ...more, kind: 'protocol' };
}

export function txn(appId: string, version: bigint): Txn {
  return { kind: 'txn', appId, version };
}

export function commitInfo(fields: CommitInfo['fields'] = { operation: 'WRITE' }): CommitInfo {
  return { kind: 'commitInfo', fields };
}

/** A table with a log of its own; commits get the next version. */
export class TableBuilder {
  readonly store: MemoryStore;
  readonly location: string;
  version = -1;

  constructor(store: MemoryStore, location = '/tables/t') {
    this.store = store;
    this.location = location;
  }

  /** Version 0: protocol and metadata, and what else is given. */
  create(more: Partial<Metadata> = {}, ...actions: readonly Action[]): this {
    return this.commit(protocol(), metaData(more), ...actions);
  }

  commit(...actions: readonly Action[]): this {
    this.version++;
    this.store.set(
      commitLocation(this.location, this.version),
      serializeCommit(actions[0]?.kind === 'commitInfo' ? actions : [commitInfo(), ...actions]),
    );
    return this;
  }

  /** A commit of the given text, be it right or wrong. */
  commitText(text: string | Uint8Array): this {
    this.version++;
    this.store.set(commitLocation(this.location, this.version), text);
    return this;
  }

  /** One file a commit, named `part-<version>`. */
  append(commits: number): this {
    for (let i = 0; i < commits; i++) this.commit(add(`part-${this.version + 1}`));
    return this;
  }
}
