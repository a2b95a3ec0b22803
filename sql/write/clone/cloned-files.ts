/**
 * Which files a clone lists: those of its source, at the place that each has for the clone, but for
 * those that it lists already. Pure.
 *
 * 1. A file keeps partition values, statistics, size and time, and loses what is of the source's log:
 *    row ids, and tags of others.
 * 2. Of a table that is replaced, what the clone would list just so is neither added nor removed; a
 *    file whose deleted rows are others is listed anew, and its data stays where it is.
 */
import type { FileHandle } from '../../../catalog/active-files.ts';
import { deletionVectorId, type AddFile } from '../../../catalog/log/actions.ts';
import { deletionVectorSource } from '../../../catalog/log/deletion-vector.ts';
import { encodeLocation } from '../../../catalog/log/file-path.ts';
import { requireCanonical } from '../../../catalog/path-index.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';

export interface ClonedFiles {
  readonly adds: readonly AddFile[];
  readonly removes: readonly AddFile[];
  readonly kept: readonly AddFile[];
}

/** The files of a shallow clone: the source's, by absolute paths, and their deletion vectors too. */
export function shallowFiles(source: Snapshot, replaced: Snapshot | undefined): ClonedFiles {
  const adds: AddFile[] = [];
  const kept: AddFile[] = [];
  const stay = new Set<FileHandle>();
  const listed = new Map<string, AddFile>();
  for (const handle of replaced?.files ?? []) {
    const file = replaced?.files.addFile(handle);
    if (file !== undefined) listed.set(requireCanonical(file.path), file);
  }
  for (const handle of source.files) {
    const file = absoluteFile(source, handle);
    const same = replaced?.files.find(file.path, file.deletionVector);
    if (replaced === undefined || same === undefined) {
      adds.push(withIdsOf(file, listed.get(requireCanonical(file.path))));
    } else {
      stay.add(same);
      kept.push(replaced.files.addFile(same));
    }
  }
  return { adds, kept, removes: filesBut(replaced, stay) };
}

function absoluteFile({ files, location }: Snapshot, handle: FileHandle): AddFile {
  const { deletionVector, ...file } = clonedFile(files.addFile(handle));
  const path = encodeLocation(files.location(handle));
  if (deletionVector === undefined) return { ...file, path };
  const place = deletionVectorSource(deletionVector, location);
  if (place.kind === 'inline') return { ...file, path, deletionVector };
  return {
    ...file,
    path,
    deletionVector: {
      ...deletionVector,
      storageType: 'p',
      pathOrInlineDv: encodeLocation(place.location),
    },
  };
}

/** A file that is listed anew, with other deleted rows, keeps the ids of its rows. */
function withIdsOf(file: AddFile, old: AddFile | undefined): AddFile {
  if (old === undefined) return file;
  const { baseRowId, defaultRowCommitVersion } = old;
  return { ...file, baseRowId, defaultRowCommitVersion };
}

/** What of a file's entry is true of any table that lists it. */
function clonedFile({ clusteringProvider, ...file }: AddFile): AddFile {
  return {
    kind: 'add',
    path: file.path,
    partitionValues: file.partitionValues,
    size: file.size,
    modificationTime: file.modificationTime,
    dataChange: true,
    stats: file.stats,
    deletionVector: file.deletionVector,
    clusteringProvider,
  };
}

/** Where the clone has each file of its source that it copied before, and the rows deleted of it. */
const originTag = 'levee.clonedFrom';

/** A file of the source that a deep clone is to have. */
export interface WantedCopy {
  readonly source: FileHandle;
  /** Its entry, without path and deletion vector of its own yet. */
  readonly file: AddFile;
  readonly origin: Origin;
  /** The copy that is there: only the deleted rows are others. */
  readonly copiedAs: AddFile | undefined;
}

interface Origin {
  readonly table: string;
  readonly path: string;
  readonly deletionVector: string;
}

export interface DeepPlan {
  readonly wanted: readonly WantedCopy[];
  readonly kept: readonly AddFile[];
  readonly removes: readonly AddFile[];
}

/** What a deep clone has to copy. A file of one name, size and time is the same: they never change. */
export function planDeepClone(source: Snapshot, replaced: Snapshot | undefined): DeepPlan {
  const copies = new Map<string, readonly [FileHandle, AddFile, string]>();
  for (const handle of replaced?.files ?? []) {
    const file = replaced?.files.addFile(handle);
    const tag = file?.tags?.[originTag];
    if (file === undefined || tag === undefined) continue;
    const [key = '', from = '', own = ''] = tag.split('\n');
    // Where the clone has deleted rows of its own, they have to come back.
    const deleted = own === deletionVectorId(file.deletionVector) ? from : '?';
    copies.set(`${key}\n${file.size}\n${file.modificationTime}`, [handle, file, deleted]);
  }
  const wanted: WantedCopy[] = [];
  const kept: AddFile[] = [];
  const stay = new Set<FileHandle>();
  for (const handle of source.files) {
    const file = clonedFile(source.files.addFile(handle));
    const origin: Origin = {
      table: source.metadata.id,
      path: source.files.location(handle),
      deletionVector: deletionVectorId(file.deletionVector),
    };
    const copy = copies.get(`${originKey(origin)}\n${file.size}\n${file.modificationTime}`);
    if (copy?.[2] === origin.deletionVector) {
      stay.add(copy[0]);
      kept.push(copy[1]);
    } else {
      wanted.push({ source: handle, file, origin, copiedAs: copy?.[1] });
    }
  }
  return { wanted, kept, removes: filesBut(replaced, stay) };
}

/** The entry of a copy. */
export function copiedFile(
  { file, origin, copiedAs }: WantedCopy,
  path: string,
  deletionVector: AddFile['deletionVector'],
): AddFile {
  const tag = [originKey(origin), origin.deletionVector, deletionVectorId(deletionVector)];
  const tags = { [originTag]: tag.join('\n') };
  return withIdsOf({ ...file, path, deletionVector, tags }, copiedAs);
}

/** JSON has no line breaks: they part it from what follows. */
function originKey({ table, path }: Origin): string {
  return JSON.stringify([table, path]);
}

function filesBut(
  replaced: Snapshot | undefined,
  stay: ReadonlySet<FileHandle>,
): readonly AddFile[] {
  if (replaced === undefined) return [];
  return [...replaced.files]
    .filter((file) => !stay.has(file))
    .map((file) => replaced.files.addFile(file));
}

const compressed = /\.(?:snappy|zstd|gz|gzip|lz4|lz4raw|brotli|lzo)(?=\.parquet$)/i;

/** A new name, in the folder of the partition that the file's own path tells. */
export function copyName(location: string, id: string): string {
  const folders = location.split('/').slice(0, -1);
  const partition: string[] = [];
  for (let folder = folders.pop(); folder?.includes('=') === true; folder = folders.pop()) {
    partition.unshift(folder);
  }
  const codec = compressed.exec(location)?.[0] ?? '';
  return [...partition, `part-00000-${id}-c000${codec}.parquet`].join('/');
}
