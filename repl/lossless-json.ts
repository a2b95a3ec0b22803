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

const escapedOrControl = /[\\\u0000-\u001f]/;

/** The value of a JSON text. Throws `SyntaxError` that names the offset. */
export function parseJson(text: string): JsonValue {
  return new JsonReader(text).readAll();
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): JsonValue {
    const value = this.#readValue(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('text after the value');
    return value;
  }

  #fail(what: string): never {
    throw new SyntaxError(`invalid JSON at offset ${this.#at}: ${what}`);
  }

  #skipSpace(): void {
    if (this.#text.charCodeAt(this.#at) > 0x20) return;
    spacePattern.lastIndex = this.#at;
    spacePattern.test(this.#text);
    this.#at = spacePattern.lastIndex;
  }

  #readValue(depth: number): JsonValue {
    if (depth > depthMax) this.#fail(`nested deeper than ${depthMax} levels`);
    this.#skipSpace();
    switch (this.#text.charAt(this.#at)) {
      case '"':
        return this.#readString();
      case '[':
        return this.#readArray(depth);
      case '{':
        return this.#readObject(depth);
      case 't':
        return this.#readWord('true', true);
      case 'f':
        return this.#readWord('false', false);
      case 'n':
        return this.#readWord('null', null);
    }
    return this.#readNumber();
  }

  #readNumber(): JsonNumber {
    numberPattern.lastIndex = this.#at;
    if (!numberPattern.test(this.#text)) {
      this.#fail(this.#at < this.#text.length ? 'expected a value' : 'it ends too early');
    }
    const number = new JsonNumber(this.#text.slice(this.#at, numberPattern.lastIndex));
    this.#at = numberPattern.lastIndex;
    return number;
  }

  #readWord<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('an unknown word');
    this.#at += word.length;
    return value;
  }

  #readString(): string {
    const text = this.#text;
    let end = this.#at + 1;
    for (;;) {
      end = text.indexOf('"', end);
      if (end < 0) this.#fail('a string without its end');
      let backslashes = 0;
      while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
      if (backslashes % 2 === 0) break;
      end += 1;
    }
    const inner = text.slice(this.#at + 1, end);
    // Only a text with escapes or control characters needs (and gets) the full reader.
    const value = escapedOrControl.test(inner)
      ? (JSON.parse(text.slice(this.#at, end + 1)) as string)
      : inner;
    this.#at = end + 1;
    return value;
  }

  #readArray(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    this.#at += 1;
    if (this.#takeIf(']')) return items;
    for (;;) {
      items.push(this.#readValue(depth + 1));
      if (this.#takeIf(']')) return items;
      if (!this.#takeIf(',')) this.#fail('expected "," or "]"');
    }
  }

  #readObject(depth: number): JsonObject {
    const entries = new Map<string, JsonValue>();
    this.#at += 1;
    if (this.#takeIf('}')) return entries;
    for (;;) {
      this.#skipSpace();
      if (this.#text.charAt(this.#at) !== '"') this.#fail('expected a key');
      const key = this.#readString();
      if (!this.#takeIf(':')) this.#fail('expected ":"');
      entries.set(key, this.#readValue(depth + 1));
      if (this.#takeIf('}')) return entries;
      if (!this.#takeIf(',')) this.#fail('expected "," or "}"');
    }
  }

  /** Passes space and then `character`, if that is next. */
  #takeIf(character: string): boolean {
    this.#skipSpace();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }
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
