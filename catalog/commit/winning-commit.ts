/** A commit that another writer made in the meantime, sorted for the questions of conflicts. Pure. */
import type {
  Action,
  AddFile,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from '../log/actions.ts';

export interface WinningCommit {
  readonly version: number;
  /** Where it was written, as its `commitInfo` says; else undefined. */
  readonly commitInfo: CommitInfo | undefined;
  readonly protocol: Protocol | undefined;
  readonly metadata: Metadata | undefined;
  readonly txns: readonly Txn[];
  readonly domainMetadata: readonly DomainMetadata[];
  readonly adds: readonly AddFile[];
  readonly removes: readonly RemoveFile[];
}

/** What the commit calls itself: `WRITE`, `DELETE`, ...; TRANSACTION where it does not say. */
export function operationOf({ commitInfo }: WinningCommit): string {
  const operation = commitInfo?.fields['operation'];
  return typeof operation === 'string' && operation !== '' ? operation : 'TRANSACTION';
}

/** Whether the commit says that it only added rows, without having read any. */
export function isBlindAppend({ commitInfo }: WinningCommit): boolean {
  return commitInfo?.fields['isBlindAppend'] === true;
}

/** Sorts actions as they come. */
export class WinningCommitBuilder {
  readonly #version: number;
  #commitInfo: CommitInfo | undefined;
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #txns: Txn[] = [];
  readonly #domainMetadata: DomainMetadata[] = [];
  readonly #adds: AddFile[] = [];
  readonly #removes: RemoveFile[] = [];

  constructor(version: number) {
    this.#version = version;
  }

  take(action: Action): void {
    switch (action.kind) {
      case 'add':
        this.#adds.push(action);
        break;
      case 'remove':
        this.#removes.push(action);
        break;
      case 'metaData':
        this.#metadata = action;
        break;
      case 'protocol':
        this.#protocol = action;
        break;
      case 'txn':
        this.#txns.push(action);
        break;
      case 'domainMetadata':
        this.#domainMetadata.push(action);
        break;
      case 'commitInfo':
        this.#commitInfo ??= action;
        break;
      case 'cdc':
      case 'sidecar':
      case 'checkpointMetadata':
        break;
    }
  }

  finish(): WinningCommit {
    return {
      version: this.#version,
      commitInfo: this.#commitInfo,
      protocol: this.#protocol,
      metadata: this.#metadata,
      txns: this.#txns,
      domainMetadata: this.#domainMetadata,
      adds: this.#adds,
      removes: this.#removes,
    };
  }
}

/** What `advanceBase` needs of it. */
export function* definingActions(commit: WinningCommit): Generator<Action> {
  const { commitInfo, protocol, metadata, txns, domainMetadata } = commit;
  if (commitInfo !== undefined) yield commitInfo;
  if (protocol !== undefined) yield protocol;
  if (metadata !== undefined) yield metadata;
  yield* txns;
  yield* domainMetadata;
}
