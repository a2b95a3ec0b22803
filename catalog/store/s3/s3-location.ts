/** `s3://bucket/key` taken apart. `s3a:` and `s3n:` are Hadoop's names for the same. */
import { CodedError } from '../../coded-error.ts';

export interface S3Location {
  readonly bucket: string;
  /** Without a leading `/`; empty for the bucket itself. */
  readonly key: string;
}

const pattern = /^s3[an]?:\/\/([^/]+)(?:\/(.*))?$/s;

export function isS3Location(location: string): boolean {
  return pattern.test(location);
}

/** @throws INVALID_NAME for what is no URL of an object, or holds a NUL byte */
export function parseS3Location(location: string): S3Location {
  const [, bucket, key = ''] = pattern.exec(location) ?? [];
  if (bucket === undefined || location.includes('\0')) {
    const shown = JSON.stringify(location.length > 512 ? `${location.slice(0, 512)}…` : location);
    throw new CodedError('INVALID_NAME', `${shown} is no location in an object store.`, {
      hint: 'Write s3://bucket/key.',
    });
  }
  return { bucket, key };
}
