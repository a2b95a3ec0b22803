/** Text chunks to lines. */

/** A line longer than this is refused instead of held in memory. */
export const lineLengthMax = 256 * 1024 * 1024;

/**
 * The lines of a stream of text, without their ends (`\n` or `\r\n`), those of a chunk together;
 * the last one also without an end of its own. Throws `RangeError` for a line beyond
 * `lineLengthMax` characters.
 */
export async function* readLineBatches(
  chunks: AsyncIterable<string>,
): AsyncGenerator<readonly string[]> {
  // The beginning of a line whose end has not come yet, in the pieces it came in.
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const lines = chunk.split('\n');
    const last = lines.pop() ?? '';
    if (lines.length > 0) {
      lines[0] = parts.join('') + (lines[0] ?? '');
      parts = [];
      length = 0;
      yield lines.map(withoutReturn);
    }
    parts.push(last);
    length += last.length;
    if (length > lineLengthMax) {
      throw new RangeError(`a line of more than ${lineLengthMax} characters`);
    }
  }
  const rest = parts.join('');
  if (rest !== '') yield [withoutReturn(rest)];
}

/** The same, one by one. */
export async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const lines of readLineBatches(chunks)) yield* lines;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
