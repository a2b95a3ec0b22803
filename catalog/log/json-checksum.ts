/**
 * The checksum of a JSON object by the protocol's canonical form: leaves as `path=value`, sorted.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#json-checksum
 */
import { createHash } from 'node:crypto';
import type { JsonValue } from '../data-type.ts';

/** MD5 of the canonical form, in 32 hexadecimal digits. */
export function jsonChecksum(json: { readonly [key: string]: JsonValue }): string {
  return createHash('md5').update(canonicalForm(json)).digest('hex');
}

/** A `checksum` at the top is left out. Numbers must be such that JavaScript writes as the file does. */
export function canonicalForm(json: { readonly [key: string]: JsonValue }): string {
  const leaves: { readonly path: string; readonly text: string }[] = [];
  const visit = (value: JsonValue, path: readonly string[]): void => {
    if (Array.isArray(value)) {
      for (const [i, item] of (value as readonly JsonValue[]).entries()) {
        visit(item, [...path, String(i)]);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (path.length === 0 && key === 'checksum') continue;
        visit(item, [...path, quoted(key)]);
      }
    } else {
      const text = typeof value === 'string' ? quoted(value) : String(value);
      leaves.push({ path: path.join('+'), text: `${path.join('+')}=${text}` });
    }
  };
  visit(json, []);
  // By the whole text, as Delta's own writer sorts; paths are ASCII, so that bytes and units agree.
  leaves.sort((a, b) => (a.text < b.text ? -1 : 1));
  return leaves.map(({ text }) => text).join(',');
}

function quoted(text: string): string {
  return `"${encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )}"`;
}
