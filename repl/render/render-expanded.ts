/**
 * The expanded form (`\x`), one line for each value:
 *
 *     -[ RECORD 1 ]---
 *     ticker | AAPL
 *     close  | 187.32
 */
import { displayWidth, pad, wrap } from '../display-width.ts';
import { escapeControls } from '../escape-controls.ts';
import type { Column, Row } from '../result.ts';
import { cellText, rowCountText } from './cell-text.ts';
import type { RenderOptions } from './render-options.ts';

const ruleLength = 40;

export async function* renderExpanded(
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
  options: RenderOptions,
): AsyncGenerator<string> {
  const names = columns.map(({ name }) => escapeControls(name));
  const nameWidth = Math.max(0, ...names.map(displayWidth));
  const margin = `${' '.repeat(nameWidth)} | `;
  const valueWidth =
    options.width === undefined || options.fit === 'off'
      ? Infinity
      : Math.max(20, options.width - nameWidth - 3);
  let count = 0;
  for await (const row of rows) {
    count += 1;
    let text = options.tuplesOnly
      ? count > 1
        ? '\n'
        : ''
      : `${`-[ RECORD ${count} ]`.padEnd(Math.min(options.width ?? ruleLength, ruleLength), '-')}\n`;
    names.forEach((name, index) => {
      const lines = cellText(row[index] ?? null, options.nullText)
        .split(/\r?\n/)
        .flatMap((line) => wrap(escapeControls(line), valueWidth));
      text += `${pad(name, nameWidth, 'left')} | ${lines.join(`\n${margin}`)}\n`;
    });
    yield text;
  }
  if (count === 0 && options.footer && !options.tuplesOnly) yield `${rowCountText(0)}\n`;
}
