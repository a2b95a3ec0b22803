/**
 * How each bucket is reached. What is not set is left to the SDK: credentials to its default chain
 * (environment, shared files, SSO, web identity, containers, instances), region and endpoint to
 * `AWS_REGION` and `AWS_ENDPOINT_URL_S3`.
 */
export interface S3BucketSettings {
  /** Of a store that is not Amazon's: `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** Whether the bucket stands in the path of URLs instead of their host. */
  readonly pathStyle?: boolean | undefined;
  /** Requests are not signed: for public buckets. */
  readonly anonymous?: boolean | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
}

export interface S3Settings extends S3BucketSettings {
  /** By bucket: what differs from the rest. */
  readonly buckets?: { readonly [bucket: string]: S3BucketSettings } | undefined;
}

/** Bounds of what is sent; tests set smaller ones. */
export interface S3Limits {
  /** Connections to one endpoint. */
  readonly connectionsMax: number;
  readonly connectMsMax: number;
  /** From a request to the last byte of its answer, which is never more than `partBytes`. */
  readonly attemptMsMax: number;
  /** From the first attempt of a request to the end of its last one. */
  readonly requestMsMax: number;
  readonly attemptsMax: number;
  /** Pauses grow from here, doubling, to `backoffMsMax`. */
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
  /** Larger objects are sent and fetched in parts of this size. */
  readonly partBytes: number;
  /** Parts of one object under way at a time. */
  readonly partsAtOnceMax: number;
}

export const defaultS3Limits: S3Limits = Object.freeze({
  connectionsMax: 64,
  connectMsMax: 5_000,
  attemptMsMax: 30_000,
  requestMsMax: 60_000,
  attemptsMax: 8,
  backoffMsMin: 50,
  backoffMsMax: 5_000,
  partBytes: 8 * 1024 * 1024,
  partsAtOnceMax: 4,
});

export function bucketSettings(settings: S3Settings, bucket: string): S3BucketSettings {
  const { buckets = {}, ...common } = settings;
  const own = Object.hasOwn(buckets, bucket) ? buckets[bucket] : undefined;
  return own === undefined ? common : { ...common, ...own };
}
