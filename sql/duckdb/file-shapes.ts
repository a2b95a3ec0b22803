/**
 * What data files look like inside, read once from their footers and kept, since a data file never
 * changes. A relation over files whose columns are exactly the table's needs no conversion, and
 * DuckDB then knows the statistics of the files, by which it orders joins. Other files need one that
 * only their footers tell: see `plan/stored-type.ts`.
 *
 * Files with the same schema share one shape. Reading a footer costs about 0.1 ms on a local disk.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { filesOfDisk, type LocalFiles } from '../../catalog/local-files.ts';
import type { FileShape } from '../plan/file-shape.ts';
import type { DuckdbEngine } from './duckdb-engine.ts';
import type { EngineConnection } from './engine-connection.ts';
import { readFooters } from './read-footers.ts';

export interface UnknownFile {
  readonly location: string;
  /** Of a data file; one without may change, and is looked at as it is now. */
  readonly sizeBytes?: number | undefined;
  /** Whether the file cannot be read rightly without its shape. */
  readonly isRequired: boolean;
}

export interface FileShapes {
  /**
   * Learns the shapes of files that `shapeOf` does not know: of all of them unless they are very
   * many, as a query over those is better off with a conversion than with all their footers, and of
   * the required ones in any case. Tells whether anything new is known now. A file that cannot be
   * read teaches nothing, as the query itself will meet it; if any is required, its error is thrown.
   */
  learn(unknown: readonly UnknownFile[], signal: AbortSignal): Promise<boolean>;
  shapeOf(location: string): FileShape | undefined;
}

/** Files whose footers one query reads at the most, unless it must; and at a time. */
const learnedMax = 2000;
/** Files that are remembered: about 30 MB of paths. More only while one query needs them. */
const rememberedMax = 200_000;

export function createFileShapes(
  engine: DuckdbEngine,
  files: LocalFiles = filesOfDisk,
): FileShapes {
  /** By what is told of it: equal shapes are one object. */
  const shapes = new Map<string, FileShape>();
  const known = new Map<string, FileShape>();

  async function learnFrom(
    connection: EngineConnection,
    unknown: readonly UnknownFile[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let from = 0; from < unknown.length; from += learnedMax) {
      const part = unknown.slice(from, from + learnedMax);
      const data = part.flatMap(({ location, sizeBytes }) =>
        sizeBytes === undefined ? [] : [{ location, sizeBytes }],
      );
      const others = part.filter(({ sizeBytes }) => sizeBytes === undefined);
      const held = await files.hold(data, { signal });
      try {
        const copies = await files.copy(
          others.map(({ location }) => location),
          { signal },
        );
        try {
          const paths = new Map([
            ...data.map((file) => [files.pathOf(file), file.location] as const),
            ...others.map(({ location }) => [copies.pathOf(location), location] as const),
          ]);
          const found = await readFooters(connection, [...paths.keys()], shapes, signal);
          for (const [path, shape] of found) known.set(paths.get(path) ?? path, shape);
        } finally {
          copies.release();
        }
      } finally {
        held.release();
      }
    }
  }

  /** Forgets what was learned longest ago, but nothing that the query at hand has just learned. */
  function forget(justLearned: number): void {
    let surplus = Math.min(known.size - rememberedMax, known.size - justLearned);
    for (const location of known.keys()) {
      if (surplus-- <= 0) return;
      known.delete(location);
    }
  }

  return {
    shapeOf: (location) => known.get(location),

    async learn(unknown, signal) {
      const required = unknown.filter(({ isRequired }) => isRequired);
      const wanted = unknown.length > learnedMax ? required : unknown;
      if (wanted.length === 0) return false;
      const distinct = [...new Map(wanted.map((file) => [file.location, file])).values()];
      try {
        await engine.withConnection((connection) => learnFrom(connection, distinct, signal));
        forget(distinct.length);
        return true;
      } catch (error) {
        if (required.length === 0 && isFileError(error)) return false;
        throw error;
      }
    },
  };
}

function isFileError(error: unknown): boolean {
  return error instanceof CodedError && error.code !== 'QUERY_CANCELED';
}
