/**
 * The calls of S3 that the store is made of, each repeated while that may help, with errors coded.
 * Nothing here knows of folders on this machine.
 *
 * A write may be done although its answer is lost, and repeating it then meets our own first attempt:
 * each write carries a token among the object's metadata, by which it is recognised.
 */
import { randomUUID } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CodedError } from '../../coded-error.ts';
import type { ByteRange, CallOptions, StoredObject } from '../../ports.ts';
import { codedS3Error, isMissingObject, nameOf, statusOf, TruncatedBody } from './s3-errors.ts';
import type { S3Clients } from './s3-clients.ts';
import { parseS3Location } from './s3-location.ts';
import { request, type Attempt } from './s3-request.ts';
import type { S3Limits } from './s3-settings.ts';

/** The object's metadata by which a writer knows its own write again. */
export const tokenKey = 'levee-write';

export interface Part {
  readonly bytes: Uint8Array;
  /** Of the whole object. */
  readonly sizeBytes: number;
  readonly etag: string | undefined;
}

export interface ListPage {
  readonly objects: readonly StoredObject[];
  readonly folders: readonly string[];
  /** Where the next page begins. */
  readonly token: string | undefined;
}

export interface Target {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
}

export class S3Objects {
  readonly #clients: S3Clients;
  readonly limits: S3Limits;

  constructor(clients: S3Clients, limits: S3Limits) {
    this.#clients = clients;
    this.limits = limits;
  }

  /** Sends a request as often as that makes sense. Errors are still the SDK's. */
  async send<T>(
    location: string,
    signal: AbortSignal | undefined,
    call: (target: Target, attempt: Attempt) => Promise<T>,
  ): Promise<T> {
    const { bucket, key } = parseS3Location(location);
    const client = await this.#clients.of(bucket);
    return await request((attempt) => call({ client, bucket, key }, attempt), this.limits, signal);
  }

  /** `undefined` where there is no object; no bytes for a range that begins past the end. */
  async get(
    location: string,
    {
      range,
      ifMatch,
      signal,
    }: CallOptions & {
      readonly range?: ByteRange | undefined;
      readonly ifMatch?: string | undefined;
    },
  ): Promise<Part | undefined> {
    const isEmpty = range !== undefined && range.end <= range.start;
    if (isEmpty) {
      const found = await this.head(location, { signal });
      return found && { bytes: new Uint8Array(), sizeBytes: found.sizeBytes, etag: found.etag };
    }
    try {
      return await this.send(location, signal, async ({ client, bucket, key }, attempt) => {
        const answer = await client.send(
          new GetObjectCommand({
            Bucket: bucket,
            Key: key,
            ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
            ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
          }),
          { abortSignal: attempt.signal },
        );
        const { Body, ContentLength, ContentRange, ETag } = answer;
        if (Body === undefined) throw new TruncatedBody('the answer has no body');
        const bytes = await Body.transformToByteArray();
        if (ContentLength !== undefined && bytes.length !== ContentLength) {
          throw new TruncatedBody(`${bytes.length} of ${ContentLength} bytes came`);
        }
        const total = /\/(\d+)$/.exec(ContentRange ?? '')?.[1];
        const sizeBytes = total === undefined ? bytes.length : Number(total);
        return { bytes: cut(bytes, range, total), sizeBytes, etag: ETag };
      });
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      if (statusOf(error) === 416) {
        return { bytes: new Uint8Array(), sizeBytes: 0, etag: undefined };
      }
      if (nameOf(error) === 'PreconditionFailed') throw changed(location);
      throw codedS3Error(error, 'read', location);
    }
  }

