/** Text chunks to lines. */

/** A line longer than this is refused instead of held in memory. */
export const lineLengthMax = 256 * 1024 * 1024;

/**
 * The lines of a stream of text, without their ends (`\n` or `\r\n`); the last one also without
 * an end of its own. Throws `RangeError` for a line beyond `lineLengthMax` characters.
 */
export async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      parts.push(chunk.slice(from, end));
      yield withoutReturn(parts.length === 1 ? (parts[0] ?? '') : parts.join(''));
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      parts.push(from === 0 ? chunk : chunk.slice(from));
      length += chunk.length - from;
      if (length > lineLengthMax)
        throw new RangeError(`a line of more than ${lineLengthMax} characters`);
    }
  }
  if (parts.length > 0) yield withoutReturn(parts.join(''));
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
