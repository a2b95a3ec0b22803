/** Picks the form of a result: options and result in, pieces of text out as the rows arrive. */
import type { Result, Row } from '../result.ts';
import { renderCsv, renderMarkdown, renderTsv, renderUnaligned } from './render-delimited.ts';
import { renderExpanded } from './render-expanded.ts';
import { renderJson, renderNdjson } from './render-json.ts';
import type { RenderOptions } from './render-options.ts';
import { fitWidths, renderTable, wantedWidths } from './render-table.ts';

/** Rows that a table waits for to choose the widths of its columns. */
const rowsToSize = 1000;
/** ... and the characters after which it waits no longer, so that wide rows stay bounded too. */
const charactersToSize = 4_000_000;

export async function* renderResult(
  result: Result,
  options: RenderOptions,
): AsyncGenerator<string> {
  const { columns, rows } = result;
  switch (options.format) {
    case 'table':
      if (options.expanded === 'on') yield* renderExpanded(columns, rows, options);
      else yield* renderTableOrExpanded(result, options);
      return;
    case 'expanded':
      yield* renderExpanded(columns, rows, options);
      return;
    case 'csv':
      yield* renderCsv(columns, rows, options);
      return;
    case 'tsv':
      yield* renderTsv(columns, rows, options);
      return;
    case 'json':
      yield* renderJson(columns, rows);
      return;
    case 'ndjson':
      yield* renderNdjson(columns, rows);
      return;
    case 'markdown':
      yield* renderMarkdown(columns, rows, options);
      return;
    case 'unaligned':
      yield* renderUnaligned(columns, rows, options);
      return;
  }
}

async function* renderTableOrExpanded(
  { columns, rows }: Result,
  options: RenderOptions,
): AsyncGenerator<string> {
  const source = rows[Symbol.asyncIterator]();
  try {
    const head = await takeHead(source);
    const rest: AsyncIterable<Row> = { [Symbol.asyncIterator]: () => source };
    const isTooWide =
      options.expanded === 'auto' &&
      fitWidths(wantedWidths(columns, head, options), options.width) === undefined;
    if (isTooWide) yield* renderExpanded(columns, chain(head, rest), options);
    else yield* renderTable(columns, head, rest, options);
  } finally {
    await source.return?.();
  }
}

async function takeHead(source: AsyncIterator<Row>): Promise<readonly Row[]> {
  const head: Row[] = [];
  let characters = 0;
  while (head.length < rowsToSize && characters < charactersToSize) {
    const next = await source.next();
    if (next.done === true) break;
    head.push(next.value);
    for (const value of next.value) characters += typeof value === 'string' ? value.length : 8;
  }
  return head;
}

async function* chain(head: readonly Row[], rest: AsyncIterable<Row>): AsyncGenerator<Row> {
  yield* head;
  yield* rest;
}
