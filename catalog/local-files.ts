/**
 * DuckDB opens files of its own machine only. This is where it finds those of a store, and where it
 * leaves what belongs there. On a disk a location is its own path, and nothing has to be done.
 *
 *     plan: pathOf -> fetch: hold -> execute -> release
 */
import type { CallOptions } from './ports.ts';

/** A file that never changes: every name in a table's folder but those of the log. */
export interface DataFile {
  readonly location: string;
  /** As the log has it. An object of another size is an error. */
  readonly sizeBytes: number;
}

/** Files that are on this machine until they are let go. */
export interface HeldFiles {
  /** May be called again. */
  release(): void;
}

export interface FileCopies extends HeldFiles {
  pathOf(location: string): string;
}

export interface LocalFiles {
  /** Where a data file is while it is held. Pure: asked for before the file is there. */
  pathOf(file: DataFile): string;
  /**
   * Fetches what is not here yet; whole files. Statements that want the same file wait for one fetch.
   * Before `release` nothing of them goes.
   *
   * @throws DELTA_FILE_NOT_FOUND, DELTA_FAILED_TO_READ_FILE, FETCH_CACHE_FULL, DISK_FULL, and what the
   *   store throws
   */
  hold(files: readonly DataFile[], options?: CallOptions): Promise<HeldFiles>;
  /** Files that may change (checkpoints, files to load) as they are now, for the caller alone. */
  copy(locations: readonly string[], options?: CallOptions): Promise<FileCopies>;
  /** Where to write what is to lie at the location; `ObjectStore.sync` or `publish` takes it there. */
  writePath(location: string): string;
  /** The location of what was written to a path. */
  writtenLocation(path: string): string;
  /** Removes files that were written below `folder`, but not taken to the store, by their first letters. */
  discard(folder: string, start: string): Promise<void>;
  /** A message of DuckDB's with locations in place of paths. */
  nameLocations(text: string): string;
}

const nothingHeld: HeldFiles = Object.freeze({ release: () => undefined });
const asTheyAre: FileCopies = Object.freeze({ ...nothingHeld, pathOf: (one: string) => one });

/** Of a disk. */
export const filesOfDisk: LocalFiles = Object.freeze({
  pathOf: ({ location }: DataFile) => location,
  hold: async () => nothingHeld,
  copy: async () => asTheyAre,
  writePath: (location: string) => location,
  writtenLocation: (path: string) => path,
  discard: async () => undefined,
  nameLocations: (text: string) => text,
});
