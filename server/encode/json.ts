/**
 * `application/json`: one object, streamed. It ends with `"complete": true` or with `"error"`, so
 * that a body that was cut off is neither valid JSON nor can be taken for a whole one.
 */
import { columnJson, JsonRows } from './json-rows.ts';
import {
  snapshotJson,
  statisticsJson,
  type ResultEncoder,
  type ResultHead,
} from './result-encoder.ts';

export function jsonEncoder(head: ResultHead): ResultEncoder {
  const rows = new JsonRows(head.columns, head.binary);
  let before = '\n';
  return {
    head(out) {
      const columns = JSON.stringify(head.columns.map(columnJson));
      out.text(`{"queryId":${JSON.stringify(head.queryId)},\n"columns":${columns},\n"rows":[`);
    },
    rows(batch, span, out) {
      let next = span.start;
      if (before === '\n' && span.end > span.start) {
        // The first row alone has no comma before it.
        next = rows.write(batch, { ...span, end: span.start + 1 }, { before, after: '' }, out);
        before = ',\n';
      }
      if (next >= span.end || out.length >= span.sizeMax) return next;
      return rows.write(batch, { ...span, start: next }, { before, after: '' }, out);
    },
    end(tail, out) {
      const { rowCount, truncated } = tail;
      const snapshots = head.snapshots.map(snapshotJson);
      const statistics = statisticsJson(tail);
      const rest = { rowCount, truncated, snapshots, statistics, complete: true };
      out.text(`\n],\n${JSON.stringify(rest).slice(1)}\n`);
    },
    fail(problem, rowCount, out) {
      out.text(`\n],\n${JSON.stringify({ rowCount, error: problem }).slice(1)}\n`);
      return true;
    },
  };
}
