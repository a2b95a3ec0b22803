/**
 * Which transactions may share a commit, and what it says of itself then: appends that read nothing of
 * the table. To everyone else the shared commit is one append of all their files. Pure.
 */
import {
  isBlindAppend,
  type CommitDescription,
  type TransactionContent,
} from './transaction-content.ts';

/** A larger append gains nothing by company and would make the others wait. */
const filesOfMemberMax = 100;

export function isGroupable(content: TransactionContent): boolean {
  const { base, reads, adds, domainMetadata, metadata, protocol, description } = content;
  return (
    base.version >= 0 &&
    isBlindAppend(content) &&
    reads.domains.size === 0 &&
    adds.length <= filesOfMemberMax &&
    adds.every(({ dataChange }) => dataChange) &&
    domainMetadata.length === 0 &&
    metadata === undefined &&
    protocol === undefined &&
    description.userMetadata === undefined
  );
}

/** Transactions that will share a commit: the same operation, no application in common. */
export class AppendGroup {
  readonly #operation: string;
  readonly #appIds: Set<string>;

  private constructor(first: TransactionContent) {
    this.#operation = operationText(first);
    this.#appIds = new Set(applicationsOf(first));
  }

  /** `undefined` where the transaction must be committed alone. */
  static begin(first: TransactionContent): AppendGroup | undefined {
    return isGroupable(first) ? new AppendGroup(first) : undefined;
  }

  /** Whether it joins. */
  admit(content: TransactionContent): boolean {
    if (!isGroupable(content) || operationText(content) !== this.#operation) return false;
    const appIds = applicationsOf(content);
    if (appIds.some((appId) => this.#appIds.has(appId))) return false;
    for (const appId of appIds) this.#appIds.add(appId);
    return true;
  }
}

function operationText({ description }: TransactionContent): string {
  return JSON.stringify([description.operation, description.operationParameters]);
}

function applicationsOf({ reads, txns }: TransactionContent): readonly string[] {
  return [...reads.appIds, ...txns.map(({ appId }) => appId)];
}

/** What the shared commit says of itself. One transaction alone stays what it is. */
export function combineAppends(contents: readonly TransactionContent[]): TransactionContent {
  const newest = contents.reduce((a, b) => (b.base.version > a.base.version ? b : a));
  if (contents.length === 1) return newest;
  return {
    ...newest,
    description: {
      ...newest.description,
      operationMetrics: sumMetrics(contents.map(({ description }) => description)),
    },
  };
}

function sumMetrics(
  descriptions: readonly CommitDescription[],
): CommitDescription['operationMetrics'] {
  const sums = new Map<string, bigint>();
  for (const { operationMetrics } of descriptions) {
    for (const [name, value] of Object.entries(operationMetrics)) {
      if (/^\d+$/.test(value)) sums.set(name, (sums.get(name) ?? 0n) + BigInt(value));
    }
  }
  return {
    ...Object.fromEntries([...sums].map(([name, sum]) => [name, String(sum)])),
    numGroupedCommits: String(descriptions.length),
  };
}
