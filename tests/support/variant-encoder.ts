/**
 * JSON -> Parquet's binary variants, for tests of the decoder.
 * https://github.com/apache/parquet-format/blob/master/VariantEncoding.md
 */
export type Tree =
  | null
  | boolean
  /** A 32-bit integer. */
  | number
  | string
  | readonly Tree[]
  | { readonly kind: 'object'; readonly fields: { readonly [key: string]: Tree } };

export function encodeVariant(
  tree: Tree,
  sizes = 4,
): { readonly metadata: Uint8Array; readonly value: Uint8Array } {
  const keys: string[] = [];
  const value = encodeTree(tree, keys, sizes);
  return { metadata: metadataOf(keys, sizes), value };
}

export function primitive(number: number, bytes: readonly number[]): Uint8Array {
  return Uint8Array.from([number << 2, ...bytes]);
}

/** Offsets have `size` bytes, or more where that is too few. */
export function metadataOf(keys: readonly string[], sizeMin = 1): Uint8Array {
  const texts = keys.map((key) => [...Buffer.from(key)]);
  const total = texts.reduce((sum, { length }) => sum + length, 0);
  const size = Math.max(sizeMin, sizeOf(Math.max(total, keys.length)));
  const offsets = offsetsOf(texts);
  return Uint8Array.from([
    1 | ((size - 1) << 6),
    ...unsigned(keys.length, size),
    ...offsets.flatMap((offset) => unsigned(offset, size)),
    ...texts.flat(),
  ]);
}

function encodeTree(tree: Tree, keys: string[], sizeMin: number): Uint8Array {
  if (tree === null) return primitive(0, []);
  if (typeof tree === 'boolean') return primitive(tree ? 1 : 2, []);
  if (typeof tree === 'number') return primitive(5, unsigned(tree >>> 0, 4));
  if (typeof tree === 'string') {
    const bytes = [...Buffer.from(tree)];
    if (bytes.length < 64) return Uint8Array.from([(bytes.length << 2) | 1, ...bytes]);
    return primitive(16, [...unsigned(bytes.length, 4), ...bytes]);
  }
  if ('kind' in tree) {
    const ids = Object.keys(tree.fields).map((key) => {
      if (!keys.includes(key)) keys.push(key);
      return keys.indexOf(key);
    });
    const items = Object.values(tree.fields).map((item) => encodeTree(item, keys, sizeMin));
    return nested(2, items, ids, sizeMin);
  }
  const items = tree.map((item) => encodeTree(item, keys, sizeMin));
  return nested(3, items, undefined, sizeMin);
}

function nested(
  basicType: 2 | 3,
  items: readonly Uint8Array[],
  ids: readonly number[] | undefined,
  sizeMin: number,
): Uint8Array {
  const offsets = offsetsOf(items);
  const offsetSize = Math.max(sizeMin, sizeOf(offsets.at(-1) ?? 0));
  const idSize = Math.max(sizeMin, sizeOf(Math.max(0, ...(ids ?? []))));
  const isLarge = items.length > 255 ? 1 : 0;
  const header =
    ids === undefined
      ? (offsetSize - 1) | (isLarge << 2)
      : (offsetSize - 1) | ((idSize - 1) << 2) | (isLarge << 4);
  return Uint8Array.from([
    (header << 2) | basicType,
    ...unsigned(items.length, isLarge === 1 ? 4 : 1),
    ...(ids ?? []).flatMap((id) => unsigned(id, idSize)),
    ...offsets.flatMap((offset) => unsigned(offset, offsetSize)),
    ...items.flatMap((item) => [...item]),
  ]);
}

function offsetsOf(items: readonly { readonly length: number }[]): readonly number[] {
  const offsets = [0];
  for (const { length } of items) offsets.push((offsets.at(-1) ?? 0) + length);
  return offsets;
}

function sizeOf(value: number): number {
  return value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 24 ? 3 : 4;
}

function unsigned(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** index) % 256);
}
