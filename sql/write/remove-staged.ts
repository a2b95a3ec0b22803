/**
 * Removes what a statement that failed has written. Best effort: what is left belongs to no version,
 * and VACUUM takes it.
 */
import type { AddFile } from '../../catalog/log/actions.ts';
import { canonicalPath, fileLocation, isAbsolutePath } from '../../catalog/log/file-path.ts';
import type { ObjectStore } from '../../catalog/ports.ts';

export interface StagedPlace {
  readonly folder: string;
  /** What the names of the statement's files begin with. */
  readonly name: string;
  /** How many folders deep they may lie. */
  readonly depth: number;
}

export async function removeStaged(
  store: ObjectStore,
  { folder, name, depth }: StagedPlace,
): Promise<void> {
  try {
    const start = `${name}-`;
    // The names that begin with it follow one another: others need no look.
    for await (const { location } of store.list(folder, { startAfter: start })) {
      if (!location.startsWith(`${folder}/${start}`)) break;
      await store.remove(location);
    }
    if (depth === 0) return;
    for (const inner of await store.listFolders(folder)) {
      if (inner === '_delta_log' || inner === '_change_data') continue;
      await removeStaged(store, { folder: `${folder}/${inner}`, name, depth: depth - 1 });
    }
  } catch {
    // The failure that led here is the one to tell.
  }
}

/** Those of a statement whose commit has lost. What lies outside of the table it has not written. */
export async function removeStagedFiles(
  store: ObjectStore,
  tableLocation: string,
  files: readonly Pick<AddFile, 'path'>[],
): Promise<void> {
  try {
    for (const { path } of files) {
      const canonical = canonicalPath(path);
      if (canonical === undefined || isAbsolutePath(canonical)) continue;
      await store.remove(fileLocation(tableLocation, canonical));
    }
  } catch {
    // The conflict is the one to tell.
  }
}
