/**
 * Large objects in parts: files of this machine sent, objects fetched into files, several parts of
 * one at a time. What is held in memory is the parts under way.
 */
import { randomUUID } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { CodedError } from '../../coded-error.ts';
import type { CallOptions } from '../../ports.ts';
import { codedS3Error, nameOf } from './s3-errors.ts';
import { isPrecondition, tokenKey, type S3Objects } from './s3-objects.ts';

/** S3 takes at most so many parts of an object. */
const partsMax = 10_000;

interface UploadOptions extends CallOptions {
  readonly ifAbsent?: boolean | undefined;
}

/** Sends a file; it is an object, whole, once this has returned. */
export async function uploadFile(
  objects: S3Objects,
  path: string,
  location: string,
  options: UploadOptions = {},
): Promise<'created' | 'exists'> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { partBytes } = objects.limits;
    if (size <= partBytes)
      return await objects.put(location, await readPart(file, 0, size), options);
    const bytes = Math.max(partBytes, Math.ceil(size / partsMax));
    return await uploadParts(objects, location, partsOf(file, size, bytes), options);
  } finally {
    await file.close();
  }
}

/** Sends what comes in pieces of any size. At most one part more than those under way is held. */
export async function uploadStream(
  objects: S3Objects,
  source: AsyncIterable<Uint8Array>,
  location: string,
  options: UploadOptions = {},
): Promise<'created' | 'exists'> {
  const parts = regrouped(source, objects.limits.partBytes);
  const first = await parts.next();
  if (first.done === true) return await objects.put(location, new Uint8Array(), options);
  const second = await parts.next();
  if (second.done === true) return await objects.put(location, first.value, options);
  return await uploadParts(objects, location, chained([first.value, second.value], parts), options);
}

/** An upload that fails is taken back, as far as the store can be reached. */
async function uploadParts(
  objects: S3Objects,
  location: string,
  parts: AsyncGenerator<Uint8Array, void, undefined>,
  { ifAbsent = false, signal }: UploadOptions,
): Promise<'created' | 'exists'> {
  const token = randomUUID();
  const uploadId = await begin(objects, location, token, signal);
  try {
    const done = await sendParts(objects, location, uploadId, parts, signal);
    return await complete(objects, location, { uploadId, token, done, ifAbsent }, signal);
  } catch (error) {
    await abort(objects, location, uploadId);
    throw codedS3Error(error, 'write', location);
  } finally {
    await parts.return();
  }
}

async function begin(
  objects: S3Objects,
  location: string,
  token: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const { UploadId } = await objects.send(location, signal, ({ client, bucket, key }, attempt) =>
      client.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          Metadata: { [tokenKey]: token },
        }),
        { abortSignal: attempt.signal },
      ),
    );
    if (UploadId !== undefined) return UploadId;
    throw new CodedError('IO_ERROR', `The store began no upload of ${location}.`);
  } catch (error) {
    throw codedS3Error(error, 'write', location);
  }
}

async function sendParts(
  objects: S3Objects,
  location: string,
  uploadId: string,
  parts: AsyncGenerator<Uint8Array, void, undefined>,
  signal: AbortSignal | undefined,
): Promise<readonly CompletedPart[]> {
  const done: CompletedPart[] = [];
  let next = 1;
  const failed = new AbortController();
  const both = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  // A generator answers calls in their order: each worker takes the next part.
  const work = async (): Promise<void> => {
    for (;;) {
      const { done: isOver, value: bytes } = await parts.next();
      if (isOver === true) return;
      const number = next++;
      const { ETag } = await objects.send(location, both, ({ client, bucket, key }, attempt) =>
        client.send(
          new UploadPartCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            PartNumber: number,
            Body: bytes,
            ContentLength: bytes.length,
          }),
          { abortSignal: attempt.signal },
        ),
      );
      done.push({ PartNumber: number, ETag });
    }
  };
  const workers = Array.from({ length: objects.limits.partsAtOnceMax }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(workers);
  if (failed.signal.aborted) throw failed.signal.reason;
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
}

