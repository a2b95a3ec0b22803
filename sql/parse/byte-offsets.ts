/**
 * DuckDB counts places in a text in UTF-8 bytes, JavaScript in UTF-16 units. One pass over the text,
 * then each conversion costs a binary search and a short walk; a text in ASCII costs nothing.
 */
export interface ByteOffsets {
  /** The unit at or around the byte: a byte inside a character leads to its start. */
  toUtf16(byteOffset: number): number;
  toBytes(utf16Offset: number): number;
}

/** Units between two marks. */
const stride = 512;

export function byteOffsets(text: string): ByteOffsets {
  if (Buffer.byteLength(text) === text.length) {
    const clamp = (offset: number) => Math.min(Math.max(offset, 0), text.length);
    return { toUtf16: clamp, toBytes: clamp };
  }
  // marks[i] is the byte offset of the character at or just after unit i * stride.
  const marks: number[] = [];
  let bytes = 0;
  for (let at = 0; at < text.length;) {
    if (marks.length * stride <= at) marks.push(bytes);
    const width = widthAt(text, at);
    bytes += width;
    at += width === 4 ? 2 : 1;
  }
  const unitOf = (mark: number) => {
    const unit = mark * stride;
    return unit > 0 && isPairAt(text, unit - 1) ? unit + 1 : unit;
  };
  return {
    toUtf16(byteOffset) {
      let mark = 0;
      for (let low = 0, high = marks.length - 1; low <= high;) {
        const middle = (low + high) >> 1;
        if ((marks[middle] ?? 0) <= byteOffset) {
          mark = middle;
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      let at = unitOf(mark);
      let reached = marks[mark] ?? 0;
      while (at < text.length) {
        const width = widthAt(text, at);
        if (reached + width > byteOffset) break;
        reached += width;
        at += width === 4 ? 2 : 1;
      }
      return at;
    },
    toBytes(utf16Offset) {
      const end = Math.min(Math.max(utf16Offset, 0), text.length);
      let mark = Math.min(Math.floor(end / stride), marks.length - 1);
      if (unitOf(mark) > end) mark--;
      let at = unitOf(mark);
      let reached = marks[mark] ?? 0;
      while (at < end) {
        const width = widthAt(text, at);
        const units = width === 4 ? 2 : 1;
        if (at + units > end) break;
        reached += width;
        at += units;
      }
      return reached;
    },
  };
}

function widthAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return isPairAt(text, at) ? 4 : 3;
}

function isPairAt(text: string, at: number): boolean {
  const high = text.charCodeAt(at);
  if (high < 0xd800 || high > 0xdbff) return false;
  const low = text.charCodeAt(at + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}
