/** What OPTIMIZE and REORG tell: the row that they answer with, and the metrics in the history. */
import type { DataType, StructType } from '../../../catalog/data-type.ts';
import type { AddFile } from '../../../catalog/log/actions.ts';
import type { StatementResult } from '../../sql-engine.ts';
import { longType, staticResult, stringType, type StaticValue } from '../../static-result.ts';

export interface OptimizeOutcome {
  readonly location: string;
  readonly added: readonly AddFile[];
  readonly removed: readonly AddFile[];
  readonly partitions: number;
  readonly bins: number;
  readonly rounds: number;
  /** Files of the partitions that were asked for. */
  readonly considered: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

export function historyMetrics({ added, removed }: OptimizeOutcome): {
  readonly [name: string]: string;
} {
  const sizes = added.map(({ size }) => size).sort((a, b) => a - b);
  const at = (share: number): number => sizes[Math.floor(share * (sizes.length - 1))] ?? 0;
  return texts({
    numAddedFiles: added.length,
    numRemovedFiles: removed.length,
    numAddedBytes: sum(sizes),
    numRemovedBytes: sum(removed.map(({ size }) => size)),
    minFileSize: at(0),
    p25FileSize: at(0.25),
    p50FileSize: at(0.5),
    p75FileSize: at(0.75),
    maxFileSize: at(1),
    numDeletionVectorsRemoved: vectorsOf(removed).length,
  });
}

/** `path` and `metrics`, the fields under Delta's names. */
export function optimizeResult(outcome: OptimizeOutcome): StatementResult {
  const { added, removed, considered } = outcome;
  const vectors = vectorsOf(removed);
  const fields: readonly (readonly [name: string, type: DataType, value: StaticValue])[] = [
    ['numFilesAdded', longType, added.length],
    ['numFilesRemoved', longType, removed.length],
    ['filesAdded', sizesType, sizesOf(added)],
    ['filesRemoved', sizesType, sizesOf(removed)],
    ['partitionsOptimized', longType, outcome.partitions],
    ['numBins', longType, outcome.bins],
    ['numBatches', longType, outcome.rounds],
    ['totalConsideredFiles', longType, considered],
    ['totalFilesSkipped', longType, considered - removed.length],
    ['startTimeMs', longType, outcome.startedMs],
    ['endTimeMs', longType, outcome.endedMs],
    ['numDeletionVectorsRemoved', longType, vectors.length],
    ['numDeletionVectorRowsRemoved', longType, sum(vectors.map((vector) => vector.cardinality))],
  ];
  const metrics: StructType = structOf(fields.map(([name, type]) => [name, type]));
  return staticResult(
    [
      { name: 'path', type: stringType },
      { name: 'metrics', type: metrics },
    ],
    [[outcome.location, fields.map(([, , value]) => value)]],
  );
}

const sizesType: StructType = structOf([
  ['min', longType],
  ['max', longType],
  ['avg', { kind: 'double' }],
  ['totalFiles', longType],
  ['totalSize', longType],
]);

function structOf(fields: readonly (readonly [name: string, type: DataType])[]): StructType {
  return {
    kind: 'struct',
    fields: fields.map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
  };
}

function sizesOf(files: readonly AddFile[]): readonly StaticValue[] {
  const sizes = files.map(({ size }) => size);
  const total = sum(sizes);
  if (sizes.length === 0) return [null, null, 0, 0, 0];
  const smallest = sizes.reduce((a, b) => Math.min(a, b));
  const largest = sizes.reduce((a, b) => Math.max(a, b));
  return [smallest, largest, total / sizes.length, sizes.length, total];
}

function vectorsOf(files: readonly AddFile[]) {
  return files.flatMap(({ deletionVector }) => deletionVector ?? []);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}

function texts(metrics: { readonly [name: string]: number }): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, String(value)]));
}
