/**
 * Random histories of a table, valid by the protocol, and what their log must say in the end: a model
 * of action reconciliation that knows nothing of checkpoints.
 */
import fc from 'fast-check';
import type {
  Action,
  AddFile,
  DeletionVectorDescriptor,
  RemoveFile,
} from '../../catalog/log/actions.ts';
import { add, metaData, protocol, remove, txn } from './table-builder.ts';

/** One commit: for each file of a small pool what becomes of it, and what else happens. */
interface Step {
  readonly changes: readonly (readonly [file: number, change: 'write' | 'remove' | 'mark'])[];
  readonly txn: number | undefined;
  readonly domain: number | undefined;
  readonly rename: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  changes: fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 11 }),
      fc.constantFrom('write' as const, 'write' as const, 'remove' as const, 'mark' as const),
    ),
    { maxLength: 5 },
  ),
  txn: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  domain: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  rename: fc.boolean(),
});

export const historySteps = fc.array(step, { minLength: 1, maxLength: 25 });

export interface TableHistory {
  readonly commits: readonly (readonly Action[])[];
  /** By path and deletion vector; as `remove` actions. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
}

export function fileKey(path: string, vector: DeletionVectorDescriptor | undefined): string {
  return `${path} ${vector?.pathOrInlineDv ?? ''}`;
}

/** `startMs` is when the first commit removes files; each later one does it `stepMs` later. */
export function tableHistory(
  steps: readonly Step[],
  startMs: number,
  stepMs = 60_000,
): TableHistory {
  const active = new Map<string, AddFile>();
  const tombstones = new Map<string, RemoveFile>();
  const domains = new Set<number>();
  let vectors = 0;
  const commits = steps.map(({ changes, txn: app, domain, rename }, version) => {
    const actions: Action[] = version === 0 ? firstActions() : [];
    const touched = new Set<string>();
    for (const [number, change] of changes) {
      const path = `p=${number % 3}/part%20${number}`;
      if (touched.has(path)) continue;
      touched.add(path);
      const found = active.get(path);
      const removal = (file: AddFile): void => {
        const action = removeOf(file, startMs + version * stepMs, number);
        actions.push(action);
        active.delete(path);
        tombstones.set(fileKey(path, file.deletionVector), { ...action, dataChange: false });
      };
      const addition = (file: AddFile): void => {
        actions.push(file);
        active.set(path, file);
        tombstones.delete(fileKey(path, file.deletionVector));
      };
      if (change === 'write' && found === undefined) addition(fileOf(path, number, version));
      if (change === 'remove' && found !== undefined) removal(found);
      if (change === 'mark' && found !== undefined) {
        removal(found);
        vectors++;
        addition({ ...found, deletionVector: vectorOf(vectors) });
      }
    }
    if (app !== undefined) actions.push({ ...txn(`app-${app}`, BigInt(version)), lastUpdated: 5 });
    if (domain !== undefined) {
      const removed = domains.has(domain);
      if (removed) domains.delete(domain);
      else domains.add(domain);
      actions.push({
        kind: 'domainMetadata',
        domain: `domain-${domain}`,
        configuration: `{"v":${version}}`,
        removed,
      });
    }
    if (rename && version > 0) actions.push(partitioned(`renamed by ${version}`));
    return actions;
  });
  return { commits, tombstones };
}

function firstActions(): Action[] {
  const features = ['deletionVectors', 'v2Checkpoint'];
  return [
    protocol({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: features,
      writerFeatures: [...features, 'domainMetadata'],
    }),
    partitioned('first'),
  ];
}

function partitioned(name: string): Action {
  const string = { kind: 'string' } as const;
  const field = (column: string) =>
    ({ name: column, type: string, nullable: true, metadata: {} }) as const;
  return metaData({
    name,
    schema: { kind: 'struct', fields: [field('id'), field('p')] },
    partitionColumns: ['p'],
  });
}

function fileOf(path: string, number: number, version: number): AddFile {
  return add(path, {
    partitionValues: { p: number % 3 === 0 ? null : String(number % 3) },
    size: number * 100 + version,
    modificationTime: version,
    ...(number % 2 === 0 && { stats: `{"numRecords":${number},"maxValues":{"id":"ü${number}"}}` }),
    ...(number % 4 === 0 && { tags: { number: String(number) } }),
    ...(number % 5 === 0 && { baseRowId: number, defaultRowCommitVersion: version }),
    ...(number % 7 === 0 && { clusteringProvider: 'liquid' }),
  });
}

function removeOf(file: AddFile, deletionTimestamp: number, number: number): RemoveFile {
  const { path, deletionVector, partitionValues, size, baseRowId, defaultRowCommitVersion } = file;
  // Old writers say no more than the path.
  if (number % 3 === 1) return remove(path, { deletionTimestamp, deletionVector });
  return remove(path, {
    deletionTimestamp,
    dataChange: number % 2 === 0,
    extendedFileMetadata: true,
    partitionValues,
    size,
    deletionVector,
    baseRowId,
    defaultRowCommitVersion,
  });
}

function vectorOf(count: number): DeletionVectorDescriptor {
  return {
    storageType: 'u',
    pathOrInlineDv: `ab^-aqEH.-t@S}K{vb[*k^${String(count).padStart(4, '0')}`,
    offset: 4 * count,
    sizeInBytes: 40,
    cardinality: count,
  };
}
