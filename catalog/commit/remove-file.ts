/** The `remove` action of an active file: all that readers of the log may ask of a removed one. Pure. */
import type { AddFile, RemoveFile } from '../log/actions.ts';

/**
 * @param file the file's `add` action: `snapshot.files.addFile(handle)`
 * @param options.dataChange false where the file's rows lie in other files of the same commit
 */
export function removeFile(
  file: AddFile,
  options: { readonly deletionTimestamp: number; readonly dataChange?: boolean | undefined },
): RemoveFile {
  const { path, partitionValues, size, tags, deletionVector, stats } = file;
  const { baseRowId, defaultRowCommitVersion } = file;
  return {
    kind: 'remove',
    path,
    deletionTimestamp: options.deletionTimestamp,
    dataChange: options.dataChange ?? true,
    extendedFileMetadata: true,
    partitionValues,
    size,
    stats,
    tags,
    deletionVector,
    baseRowId,
    defaultRowCommitVersion,
  };
}
