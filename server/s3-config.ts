/** The settings of S3 as the store takes them. Pure. */
import { invalid } from './settings.ts';
import type { Config } from './config.ts';
import type { S3Settings } from '../catalog/store/s3/s3-settings.ts';

/** @throws INVALID_CONFIGURATION */
export function s3Settings(config: Config): S3Settings {
  const { s3Endpoint, s3Region, s3PathStyle, s3AccessKeyId, s3SecretAccessKey } = config;
  if ((s3AccessKeyId === undefined) !== (s3SecretAccessKey === undefined)) {
    throw invalid('s3AccessKeyId and s3SecretAccessKey go together');
  }
  const buckets: Record<string, Record<string, string | boolean>> = {};
  for (const text of config.s3Bucket) {
    // A bucket's name may have dots, the setting has none.
    const [, bucket = '', name = '', value = ''] = /^([^=]+)\.([A-Za-z]+)=(.*)$/s.exec(text) ?? [];
    buckets[bucket] = { ...buckets[bucket], [name]: bucketValue(bucket, name, value) };
  }
  return {
    endpoint: s3Endpoint,
    region: s3Region,
    pathStyle: s3PathStyle === 'auto' ? undefined : s3PathStyle === 'true',
    anonymous: config.s3Anonymous,
    accessKeyId: s3AccessKeyId,
    secretAccessKey: s3SecretAccessKey,
    sessionToken: config.s3SessionToken,
    buckets,
  };
}

const texts = ['endpoint', 'region', 'accessKeyId', 'secretAccessKey', 'sessionToken'];
const flags = ['pathStyle', 'anonymous'];

function bucketValue(bucket: string, name: string, value: string): string | boolean {
  if (texts.includes(name) && value !== '') return value;
  if (flags.includes(name) && /^(true|false)$/.test(value)) return value === 'true';
  throw invalid(
    bucket === ''
      ? 's3Bucket must be BUCKET.SETTING=VALUE'
      : `s3Bucket "${bucket}.${name}" is no setting of a bucket, or its value is none: ` +
          `${[...texts, ...flags].join(', ')}`,
  );
}
