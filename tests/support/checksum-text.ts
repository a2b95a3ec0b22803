/** The text of a version checksum, as a writer that is not mistaken makes it. */
import { serializeAction } from '../../catalog/log/commit-json.ts';
import type { Action } from '../../catalog/log/actions.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';

/** `changes` replace members, so that a test can make a writer mistaken. */
export function checksumText(
  snapshot: Snapshot,
  changes: { readonly [member: string]: unknown } = {},
): string {
  const { files, metadata, protocol, txns, domainMetadata } = snapshot;
  const all = [...files].map((file) => files.addFile(file));
  const vectors = all.flatMap(({ deletionVector }) => deletionVector ?? []);
  return JSON.stringify({
    txnId: 'e0a1',
    tableSizeBytes: files.totalBytes,
    numFiles: files.count,
    numDeletedRecordsOpt: vectors.reduce((sum, { cardinality }) => sum + cardinality, 0),
    numDeletionVectorsOpt: vectors.length,
    numMetadata: 1,
    numProtocol: 1,
    setTransactions: [...txns.values()].map(bodyOf),
    domainMetadata: [...domainMetadata.values()].map(bodyOf),
    metadata: bodyOf(metadata),
    protocol: bodyOf(protocol),
    histogramOpt: { sortedBinBoundaries: [0], fileCounts: [0], totalBytes: [0] },
    allFiles: all.map(bodyOf),
    ...changes,
  });
}

function bodyOf(action: Action): unknown {
  return (JSON.parse(serializeAction(action)) as { readonly [kind: string]: unknown })[action.kind];
}
