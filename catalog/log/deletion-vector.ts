/**
 * Deletion vectors: a descriptor of the log -> where its bytes lie -> the positions of the rows that
 * are deleted. Reading the bytes is the caller's part; so is asking whether their location may be
 * read at all (`p` names any absolute path).
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vectors
 */
import { crc32 } from 'node:zlib';
import { CodedError } from '../coded-error.ts';
import type { ByteRange } from '../ports.ts';
import type { DeletionVectorDescriptor } from './actions.ts';
import { decodeBase85 } from './base85.ts';
import { canonicalPath, fileLocation, isAbsolutePath } from './file-path.ts';
import { readPositionSet, type PositionSet } from './roaring-bitmap.ts';

export type DeletionVectorSource =
  /** The serialised bitmap itself. */
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /** A part of a file: size, bitmap and checksum. */
  | { readonly kind: 'file'; readonly location: string; readonly range: ByteRange };

/** A file holds before each bitmap its size, and behind it its checksum: four bytes each. */
const frameBytes = 4;
const encodedUuidLength = 20;

/**
 * Where the bytes of a deletion vector lie.
 *
 * @throws DELTA_LOG_CORRUPT when the descriptor makes no sense
 */
export function deletionVectorSource(
  descriptor: DeletionVectorDescriptor,
  tableLocation: string,
): DeletionVectorSource {
  const { storageType, pathOrInlineDv, offset = 0, sizeInBytes } = descriptor;
  switch (storageType) {
    case 'i': {
      const bytes = decodeBase85(pathOrInlineDv);
      // Base85 knows only multiples of four bytes; the size tells where the padding begins.
      if (bytes === undefined || bytes.length < sizeInBytes || bytes.length >= sizeInBytes + 4) {
        throw corruptDescriptor(descriptor, `its inline text does not hold ${sizeInBytes} bytes`);
      }
      return { kind: 'inline', bytes: bytes.subarray(0, sizeInBytes) };
    }
    case 'u':
      return inFile(`${tableLocation}/${fileNameOf(descriptor)}`, offset, sizeInBytes);
    case 'p': {
      const canonical = canonicalPath(pathOrInlineDv);
      if (canonical === undefined || !isAbsolutePath(canonical)) {
        throw corruptDescriptor(descriptor, 'its path is not absolute');
      }
      return inFile(fileLocation(tableLocation, canonical), offset, sizeInBytes);
    }
  }
}

function inFile(location: string, offset: number, sizeInBytes: number): DeletionVectorSource {
  const end = offset + frameBytes + sizeInBytes + frameBytes;
  return { kind: 'file', location, range: { start: offset, end } };
}

/** `[<random prefix>/]deletion_vector_<uuid>.bin`. */
function fileNameOf(descriptor: DeletionVectorDescriptor): string {
  const { pathOrInlineDv } = descriptor;
  const prefix = pathOrInlineDv.slice(0, -encodedUuidLength);
  const bytes = decodeBase85(pathOrInlineDv.slice(-encodedUuidLength));
  if (bytes?.length !== 16) throw corruptDescriptor(descriptor, 'it names no UUID');
  if (/[/\\\p{Cc}]|^\.+$/u.test(prefix)) {
    throw corruptDescriptor(descriptor, 'its prefix is no folder name');
  }
  const hex = Buffer.from(bytes).toString('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const name = `deletion_vector_${uuid}.bin`;
  return prefix === '' ? name : `${prefix}/${name}`;
}

/**
 * The deleted rows of one data file. A position past the file's end deletes nothing; such ones exist
 * and are no error, as in Spark.
 *
 * @param bytes what `source` describes: `source.bytes`, or that range of the file; `undefined` when
 *   the file does not exist. The result keeps views on them
 * @throws DELTA_FILE_NOT_FOUND for a missing file; DELTA_FAILED_TO_READ_FILE when size, checksum,
 *   structure or cardinality are not as they should be; DELTA_LOG_CORRUPT for inline ones
 */
export function readDeletionVector(
  descriptor: DeletionVectorDescriptor,
  source: DeletionVectorSource,
  bytes: Uint8Array | undefined,
): PositionSet {
  if (bytes === undefined) {
    const where = source.kind === 'file' ? source.location : 'the log';
    throw new CodedError('DELTA_FILE_NOT_FOUND', `The deletion vector file ${where} is missing.`);
  }
  try {
    const bitmap = source.kind === 'inline' ? bytes : unframe(descriptor, bytes);
    const set = readPositionSet(bitmap);
    if (set.cardinality !== descriptor.cardinality) {
      throw new RangeError(
        `it deletes ${set.cardinality} rows, not the ${descriptor.cardinality} of the log`,
      );
    }
    return set;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (source.kind === 'inline') throw corruptDescriptor(descriptor, error.message, error);
    const { location, range } = source;
    throw new CodedError(
      'DELTA_FAILED_TO_READ_FILE',
      `The deletion vector at byte ${range.start} of ${location} is damaged: ${error.message}.`,
      { cause: error },
    );
  }
}

/** Takes size and checksum off and checks them. */
function unframe(descriptor: DeletionVectorDescriptor, bytes: Uint8Array): Uint8Array {
  const { sizeInBytes } = descriptor;
  if (bytes.length < 2 * frameBytes + sizeInBytes) throw new RangeError('the file is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(0);
  if (size !== sizeInBytes) {
    throw new RangeError(`it has ${size} bytes, not the ${sizeInBytes} of the log`);
  }
  const bitmap = bytes.subarray(frameBytes, frameBytes + sizeInBytes);
  if (crc32(bitmap) !== view.getUint32(frameBytes + sizeInBytes)) {
    throw new RangeError('its checksum does not match');
  }
  return bitmap;
}

function corruptDescriptor(
  descriptor: DeletionVectorDescriptor,
  reason: string,
  cause?: unknown,
): CodedError {
  const { storageType, pathOrInlineDv } = descriptor;
  const shown = JSON.stringify(pathOrInlineDv.slice(0, 100));
  return new CodedError(
    'DELTA_LOG_CORRUPT',
    `The deletion vector of type "${storageType}" ${shown} is damaged: ${reason}.`,
    { cause },
  );
}
