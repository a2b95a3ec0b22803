/**
 * Statistics of a file some of whose rows are deleted: their bounds may be wider than the rows that are
 * left, and say so. The text is edited, not parsed and written again: numbers keep all their digits.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 */

/**
 * `stats` with `tightBounds` false. A file with a deletion vector must tell how many rows lie in it:
 * where the statistics are missing or do not, they become that number alone.
 */
export function wideStatsJson(stats: string | undefined, physicalRows: number): string {
  const fallback = `{"numRecords":${physicalRows},"tightBounds":false}`;
  if (stats === undefined) return fallback;
  let keys: ReadonlyMap<string, JsonRange>;
  try {
    keys = topLevelValues(stats);
  } catch {
    return fallback;
  }
  if (!keys.has('numRecords')) return fallback;
  const tight = keys.get('tightBounds');
  if (tight !== undefined) return `${stats.slice(0, tight.start)}false${stats.slice(tight.end)}`;
  const end = stats.lastIndexOf('}');
  return `${stats.slice(0, end)},"tightBounds":false${stats.slice(end)}`;
}

interface JsonRange {
  readonly start: number;
  readonly end: number;
}

/** Where the values of an object's own keys lie. Throws for text that is no JSON object. */
function topLevelValues(text: string): ReadonlyMap<string, JsonRange> {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SyntaxError('statistics are an object');
  }
  const values = new Map<string, JsonRange>();
  const strings = /"(?:[^"\\]|\\.)*"/gy;
  let depth = 0;
  let key: string | undefined;
  let start = 0;
  const close = (end: number): void => {
    if (key === undefined) return;
    const value = text.slice(start, end);
    const from = start + value.length - value.trimStart().length;
    values.set(key, { start: from, end: start + value.trimEnd().length });
    key = undefined;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') {
      strings.lastIndex = at;
      const literal = strings.exec(text)?.[0] ?? '"';
      at += literal.length - 1;
      if (depth === 1 && key === undefined) {
        key = JSON.parse(literal) as string;
        start = text.indexOf(':', at) + 1;
      }
    } else if (character === '{' || character === '[') {
      depth++;
    } else if (character === '}' || character === ']') {
      depth--;
      if (depth === 0) close(at);
    } else if (character === ',' && depth === 1) {
      close(at);
    }
  }
  return values;
}
