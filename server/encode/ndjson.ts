/**
 * `application/x-ndjson`: one record a line. The first is an object with `columns`, then come the
 * rows as arrays, and the last is an object with `complete` or `error`.
 */
import { columnJson, JsonRows } from './json-rows.ts';
import {
  snapshotJson,
  statisticsJson,
  type ResultEncoder,
  type ResultHead,
} from './result-encoder.ts';

export function ndjsonEncoder(head: ResultHead): ResultEncoder {
  const rows = new JsonRows(head.columns, head.binary);
  const frame = { before: '', after: '\n' };
  return {
    head(out) {
      const { queryId } = head;
      const columns = head.columns.map(columnJson);
      const snapshots = head.snapshots.map(snapshotJson);
      out.text(`${JSON.stringify({ queryId, columns, snapshots })}\n`);
    },
    rows(batch, span, out) {
      return rows.write(batch, span, frame, out);
    },
    end(tail, out) {
      const { rowCount, truncated } = tail;
      const statistics = statisticsJson(tail);
      out.text(`${JSON.stringify({ rowCount, truncated, statistics, complete: true })}\n`);
    },
    fail(problem, rowCount, out) {
      out.text(`${JSON.stringify({ rowCount, error: problem })}\n`);
      return true;
    },
  };
}
