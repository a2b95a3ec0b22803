/**
 * `_last_checkpoint`: a hint where to begin to look, and nothing more. Whatever is in it, a reader
 * that ignores it finds the same table.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#last-checkpoint-file
 */
import { isObject } from './field-reader.ts';

/** The version it names; `undefined` for a file that is missing, empty or not understood. */
export function parseLastCheckpoint(bytes: Uint8Array | undefined): number | undefined {
  if (bytes === undefined || bytes.length > 10_000_000) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const version = json['version'];
  return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0
    ? version
    : undefined;
}
