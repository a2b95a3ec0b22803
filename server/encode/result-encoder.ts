/** What every result format can do: column batches to bytes, one row after the other. */
import type { ColumnBatch } from '../../catalog/column-batch.ts';
import type { PinnedSnapshot, ResultColumn, StatementStatistics } from '../../sql/sql-engine.ts';
import type { Problem } from '../error-reply.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { BinaryForm } from './json-cells.ts';

/** What is known before the first row. */
export interface ResultHead {
  readonly queryId: string;
  readonly columns: readonly ResultColumn[];
  readonly snapshots: readonly PinnedSnapshot[];
  readonly binary: BinaryForm;
}

/** What is known after the last row. */
export interface ResultTail {
  readonly rowCount: number;
  /** Whether the request's `rowLimit` cut the result; `undefined` when it named none. */
  readonly truncated: boolean | undefined;
  readonly elapsedMs: number;
  readonly statistics: StatementStatistics;
}

export interface ResultEncoder {
  head(out: ByteWriter): void;
  /**
   * Writes rows from `start` until the batch or `rowEnd` is reached or `out` holds `sizeMax` bytes,
   * at least one. Gives the row to go on with.
   */
  rows(batch: ColumnBatch, span: RowSpan, out: ByteWriter): number;
  /** Writes the rows that `rows` took and still holds, where it puts batches together. */
  flush?(out: ByteWriter): void;
  end(tail: ResultTail, out: ByteWriter): void;
  /** Ends a body that has begun with the failure; `false` when the format has no place for one. */
  fail(problem: Problem, rowCount: number, out: ByteWriter): boolean;
}

export interface RowSpan {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly sizeMax: number;
}

/** The members of `columns` and `snapshots` as in docs/http-api.md. */
export function snapshotJson(snapshot: PinnedSnapshot): object {
  const { table, version, timestampMs, timestampSource, requestedMs } = snapshot;
  return {
    table,
    version,
    timestamp: isoTime(timestampMs),
    timestampSource,
    requestedTimestamp: requestedMs === undefined ? undefined : isoTime(requestedMs),
  };
}

/** `null` beyond the years a Date knows, to which a damaged log may lead. */
function isoTime(ms: number): string | null {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}

export function statisticsJson(tail: ResultTail): object {
  return { elapsedMs: Math.round(tail.elapsedMs * 1000) / 1000, ...tail.statistics };
}
