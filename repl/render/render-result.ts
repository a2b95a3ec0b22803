/** Picks the form of a result: options and result in, pieces of text out as the rows arrive. */
import type { Batches, Result, Row } from '../result.ts';
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
  const { columns, batches } = result;
  switch (options.format) {
    case 'table':
      if (options.expanded === 'on') yield* renderExpanded(columns, batches, options);
      else yield* renderTableOrExpanded(result, options);
      return;
    case 'expanded':
      yield* renderExpanded(columns, batches, options);
      return;
    case 'csv':
      yield* renderCsv(columns, batches, options);
      return;
    case 'tsv':
      yield* renderTsv(columns, batches, options);
      return;
    case 'json':
      yield* renderJson(columns, batches);
      return;
    case 'ndjson':
      yield* renderNdjson(columns, batches);
      return;
    case 'markdown':
      yield* renderMarkdown(columns, batches, options);
      return;
    case 'unaligned':
      yield* renderUnaligned(columns, batches, options);
      return;
  }
}

async function* renderTableOrExpanded(
  { columns, batches }: Result,
  options: RenderOptions,
): AsyncGenerator<string> {
  const source = batches[Symbol.asyncIterator]();
  try {
    const head = await takeHead(source);
    const rest: Batches = { [Symbol.asyncIterator]: () => source };
    const isTooWide =
      options.expanded === 'auto' &&
      fitWidths(wantedWidths(columns, head, options), options.width) === undefined;
    if (isTooWide) yield* renderExpanded(columns, chain(head, rest), options);
    else yield* renderTable(columns, head, rest, options);
  } finally {
    await source.return?.();
  }
}

async function takeHead(source: AsyncIterator<readonly Row[]>): Promise<readonly Row[]> {
  const head: Row[] = [];
  let characters = 0;
  while (head.length < rowsToSize && characters < charactersToSize) {
    const next = await source.next();
    if (next.done === true) break;
    for (const row of next.value) {
      head.push(row);
      for (const value of row) characters += typeof value === 'string' ? value.length : 8;
    }
  }
  return head;
}

async function* chain(head: readonly Row[], rest: Batches): AsyncGenerator<readonly Row[]> {
  yield head;
  yield* rest;
}
