/**
 * The aligned table, as psql draws it with its border 1:
 *
 *      ticker | close
 *     --------+--------
 *      AAPL   | 187.32
 *     (1 row)
 *
 * The first rows decide how wide the columns are; one that comes later and needs more widens them
 * from there on, so memory does not grow with the result. A cell of several lines is marked
 * with `+` as psql does, one that was wrapped with `.`.
 */
import { displayWidth, pad, truncate, wrap } from '../display-width.ts';
import { escapeControls } from '../escape-controls.ts';
import { isNumeric, type Batches, type Column, type Row } from '../result.ts';
import { cellText, rowCountText } from './cell-text.ts';
import type { RenderOptions } from './render-options.ts';

/** Columns are not made narrower than this (or than they need). */
const narrowestColumn = 6;
/** A space on both sides of each cell and a bar between two. */
const cellsAround = 3;

/**
 * Widths for columns that want `wanted` cells each, so that all fit into `available` cells: the
 * widest give first. `undefined` if even the narrowest columns do not fit.
 */
export function fitWidths(
  wanted: readonly number[],
  available: number | undefined,
): readonly number[] | undefined {
  const around = wanted.length * cellsAround - 1;
  const total = wanted.reduce((sum, width) => sum + width, around);
  if (available === undefined || total <= available) return wanted;
  const narrowest = wanted.map((width) => Math.min(width, narrowestColumn));
  if (narrowest.reduce((sum, width) => sum + width, around) > available) return undefined;
  // The largest cap under which the columns fit; what is left over goes to the capped ones.
  let [low, high] = [narrowestColumn, Math.max(...wanted)];
  const capped = (cap: number): readonly number[] => wanted.map((width) => Math.min(width, cap));
  const fits = (cap: number): boolean =>
    capped(cap).reduce((sum, width) => sum + width, around) <= available;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  const widths = [...capped(low)];
  let spare = available - widths.reduce((sum, width) => sum + width, around);
  for (let index = 0; index < widths.length && spare > 0; index += 1) {
    if (widths[index] === low && (wanted[index] ?? 0) > low) {
      widths[index] = low + 1;
      spare -= 1;
    }
  }
  return widths;
}

/** The lines of a cell, each safe for a terminal. */
function cellLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map(escapeControls);
}

function widthOfLines(lines: readonly string[]): number {
  return lines.reduce((widest, line) => Math.max(widest, displayWidth(line)), 0);
}

/** The widths that names and `rows` ask for. */
export function wantedWidths(
  columns: readonly Column[],
  rows: readonly Row[],
  options: RenderOptions,
): readonly number[] {
  return columns.map((column, index) => {
    let widest = displayWidth(escapeControls(column.name));
    for (const row of rows) {
      const text = cellText(row[index] ?? null, options.nullText);
      widest = Math.max(widest, widthOfLines(cellLines(text)));
    }
    return widest;
  });
}

interface Piece {
  readonly text: string;
  /** What follows the piece in the next line: nothing, a line of the cell, the rest of a line. */
  readonly mark: ' ' | '+' | '.';
}

function piecesOf(
  lines: readonly string[],
  width: number,
  options: RenderOptions,
): readonly Piece[] {
  return lines.flatMap((line, index): readonly Piece[] => {
    const mark = index < lines.length - 1 ? '+' : ' ';
    if (options.width === undefined || options.fit === 'off') return [{ text: line, mark }];
    if (options.fit === 'truncate') return [{ text: truncate(line, width), mark }];
    const pieces = wrap(line, width);
    return pieces.map((piece, at) => ({
      text: piece,
      mark: at < pieces.length - 1 ? '.' : mark,
    }));
  });
}

/** One row, which may take several lines of output, all `widths` wide. */
function renderRow(
  cells: readonly (readonly Piece[])[],
  widths: readonly number[],
  aligns: readonly ('left' | 'right' | 'center')[],
): string {
  const height = Math.max(1, ...cells.map((cell) => cell.length));
  let text = '';
  for (let line = 0; line < height; line += 1) {
    const parts = cells.map((cell, index) => {
      const piece = cell[line] ?? { text: '', mark: ' ' };
      return ` ${pad(piece.text, widths[index] ?? 0, aligns[index] ?? 'left')}${piece.mark}`;
    });
    text += `${parts.join('|').replace(/ +$/, '')}\n`;
  }
  return text;
}

/** Draws `head` and then the `rest` with the widths that fit `head`, or wider. */
export async function* renderTable(
  columns: readonly Column[],
  head: readonly Row[],
  rest: Batches,
  options: RenderOptions,
): AsyncGenerator<string> {
  const fit = (wanted: readonly number[]): readonly number[] =>
    options.fit === 'off' ? wanted : (fitWidths(wanted, options.width) ?? wanted);
  const wanted = [...wantedWidths(columns, head, options)];
  let widths = fit(wanted);
  const draw = (
    cells: readonly (readonly string[])[],
    aligns: readonly ('left' | 'right' | 'center')[],
  ): string => {
    const pieces = cells.map((lines, index) => piecesOf(lines, widths[index] ?? 0, options));
    return renderRow(pieces, widths, aligns);
  };
  const cellsOf = (row: Row): readonly (readonly string[])[] =>
    columns.map((_, index) => cellLines(cellText(row[index] ?? null, options.nullText)));
  const aligns = columns.map((column) => (isNumeric(column) ? 'right' : 'left'));
  const drawWidening = (cells: readonly (readonly string[])[]): string => {
    const needed = cells.map(widthOfLines);
    if (needed.some((width, index) => width > (wanted[index] ?? 0))) {
      needed.forEach((width, index) => (wanted[index] = Math.max(width, wanted[index] ?? 0)));
      widths = fit(wanted);
    }
    return draw(cells, aligns);
  };

  if (!options.tuplesOnly) {
    yield draw(
      columns.map(({ name }) => [escapeControls(name)]),
      columns.map(() => 'center'),
    );
    yield `${widths.map((width) => '-'.repeat(width + 2)).join('+')}\n`;
  }
  let count = head.length;
  if (count > 0) yield head.map((row) => draw(cellsOf(row), aligns)).join('');
  for await (const rows of rest) {
    count += rows.length;
    yield rows.map((row) => drawWidening(cellsOf(row))).join('');
  }
  if (options.footer && !options.tuplesOnly) yield `${rowCountText(count)}\n\n`;
}
