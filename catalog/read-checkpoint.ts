/**
 * Reads a checkpoint of any kind into a reconciliation: Parquet (one file, parts, V2) by column,
 * JSON (V2) line by line, then the sidecars a V2 checkpoint names.
 */
import type { Reconciliation } from './log/action-reconciliation.ts';
import type { Sidecar } from './log/actions.ts';
import { checkpointColumns, CheckpointReader, sidecarColumns } from './log/checkpoint-rows.ts';
import { forEachAction } from './log/commit-json.ts';
import { sidecarLocation } from './log/log-path.ts';
import type { CheckpointFiles } from './log/log-segment.ts';
import { requireCanonical } from './path-index.ts';
import type { ParquetColumn, StoredObject } from './ports.ts';
import { readLogFile, type LogReaders } from './read-log-file.ts';

/** Gives the files read. Throws DELTA_LOG_CORRUPT, DELTA_LOG_FILE_NOT_FOUND, what Parquet throws. */
export async function readCheckpoint(
  readers: LogReaders,
  table: string,
  checkpoint: CheckpointFiles,
  reconciliation: Reconciliation,
  signal: AbortSignal | undefined,
): Promise<readonly StoredObject[]> {
  const { files, format } = checkpoint;
  const sidecars: Sidecar[] = [];
  if (format === 'json') {
    for (const { location } of files) {
      forEachAction(await readLogFile(readers.store, location, signal), location, (action) => {
        if (action.kind === 'sidecar') sidecars.push(action);
        else reconciliation.apply(action);
      });
    }
  } else {
    const locations = files.map(({ location }) => location);
    sidecars.push(
      ...(await readParquet(readers, locations, checkpointColumns, reconciliation, signal)),
    );
  }
  const sidecarFiles = sidecars.map(({ path, sizeInBytes, modificationTime }): StoredObject => ({
    location: sidecarLocation(table, requireCanonical(path)),
    sizeBytes: sizeInBytes,
    modifiedMs: modificationTime,
  }));
  if (sidecarFiles.length > 0) {
    const locations = sidecarFiles.map(({ location }) => location);
    await readParquet(readers, locations, sidecarColumns, reconciliation, signal);
  }
  return [...files, ...sidecarFiles];
}

async function readParquet(
  { parquet }: LogReaders,
  locations: readonly string[],
  columns: readonly ParquetColumn[],
  reconciliation: Reconciliation,
  signal: AbortSignal | undefined,
): Promise<readonly Sidecar[]> {
  const reader = new CheckpointReader(reconciliation, locations.join(', '));
  for await (const batch of parquet.readColumns(locations, columns, { signal })) {
    signal?.throwIfAborted();
    reader.take(batch);
  }
  return reader.sidecars;
}
