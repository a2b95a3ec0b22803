/**
 * The keys of Parquet's binary variants: a dictionary that each value's metadata holds.
 * Source: https://github.com/apache/parquet-format/blob/master/VariantEncoding.md#metadata-encoding
 */
import { isUtf8 } from 'node:buffer';
import { CodedError } from '../../catalog/coded-error.ts';

/** The dictionary of key names that a variant's metadata holds. */
export interface VariantKeys {
  readonly bytes: Uint8Array;
  /** Of each name in `bytes`, one more than there are names. */
  readonly offsets: Uint32Array;
}

/** Throws DELTA_FAILED_TO_READ_FILE for damaged metadata, UNSUPPORTED_FEATURE for another version. */
export function readVariantKeys(metadata: Uint8Array): VariantKeys {
  const header = metadata[0];
  if (header === undefined) throw damaged('its metadata is empty');
  const version = header & 0x0f;
  if (version !== 1) {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `A variant value has version ${version} of the variant encoding; Levee reads version 1.`,
    );
  }
  const offsetSize = (header >> 6) + 1;
  const count = readUnsigned(metadata, 1, offsetSize, metadata.length);
  const names = 1 + offsetSize * (count + 2);
  if (names > metadata.length) throw damaged(`its metadata has no room for ${count} keys`);
  const offsets = new Uint32Array(count + 1);
  let last = 0;
  for (let i = 0; i <= count; i++) {
    const offset = readUnsigned(metadata, 1 + offsetSize * (i + 1), offsetSize, metadata.length);
    if (offset < last || names + offset > metadata.length) throw damaged('a key is out of bounds');
    last = offset;
    offsets[i] = names + offset;
  }
  if (offsets[0] !== names) throw damaged('its first key is misplaced');
  if (names + last !== metadata.length) throw damaged('bytes follow its keys');
  if (!isUtf8(metadata.subarray(names))) throw damaged('its keys are not UTF-8');
  return { bytes: metadata, offsets };
}

/** Whether key `a` comes before key `b` in the order of their bytes. */
export function isBefore({ bytes, offsets }: VariantKeys, a: number, b: number): boolean {
  const aStart = offsets[a] ?? 0;
  const bStart = offsets[b] ?? 0;
  const aLength = (offsets[a + 1] ?? 0) - aStart;
  const bLength = (offsets[b + 1] ?? 0) - bStart;
  const shared = Math.min(aLength, bLength);
  for (let i = 0; i < shared; i++) {
    const difference = (bytes[aStart + i] ?? 0) - (bytes[bStart + i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return aLength < bLength;
}

export function requireDistinct(
  keys: VariantKeys,
  bytes: Uint8Array,
  list: { readonly ids: number; readonly idSize: number; readonly count: number },
): void {
  const names = new Set<string>();
  for (let i = 0; i < list.count; i++) {
    const id = readUnsigned(bytes, list.ids + i * list.idSize, list.idSize, bytes.length);
    const name = keys.bytes.subarray(keys.offsets[id] ?? 0, keys.offsets[id + 1] ?? 0);
    names.add(Buffer.from(name).toString('latin1'));
  }
  if (names.size < list.count) throw damaged('an object has a key twice');
}

/** Little endian, of 1 to 4 bytes. */
export function readUnsigned(bytes: Uint8Array, at: number, size: number, end: number): number {
  if (at + size > end) throw damaged('a number is cut off');
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

export function damaged(what: string): CodedError {
  return new CodedError('DELTA_FAILED_TO_READ_FILE', `A variant value is damaged: ${what}.`);
}
