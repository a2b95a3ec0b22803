/**
 * `application/vnd.apache.arrow.stream`: the IPC streaming format
 * (https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format). The schema comes
 * first, then record batches, then the end-of-stream marker, which alone says that all of it came:
 * a failure has no place in it, so the body is cut off before (connection reset).
 *
 * The engine's batches are small; they are put together until a record batch is worth its
 * metadata, unless the client has waited long enough (`flush`).
 */
import {
  AsyncByteQueue,
  RecordBatch,
  RecordBatchStreamWriter,
  makeData,
  Struct,
  type DataType as ArrowType,
} from 'apache-arrow';
import type { ByteWriter } from '../byte-writer.ts';
import { snapshotJson, type ResultEncoder, type ResultHead } from '../result-encoder.ts';
import { arrowSchema } from './arrow-schema.ts';
import { columnBuilder } from './column-builder.ts';

/** Rows of a record batch; below it for wide rows, by the bytes they take. */
const batchRowsMax = 32 * 1024;

export function arrowEncoder(head: ResultHead): ResultEncoder {
  const schema = arrowSchema(
    head.columns,
    new Map([
      ['levee.queryId', head.queryId],
      ['levee.snapshots', JSON.stringify(head.snapshots.map(snapshotJson))],
    ]),
  );
  const builders = schema.fields.map((field) => columnBuilder(field.type as ArrowType));
  const sink = new ByteSink();
  const writer = new RecordBatchStreamWriter();
  let held = 0;

  function writeHeld(out: ByteWriter): void {
    if (held === 0) return;
    const children = builders.map((builder) => builder.data());
    const type = new Struct(schema.fields);
    const data = makeData({ type, length: held, nullCount: 0, children });
    sink.out = out;
    writer.write(new RecordBatch(schema, data));
    for (const builder of builders) builder.clear();
    held = 0;
  }

  return {
    head(out) {
      sink.out = out;
      writer.reset(sink, schema);
    },
    rows(batch, span, out) {
      for (const [index, builder] of builders.entries()) {
        const vector = batch.columns[index];
        if (vector === undefined) throw new Error(`the batch has no vector for column ${index}`);
        builder.append(vector, span.start, span.end);
      }
      held += span.end - span.start;
      if (held >= batchRowsMax) writeHeld(out);
      return span.end;
    },
    flush: writeHeld,
    end(_tail, out) {
      writeHeld(out);
      writer.finish();
    },
    fail() {
      return false;
    },
  };
}

/** Hands what the writer makes to the body's own buffer at once, instead of queueing it. */
class ByteSink extends AsyncByteQueue {
  out: ByteWriter | undefined;

  override write(chunk: unknown): void {
    const bytes = bytesOf(chunk);
    this.out?.copy(bytes, 0, bytes.length);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  throw new TypeError('Arrow wrote something that is not bytes');
}
