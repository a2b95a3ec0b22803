/** Copies an object within a store: by the store's own way, or through memory where it has none. */
import { CodedError } from './coded-error.ts';
import type { CallOptions, ObjectStore } from './ports.ts';

/** The largest object that goes through memory. */
const throughMemoryBytesMax = 512 * 1024 * 1024;

/**
 * Durable when it is back, all of it or nothing: the name `to` is never seen with other bytes.
 *
 * @throws DELTA_FILE_NOT_FOUND when there is nothing to copy, UNSUPPORTED_FEATURE for an object that
 *   is too large for a store without copies
 */
export async function copyObject(
  store: ObjectStore,
  names: { readonly from: string; readonly to: string },
  options: CallOptions = {},
): Promise<void> {
  const { from, to } = names;
  const outcome =
    store.copy === undefined
      ? await copyThroughMemory({ from: store, to: store }, names, options)
      : await store.copy(names, options);
  switch (outcome) {
    case 'created':
      return;
    case 'missing':
      throw new CodedError('DELTA_FILE_NOT_FOUND', `The file ${from} is missing.`);
    case 'exists':
      throw new CodedError('INTERNAL_ERROR', `${to} is there already: it was to be a new name.`);
  }
}

/**
 * The same by reading all of it, also from one store into another.
 *
 * @throws UNSUPPORTED_FEATURE for an object that is too large for that
 */
export async function copyThroughMemory(
  stores: { readonly from: ObjectStore; readonly to: ObjectStore },
  { from, to }: { readonly from: string; readonly to: string },
  options: CallOptions = {},
): Promise<'created' | 'exists' | 'missing'> {
  const found = await stores.from.stat(from, options);
  if (found === undefined) return 'missing';
  if (found.sizeBytes > throughMemoryBytesMax) {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `${from} has ${found.sizeBytes} bytes: more than can be copied here, ${throughMemoryBytesMax}.`,
    );
  }
  const bytes = await stores.from.read(from, options);
  return bytes === undefined ? 'missing' : await stores.to.putIfAbsent(to, bytes, options);
}
