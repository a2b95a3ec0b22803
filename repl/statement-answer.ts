/**
 * The answer to a statement, read from NDJSON as it arrives: a record with the columns and the
 * pinned snapshots, one array for each row, and a record that ends it, with `error` or `complete`. An answer without
 * that last record broke off and is an error, whatever came before.
 */
import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  numberMember,
  parseJson,
  stringMember,
  type JsonObject,
  type JsonValue,
} from './lossless-json.ts';
import { readLines } from './read-lines.ts';
import { ConnectionError, ServerError } from './repl-error.ts';
import type { Column, Result, Row } from './result.ts';

export interface PinnedSnapshot {
  readonly table: string;
  readonly version: string;
}

/** What the server says about a statement that has ended well. */
export interface AnswerEnd {
  readonly rowCount: number | undefined;
  readonly snapshots: readonly PinnedSnapshot[];
  readonly elapsedMs: number | undefined;
  readonly filesTotal: number | undefined;
  readonly filesScanned: number | undefined;
}

export interface StatementAnswer extends Result {
  /** Known once `rows` has been read to its end. */
  end(): AnswerEnd | undefined;
}

/** Reads the columns; the rows follow when they are asked for. Throws `ServerError`. */
export async function readAnswer(chunks: AsyncIterable<string>): Promise<StatementAnswer> {
  const lines = readLines(chunks)[Symbol.asyncIterator]();
  let ended: AnswerEnd | undefined;
  let snapshots: readonly PinnedSnapshot[] = [];

  async function nextRecord(): Promise<JsonValue | undefined> {
    for (;;) {
      let next: IteratorResult<string>;
      try {
        next = await lines.next();
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'AbortError') throw cause;
        throw new ConnectionError('the answer broke off before its end', { cause });
      }
      if (next.done === true) return undefined;
      if (next.value === '') continue;
      try {
        return parseJson(next.value);
      } catch (cause) {
        throw new ConnectionError('the server sent a line that is not JSON', { cause });
      }
    }
  }

  function takeEnd(record: JsonObject): void {
    const error = record.get('error');
    if (isJsonObject(error)) throw new ServerError(error, undefined);
    ended = readEnd(record, snapshots);
  }

  const first = await nextRecord();
  if (first === undefined) {
    throw new ConnectionError('the server sent an empty answer');
  }
  if (!isJsonObject(first)) throw new ConnectionError('the answer does not begin with its columns');
  const columns = readColumns(first.get('columns'));
  const pinned = first.get('snapshots');
  if (isJsonArray(pinned)) snapshots = pinned.flatMap(readSnapshot);
  if (columns === undefined || first.has('error')) takeEnd(first);

  async function* rows(): AsyncGenerator<Row> {
    try {
      while (ended === undefined) {
        const record = await nextRecord();
        if (record === undefined) {
          throw new ConnectionError('the answer broke off before its end');
        }
        if (isJsonArray(record)) yield record;
        else if (isJsonObject(record)) takeEnd(record);
      }
    } finally {
      await lines.return?.(undefined);
    }
  }

  return { columns: columns ?? [], rows: rows(), end: () => ended };
}

function readColumns(value: JsonValue | undefined): readonly Column[] | undefined {
  if (!isJsonArray(value)) return undefined;
  return value.map((item) =>
    isJsonObject(item)
      ? { name: stringMember(item, 'name') ?? '', type: stringMember(item, 'type') ?? '' }
      : { name: '', type: '' },
  );
}

function readEnd(record: JsonObject, snapshots: readonly PinnedSnapshot[]): AnswerEnd {
  const statistics = record.get('statistics');
  const numbers = isJsonObject(statistics) ? statistics : new Map<string, JsonValue>();
  return {
    rowCount: numberMember(record, 'rowCount'),
    snapshots,
    elapsedMs: numberMember(numbers, 'elapsedMs'),
    filesTotal: numberMember(numbers, 'filesTotal'),
    filesScanned: numberMember(numbers, 'filesScanned'),
  };
}

function readSnapshot(value: JsonValue): readonly PinnedSnapshot[] {
  if (!isJsonObject(value)) return [];
  const version = value.get('version');
  return [
    {
      table: stringMember(value, 'table') ?? '',
      version: version instanceof JsonNumber ? version.text : '',
    },
  ];
}
