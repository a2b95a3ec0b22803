/**
 * Deletion vectors, read once. They never change, so what was read stays right; the cache is bounded
 * in bytes and forgets what was not used for longest.
 */
import type { DeletionVectorDescriptor } from './log/actions.ts';
import { deletionVectorId } from './log/actions.ts';
import { deletionVectorSource, readDeletionVector } from './log/deletion-vector.ts';
import type { PositionSet } from './log/roaring-bitmap.ts';
import type { CallOptions, ObjectStore } from './ports.ts';

export interface DeletionVectorCache {
  /**
   * The deleted rows of a data file. One ranged read where the cache has nothing.
   * @throws what `readDeletionVector` throws
   */
  read(
    tableLocation: string,
    descriptor: DeletionVectorDescriptor,
    options?: CallOptions,
  ): Promise<PositionSet>;
}

export function createDeletionVectorCache(
  store: ObjectStore,
  bytesMax: number,
  /** Throws for a location that may not be read: asked of those that lie anywhere. */
  admit?: (location: string) => Promise<unknown>,
): DeletionVectorCache {
  /** In the order of use, the oldest first. */
  const known = new Map<string, PositionSet>();
  let bytes = 0;

  function keep(key: string, set: PositionSet): void {
    if (!known.has(key)) bytes += sizeBytes(set);
    known.delete(key);
    known.set(key, set);
    for (const [oldest, positions] of known) {
      if (bytes <= bytesMax) return;
      known.delete(oldest);
      bytes -= sizeBytes(positions);
    }
  }

  return {
    async read(tableLocation, descriptor, options = {}) {
      const key = `${tableLocation}\0${deletionVectorId(descriptor)}`;
      const cached = known.get(key);
      if (cached !== undefined) {
        keep(key, cached);
        return cached;
      }
      const source = deletionVectorSource(descriptor, tableLocation);
      if (source.kind === 'file' && descriptor.storageType === 'p') await admit?.(source.location);
      const content =
        source.kind === 'inline'
          ? source.bytes
          : await store.read(source.location, { range: source.range, signal: options.signal });
      const set = readDeletionVector(descriptor, source, content);
      keep(key, set);
      return set;
    },
  };
}

/** What the containers hold on to, and some for each of them. */
function sizeBytes({ containers }: PositionSet): number {
  let bytes = 64;
  for (const container of containers) {
    bytes += 64;
    if (container.kind === 'array') bytes += container.values.byteLength;
    else if (container.kind === 'bitset') bytes += container.bytes.byteLength;
    else bytes += container.runs.byteLength;
  }
  return bytes;
}
