/**
 * `putIfAbsent` for bytes that nobody else would write (they hold a unique id), with an answer even
 * where the store's own is ambiguous: a connection that broke after the write, a client library
 * that retried and met its own first attempt. Reading the object back settles it.
 */
import { CodedError } from '../coded-error.ts';
import type { CallOptions, ObjectStore } from '../ports.ts';

export async function putOwn(
  store: ObjectStore,
  location: string,
  bytes: Uint8Array,
  options: CallOptions = {},
): Promise<'created' | 'exists'> {
  let outcome: 'created' | 'exists';
  try {
    outcome = await store.putIfAbsent(location, bytes, options);
  } catch (error) {
    return settle(store, location, bytes, { kind: 'failed', failure: error });
  }
  return outcome === 'created' ? outcome : settle(store, location, bytes, { kind: 'exists' });
}

type Doubt =
  | { readonly kind: 'failed'; readonly failure: unknown }
  /** By another, or by an attempt of one's own that a client library has repeated. */
  | { readonly kind: 'exists' };

/** Looks this often: not to know is worse than to wait. */
const looksMax = 3;

/** Runs without the caller's signal: once the put was sent, what became of it must be known. */
async function settle(
  store: ObjectStore,
  location: string,
  bytes: Uint8Array,
  doubt: Doubt,
): Promise<'created' | 'exists'> {
  let found: 'own' | 'other' | 'nothing' | undefined;
  let failure: unknown = doubt.kind === 'failed' ? doubt.failure : undefined;
  for (let looks = 0; looks < looksMax && found === undefined; looks++) {
    try {
      found = await holds(store, location, bytes);
    } catch (error) {
      failure ??= error;
    }
  }
  switch (found) {
    case 'own':
      await confirmDurable(store, location, failure);
      return 'created';
    case 'other':
      return 'exists';
    case 'nothing':
      if (doubt.kind === 'exists') return 'exists';
      throw doubt.failure;
    case undefined:
      throw new CodedError(
        'IO_ERROR',
        doubt.kind === 'failed'
          ? `Writing ${location} failed, and so did looking whether it was written nevertheless.`
          : `There is ${location}, and looking whether it is what was to be written there failed.`,
        { hint: 'Look at the table’s history before running the statement again.', cause: failure },
      );
  }
}

async function holds(
  store: ObjectStore,
  location: string,
  bytes: Uint8Array,
): Promise<'own' | 'other' | 'nothing'> {
  const found = await store.read(location);
  if (found === undefined) return 'nothing';
  return Buffer.compare(found, bytes) === 0 ? 'own' : 'other';
}

/** What everyone can see already must also survive a crash before it is called done. */
async function confirmDurable(
  store: ObjectStore,
  location: string,
  failure: unknown,
): Promise<void> {
  try {
    await store.sync([location]);
  } catch {
    throw new CodedError(
      'IO_ERROR',
      `${location} was written and is visible, but the disk did not confirm that it is safe.`,
      { hint: 'Check the disk. Running the statement again would repeat it.', cause: failure },
    );
  }
}
