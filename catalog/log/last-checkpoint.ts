/**
 * `_last_checkpoint`: a hint where to begin to look, and nothing more. Whatever is in it, a reader
 * that ignores it finds the same table.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#last-checkpoint-file
 */
import type { JsonValue } from '../data-type.ts';
import { isObject } from './field-reader.ts';
import { jsonChecksum } from './json-checksum.ts';

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

export interface LastCheckpoint {
  readonly version: number;
  /** Actions, those in sidecars included. */
  readonly size: number;
  /** Of all its files. */
  readonly sizeInBytes: number;
  readonly numOfAddFiles: number;
  /** What Delta's own readers need to find a UUID-named one. */
  readonly v2Checkpoint?: { readonly [key: string]: JsonValue } | undefined;
}

/** The file's bytes, with their checksum. */
export function serializeLastCheckpoint(checkpoint: LastCheckpoint): Uint8Array {
  const { version, size, sizeInBytes, numOfAddFiles, v2Checkpoint } = checkpoint;
  const json = {
    version,
    size,
    sizeInBytes,
    numOfAddFiles,
    ...(v2Checkpoint === undefined ? {} : { v2Checkpoint }),
  };
  return Buffer.from(JSON.stringify({ ...json, checksum: jsonChecksum(json) }), 'utf8');
}
