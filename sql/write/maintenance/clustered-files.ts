/**
 * Liquid clustering: by which columns a table is clustered, and which of its files are to be clustered
 * now. Files that were ordered together carry the id of their cube in their tags, as Delta writes them;
 * a cube that is large enough stays as it is, so that new rows do not cost all the old ones.
 *
 * Source: OptimizeTableStrategy.scala and ZCubeInfo.scala of Delta, with smaller cubes: one machine
 * orders them.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { AddFile, StringMap } from '../../../catalog/log/actions.ts';
import { columnMappingMode, physicalName } from '../../../catalog/log/column-mapping.ts';
import { supportsFeature } from '../../../catalog/log/protocol.ts';
import type { DomainMetadata } from '../../../catalog/log/actions.ts';
import type { StructField } from '../../../catalog/data-type.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';

export const clusteringDomain = 'delta.clustering';
export const clusteringProvider = 'liquid';

/** Cubes of this size stay. */
const cubeBytesMin = 8 * 1024 ** 3;
/** Files that are ordered together. */
export const cubeBytesMax = 12 * 1024 ** 3;

/**
 * The columns by their names in the schema, each a path; empty for CLUSTER BY NONE, `undefined` for a
 * table that is not clustered.
 *
 * @throws DELTA_LOG_CORRUPT when the log names a column that there is not
 */
export function clusteringColumns(
  snapshot: Snapshot,
  domain: DomainMetadata | undefined,
): readonly (readonly string[])[] | undefined {
  if (!supportsFeature(snapshot.protocol, 'clustering')) return undefined;
  if (domain === undefined || domain.removed) return [];
  const paths = storedPaths(domain, snapshot);
  const mode = columnMappingMode(snapshot);
  return paths.map((path) => {
    const names: string[] = [];
    let fields: readonly StructField[] = snapshot.schema.fields;
    for (const part of path) {
      const field = fields.find((one) => physicalName(one, mode) === part);
      if (field === undefined) throw damaged(domain, snapshot);
      names.push(field.name);
      fields = field.type.kind === 'struct' ? field.type.fields : [];
    }
    return names;
  });
}

function storedPaths(domain: DomainMetadata, snapshot: Snapshot): readonly (readonly string[])[] {
  let stored: unknown;
  try {
    stored = (JSON.parse(domain.configuration) as { clusteringColumns?: unknown } | null)
      ?.clusteringColumns;
  } catch {
    stored = undefined;
  }
  const isPath = (path: unknown): path is readonly string[] =>
    Array.isArray(path) && path.length > 0 && path.every((part) => typeof part === 'string');
  if (!Array.isArray(stored) || !stored.every(isPath)) throw damaged(domain, snapshot);
  return stored;
}

function damaged({ configuration }: DomainMetadata, { location }: Snapshot): CodedError {
  return new CodedError(
    'DELTA_LOG_CORRUPT',
    `The columns that ${location} is clustered by are damaged: ${configuration.slice(0, 200)}.`,
  );
}

export function cubeTags(id: string, columns: readonly (readonly string[])[]): StringMap {
  return {
    ZCUBE_ID: id,
    ZCUBE_ZORDER_BY: orderedBy(columns),
    ZCUBE_ZORDER_CURVE: 'hilbert',
  };
}

function orderedBy(columns: readonly (readonly string[])[]): string {
  return JSON.stringify(columns.map((path) => path.join('.')));
}

/** The files to cluster: all with FULL, else those that are not, with the cubes that are still small. */
export function filesToCluster<T extends { readonly add: AddFile }>(
  files: readonly T[],
  columns: readonly (readonly string[])[],
  full: boolean,
): readonly T[] {
  if (full) return files;
  const order = orderedBy(columns);
  const cubeOf = ({ add: { tags, clusteringProvider: provider } }: T): string | undefined =>
    provider === clusteringProvider && tags?.['ZCUBE_ZORDER_BY'] === order
      ? (tags['ZCUBE_ID'] ?? undefined)
      : undefined;
  const bytes = new Map<string, number>();
  for (const file of files) {
    const cube = cubeOf(file);
    if (cube !== undefined) bytes.set(cube, (bytes.get(cube) ?? 0) + file.add.size);
  }
  const chosen = files.filter((file) => {
    const cube = cubeOf(file);
    return cube === undefined || (bytes.get(cube) ?? 0) < cubeBytesMin;
  });
  const cubes = new Set(chosen.map(cubeOf));
  // One cube alone is in order already.
  return cubes.size === 1 && !cubes.has(undefined) ? [] : chosen;
}
