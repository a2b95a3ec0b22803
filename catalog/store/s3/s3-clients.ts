/** One client of the SDK for each bucket that is used, made when it first is. */
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { bucketSettings, type S3Limits, type S3Settings } from './s3-settings.ts';

export interface S3Clients {
  of(bucket: string): Promise<S3Client>;
  close(): void;
}

/** Of Amazon's, the one that knows all buckets: it tells where another region has to be asked. */
const regionDefault = 'us-east-1';

export function createS3Clients(settings: S3Settings, limits: S3Limits): S3Clients {
  const clients = new Map<string, Promise<S3Client>>();

  async function open(bucket: string): Promise<S3Client> {
    const config = clientConfig(bucket, settings, limits);
    const client = new S3Client(config);
    try {
      await client.config.region();
      return client;
    } catch {
      // Nothing on this machine names a region.
      client.destroy();
      return new S3Client({ ...config, region: regionDefault });
    }
  }

  return {
    of(bucket) {
      let client = clients.get(bucket);
      if (client === undefined) {
        client = open(bucket);
        clients.set(bucket, client);
      }
      return client;
    },
    close() {
      for (const client of clients.values()) void client.then((opened) => opened.destroy());
      clients.clear();
    },
  };
}

function clientConfig(bucket: string, settings: S3Settings, limits: S3Limits): S3ClientConfig {
  const own = bucketSettings(settings, bucket);
  const { endpoint, region, anonymous, accessKeyId, secretAccessKey, sessionToken } = own;
  // Dots in a bucket's name do not fit a wildcard certificate.
  const pathStyle = own.pathStyle ?? (endpoint !== undefined || bucket.includes('.'));
  const agent = { keepAlive: true, maxSockets: limits.connectionsMax };
  return {
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    // `s3-request.ts` repeats requests: it has to know which of them were sent more than once.
    maxAttempts: 1,
    // Other stores do not know the newer checksums; bodies are checked by length and ETag.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: limits.connectMsMax,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(anonymous === true ? { signer: { sign: async (request) => request } } : {}),
    ...(anonymous === true ? { credentials: { accessKeyId: '', secretAccessKey: '' } } : {}),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: {
            accessKeyId,
            secretAccessKey,
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
        }),
  };
}
