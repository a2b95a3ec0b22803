/**
 * Turns an aborted signal into the error the client sees: the signal's own reason when that is a
 * `CodedError` (timeout, shutdown), `QUERY_CANCELED` otherwise.
 */
import { CodedError } from './coded-error.ts';

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

/** The error to throw once `signal` is aborted. */
export function abortError(signal: AbortSignal): CodedError {
  const reason: unknown = signal.reason;
  if (reason instanceof CodedError) return reason;
  return new CodedError('QUERY_CANCELED', 'The query was cancelled.', { cause: reason });
}
