/**
 * The text of a version checksum: what a snapshot is, in few numbers, for readers that want to know
 * whether their log still says so. Everything is taken from the snapshot, of which the parts that did
 * not change since the version before are shared and not counted again.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#version-checksum-file-schema
 */
import { isLive, type LiveChunk } from '../active-files.ts';
import type { Action, Txn } from '../log/actions.ts';
import { serializeAction } from '../log/commit-json.ts';
import { hasInCommitTimestamps, supportsFeature } from '../log/protocol.ts';
import { tableProperties } from '../log/table-properties.ts';
import type { Snapshot } from '../snapshot.ts';

/** Lists longer than these are left out; a reader then asks the log. As many as Delta has. */
const filesMax = 50;
const transactionsMax = 100;
const domainsMax = 10;

/** `txnId` is that of the commit. */
export function versionChecksumJson(snapshot: Snapshot, txnId: string | undefined): string {
  const { files, metadata, protocol, domainMetadata, timestampMs } = snapshot;
  const members: (readonly [name: string, json: string])[] = [];
  if (txnId !== undefined) members.push(['txnId', JSON.stringify(txnId)]);
  members.push(['tableSizeBytes', String(files.totalBytes)], ['numFiles', String(files.count)]);
  const counts = addUp(files.chunks);
  if (supportsFeature(protocol, 'deletionVectors')) {
    members.push(
      ['numDeletedRecordsOpt', String(counts.deletedRecords)],
      ['numDeletionVectorsOpt', String(counts.deletionVectors)],
    );
  }
  members.push(['numMetadata', '1'], ['numProtocol', '1']);
  if (hasInCommitTimestamps(protocol, metadata)) {
    members.push(['inCommitTimestampOpt', String(timestampMs)]);
  }
  const txns = keptTransactions(snapshot);
  if (txns !== undefined) members.push(['setTransactions', list(txns)]);
  if (domainMetadata.size <= domainsMax) {
    members.push(['domainMetadata', list([...domainMetadata.values()])]);
  }
  members.push(['metadata', bodyOf(metadata)], ['protocol', bodyOf(protocol)]);
  members.push(['fileSizeHistogram', histogramJson(counts)]);
  if (files.count <= filesMax) {
    members.push(['allFiles', list([...files].map((file) => files.addFile(file)))]);
  }
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}\n`;
}

/** `undefined` where there are many, or where which of them count depends on the time. */
function keptTransactions({ txns, metadata }: Snapshot): readonly Txn[] | undefined {
  const { key } = tableProperties.transactionRetentionMs;
  if (txns.size > transactionsMax || Object.hasOwn(metadata.configuration, key)) return undefined;
  return [...txns.values()];
}

function list(actions: readonly Action[]): string {
  return `[${actions.map(bodyOf).join(',')}]`;
}

/** An action without its kind around it. */
function bodyOf(action: Action): string {
  return serializeAction(action).slice(`{"${action.kind}":`.length, -1);
}

const kib = 1024;
const mib = 1024 * kib;
const gib = 1024 * mib;

function steps(from: number, to: number, step: number): readonly number[] {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** Delta's own bins: finer where files should lie. */
const binStarts: readonly number[] = [
  0,
  ...[8, 16, 32, 64, 128, 256, 512].map((size) => size * kib),
  ...[1, 2, 4].map((size) => size * mib),
  ...steps(8 * mib, 40 * mib, 4 * mib),
  ...steps(48 * mib, 120 * mib, 8 * mib),
  ...steps(124 * mib, 144 * mib, 4 * mib),
  ...steps(160 * mib, 576 * mib, 16 * mib),
  ...steps(640 * mib, 1408 * mib, 64 * mib),
  ...steps(1536 * mib, 2048 * mib, 128 * mib),
  ...steps(2304 * mib, 4096 * mib, 256 * mib),
  ...[8, 16, 32, 64, 128, 256].map((size) => size * gib),
];

interface Counts {
  readonly deletionVectors: number;
  readonly deletedRecords: number;
  /** By bin. */
  readonly fileCounts: Float64Array;
  readonly totalBytes: Float64Array;
}

/** Chunks that versions share are counted once. */
const counted = new WeakMap<LiveChunk, Counts>();

function addUp(chunks: readonly LiveChunk[]): Counts {
  const fileCounts = new Float64Array(binStarts.length);
  const totalBytes = new Float64Array(binStarts.length);
  let deletionVectors = 0;
  let deletedRecords = 0;
  for (const chunk of chunks) {
    let counts = counted.get(chunk);
    if (counts === undefined) {
      counts = count(chunk);
      counted.set(chunk, counts);
    }
    deletionVectors += counts.deletionVectors;
    deletedRecords += counts.deletedRecords;
    for (let bin = 0; bin < binStarts.length; bin++) {
      fileCounts[bin] = (fileCounts[bin] ?? 0) + (counts.fileCounts[bin] ?? 0);
      totalBytes[bin] = (totalBytes[bin] ?? 0) + (counts.totalBytes[bin] ?? 0);
    }
  }
  return { deletionVectors, deletedRecords, fileCounts, totalBytes };
}

function count({ indexed: { chunk }, live }: LiveChunk): Counts {
  const fileCounts = new Float64Array(binStarts.length);
  const totalBytes = new Float64Array(binStarts.length);
  for (let row = 0; row < chunk.rowCount; row++) {
    if (!isLive(live, row)) continue;
    const size = chunk.sizes[row] ?? 0;
    const bin = binOf(size);
    fileCounts[bin] = (fileCounts[bin] ?? 0) + 1;
    totalBytes[bin] = (totalBytes[bin] ?? 0) + size;
  }
  let deletionVectors = 0;
  let deletedRecords = 0;
  for (const [row, { cardinality }] of chunk.deletionVectors) {
    if (!isLive(live, row)) continue;
    deletionVectors++;
    deletedRecords += cardinality;
  }
  return { deletionVectors, deletedRecords, fileCounts, totalBytes };
}

/** The last bin that begins at this size or before. */
function binOf(size: number): number {
  let low = 0;
  let high = binStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((binStarts[middle] ?? 0) <= size) low = middle;
    else high = middle;
  }
  return low;
}

function histogramJson({ fileCounts, totalBytes }: Counts): string {
  return JSON.stringify({
    sortedBinBoundaries: binStarts,
    fileCounts: [...fileCounts],
    totalBytes: [...totalBytes],
  });
}
