/**
 * How much room text takes in a terminal, counted in cells: wide characters (CJK, emoji) take two,
 * combining marks none. Text is measured and cut by grapheme, never inside one.
 */
import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const onlyPrintableAscii = /^[\x20-\x7e]*$/;

/** Cells that `text` takes. The text must have been through `escapeControls`. */
export function displayWidth(text: string): number {
  return onlyPrintableAscii.test(text) ? text.length : stringWidth(text);
}

/** `text` followed (or, aligned right, preceded) by spaces up to `width` cells. */
export function pad(text: string, width: number, align: 'left' | 'right' | 'center'): string {
  const missing = width - displayWidth(text);
  if (missing <= 0) return text;
  switch (align) {
    case 'left':
      return text + ' '.repeat(missing);
    case 'right':
      return ' '.repeat(missing) + text;
    case 'center':
      return ' '.repeat(missing >> 1) + text + ' '.repeat(missing - (missing >> 1));
  }
}

/**
 * `text` in pieces of at most `width` cells (a single grapheme may be wider), cut after the last
 * space of a piece when that leaves it more than half full. Always at least one piece.
 */
export function wrap(text: string, width: number): readonly string[] {
  if (displayWidth(text) <= width) return [text];
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const cells = displayWidth(segment);
    if (used + cells > width && piece !== '') {
      const space = piece.lastIndexOf(' ') + 1;
      const kept = space > piece.length / 2 ? space : piece.length;
      pieces.push(piece.slice(0, kept));
      piece = piece.slice(kept);
      used = displayWidth(piece);
    }
    piece += segment;
    used += cells;
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}

/** `text` in at most `width` cells, with `…` in the place of what was cut off. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const cells = displayWidth(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return `${kept}…`;
}
