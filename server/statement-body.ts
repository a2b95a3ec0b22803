/**
 * The body of an answer while it is made: batches in, chunks of bytes out, only as fast as they are
 * taken. It ends the statement and gives back what it held as soon as the last chunk is made.
 */
import { setImmediate } from 'node:timers/promises';
import { CodedError } from '../catalog/coded-error.ts';
import type { ColumnBatch } from '../catalog/column-batch.ts';
import type { StatementResult } from '../sql/sql-engine.ts';
import { abortable } from './abortable.ts';
import { ByteWriter } from './encode/byte-writer.ts';
import type { BinaryForm } from './encode/json-cells.ts';
import type { ResultEncoder } from './encode/result-encoder.ts';
import type { ResultFormat } from './encode/result-format.ts';
import { asCodedError, toProblem } from './error-reply.ts';
import type { HeldPlaces } from './held-places.ts';
import type { Limits } from './limits.ts';
import type { TrackedStatement } from './statement-registry.ts';

export interface BodyParts {
  readonly limits: Limits;
  readonly reportDefect: (error: unknown, queryId: string) => void;
  readonly statement: TrackedStatement;
  readonly result: StatementResult;
  readonly request: { readonly rowLimit: number | undefined };
  readonly options: { readonly format: ResultFormat; readonly binary: BinaryForm };
  readonly held: HeldPlaces;
  readonly startMs: number;
}

/** Chunks worth a write of their own; smaller ones wait a moment for the next batch. */
const flushBytes = 32 * 1024;
const flushMs = 20;
/** The event loop gets a turn after so much encoding. */
const yieldMs = 8;

/** The body of an answer, chunk by chunk, made only as fast as it is taken. */
export class StatementBody {
  readonly #parts: BodyParts;
  readonly #encoder: ResultEncoder;
  readonly #batches: AsyncIterator<ColumnBatch>;
  readonly #out = new ByteWriter();
  #batch: ColumnBatch | undefined;
  #row = 0;
  #rowCount = 0;
  #bytesSent = 0;
  #truncated: boolean | undefined;
  #first: Buffer | undefined;
  #done = false;
  #lastYieldMs = performance.now();

  constructor(parts: BodyParts) {
    const { statement, result, options, request } = parts;
    this.#parts = parts;
    this.#batches = result.batches[Symbol.asyncIterator]();
    this.#truncated = request.rowLimit === undefined ? undefined : false;
    this.#encoder = options.format.encoder({
      queryId: statement.queryId,
      columns: result.columns,
      snapshots: result.snapshots,
      binary: options.binary,
    });
  }

  /** Makes the first chunk. What it throws can still become an error answer. */
  async begin(): Promise<void> {
    this.#encoder.head(this.#out);
    await this.#fill();
    this.#first = this.#out.take();
  }

  /**
   * The next chunk, `undefined` after the last.
   * @throws CodedError when the body has to be cut off
   */
  async next(): Promise<Buffer | undefined> {
    let chunk = this.#first;
    this.#first = undefined;
    if (chunk === undefined) {
      if (this.#done) return undefined;
      try {
        await this.#fill();
      } catch (error) {
        this.#fail(error);
      }
      chunk = this.#out.take();
    }
    this.#bytesSent += chunk.length;
    this.#parts.statement.progressed(this.#rowCount, this.#bytesSent);
    return chunk;
  }

  /** Ends the statement if it has not ended, and gives back what it held. May be called again. */
  async close(): Promise<void> {
    const { statement, held } = this.#parts;
    if (!statement.ended) {
      const reason = clientGone();
      statement.cancel(reason);
      statement.failed(reason);
    }
    this.#done = true;
    await held.releaseAll();
  }

  /** Encodes batches until there is a chunk's worth, or nothing more. */
  async #fill(): Promise<void> {
    const { limits } = this.#parts;
    const startMs = performance.now();
    while (!this.#done) {
      if (this.#batch === undefined) await this.#fetch();
      const batch = this.#batch;
      if (batch === undefined) return this.#end();
      const end = this.#endIn(batch);
      const span = { start: this.#row, end, sizeMax: limits.responseChunkBytes };
      const next = span.start < end ? this.#encoder.rows(batch, span, this.#out) : end;
      this.#rowCount += next - this.#row;
      this.#row = next;
      if (next >= end) {
        this.#batch = undefined;
        // The encoders copy what they keep.
        batch.release?.();
        if (end < batch.rowCount) {
          this.#truncated = true;
          return this.#end();
        }
      }
      const nowMs = performance.now();
      if (nowMs - this.#lastYieldMs > yieldMs) {
        await setImmediate();
        this.#lastYieldMs = performance.now();
      }
      if (nowMs - startMs > flushMs) this.#encoder.flush?.(this.#out);
      if (this.#out.length >= flushBytes || nowMs - startMs > flushMs) return;
    }
  }

  async #fetch(): Promise<void> {
    const { statement } = this.#parts;
    const item = await abortable(this.#batches.next(), statement.signal);
    this.#batch = item.done === true ? undefined : item.value;
    this.#row = 0;
  }

  /** Where the answer's rows end in the batch; the engine was asked for one more than wanted. */
  #endIn(batch: ColumnBatch): number {
    const { request, limits } = this.#parts;
    const before = this.#rowCount - this.#row;
    const end = Math.min(batch.rowCount, (request.rowLimit ?? Infinity) - before);
    if (before + end > limits.resultRowsMax) {
      throw new CodedError(
        'RESULT_TOO_LARGE',
        `the result has more than ${limits.resultRowsMax} rows`,
      );
    }
    return end;
  }

  #end(): void {
    const { result, statement, held, startMs } = this.#parts;
    this.#done = true;
    const elapsedMs = performance.now() - startMs;
    const { statistics } = result;
    const tail = { rowCount: this.#rowCount, truncated: this.#truncated, elapsedMs, statistics };
    this.#encoder.end(tail, this.#out);
    statement.progressed(this.#rowCount, this.#bytesSent + this.#out.length);
    statement.succeeded();
    // A client that reads slowly keeps its chunk, not its place.
    void held.releaseAll();
  }

  /** Writes the failure at the end of the body, or throws it when the format cannot say it. */
  #fail(error: unknown): void {
    const { statement, held, reportDefect } = this.#parts;
    const failure = failureOf(error, statement.signal);
    if (failure.code === 'INTERNAL_ERROR') reportDefect(failure.cause, statement.queryId);
    this.#done = true;
    statement.failed(failure);
    void held.releaseAll();
    const problem = toProblem(failure, statement.queryId);
    if (!this.#encoder.fail(problem, this.#rowCount, this.#out)) throw failure;
  }
}

/** The signal's reason when the statement was told to stop, otherwise what was thrown. */
export function failureOf(error: unknown, signal: AbortSignal): CodedError {
  return asCodedError(signal.aborted ? signal.reason : error);
}

export function clientGone(): CodedError {
  return new CodedError('QUERY_CANCELED', 'the client closed the connection');
}
