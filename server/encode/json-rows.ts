/** Rows as JSON arrays, for the formats that hold them: one loop over the rows of a batch. */
import type { ColumnBatch } from '../../catalog/column-batch.ts';
import type { ResultColumn } from '../../sql/sql-engine.ts';
import { typeName } from '../../sql/types.ts';
import type { ByteWriter } from './byte-writer.ts';
import { jsonCell, type BinaryForm, type CellWriter } from './json-cells.ts';
import type { RowSpan } from './result-encoder.ts';

/** How rows are told apart: JSON puts a separator before all but the first, NDJSON after each. */
export interface RowFrame {
  readonly before: string;
  readonly after: string;
}

/** Makes the writers of one batch after the other; a batch may come in several spans. */
export class JsonRows {
  readonly #columns: readonly ResultColumn[];
  readonly #binary: BinaryForm;
  #batch: ColumnBatch | undefined;
  #cells: readonly CellWriter[] = [];

  constructor(columns: readonly ResultColumn[], binary: BinaryForm) {
    this.#columns = columns;
    this.#binary = binary;
  }

  write(batch: ColumnBatch, span: RowSpan, frame: RowFrame, out: ByteWriter): number {
    const cells = this.#cellsOf(batch);
    let row = span.start;
    while (row < span.end) {
      out.ascii(frame.before);
      out.byte(0x5b);
      for (let column = 0; column < cells.length; column++) {
        if (column > 0) out.byte(0x2c);
        cells[column]?.(row, out);
      }
      out.byte(0x5d);
      out.ascii(frame.after);
      row++;
      if (out.length >= span.sizeMax) break;
    }
    return row;
  }

  #cellsOf(batch: ColumnBatch): readonly CellWriter[] {
    if (this.#batch !== batch) {
      this.#batch = batch;
      this.#cells = this.#columns.map(({ type, name }, index) => {
        const vector = batch.columns[index];
        if (vector === undefined) throw new Error(`the batch has no vector for column ${name}`);
        return jsonCell(type, vector, this.#binary);
      });
    }
    return this.#cells;
  }
}

/** The description of a column, as in `columns` of every JSON answer. */
export function columnJson(column: ResultColumn): object {
  return { name: column.name, type: typeName(column.type), nullable: column.nullable };
}
