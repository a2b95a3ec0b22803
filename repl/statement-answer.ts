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
import { readLineBatches } from './read-lines.ts';
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
  /** Known once `batches` has been read to its end. */
  end(): AnswerEnd | undefined;
}

/** Reads the columns; the rows follow when they are asked for. Throws `ServerError`. */
export async function readAnswer(chunks: AsyncIterable<string>): Promise<StatementAnswer> {
  const lines = readLineBatches(chunks);
  let ended: AnswerEnd | undefined;
  let snapshots: readonly PinnedSnapshot[] = [];

  async function nextRecords(): Promise<readonly JsonValue[]> {
    let next: IteratorResult<readonly string[], unknown>;
    try {
      next = await lines.next();
    } catch (cause) {
      throw new ConnectionError('the answer broke off before its end', { cause });
    }
    if (next.done === true) throw new ConnectionError('the answer broke off before its end');
    try {
      return next.value.filter((line) => line !== '').map(parseJson);
    } catch (cause) {
      throw new ConnectionError('the server sent a line that is not JSON', { cause });
    }
  }

  function takeEnd(record: JsonObject): void {
    const error = record.get('error');
    if (isJsonObject(error)) throw new ServerError(error, undefined);
    ended = readEnd(record, snapshots);
  }

  let records: readonly JsonValue[] = [];
  while (records.length === 0) records = await nextRecords();
  const [first] = records;
  if (!isJsonObject(first)) throw new ConnectionError('the answer does not begin with its columns');
  const columns = readColumns(first.get('columns'));
  const pinned = first.get('snapshots');
  if (isJsonArray(pinned)) snapshots = pinned.flatMap(readSnapshot);
  if (columns === undefined || first.has('error')) takeEnd(first);
  records = records.slice(1);

  async function* batches(): AsyncGenerator<readonly Row[]> {
    try {
      for (; ended === undefined; records = await nextRecords()) {
        const last = records.at(-1);
        const isEnd = isJsonObject(last);
        const rows = (isEnd ? records.slice(0, -1) : records).filter(isJsonArray);
        if (rows.length > 0) yield rows;
        if (!isEnd) continue;
        takeEnd(last);
        return;
      }
    } finally {
      await lines.return(undefined);
    }
  }

  return { columns: columns ?? [], batches: batches(), end: () => ended };
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
