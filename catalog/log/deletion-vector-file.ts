/**
 * New deletion vectors -> the bytes of one file that holds them, and the descriptors that name them.
 * A version byte, then for each vector its size, its bytes and their checksum. Nothing is written here.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-file-storage-format
 */
import { crc32 } from 'node:zlib';
import type { DeletionVectorDescriptor } from './actions.ts';
import { encodeBase85 } from './base85.ts';
import type { PositionSet } from './roaring-bitmap.ts';
import { writePositionSet } from './write-position-set.ts';

const formatVersion = 1;

export interface DeletionVectorFile {
  /** Below the table's folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** In the order of the sets. */
  readonly descriptors: readonly DeletionVectorDescriptor[];
}

/** `uuid` as text, of this file alone; none of `sets` is empty. */
export function deletionVectorFile(uuid: string, sets: readonly PositionSet[]): DeletionVectorFile {
  const pathOrInlineDv = encodeBase85(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
  const parts: Uint8Array[] = [Uint8Array.of(formatVersion)];
  let offset = 1;
  const descriptors = sets.map((set): DeletionVectorDescriptor => {
    const bitmap = writePositionSet(set);
    const descriptor: DeletionVectorDescriptor = {
      storageType: 'u',
      pathOrInlineDv,
      offset,
      sizeInBytes: bitmap.length,
      cardinality: set.cardinality,
    };
    parts.push(bigEndian(bitmap.length), bitmap, bigEndian(crc32(bitmap)));
    offset += 4 + bitmap.length + 4;
    return descriptor;
  });
  return { name: `deletion_vector_${uuid}.bin`, bytes: Buffer.concat(parts), descriptors };
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