  async head(
    location: string,
    { signal }: CallOptions = {},
  ): Promise<
    | (StoredObject & { readonly etag: string | undefined; readonly token: string | undefined })
    | undefined
  > {
    if (parseS3Location(location).key === '') return undefined;
    try {
      const { ContentLength, LastModified, ETag, Metadata } = await this.send(
        location,
        signal,
        ({ client, bucket, key }, attempt) =>
          client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), {
            abortSignal: attempt.signal,
          }),
      );
      return {
        location,
        sizeBytes: ContentLength ?? 0,
        modifiedMs: LastModified?.getTime() ?? 0,
        etag: ETag,
        token: Metadata?.[tokenKey],
      };
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      throw codedS3Error(error, 'look up', location);
    }
  }

  /** One page of what lies directly in `folder`, or, without a delimiter, anywhere below it. */
  async listPage(
    folder: string,
    options: CallOptions & {
      readonly startAfter?: string | undefined;
      readonly token?: string | undefined;
      readonly isDeep?: boolean | undefined;
      readonly keysMax?: number | undefined;
    } = {},
  ): Promise<ListPage> {
    const { startAfter, token, isDeep = false, keysMax, signal } = options;
    const { bucket, key } = parseS3Location(folder);
    const prefix = key === '' ? '' : `${key}/`;
    const root = folder.slice(0, folder.length - key.length).replace(/\/$/, '');
    try {
      const answer = await this.send(folder, signal, ({ client }, attempt) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            EncodingType: 'url',
            ...(isDeep ? {} : { Delimiter: '/' }),
            ...(keysMax === undefined ? {} : { MaxKeys: keysMax }),
            // A page after the first goes on from its token.
            ...(token === undefined ? {} : { ContinuationToken: token }),
            ...(token !== undefined || startAfter === undefined
              ? {}
              : { StartAfter: prefix + startAfter }),
          }),
          { abortSignal: attempt.signal },
        ),
      );
      const isEncoded = answer.EncodingType === 'url';
      const objects = (answer.Contents ?? []).flatMap(({ Key, Size, LastModified }) => {
        const name = decodeKey(Key ?? '', isEncoded);
        // Objects called like a folder stand for an empty one.
        if (name.endsWith('/') || name === '') return [];
        return [
          {
            location: `${root}/${name}`,
            sizeBytes: Size ?? 0,
            modifiedMs: LastModified?.getTime() ?? 0,
          },
        ];
      });
      const folders = (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => {
        const name = decodeKey(Prefix ?? '', isEncoded).slice(prefix.length, -1);
        return name === '' ? [] : [name];
      });
      const next = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
      if (answer.IsTruncated === true && next === undefined) {
        throw new CodedError('IO_ERROR', `The listing of ${folder} was cut off without a token.`);
      }
      return { objects, folders, token: next };
    } catch (error) {
      throw codedS3Error(error, 'list', folder);
    }
  }

  /** Replaces the object, or with `ifAbsent` makes it if there is none. */
  async put(
    location: string,
    bytes: Uint8Array,
    { ifAbsent = false, signal }: CallOptions & { readonly ifAbsent?: boolean | undefined } = {},
  ): Promise<'created' | 'exists'> {
    const token = randomUUID();
    let attempts = 0;
    try {
      await this.send(location, signal, ({ client, bucket, key }, attempt) => {
        attempts = attempt.number + 1;
        return client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: bytes,
            ContentLength: bytes.length,
            Metadata: { [tokenKey]: token },
            ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
          }),
          { abortSignal: attempt.signal },
        );
      });
      return 'created';
    } catch (error) {
      if (!ifAbsent || !isPrecondition(error)) throw codedS3Error(error, 'write', location);
      return attempts > 1 && (await this.isOwn(location, token)) ? 'created' : 'exists';
    }
  }

  /** Whether the object is what the write with this token made. Known for sure, or an error. */
  async isOwn(location: string, token: string): Promise<boolean> {
    return (await this.head(location))?.token === token;
  }

  async remove(location: string, { signal }: CallOptions = {}): Promise<void> {
    try {
      await this.send(location, signal, ({ client, bucket, key }, attempt) =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), {
          abortSignal: attempt.signal,
        }),
      );
    } catch (error) {
      if (!isMissingObject(error)) throw codedS3Error(error, 'remove', location);
    }
  }

  /** Objects of one bucket, a thousand to a request. */
  async removeAll(locations: readonly string[], { signal }: CallOptions = {}): Promise<void> {
    for (let from = 0; from < locations.length; from += deletesMax) {
      const some = locations.slice(from, from + deletesMax);
      const [first = ''] = some;
      try {
        const { Errors = [] } = await this.send(first, signal, ({ client, bucket }, attempt) =>
          client.send(
            new DeleteObjectsCommand({
              Bucket: bucket,
              Delete: {
                Quiet: true,
                Objects: some.map((location) => ({ Key: parseS3Location(location).key })),
              },
            }),
            { abortSignal: attempt.signal },
          ),
        );
        const [failed] = Errors;
        if (failed !== undefined) {
          const error = new Error(failed.Message ?? '');
          error.name = failed.Code ?? 'DeleteFailed';
          throw error;
        }
      } catch (error) {
        throw codedS3Error(error, 'remove', first);
      }
    }
  }

  /** Inside the store, without the bytes coming here. At most 5 GB. */
  async copy(from: string, to: string, { signal }: CallOptions = {}): Promise<void> {
    const source = parseS3Location(from);
    const copySource = `${source.bucket}/${source.key}`
      .split('/')
      .map(encodeURIComponent)
      .join('/');
    try {
      await this.send(to, signal, ({ client, bucket, key }, attempt) =>
        client.send(new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource: copySource }), {
          abortSignal: attempt.signal,
        }),
      );
    } catch (error) {
      throw codedS3Error(error, 'copy', from);
    }
  }
}

/** Keys of one `DeleteObjects`: as many as S3 takes. */
const deletesMax = 1000;

export function isPrecondition(error: unknown): boolean {
  return statusOf(error) === 412 || nameOf(error) === 'PreconditionFailed';
}

function changed(location: string): CodedError {
  return new CodedError('IO_ERROR', `${location} was replaced while it was read.`, {
    hint: 'Data files never change in place: look for what writes to that location.',
  });
}

/** A store that knows no ranges sends everything. */
function cut(
  bytes: Uint8Array,
  range: ByteRange | undefined,
  total: string | undefined,
): Uint8Array {
  return range === undefined || total !== undefined
    ? bytes
    : bytes.subarray(range.start, range.end);
}

function decodeKey(key: string, isEncoded: boolean): string {
  return isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}
