/**
 * How files of the log are read: through what, how many at a time, and what a missing one means.
 */
import { setImmediate } from 'node:timers/promises';
import { CodedError } from './coded-error.ts';
import type { ObjectStore, ParquetIo } from './ports.ts';
import { throwIfAborted } from './throw-if-aborted.ts';

export interface LogReaders {
  readonly store: ObjectStore;
  readonly parquet: ParquetIo;
  /** Whether version checksums are compared; they are if absent. */
  readonly checksums?: 'verify' | 'ignore' | undefined;
}

/** Log files read at a time. */
export const parallelReadsMax = 16;

/** The bytes of a file the log must have. Throws DELTA_LOG_FILE_NOT_FOUND. */
export async function readLogFile(
  store: ObjectStore,
  location: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = await store.read(location, { signal });
  if (bytes !== undefined) return bytes;
  throw new CodedError('DELTA_LOG_FILE_NOT_FOUND', `The log file ${location} is missing.`);
}

/** Handled without a break; some ten milliseconds' worth. */
const sliceLength = 4096;

/** Calls `handle` for each item, letting others have the thread in between. */
export async function inSlices<T>(
  items: Iterable<T>,
  signal: AbortSignal | undefined,
  handle: (item: T) => void,
): Promise<void> {
  let count = 0;
  for (const item of items) {
    handle(item);
    if (++count % sliceLength !== 0) continue;
    await setImmediate();
    throwIfAborted(signal);
  }
}
