/**
 * Reads a checkpoint of any kind into a reconciliation: Parquet (one file, parts, V2) by column,
 * JSON (V2) line by line, then the sidecars a V2 checkpoint names.
 */
import { setImmediate } from 'node:timers/promises';
import type { Reconciliation } from './log/action-reconciliation.ts';
import type { Sidecar } from './log/actions.ts';
import {
  checkpointColumns,
  CheckpointReader,
  hasValues,
  lacksStatistics,
  sidecarColumns,
  structStatisticsColumn,
  withStructStatistics,
} from './log/checkpoint-rows.ts';
import { actionsOf } from './log/commit-json.ts';
import { sidecarLocation } from './log/log-path.ts';
import type { CheckpointFiles } from './log/log-segment.ts';
import { requireCanonical } from './path-index.ts';
import type { ParquetColumn, StoredObject } from './ports.ts';
import { inSlices, readLogFile, type LogReaders } from './read-log-file.ts';
import { throwIfAborted } from './throw-if-aborted.ts';

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
      const bytes = await readLogFile(readers.store, location, signal);
      await inSlices(actionsOf(bytes, location), signal, (action) => {
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
  for (const _ of reconciliation.files.settling()) {
    await setImmediate();
    throwIfAborted(signal);
  }
  return [...files, ...sidecarFiles];
}

/**
 * Statistics are read as JSON text where a file has them so; else from their Parquet form
 * (`stats_parsed`), as JSON that DuckDB writes. That form is read from the first file on that needs
 * it, if any file has it at all: a writer keeps either or both, and parts may be of several.
 */
async function readParquet(
  readers: LogReaders,
  locations: readonly string[],
  columns: readonly ParquetColumn[],
  reconciliation: Reconciliation,
  signal: AbortSignal | undefined,
): Promise<readonly Sidecar[]> {
  const reader = new CheckpointReader(reconciliation, locations.join(', '));
  let isSettled = false;
  for await (const batch of readers.parquet.readColumns(locations, columns, { signal })) {
    throwIfAborted(signal);
    if (!isSettled && lacksStatistics(batch)) {
      if (await hasStructStatistics(readers, locations, signal)) {
        return readStructStatistics(readers, locations, columns, reader, signal);
      }
      isSettled = true;
    }
    reader.take(batch);
  }
  return reader.sidecars;
}

async function hasStructStatistics(
  { parquet }: LogReaders,
  locations: readonly string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const batches = parquet.readColumns(locations, [structStatisticsColumn], { signal });
  for await (const { columns, rowCount } of batches) {
    throwIfAborted(signal);
    const [rowCounts] = columns;
    if (rowCount > 0 && rowCounts !== undefined && hasValues(rowCounts)) return true;
  }
  return false;
}

async function readStructStatistics(
  { parquet }: LogReaders,
  locations: readonly string[],
  columns: readonly ParquetColumn[],
  reader: CheckpointReader,
  signal: AbortSignal | undefined,
): Promise<readonly Sidecar[]> {
  const parsed = withStructStatistics(columns);
  // What was taken before the first file stays taken.
  let skip = reader.rowsTaken;
  for await (const batch of parquet.readColumns(locations, parsed, { signal })) {
    throwIfAborted(signal);
    if (skip < batch.rowCount) reader.take(batch, skip);
    skip = Math.max(0, skip - batch.rowCount);
  }
  return reader.sidecars;
}
