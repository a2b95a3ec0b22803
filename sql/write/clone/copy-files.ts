/**
 * The files of a deep clone: data copied within the store, deleted rows written anew. All of it is
 * durable before it is listed, under new names; what a failure leaves is removed, and what a crash
 * leaves is VACUUM's.
 */
import type { ActiveFiles } from '../../../catalog/active-files.ts';
import { copyObject } from '../../../catalog/copy-object.ts';
import type { AddFile, DeletionVectorDescriptor } from '../../../catalog/log/actions.ts';
import { deletionVectorFile } from '../../../catalog/log/deletion-vector-file.ts';
import { encodePath } from '../../../catalog/log/file-path.ts';
import type { PositionSet } from '../../../catalog/log/roaring-bitmap.ts';
import { isWithin } from '../../../catalog/location.ts';
import { readInOrder } from '../../../catalog/read-in-order.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import type { StatementContext } from '../../statement-context.ts';
import { copiedFile, copyName, type WantedCopy } from './cloned-files.ts';

/** Files that are copied at the same time. */
const copiesAtOnce = 4;
/** Deletion vectors that lie in one file. */
const vectorsInFileMax = 256;

export interface Copies {
  readonly adds: readonly AddFile[];
  /** What was written, to be removed when the commit has lost. */
  readonly written: readonly string[];
  readonly fileCount: number;
  readonly bytes: number;
}

/**
 * @throws DELTA_FILE_NOT_FOUND for a file that is gone, PATH_NOT_ALLOWED for one outside of the roots,
 *   and what the store throws: then nothing of it is left
 */
export async function copyFiles(
  wanted: readonly WantedCopy[],
  source: Snapshot,
  location: string,
  context: StatementContext,
): Promise<Copies> {
  const written: string[] = [];
  try {
    const vectors = await copyVectors(wanted, source, location, written, context);
    const adds: AddFile[] = [];
    let fileCount = 0;
    let bytes = 0;
    const copies = readInOrder(wanted, copiesAtOnce, async (one) => {
      if (one.copiedAs !== undefined) return one.copiedAs.path;
      return await copyData(one, source.files, source.location, location, written, context);
    });
    let index = 0;
    for await (const path of copies) {
      const one = wanted[index++];
      if (one === undefined) continue;
      if (one.copiedAs === undefined) {
        fileCount++;
        bytes += one.file.size;
      }
      adds.push(copiedFile(one, path, vectors.get(one) ?? one.file.deletionVector));
    }
    return { adds, written, fileCount, bytes };
  } catch (error) {
    await removeCopies(written, context);
    throw error;
  }
}

/** Best effort: what is left belongs to no version, and VACUUM takes it. */
export async function removeCopies(
  written: readonly string[],
  { services }: StatementContext,
): Promise<void> {
  try {
    for (const place of written) await services.store.remove(place);
  } catch {
    // The failure that led here is the one to tell.
  }
}

async function copyData(
  { source }: WantedCopy,
  files: ActiveFiles,
  sourceLocation: string,
  location: string,
  written: string[],
  { services, signal }: StatementContext,
): Promise<string> {
  const from = files.location(source);
  // A log may name any place.
  if (!isWithin(from, sourceLocation)) await services.catalog.checkLocation(from);
  const name = copyName(from, services.newId());
  const to = `${location}/${name}`;
  written.push(to);
  await copyObject(services.store, { from, to }, { signal });
  return encodePath(name);
}

/** Inline vectors stay as they are: they have none in what comes back. */
async function copyVectors(
  wanted: readonly WantedCopy[],
  source: Snapshot,
  location: string,
  written: string[],
  { services, signal }: StatementContext,
): Promise<ReadonlyMap<WantedCopy, DeletionVectorDescriptor>> {
  const found = new Map<WantedCopy, DeletionVectorDescriptor>();
  const inFiles = wanted.filter(
    ({ file: { deletionVector } }) =>
      deletionVector !== undefined && deletionVector.storageType !== 'i',
  );
  for (let start = 0; start < inFiles.length; start += vectorsInFileMax) {
    const some = inFiles.slice(start, start + vectorsInFileMax);
    const sets: PositionSet[] = [];
    for (const { file } of some) {
      if (file.deletionVector === undefined) continue;
      sets.push(
        await services.deletionVectors.read(source.location, file.deletionVector, { signal }),
      );
    }
    const { name, bytes, descriptors } = deletionVectorFile(services.newId(), sets);
    written.push(`${location}/${name}`);
    await services.store.put(`${location}/${name}`, bytes, { signal });
    for (const [index, one] of some.entries()) {
      const descriptor = descriptors[index];
      if (descriptor !== undefined) found.set(one, descriptor);
    }
  }
  return found;
}
