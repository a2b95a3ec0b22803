/**
 * Every file below a table's folder that may be the table's own data, those that were begun and never
 * finished included. Folders are listed one after the
 * other; what is held is the names of those still to come.
 *
 * Left out: hidden names, what lies behind a symbolic link, and folders of other tables (with a
 * `_delta_log` of their own), whose log alone says what is theirs.
 */
import type { FolderOperations } from '../folder-operations.ts';
import type { ObjectStore, StoredObject } from '../ports.ts';
import { throwIfAborted } from '../throw-if-aborted.ts';
import type { IsHidden } from './hidden-names.ts';

export interface WalkPorts {
  readonly store: ObjectStore;
  readonly folders: Pick<FolderOperations, 'realLocation'>;
}

export interface WalkCounts {
  folders: number;
  /** Behind links, or of other tables. */
  foldersLeftOut: number;
}

interface Folder {
  readonly location: string;
  readonly depth: number;
}

export async function* walkTable(
  table: string,
  isHidden: IsHidden,
  { store, folders }: WalkPorts,
  counts: WalkCounts,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredObject, void, undefined> {
  const realTable = await folders.realLocation(table);
  const waiting: Folder[] = [{ location: table, depth: 0 }];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfAborted(signal);
    const { location, depth } = folder;
    const inner = await store.listFolders(location, { signal });
    if (depth > 0) {
      const isLink =
        (await folders.realLocation(location)) !== realTable + location.slice(table.length);
      if (isLink || inner.includes('_delta_log')) {
        counts.foldersLeftOut++;
        continue;
      }
    }
    counts.folders++;
    for (const name of inner) {
      if (!isHidden(name, depth)) {
        waiting.push({ location: `${location}/${name}`, depth: depth + 1 });
      }
    }
    for await (const file of store.list(location, { signal })) {
      if (!isHidden(file.location.slice(location.length + 1), depth)) yield file;
    }
    // Deletion vectors of statements that died: hidden names, but nobody else's.
    yield* store.listUnfinished?.(location, { signal }) ?? [];
  }
}
