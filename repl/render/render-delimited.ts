/**
 * Formats with one line for each row: CSV (RFC 4180, with line feeds), TSV (PostgreSQL's COPY text:
 * NULL is `\N`, backslash escapes), Markdown, and unaligned text as of `psql -A`.
 */
import { escapeControls } from '../escape-controls.ts';
import type { JsonValue } from '../lossless-json.ts';
import { isNumeric, type Batches, type Column, type Row } from '../result.ts';
import { cellText, rowCountText } from './cell-text.ts';
import type { RenderOptions } from './render-options.ts';

function csvField(value: JsonValue): string {
  // NULL is nothing, the empty string is "": that keeps the two apart.
  if (value === null) return '';
  const text = cellText(value, '');
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const tsvEscapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
]);

function tsvField(value: JsonValue): string {
  if (value === null) return '\\N';
  return cellText(value, '').replace(/[\\\t\n\r]/g, (found) => tsvEscapes.get(found) ?? found);
}

function markdownField(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => escapeControls(line).replace(/[\\|]/g, '\\$&').replaceAll('<', '&lt;'))
    .join('<br>');
}

export async function* renderCsv(
  columns: readonly Column[],
  batches: Batches,
  options: RenderOptions,
): AsyncGenerator<string> {
  if (!options.tuplesOnly) yield `${columns.map(({ name }) => csvField(name)).join(',')}\n`;
  for await (const rows of batches) {
    yield rows.map((row) => `${row.map(csvField).join(',')}\n`).join('');
  }
}

export async function* renderTsv(
  columns: readonly Column[],
  batches: Batches,
  options: RenderOptions,
): AsyncGenerator<string> {
  if (!options.tuplesOnly) yield `${columns.map(({ name }) => tsvField(name)).join('\t')}\n`;
  for await (const rows of batches) {
    yield rows.map((row) => `${row.map(tsvField).join('\t')}\n`).join('');
  }
}

export async function* renderMarkdown(
  columns: readonly Column[],
  batches: Batches,
  options: RenderOptions,
): AsyncGenerator<string> {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  yield line(columns.map(({ name }) => markdownField(name)));
  yield line(columns.map((column) => (isNumeric(column) ? '---:' : '---')));
  const draw = (row: Row): string =>
    line(row.map((value) => markdownField(cellText(value, options.nullText))));
  for await (const rows of batches) yield rows.map(draw).join('');
}

export async function* renderUnaligned(
  columns: readonly Column[],
  batches: Batches,
  options: RenderOptions,
): AsyncGenerator<string> {
  const line = (cells: readonly string[]): string => `${cells.join(options.fieldSeparator)}\n`;
  if (!options.tuplesOnly) yield line(columns.map(({ name }) => name));
  let count = 0;
  const draw = (row: Row): string => line(row.map((value) => cellText(value, options.nullText)));
  for await (const rows of batches) {
    count += rows.length;
    yield rows.map(draw).join('');
  }
  if (options.footer && !options.tuplesOnly) yield `${rowCountText(count)}\n`;
}
