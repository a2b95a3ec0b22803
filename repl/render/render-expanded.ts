/**
 * The expanded form (`\x`), one line for each value:
 *
 *     -[ RECORD 1 ]---
 *     ticker | AAPL
 *     close  | 187.32
 */
import { displayWidth, pad, wrap } from '../display-width.ts';
import { escapeControls } from '../escape-controls.ts';
import type { Batches, Column, Row } from '../result.ts';
import { cellText, rowCountText } from './cell-text.ts';
import type { RenderOptions } from './render-options.ts';

const ruleLength = 40;

export async function* renderExpanded(
  columns: readonly Column[],
  batches: Batches,
  options: RenderOptions,
): AsyncGenerator<string> {
  const names = columns.map(({ name }) => escapeControls(name));
  const nameWidth = Math.max(0, ...names.map(displayWidth));
  const padded = names.map((name) => pad(name, nameWidth, 'left'));
  const margin = `\n${' '.repeat(nameWidth)} | `;
  const valueWidth =
    options.width === undefined || options.fit === 'off'
      ? Infinity
      : Math.max(20, options.width - nameWidth - 3);
  const ruleWidth = Math.min(options.width ?? ruleLength, ruleLength);
  let count = 0;

  function headline(): string {
    if (options.tuplesOnly) return count > 1 ? '\n' : '';
    return `${`-[ RECORD ${count} ]`.padEnd(ruleWidth, '-')}\n`;
  }

  function draw(row: Row): string {
    count += 1;
    const lines = padded.map((name, index) => {
      const text = cellText(row[index] ?? null, options.nullText);
      const pieces = text.split(/\r?\n/).flatMap((line) => wrap(escapeControls(line), valueWidth));
      return `${name} | ${pieces.join(margin)}\n`;
    });
    return headline() + lines.join('');
  }

  for await (const rows of batches) yield rows.map(draw).join('');
  if (count === 0 && options.footer && !options.tuplesOnly) yield `${rowCountText(0)}\n`;
}
