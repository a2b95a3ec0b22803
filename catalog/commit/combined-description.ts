/**
 * What the commit of a transaction says of itself: of one statement what that says, of several that it
 * was a transaction, with the statements' operations, their counts of rows added up, and the files as
 * the commit has them. Pure.
 */
import type { AddFile, RemoveFile } from '../log/actions.ts';
import type { CommitDescription } from './transaction-content.ts';

/** Counts of rows and times, which add up; those of files do not. */
const additive =
  /^(?:num(?:Output|Updated|Deleted|Copied|Source|Target)Rows.*|executionTimeMs|scanTimeMs|rewriteTimeMs)$/;

export function combinedDescription(
  descriptions: readonly CommitDescription[],
  net: { readonly adds: readonly AddFile[]; readonly removes: readonly RemoveFile[] },
): CommitDescription {
  const [first] = descriptions;
  if (first !== undefined && descriptions.length === 1) return first;
  const removed = new Set(net.removes.map(({ path }) => path));
  const added = net.adds.filter(({ path }) => !removed.has(path));
  const remaining = new Set(net.adds.map(({ path }) => path));
  const gone = net.removes.filter(({ path }) => !remaining.has(path));
  const bytes = (files: readonly { readonly size?: number | undefined }[]): number =>
    files.reduce((sum, { size = 0 }) => sum + size, 0);
  const files = {
    numStatements: descriptions.length,
    numAddedFiles: added.length,
    numAddedBytes: bytes(added),
    numRemovedFiles: gone.length,
    numRemovedBytes: bytes(gone),
  };
  const texts = Object.entries(files).map(([name, count]) => [name, String(count)] as const);
  return {
    operation: 'TRANSACTION',
    operationParameters: {
      statements: JSON.stringify(descriptions.map(({ operation }) => operation)),
    },
    operationMetrics: { ...sums(descriptions), ...Object.fromEntries(texts) },
    userMetadata: descriptions.findLast((one) => one.userMetadata !== undefined)?.userMetadata,
    // One statement that copied rows without their ids is enough to have lost some.
    rowTrackingPreserved: descriptions.every(
      (one) => one.rowTrackingPreserved === true || isAppend(one),
    ),
  };
}

/** Says nothing of row ids, having copied no row. */
function isAppend({ operation, operationParameters }: CommitDescription): boolean {
  return operation === 'COPY INTO' || operationParameters.mode === 'Append';
}

function sums(descriptions: readonly CommitDescription[]): { readonly [name: string]: string } {
  const counted = new Map<string, bigint>();
  for (const { operationMetrics } of descriptions) {
    for (const [name, value] of Object.entries(operationMetrics)) {
      if (!additive.test(name) || !/^\d+$/.test(value)) continue;
      counted.set(name, (counted.get(name) ?? 0n) + BigInt(value));
    }
  }
  return Object.fromEntries([...counted].map(([name, sum]) => [name, String(sum)]));
}
