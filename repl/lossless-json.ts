/**
 * Reads and writes JSON without losing digits: a number stays the text it was written as, so that
 * BIGINT and DECIMAL values never pass through a double (`JSON.parse` in Node 20 cannot do that: it
 * gives a reviver no source text). Objects keep the order and the spelling of their keys.
 *
 * Grammar: RFC 8259.
 */

/** A number as it stood in the text. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** Nesting beyond this is refused, so that no answer can exhaust the stack. */
const depthMax = 1000;

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const spacePattern = /[ \t\r\n]*/y;

/** The value of a JSON text. Throws `SyntaxError` that names the offset. */
export function parseJson(text: string): JsonValue {
  let at = 0;

  function fail(what: string): never {
    throw new SyntaxError(`invalid JSON at offset ${at}: ${what}`);
  }

  function skipSpace(): void {
    const code = text.charCodeAt(at);
    if (code > 0x20) return;
    spacePattern.lastIndex = at;
    spacePattern.test(text);
    at = spacePattern.lastIndex;
  }

  function readString(): string {
    let end = at + 1;
    for (;;) {
      end = text.indexOf('"', end);
      if (end < 0) fail('a string without its end');
      let backslashes = 0;
      while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
      if (backslashes % 2 === 0) break;
      end += 1;
    }
    const inner = text.slice(at + 1, end);
    // Only a text with escapes or control characters needs (and gets) the full reader.

    const value = /[\\\u0000-\u001f]/.test(inner)
      ? (JSON.parse(text.slice(at, end + 1)) as string)
      : inner;
    at = end + 1;
    return value;
  }

  function readWord<T>(word: string, value: T): T {
    if (!text.startsWith(word, at)) fail('an unknown word');
    at += word.length;
    return value;
  }

  function readArray(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    at += 1;
    skipSpace();
    if (text[at] === ']') {
      at += 1;
      return items;
    }
    for (;;) {
      items.push(readValue(depth + 1));
      skipSpace();
      const next = text[at];
      at += 1;
      if (next === ']') return items;
      if (next !== ',') {
        at -= 1;
        fail('expected "," or "]"');
      }
    }
  }

  function readObject(depth: number): JsonObject {
    const entries = new Map<string, JsonValue>();
    at += 1;
    skipSpace();
    if (text[at] === '}') {
      at += 1;
      return entries;
    }
    for (;;) {
      skipSpace();
      if (text[at] !== '"') fail('expected a key');
      const key = readString();
      skipSpace();
      if (text[at] !== ':') fail('expected ":"');
      at += 1;
      entries.set(key, readValue(depth + 1));
      skipSpace();
      const next = text[at];
      at += 1;
      if (next === '}') return entries;
      if (next !== ',') {
        at -= 1;
        fail('expected "," or "}"');
      }
    }
  }

  function readValue(depth: number): JsonValue {
    if (depth > depthMax) fail(`nested deeper than ${depthMax} levels`);
    skipSpace();
    switch (text.charAt(at)) {
      case '"':
        return readString();
      case '[':
        return readArray(depth);
      case '{':
        return readObject(depth);
      case 't':
        return readWord('true', true);
      case 'f':
        return readWord('false', false);
      case 'n':
        return readWord('null', null);
    }
    numberPattern.lastIndex = at;
    const found = numberPattern.exec(text);
    if (found === null) return fail(at < text.length ? 'expected a value' : 'it ends too early');
    at += found[0].length;
    return new JsonNumber(found[0]);
  }

  const value = readValue(0);
  skipSpace();
  if (at < text.length) fail('text after the value');
  return value;
}

/** The compact text of a value; numbers exactly as they were read. */
export function writeJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof JsonNumber) return value.text;
  if (isJsonArray(value)) return `[${value.map(writeJson).join(',')}]`;
  const entries = [...value].map(([key, item]) => `${JSON.stringify(key)}:${writeJson(item)}`);
  return `{${entries.join(',')}}`;
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** A member that is a string, or `undefined`. */
export function stringMember(object: JsonObject, key: string): string | undefined {
  const value = object.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** A member that is a number small enough for a double, or `undefined`. */
export function numberMember(object: JsonObject, key: string): number | undefined {
  const value = object.get(key);
  return value instanceof JsonNumber ? Number(value.text) : undefined;
}