async function complete(
  objects: S3Objects,
  location: string,
  upload: {
    readonly uploadId: string;
    readonly token: string;
    readonly done: readonly CompletedPart[];
    readonly ifAbsent: boolean;
  },
  signal: AbortSignal | undefined,
): Promise<'created' | 'exists'> {
  const { uploadId, token, done, ifAbsent } = upload;
  try {
    await objects.send(location, signal, ({ client, bucket, key }, attempt) =>
      client.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          UploadId: uploadId,
          MultipartUpload: { Parts: [...done] },
          ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
        }),
        { abortSignal: attempt.signal },
      ),
    );
    return 'created';
  } catch (error) {
    // The answer to an attempt that succeeded may be lost; the upload is gone then.
    const isDoubtful = nameOf(error) === 'NoSuchUpload' || isPrecondition(error);
    if (!isDoubtful) throw error;
    if (await objects.isOwn(location, token)) return 'created';
    if (!isPrecondition(error)) throw error;
    await abort(objects, location, uploadId);
    return 'exists';
  }
}

async function abort(objects: S3Objects, location: string, uploadId: string): Promise<void> {
  try {
    await objects.send(location, undefined, ({ client, bucket, key }, attempt) =>
      client.send(
        new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }),
        { abortSignal: attempt.signal },
      ),
    );
  } catch {
    // What failed before is the error to tell; stores take old uploads back by a rule of the bucket.
  }
}

/**
 * Fetches an object of which the size is known into a file that is open. Every part must be of the
 * same object, by its ETag, and that of the size that was said.
 *
 * @throws DELTA_FILE_NOT_FOUND, DELTA_FAILED_TO_READ_FILE for another size
 */
export async function downloadInto(
  objects: S3Objects,
  { location, sizeBytes }: { readonly location: string; readonly sizeBytes: number | undefined },
  file: FileHandle,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { partBytes, partsAtOnceMax } = objects.limits;
  const range = { start: 0, end: Math.min(sizeBytes ?? partBytes, partBytes) };
  const first = await objects.get(location, { range, signal });
  if (first === undefined) {
    throw new CodedError('DELTA_FILE_NOT_FOUND', `There is no ${location}.`);
  }
  const total = first.sizeBytes;
  if (sizeBytes !== undefined && total !== sizeBytes) throw wrongSize(location, sizeBytes, total);
  await writeAt(file, first.bytes, 0);
  let next = first.bytes.length;
  const work = async (): Promise<void> => {
    while (next < total) {
      const start = next;
      next = Math.min(total, start + partBytes);
      const end = next;
      const part = await objects.get(location, {
        range: { start, end },
        ifMatch: first.etag,
        signal,
      });
      if (part === undefined || part.bytes.length !== end - start) {
        throw wrongSize(location, total, start + (part?.bytes.length ?? 0));
      }
      await writeAt(file, part.bytes, start);
    }
  };
  await Promise.all(Array.from({ length: partsAtOnceMax }, work));
  return total;
}

function wrongSize(location: string, expected: number, found: number): CodedError {
  return new CodedError(
    'DELTA_FAILED_TO_READ_FILE',
    `${location} has ${found} bytes; the table's log says ${expected}.`,
  );
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const rest = bytes.length - written;
    written += (await file.write(bytes, written, rest, position + written)).bytesWritten;
  }
}

async function readPart(file: FileHandle, start: number, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let filled = 0; filled < size;) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, start + filled);
    if (bytesRead === 0) throw new CodedError('IO_ERROR', 'A file shrank while it was sent.');
    filled += bytesRead;
  }
  return bytes;
}

async function* partsOf(
  file: FileHandle,
  size: number,
  partBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < size; start += partBytes) {
    yield await readPart(file, start, Math.min(partBytes, size - start));
  }
}

/** The same bytes in pieces of `partBytes`, but for the last. */
async function* regrouped(
  source: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let part = new Uint8Array(partBytes);
  let filled = 0;
  for await (const piece of source) {
    for (let taken = 0; taken < piece.length;) {
      const some = piece.subarray(taken, taken + partBytes - filled);
      part.set(some, filled);
      filled += some.length;
      taken += some.length;
      if (filled < partBytes) continue;
      yield part;
      part = new Uint8Array(partBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

async function* chained(
  first: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first;
  yield* rest;
}
