/**
 * Edits of a text that remember where everything came from, so that an error which DuckDB reports in
 * the text it was given can be shown in the text the user wrote.
 */

/** Replaces `[start, end)`, UTF-16 offsets, by `text`; an empty range inserts. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface EditedText {
  readonly text: string;
  /**
   * The place in the original text of an offset in `text`. Inside a replacement it is the start of
   * what was replaced; past the end it is the end.
   */
  toSource(offset: number): number;
}

/** A text as it was written. */
export function uneditedText(text: string): EditedText {
  return { text, toSource: (offset) => Math.min(Math.max(offset, 0), text.length) };
}

/**
 * Applies `edits` to an edited (or unedited) text; the result leads back to the original. The edits
 * are in the coordinates of `base.text`, in any order, and must not overlap; two insertions at one
 * place keep their order.
 */
export function editText(base: EditedText, edits: readonly TextEdit[]): EditedText {
  if (edits.length === 0) return base;
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  // Piece i begins at outputs[i] in the result and at inputs[i] in the base. Odd pieces are
  // replacements: all of one leads to its start.
  const outputs: number[] = [];
  const inputs: number[] = [];
  let from = 0;
  let length = 0;
  for (const edit of sorted) {
    if (edit.start < from || edit.end < edit.start || edit.end > base.text.length) {
      throw new RangeError(`Edits overlap or lie outside the text at ${edit.start}`);
    }
    outputs.push(length, length + edit.start - from);
    inputs.push(from, edit.start);
    parts.push(base.text.slice(from, edit.start), edit.text);
    length += edit.start - from + edit.text.length;
    from = edit.end;
  }
  outputs.push(length);
  inputs.push(from);
  parts.push(base.text.slice(from));
  const text = parts.join('');
  return {
    text,
    toSource(offset) {
      const at = Math.min(Math.max(offset, 0), text.length);
      const piece = lastAtOrBelow(outputs, at);
      const input = inputs[piece] ?? 0;
      const isReplacement = piece % 2 === 1;
      return base.toSource(isReplacement ? input : input + at - (outputs[piece] ?? 0));
    },
  };
}

/** Index of the last element that is at most `value`; `sorted` begins with one that is. */
function lastAtOrBelow(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
