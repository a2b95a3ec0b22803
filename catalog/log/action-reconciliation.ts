/**
 * Action reconciliation: a state of the table and the actions after it make the next state.
 * Actions come oldest first, in the order of commits and of lines within a commit, so that the last
 * word wins everywhere; nothing is held but the state itself, however long the log is.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#action-reconciliation
 */
import type { ActiveFiles } from '../active-files.ts';
import { ActiveFilesEditor } from '../active-files-editor.ts';
import type { Action, DomainMetadata, Metadata, Protocol, Txn } from './actions.ts';

export interface TableState {
  /** Absent only before the first commit is applied (or in a damaged log). */
  readonly protocol: Protocol | undefined;
  readonly metadata: Metadata | undefined;
  /** By appId. */
  readonly txns: ReadonlyMap<string, Txn>;
  /** By domain; removed ones are left out. */
  readonly domainMetadata: ReadonlyMap<string, DomainMetadata>;
  readonly files: ActiveFiles;
}

export class Reconciliation {
  /** For a checkpoint's files, which come by column. */
  readonly files: ActiveFilesEditor;
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #txns: Map<string, Txn>;
  readonly #domainMetadata: Map<string, DomainMetadata>;
  #inCommitTimestamp: number | undefined;

  constructor(base: TableState) {
    this.files = new ActiveFilesEditor(base.files);
    this.#protocol = base.protocol;
    this.#metadata = base.metadata;
    this.#txns = new Map(base.txns);
    this.#domainMetadata = new Map(base.domainMetadata);
  }

  /** Of the commit that was begun last. */
  get inCommitTimestamp(): number | undefined {
    return this.#inCommitTimestamp;
  }

  beginCommit(): void {
    this.#inCommitTimestamp = undefined;
  }

  apply(action: Action): void {
    switch (action.kind) {
      case 'add':
        this.files.add(action);
        break;
      case 'remove':
        this.files.remove(action.path, action.deletionVector);
        break;
      case 'metaData':
        this.#metadata = action;
        break;
      case 'protocol':
        this.#protocol = action;
        break;
      case 'txn':
        this.#txns.set(action.appId, action);
        break;
      case 'domainMetadata':
        if (action.removed) this.#domainMetadata.delete(action.domain);
        else this.#domainMetadata.set(action.domain, action);
        break;
      case 'commitInfo':
        this.#inCommitTimestamp ??= action.inCommitTimestamp;
        break;
      case 'cdc':
      case 'sidecar':
      case 'checkpointMetadata':
        break;
    }
  }

  /** The state after all actions. The reconciliation must not be used afterwards. */
  finish(): TableState {
    return {
      protocol: this.#protocol,
      metadata: this.#metadata,
      txns: this.#txns,
      domainMetadata: this.#domainMetadata,
      files: this.files.finish(),
    };
  }
}
