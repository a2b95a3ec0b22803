/**
 * Which files of a table are written anew together. Pure.
 *
 * A bin holds files of one partition whose sizes add up to the target at most, smallest first: what
 * comes out is about one file. A bin of one file is not worth the work, unless that file is to be
 * cleaned. Bins are then put into rounds, no two of a partition in the same one, so that many small
 * partitions cost one pass and not one each.
 *
 * Source: groupFilesIntoBins in Delta's OptimizeTableCommand.scala.
 */
import type { FileHandle } from '../../../catalog/active-files.ts';

export interface CandidateFile {
  readonly file: FileHandle;
  readonly sizeBytes: number;
  /** Equal for files of one partition. */
  readonly partition: string;
}

export interface Bin {
  readonly partition: string;
  readonly files: readonly CandidateFile[];
}

export interface BinOptions {
  readonly binBytesMax: number;
  /** Whether a bin of one file is kept. */
  readonly keepsSingles: boolean;
}

export function chooseBins(
  candidates: readonly CandidateFile[],
  { binBytesMax, keepsSingles }: BinOptions,
): readonly Bin[] {
  const byPartition = new Map<string, CandidateFile[]>();
  for (const candidate of candidates) {
    const files = byPartition.get(candidate.partition);
    if (files === undefined) byPartition.set(candidate.partition, [candidate]);
    else files.push(candidate);
  }
  const bins: Bin[] = [];
  for (const [partition, files] of byPartition) {
    let current: CandidateFile[] = [];
    let bytes = 0;
    const end = (): void => {
      if (current.length > 1 || (keepsSingles && current.length === 1)) {
        bins.push({ partition, files: current });
      }
      current = [];
      bytes = 0;
    };
    for (const candidate of files.sort((a, b) => a.sizeBytes - b.sizeBytes || a.file - b.file)) {
      if (current.length > 0 && bytes + candidate.sizeBytes > binBytesMax) end();
      current.push(candidate);
      bytes += candidate.sizeBytes;
    }
    end();
  }
  return bins;
}

export interface RoundLimits {
  readonly filesMax: number;
  readonly bytesMax: number;
}

/** A bin larger than the limits has a round of its own. */
export function chooseRounds(
  bins: readonly Bin[],
  { filesMax, bytesMax }: RoundLimits,
): readonly (readonly Bin[])[] {
  const rounds: Bin[][] = [];
  let open: Bin[] = [];
  let files = 0;
  let bytes = 0;
  const taken = new Set<string>();
  /** By partition, so that the bins of one come in different rounds. */
  const waves = new Map<string, number>();
  const ordered = bins
    .map((bin) => {
      const wave = waves.get(bin.partition) ?? 0;
      waves.set(bin.partition, wave + 1);
      return { bin, wave };
    })
    .sort((a, b) => a.wave - b.wave);
  for (const { bin } of ordered) {
    const size = bin.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const isFull = files + bin.files.length > filesMax || bytes + size > bytesMax;
    if (open.length > 0 && (isFull || taken.has(bin.partition))) {
      rounds.push(open);
      open = [];
      files = 0;
      bytes = 0;
      taken.clear();
    }
    open.push(bin);
    taken.add(bin.partition);
    files += bin.files.length;
    bytes += size;
  }
  if (open.length > 0) rounds.push(open);
  return rounds;
}
