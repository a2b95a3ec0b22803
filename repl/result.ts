/**
 * A result as the REPL sees it: what a renderer consumes, wherever the rows come from (an answer
 * of the server, or a list that a backslash command made).
 */
import type { JsonValue } from './lossless-json.ts';

export interface Column {
  readonly name: string;
  /** As the server names it: `BIGINT`, `DECIMAL(18,4)`, `ARRAY<STRING>`. */
  readonly type: string;
}

/** One value for each column. */
export type Row = readonly JsonValue[];

/** Rows a few at a time: a step of an async iteration for each row would cost more than the row. */
export type Batches = AsyncIterable<readonly Row[]>;

export interface Result {
  readonly columns: readonly Column[];
  /** The rows, in batches as they arrive; can be iterated once. */
  readonly batches: Batches;
}

const numericType =
  /^(?:BYTE|SHORT|INT|INTEGER|LONG|TINYINT|SMALLINT|BIGINT|FLOAT|REAL|DOUBLE|DECIMAL)\b/i;

export function isNumeric(column: Column): boolean {
  return numericType.test(column.type);
}

/** A result of rows that are all there already; its columns are text. */
export function listResult(columns: readonly string[], rows: readonly Row[]): Result {
  async function* iterate(): AsyncGenerator<readonly Row[]> {
    yield rows;
  }
  return { columns: columns.map((name) => ({ name, type: 'STRING' })), batches: iterate() };
}
