/**
 * String literals: where they end and what they hold.
 *
 * DuckDB (its scanner is PostgreSQL's): `'it''s'`, `E'a\n'`, `$$raw$$`, `$tag$raw$tag$`; a literal goes
 * on after a line break (`'a'` newline `'b'` is `ab`).
 * Spark: `'..'` and `".."`, both with backslash escapes and doubled quotes, and raw `r'..'`
 * (https://spark.apache.org/docs/latest/sql-ref-literals.html#string-literal).
 */

export interface ScannedString {
  /** Offset after the literal. */
  readonly end: number;
  readonly value: string;
}

/** After `'`, `"` or a backtick at `quote`: to the next one that is not doubled. */
export function scanDoubledQuotes(text: string, quote: number): ScannedString | undefined {
  const mark = text.charAt(quote);
  let from = quote + 1;
  let value = '';
  for (;;) {
    const close = text.indexOf(mark, from);
    if (close < 0) return undefined;
    value += text.slice(from, close);
    if (text.charAt(close + 1) !== mark) return { end: close + 1, value };
    value += mark;
    from = close + 2;
  }
}

/** A literal of DuckDB with the parts that follow on later lines. `escapes` for `E'..'`. */
export function scanDuckdbString(
  text: string,
  quote: number,
  escapes: boolean,
): ScannedString | undefined {
  let at = quote;
  let value = '';
  for (;;) {
    const part = escapes ? scanBackslashes(text, at) : scanDoubledQuotes(text, at);
    if (part === undefined) return undefined;
    value += escapes ? decodeEscapes(part.value, duckdbEscape) : part.value;
    const next = continuedAt(text, part.end);
    if (next === undefined) return { end: part.end, value };
    at = next;
  }
}

export function scanSparkString(text: string, quote: number): ScannedString | undefined {
  const part = scanBackslashes(text, quote);
  return part && { end: part.end, value: decodeEscapes(part.value, sparkEscape) };
}

/** `r'..'` of Spark: to the next quote of the same kind. */
export function scanRawString(text: string, quote: number): ScannedString | undefined {
  const close = text.indexOf(text.charAt(quote), quote + 1);
  return close < 0 ? undefined : { end: close + 1, value: text.slice(quote + 1, close) };
}

/** `$$..$$` at the first dollar; `undefined` when that is no opening of one. */
export function scanDollarTag(text: string, at: number): string | undefined {
  dollarTag.lastIndex = at;
  return dollarTag.exec(text)?.[0];
}
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

export function scanDollarString(text: string, at: number, tag: string): ScannedString | undefined {
  const from = at + tag.length;
  const close = text.indexOf(tag, from);
  return close < 0 ? undefined : { end: close + tag.length, value: text.slice(from, close) };
}

/** The raw inside of a literal in which `\x` is a pair; a doubled quote comes out as `\'`. */
function scanBackslashes(text: string, quote: number): ScannedString | undefined {
  const mark = text.charAt(quote);
  const parts: string[] = [];
  let from = quote + 1;
  for (let at = from; at < text.length; at++) {
    const unit = text.charAt(at);
    if (unit === '\\') {
      at++;
    } else if (unit === mark) {
      parts.push(text.slice(from, at));
      if (text.charAt(at + 1) !== mark) return { end: at + 1, value: parts.join('') };
      parts.push('\\', mark);
      at++;
      from = at + 1;
    }
  }
  return undefined;
}

/** Where the next part of a literal begins: white space with a line break, then a quote. */
function continuedAt(text: string, end: number): number | undefined {
  let at = end;
  let lineBreak = false;
  for (;;) {
    const unit = text.charAt(at);
    if (unit === '\n' || unit === '\r') {
      lineBreak = true;
      at++;
    } else if (unit === ' ' || unit === '\t' || unit === '\f') {
      at++;
    } else if (unit === '-' && text.charAt(at + 1) === '-') {
      while (at < text.length && text.charAt(at) !== '\n' && text.charAt(at) !== '\r') at++;
    } else {
      return unit === "'" && lineBreak ? at : undefined;
    }
  }
}

const escapeSequence = /\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|[^])/g;

function decodeEscapes(raw: string, decode: (sequence: string) => string): string {
  return raw.includes('\\') ? raw.replace(escapeSequence, decode) : raw;
}

function duckdbEscape(sequence: string): string {
  const mark = sequence.charAt(1);
  const named = duckdbNamed.get(mark);
  if (named !== undefined) return named;
  if (mark === 'x' && sequence.length > 2) return codePoint(parseInt(sequence.slice(2), 16));
  if (mark >= '0' && mark <= '7') return codePoint(parseInt(sequence.slice(1), 8) & 0xff);
  return unicodeEscape(sequence) ?? sequence.slice(1);
}
const duckdbNamed = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function sparkEscape(sequence: string): string {
  const mark = sequence.charAt(1);
  const unicode = unicodeEscape(sequence);
  if (unicode !== undefined) return unicode;
  // Three octal digits up to \177; fewer are \0 or a plain digit, and then the rest is text.
  if (/^\\[01][0-7]{2}$/.test(sequence)) return codePoint(parseInt(sequence.slice(1), 8));
  const named = sparkNamed.get(mark) ?? mark;
  return named + sequence.slice(2);
}
const sparkNamed = new Map([
  ['0', '\0'],
  ['b', '\b'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['Z', '\x1a'],
  // Kept for LIKE, which reads them itself.
  ['%', '\\%'],
  ['_', '\\_'],
]);

function unicodeEscape(sequence: string): string | undefined {
  const mark = sequence.charAt(1);
  if ((mark !== 'u' && mark !== 'U') || sequence.length < 6) return undefined;
  return codePoint(parseInt(sequence.slice(2), 16));
}

function codePoint(value: number): string {
  return value > 0x10ffff ? '\ufffd' : String.fromCodePoint(value);
}
