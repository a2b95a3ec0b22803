/**
 * What the SDK and the network report, sorted by what follows from it: whether the object is missing,
 * whether asking again may help, and what a user is told.
 */
import { CodedError } from '../../coded-error.ts';
import type { ErrorCode } from '../../error-codes.ts';

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined;
  readonly code?: string | undefined;
  readonly Code?: string | undefined;
}

/** An answer that breaks off, or is not as long as it says. */
export class TruncatedBody extends Error {
  override readonly name = 'TruncatedBody';
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as SdkError).$metadata?.httpStatusCode : undefined;
}

/** The store's name of the error, or Node's of a broken connection. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { name, code } = error as SdkError;
  const isPlain = name === 'Error' || name === 'AggregateError' || name === 'TypeError';
  return isPlain && typeof code === 'string' ? code : name;
}

/**
 * By its name, not by a 404: stores answer 404 to other things as well, and what they could not look
 * up is not missing. An answer to HEAD has no body, and no other name.
 */
export function isMissingObject(error: unknown): boolean {
  const name = nameOf(error);
  return name === 'NoSuchKey' || name === 'NotFound';
}

const transientNames: ReadonlySet<string> = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
  'OperationAborted',
  'ConditionalRequestConflict',
  'TimeoutError',
  'TruncatedBody',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** Said of clocks that differ: the SDK has taken the server's time by then. */
const skewNames: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestExpired']);

export function isTransient(error: unknown): boolean {
  const name = nameOf(error);
  const status = statusOf(error) ?? 0;
  if (transientNames.has(name) || skewNames.has(name)) return true;
  if (status === 429 || (status >= 500 && status !== 501)) return true;
  // A body that cannot be read as the answer it should be: cut off on the way.
  return /aborted|socket hang up|premature|deserializ/i.test(messageOf(error));
}

/** Whether the server said that it did nothing. */
export function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500;
}

/** `action` completes "Could not ... <location>": `read`, `write`, `list`. */
export function codedS3Error(error: unknown, action: string, location: string): CodedError {
  if (error instanceof CodedError) return error;
  const [code, text] = meaningOf(error);
  const shown = JSON.stringify(location.length > 512 ? `${location.slice(0, 512)}…` : location);
  return new CodedError(code, `Could not ${action} ${shown}: ${text}.`, { cause: error });
}

function meaningOf(error: unknown): readonly [code: ErrorCode, text: string] {
  const name = nameOf(error);
  const status = statusOf(error);
  switch (name) {
    case 'NoSuchBucket':
      return ['BUCKET_NOT_FOUND', 'there is no such bucket'];
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'InvalidToken':
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
    // versitygw's name for a key that it does not know.
    case 'XAdminUserNotFound':
      return ['STORE_CREDENTIALS_INVALID', `the store refused the credentials (${name})`];
    case 'CredentialsProviderError':
      return ['STORE_CREDENTIALS_INVALID', 'no credentials were found'];
    case 'AccessDenied':
    case 'AllAccessDisabled':
    case 'AccountProblem':
      return ['STORE_ACCESS_DENIED', `access was denied (${name})`];
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
      return ['STORE_UNREACHABLE', `the bucket lies in another region (${name})`];
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return ['STORE_UNREACHABLE', `no connection to the store (${name})`];
    case 'ECONNRESET':
    case 'EPIPE':
    case 'TruncatedBody':
      return ['STORE_UNREACHABLE', `the connection broke off (${name})`];
    case 'TimeoutError':
    case 'ETIMEDOUT':
    case 'RequestTimeout':
      return ['STORE_TIMEOUT', 'the store did not answer in time'];
    case 'RequestTimeTooSkewed':
    case 'RequestExpired':
      return ['STORE_CREDENTIALS_INVALID', 'the clocks of store and server differ too much'];
    case 'SlowDown':
      return ['STORE_UNREACHABLE', 'the store is too busy (SlowDown)'];
    case 'KeyTooLongError':
      return ['INVALID_NAME', 'the name is too long for the store'];
  }
  if (status === 403) return ['STORE_ACCESS_DENIED', 'access was denied (403)'];
  if (status === 429 || (status !== undefined && status >= 500)) {
    return ['STORE_UNREACHABLE', `the store answered ${status} (${name})`];
  }
  if (isTransient(error)) return ['STORE_UNREACHABLE', `the connection broke off (${name})`];
  return ['IO_ERROR', `${name === '' ? 'unknown' : name}: ${messageOf(error).replace(/\.$/, '')}`];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
